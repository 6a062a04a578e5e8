/* SPDX-License-Identifier: MIT */
/* What a profile refuses, what it does when time or memory is short, and the
 * environment it records. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static void
a_wrong_or_nan_output_stops_before_any_time(void **state)
{
    static const struct {
        const char *net, *code, *name;
        int digit;
    } rows[] = {
        { "cost=1000 outputs=2 wrong=2", "model.wrong_output", "'exit1'", 0 },
        { "cost=1000 outputs=2 nan=1", "model.nan_output", "'exit0'", 0 },
        { "cost=1000 wrong=1", "model.wrong_output", "prefix 'exit0'", 6 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        struct err err = { 0 };
        json_t *doc;

        world_init(&w);
        world_blob(&w, rows[i].digit, rows[i].net);
        assert_int_equal(
            profile_run(&w.setup, w.payload, &doc, &err), ST_UNPROCESSABLE);
        assert_null(doc);
        assert_string_equal(err.code, rows[i].code);
        if (strstr(err.text, rows[i].name) == NULL)
            fail_msg("'%s' does not name %s", err.text, rows[i].name);
        world_clear(&w);
    }
}

/* Too few values for an interval: it has no end at all. */
static void
assert_whole_intervals(const json_t *doc)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(doc, "rows"), i, row)
    {
        bool lo = json_is_null(json_object_get(row, "ci95_lo_ns"));
        bool hi = json_is_null(json_object_get(row, "ci95_hi_ns"));

        if (lo != hi)
            fail_msg("row %zu (%s %s) has half an interval", i,
                json_get_string(row, "level", ""),
                json_get_string(row, "role", ""));
    }
}

static void
a_job_without_time_keeps_its_rows(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *row;

    (void)state;
    world_init(&w);
    json_object_set_new(w.payload, "policy",
        json_pack("{s:f, s:f}", "job_budget_s", 0.001, "warmup_s", 0.001));
    doc = world_profile(&w);
    row = world_row(doc, "L6", "prefix", 1);
    assert_about(row_number(row, "median_ns"), 91000, 0.02);
    assert_true(row_has_flag(row, "few_samples"));
    assert_true(row_has_flag(row, "ci_not_met"));
    assert_true(json_is_null(json_object_get(row, "ci95_lo_ns")));
    assert_string_equal(
        json_string_value(json_object_get(row, "stop_reason")), "max_time");
    assert_true(row_has_flag(doc, "partial"));
    assert_string_equal(json_string_value(json_object_get(doc, "grade")), "C");
    assert_non_null(world_row(doc, "L1", "layer", 0));
    assert_whole_intervals(doc);
    json_decref(doc);
    world_clear(&w);
}

static void
hundreds_of_layers_are_opened_in_blocks(void **state)
{
    struct world w;
    json_t *doc, *layers;

    (void)state;
    world_init(&w);
    layers = json_array();
    for (int i = 0; i < 150; i++) {
        char key[16];

        snprintf(key, sizeof(key), "key%d", i);
        json_array_append_new(layers, world_layer(&w, i, 9, key, "cost=5000"));
    }
    json_object_set_new(
        json_object_get(w.payload, "analysis"), "layers", layers);
    json_object_set_new(w.payload, "policy",
        json_pack("{s:i, s:f}", "max_rounds", 11, "warmup_s", 0.001));
    doc = world_profile(&w);
    assert_non_null(world_row(doc, "L2", "layer", 149));
    assert_true(w.runtime.most_open <= 64 + 1); /* and the reference */
    json_decref(doc);
    world_clear(&w);
}

static void
bad_payloads_name_the_member(void **state)
{
    static const struct {
        const char *member, *json, *text;
    } rows[] = {
        { "policy", "{\"ci_rel\":5}", "policy.ci_rel" },
        { "policy", "{\"rounds\":5}", "policy.rounds" },
        { "levels", "[\"L9\"]", "levels" },
        { "have", "[{\"level\":\"L2\"}]", "have.kernel_key" },
        { "analysis", "{\"blob\":\"x\"}", "analysis.blob" },
        { "analysis", "null", "analysis" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w;
        struct err err = { 0 };
        json_t *doc, *value;

        world_init(&w);
        assert_int_equal(
            json_parse(rows[i].json, strlen(rows[i].json), &value, NULL),
            ST_OK);
        json_object_set_new(w.payload, rows[i].member, value);
        assert_int_equal(
            profile_run(&w.setup, w.payload, &doc, &err), ST_INVALID);
        if (strstr(err.text, rows[i].text) == NULL)
            fail_msg("'%s' does not name %s", err.text, rows[i].text);
        world_clear(&w);
    }
}

/* Every moment is of one use, and most of them are rounds of it. */
static void
assert_spent(const json_t *v, double until_ns)
{
    const json_t *uses = json_object_get(v, "spent_s");
    double rounds_s = json_get_number(uses, "rounds"), sum_s = 0;
    const char *name;
    json_t *s;

    json_object_foreach((json_t *)uses, name, s)
    {
        sum_s += json_number_value(s);
    }
    assert_about(sum_s, until_ns / 1e9, 0.01);
    assert_about(json_get_number(uses, "wait") + 1, 1, 0.01);
    assert_true(rounds_s > 0.1 * sum_s);
    assert_true(rounds_s < json_get_number(v, "loop_s"));
    assert_true(json_get_number(v, "rounds_kept") > 11);
    assert_true(json_get_number(v, "pace_spread_rel") < 0.01);
}

static void
the_environment_is_recorded_and_hashed(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *env, *stable;
    char hex[HASH_HEX];

    (void)state;
    world_init(&w);
    doc = world_profile(&w);
    env = json_object_get(doc, "env");
    stable = json_object_get(env, "stable");
    assert_string_equal(
        json_string_value(json_object_get(stable, "runtime")), "fake");
    assert_true(json_is_null(json_object_get(stable, "energy_sensor")));
    assert_true(json_object_size(stable) >= 31);
    assert_true(json_object_size(json_object_get(env, "volatile")) >= 18);
    assert_spent(json_object_get(env, "volatile"), w.machine.now_ns);
    assert_int_equal(env_hash(env, hex, NULL), ST_OK);
    assert_string_equal(
        json_string_value(json_object_get(doc, "env_sha256")), hex);
    assert_int_equal(env_fingerprint(stable, hex, NULL), ST_OK);
    assert_string_equal(
        json_string_value(json_object_get(doc, "env_fingerprint")), hex);
    json_decref(doc);
    world_clear(&w);
}

static void
golden_kernels_run_without_a_network(void **state)
{
    struct world w;
    struct err err = { 0 };
    json_t *doc, *payload = json_pack("{s:s, s:i, s:{s:f}}", "reason", "daily",
                     "seed", 7, "policy", "job_budget_s", 20.0);

    (void)state;
    world_init(&w);
    w.setup.hooks.part = NULL; /* parts are of profiles */
    assert_int_equal(profile_golden(&w.setup, payload, &doc, &err), ST_OK);
    assert_string_equal(json_get_string(doc, "schema", ""), "offramp.golden/1");
    assert_int_equal(json_integer_value(json_object_get(doc, "seed")), 7);
    assert_int_equal(
        json_array_size(json_object_get(doc, "rows")), GOLDEN_COUNT);
    for (int i = 0; i < GOLDEN_COUNT; i++)
        assert_about(
            row_number(world_row(doc, "L2", "sentinel", i), "median_ns"), 1000,
            0.02);
    assert_int_equal(env_check(json_object_get(doc, "env"),
                         json_get_string(doc, "env_fingerprint", ""),
                         json_get_string(doc, "env_sha256", ""), "doc", &err),
        ST_OK);
    json_decref(doc);
    json_object_set_new(payload, "policy", json_pack("{s:i}", "threads", 0));
    assert_int_equal(profile_golden(&w.setup, payload, &doc, &err), ST_INVALID);
    json_decref(payload);
    world_clear(&w);
}

static void
boards_of_one_model_share_a_fingerprint(void **state)
{
    struct env_facts facts = { .runtime = "fake", .threads = 1 };
    json_t *a = env_stable(&facts), *b = env_stable(&facts);
    char first[HASH_HEX], second[HASH_HEX];

    (void)state;
    json_object_set_new(a, "board_serial", json_string("0001"));
    json_object_set_new(b, "board_serial", json_string("0002"));
    assert_int_equal(env_fingerprint(a, first, NULL), ST_OK);
    assert_int_equal(env_fingerprint(b, second, NULL), ST_OK);
    assert_string_equal(first, second);
    json_object_set_new(b, "governor", json_string("powersave, surely"));
    assert_int_equal(env_fingerprint(b, second, NULL), ST_OK);
    assert_string_not_equal(first, second);
    json_decref(a);
    json_decref(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_or_nan_output_stops_before_any_time),
        cmocka_unit_test(a_job_without_time_keeps_its_rows),
        cmocka_unit_test(hundreds_of_layers_are_opened_in_blocks),
        cmocka_unit_test(bad_payloads_name_the_member),
        cmocka_unit_test(the_environment_is_recorded_and_hashed),
        cmocka_unit_test(golden_kernels_run_without_a_network),
        cmocka_unit_test(boards_of_one_model_share_a_fingerprint),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
