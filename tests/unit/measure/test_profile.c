/* SPDX-License-Identifier: MIT */
/* A whole profile on a scripted machine and runtime: what it measures, what
 * it leaves out, what it refuses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "fake_runtime.h"
#include "probes/measure/profile.h"
#include "recorded.h"

/* A task's surroundings: blobs in a folder, parts and phases counted. */
struct world {
    char dir[64];
    struct fake_machine machine;
    struct fake_runtime runtime;
    struct fake_work golden[GOLDEN_COUNT];
    struct kit kit;
    struct profile_setup setup;
    json_t *payload;
    int parts, phases;
    bool progress_bad;
    char phase[32];
};

/* Store a network under a name made of one digit. */
static const char *
blob(struct world *w, int digit, const char *text)
{
    static char hex[65];
    char path[160];

    memset(hex, "0123456789abcdef"[digit], 64);
    snprintf(path, sizeof(path), "%s/%s", w->dir, hex);
    assert_int_equal(file_write(path, text, strlen(text), NULL), ST_OK);
    return hex;
}

static enum status
blob_path(void *ctx, const char *hex, char path[PATH_MAX], struct err *err)
{
    struct world *w = ctx;

    snprintf(path, PATH_MAX, "%s/%s", w->dir, hex);
    return file_exists(path)
               ? ST_OK
               : err_set(err, ST_NOT_FOUND, "infra.blob_missing", "%s", hex);
}

static void
progress(
    void *ctx, const char *phase, size_t done, size_t total, const char *detail)
{
    struct world *w = ctx;

    (void)detail;
    w->progress_bad |= done > total;
    if (strcmp(w->phase, phase) != 0)
        w->phases++;
    snprintf(w->phase, sizeof(w->phase), "%s", phase);
}

static enum status
part(void *ctx, const json_t *part, struct err *err)
{
    struct world *w = ctx;

    (void)err;
    assert_true(json_array_size(json_object_get(part, "rows")) > 0);
    w->parts++;
    return ST_OK;
}

static void
golden(void *ctx, enum golden_kind kind, struct subject *s)
{
    struct world *w = ctx;

    fake_work_init(&w->golden[kind], &w->machine, 1000, s);
}

static json_t *
layer(struct world *w, int index, int digit, const char *key, const char *net)
{
    char name[16];

    snprintf(name, sizeof(name), "layer%d", index);
    return json_pack("{s:i, s:s, s:s, s:s, s:i}", "index", index, "name", name,
        "kernel_key", key, "blob", blob(w, digit, net), "macs", 100 * index);
}

static json_t *
cut(struct world *w, int digit, const char *net)
{
    return json_pack("{s:s, s:i}", "blob", blob(w, digit, net), "macs", 1);
}

/* Three layers, two of them of one kernel; two exits. */
static void
world_init(struct world *w)
{
    json_t *layers = json_array(), *exits = json_array();

    memset(w, 0, sizeof(*w));
    strcpy(w->dir, "/tmp/offramp-profile-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    fake_machine_init(&w->machine);
    fake_runtime_init(&w->runtime, &w->machine);
    w->kit.runtime = &w->runtime.base;
    w->setup = (struct profile_setup){ .kit = &w->kit,
        .host = &w->machine.host,
        .device = "bench",
        .hooks = { blob_path, progress, part, golden, w } };
    json_array_append_new(layers, layer(w, 0, 1, "conv", "cost=40000"));
    json_array_append_new(layers, layer(w, 1, 2, "conv", "cost=99999"));
    json_array_append_new(layers, layer(w, 2, 3, "gemm", "cost=10000"));
    json_array_append_new(exits,
        json_pack("{s:i, s:s, s:s, s:o, s:o, s:o}", "index", 0, "name", "exit0",
            "output", "exit0", "segment", cut(w, 4, "cost=41000"), "head",
            cut(w, 5, "cost=9000"), "prefix", cut(w, 6, "cost=48000")));
    json_array_append_new(exits,
        json_pack("{s:i, s:s, s:s, s:o, s:n, s:o}", "index", 1, "name", "exit1",
            "output", "exit1", "segment", cut(w, 7, "cost=51000"), "head",
            "prefix", cut(w, 8, "cost=91000 first=1")));
    w->payload = json_pack("{s:s, s:{s:s, s:o, s:o}, s:i}", "model", "unused",
        "analysis", "blob", blob(w, 0, "cost=100000 outputs=2"), "layers",
        layers, "exits", exits, "seed", 5);
    assert_non_null(w->payload);
}

static void
world_clear(struct world *w)
{
    assert_int_equal(w->runtime.open_nets, 0);
    json_decref(w->payload);
    assert_int_equal(file_rmtree(w->dir, NULL), ST_OK);
}

static json_t *
profile(struct world *w)
{
    struct err err = { 0 };
    json_t *doc;

    if (profile_run(&w->setup, w->payload, &doc, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return doc;
}

static const json_t *
row_of(const json_t *doc, const char *level, const char *role, int index)
{
    size_t i;
    json_t *r;

    json_array_foreach(json_object_get(doc, "rows"), i, r)
    {
        if (strcmp(json_string_value(json_object_get(r, "level")), level) ==
                0 &&
            strcmp(json_string_value(json_object_get(r, "role")), role) == 0 &&
            json_integer_value(json_object_get(r, "index")) == index)
            return r;
    }
    return NULL;
}

static bool
has_flag(const json_t *o, const char *name)
{
    size_t i;
    json_t *v;

    json_array_foreach(json_object_get(o, "flags"), i, v)
    {
        if (strcmp(json_string_value(v), name) == 0)
            return true;
    }
    return false;
}

static double
number(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

static void
about(double got, double want, double rel)
{
    if (!(fabs(got - want) <= rel * fabs(want)))
        fail_msg("%.9g is not %.9g", got, want);
}

static void
every_part_gets_its_row_with_median_and_interval(void **state)
{
    static const struct {
        const char *level, *role;
        int index;
        double cost;
    } rows[] = {
        { "L0", "whole", 0, 100000 },
        { "L2", "layer", 0, 40000 },
        { "L2", "layer", 1, 40000 }, /* the same kernel as layer 0 */
        { "L2", "layer", 2, 10000 },
        { "L2", "aa", 2, 10000 },
        { "L6", "segment", 0, 41000 },
        { "L6", "head", 0, 9000 },
        { "L6", "prefix", 0, 48000 },
        { "L6", "segment", 1, 51000 },
        { "L6", "prefix", 1, 91000 },
    };
    struct world w;
    json_t *doc;

    (void)state;
    world_init(&w);
    doc = profile(&w);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *r =
            row_of(doc, rows[i].level, rows[i].role, rows[i].index);

        if (r == NULL)
            fail_msg(
                "no row %s %s %d", rows[i].level, rows[i].role, rows[i].index);
        about(number(r, "median_ns"), rows[i].cost, 0.01);
        assert_true(number(r, "ci95_lo_ns") <= number(r, "median_ns"));
        assert_true(number(r, "ci95_hi_ns") >= number(r, "median_ns"));
        assert_string_equal(
            json_string_value(json_object_get(r, "stop_reason")), "ci_met");
        assert_int_equal(json_integer_value(json_object_get(r, "seed")), 5);
    }
    assert_null(row_of(doc, "L6", "head", 1)); /* the last exit has none */
    assert_non_null(row_of(doc, "L2", "sentinel", 0));
    assert_int_equal(w.parts, 3);
    assert_true(w.phases >= 4 && !w.progress_bad);
    json_decref(doc);
    world_clear(&w);
}

static void
percentiles_are_of_single_executions_and_else_null(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *whole, *one;

    (void)state;
    world_init(&w);
    doc = profile(&w);
    whole = row_of(doc, "L0", "whole", 0);
    one = row_of(doc, "L2", "layer", 0);
    assert_true(number(whole, "n_epochs") >= 662);
    assert_true(number(whole, "p99_ns") >= number(whole, "p90_ns"));
    assert_true(number(whole, "p90_ns") >= number(whole, "median_ns"));
    assert_int_equal(number(whole, "iters_per_epoch"), 1);
    assert_true(json_is_null(json_object_get(one, "p90_ns")));
    assert_true(json_is_null(json_object_get(one, "p99_ns")));
    assert_true(number(one, "iters_per_epoch") > 1);
    json_decref(doc);
    world_clear(&w);
}

static void
equal_kernels_are_measured_once(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *copy;

    (void)state;
    world_init(&w);
    doc = profile(&w);
    copy = row_of(doc, "L2", "layer", 1);
    assert_true(has_flag(copy, "cached"));
    assert_false(has_flag(row_of(doc, "L2", "layer", 0), "cached"));
    assert_string_equal(
        json_string_value(json_object_get(copy, "name")), "layer1");
    assert_int_equal(json_array_size(json_object_get(copy, "epochs_ns")), 0);
    json_decref(doc);
    world_clear(&w);
}

static void
closure_adds_up(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *c, *exits;

    (void)state;
    world_init(&w);
    doc = profile(&w);
    c = json_object_get(doc, "closure");
    exits = json_object_get(doc, "exits");
    about(number(c, "sum_layers_ns"), 90000, 0.01);
    about(number(c, "whole_ns"), 100000, 0.01);
    about(number(c, "dispatch_ns"), 10000, 0.1);
    about(number(c, "closure_hot_rel"), -0.1, 0.1);
    assert_true(fabs(number(c, "closure_table_rel") - 0.01) < 0.01);
    assert_true(fabs(number(c, "aa_rel")) < 0.01);
    assert_true(json_is_null(json_object_get(c, "closure_rel")));
    /* 41 + 9 against 48; 41 + 51 against 91 */
    about(
        number(json_array_get(exits, 0), "prefix_residual_rel"), 2.0 / 48, 0.2);
    assert_true(fabs(number(json_array_get(exits, 1), "prefix_residual_rel") -
                     1.0 / 91) < 0.01);
    json_decref(doc);
    world_clear(&w);
}

static void
what_the_server_has_is_not_measured_again(void **state)
{
    struct world w;
    json_t *doc;

    (void)state;
    world_init(&w);
    json_object_set_new(w.payload, "have",
        json_pack("[{s:s, s:s, s:f}]", "level", "L2", "kernel_key", "conv",
            "median_ns", 40000.0));
    doc = profile(&w);
    assert_null(row_of(doc, "L2", "layer", 0));
    assert_null(row_of(doc, "L2", "layer", 1));
    assert_non_null(row_of(doc, "L2", "layer", 2));
    about(
        number(json_object_get(doc, "closure"), "sum_layers_ns"), 90000, 0.01);
    json_decref(doc);

    /* What was measured in another environment does not count. */
    json_object_set_new(w.payload, "have_fingerprint", json_string("another"));
    doc = profile(&w);
    assert_non_null(row_of(doc, "L2", "layer", 0));
    json_decref(doc);
    world_clear(&w);
}

static void
only_the_levels_asked_for_are_run(void **state)
{
    struct world w;
    json_t *doc;

    (void)state;
    world_init(&w);
    json_object_set_new(w.payload, "levels", json_pack("[s]", "L0"));
    doc = profile(&w);
    assert_int_equal(json_array_size(json_object_get(doc, "rows")), 1);
    assert_true(json_is_null(
        json_object_get(json_object_get(doc, "closure"), "sum_layers_ns")));
    json_decref(doc);
    world_clear(&w);
}

static void
absent_meters_are_null_and_said(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *l4, *l5;

    (void)state;
    world_init(&w);
    doc = profile(&w);
    l4 = row_of(doc, "L4", "whole", 0);
    l5 = row_of(doc, "L5", "whole", 0);
    assert_true(has_flag(l4, "counter_missing"));
    assert_true(json_is_null(json_object_get(l4, "counters")));
    assert_true(has_flag(l5, "no_energy_sensor"));
    assert_true(json_is_null(json_object_get(l5, "energy")));
    assert_true(has_flag(doc, "counter_missing"));
    assert_true(has_flag(doc, "no_energy_sensor"));
    json_decref(doc);

    /* Nobody asked: nothing is said. */
    json_object_set_new(w.payload, "policy",
        json_pack("{s:b, s:b}", "energy", 0, "counters", 0));
    doc = profile(&w);
    assert_null(row_of(doc, "L4", "whole", 0));
    assert_false(has_flag(doc, "no_energy_sensor"));
    json_decref(doc);
    world_clear(&w);
}

static void
an_energy_sensor_gives_every_part_its_energy(void **state)
{
    struct recorded_energy meter;
    struct world w;
    json_t *doc;
    const json_t *row, *e;

    (void)state;
    world_init(&w);
    w.kit.energy = recorded_energy(&meter, &w.machine);
    doc = profile(&w);
    row = row_of(doc, "L5", "segment", 1);
    e = json_object_get(row, "energy");
    /* 51 us at 20 W above idle */
    assert_true(fabs(number(e, "net_nj") - 51000 * 20) <=
                number(e, "err_nj") + 0.01 * 51000 * 20);
    assert_string_equal(
        json_string_value(json_object_get(e, "method")), "loop");
    assert_true(json_is_null(json_object_get(row, "median_ns")));
    assert_false(has_flag(doc, "no_energy_sensor"));
    json_decref(doc);
    world_clear(&w);
}

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
        blob(&w, rows[i].digit, rows[i].net);
        assert_int_equal(
            profile_run(&w.setup, w.payload, &doc, &err), ST_UNPROCESSABLE);
        assert_null(doc);
        assert_string_equal(err.code, rows[i].code);
        if (strstr(err.text, rows[i].name) == NULL)
            fail_msg("'%s' does not name %s", err.text, rows[i].name);
        world_clear(&w);
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
    doc = profile(&w);
    row = row_of(doc, "L6", "prefix", 1);
    about(number(row, "median_ns"), 91000, 0.02);
    assert_true(has_flag(row, "few_samples"));
    assert_true(has_flag(row, "ci_not_met"));
    assert_true(json_is_null(json_object_get(row, "ci95_lo_ns")));
    assert_string_equal(
        json_string_value(json_object_get(row, "stop_reason")), "max_time");
    assert_true(has_flag(doc, "partial"));
    assert_string_equal(json_string_value(json_object_get(doc, "grade")), "C");
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
        json_array_append_new(layers, layer(&w, i, 9, key, "cost=5000"));
    }
    json_object_set_new(
        json_object_get(w.payload, "analysis"), "layers", layers);
    json_object_set_new(w.payload, "policy",
        json_pack("{s:i, s:f}", "max_rounds", 11, "warmup_s", 0.001));
    doc = profile(&w);
    assert_non_null(row_of(doc, "L2", "layer", 149));
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

static void
the_environment_is_recorded_and_hashed(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *env, *stable;
    char hex[HASH_HEX];

    (void)state;
    world_init(&w);
    doc = profile(&w);
    env = json_object_get(doc, "env");
    stable = json_object_get(env, "stable");
    assert_string_equal(
        json_string_value(json_object_get(stable, "runtime")), "fake");
    assert_true(json_is_null(json_object_get(stable, "energy_sensor")));
    assert_true(json_object_size(stable) >= 31);
    assert_true(json_object_size(json_object_get(env, "volatile")) >= 18);
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
        cmocka_unit_test(every_part_gets_its_row_with_median_and_interval),
        cmocka_unit_test(percentiles_are_of_single_executions_and_else_null),
        cmocka_unit_test(equal_kernels_are_measured_once),
        cmocka_unit_test(closure_adds_up),
        cmocka_unit_test(what_the_server_has_is_not_measured_again),
        cmocka_unit_test(only_the_levels_asked_for_are_run),
        cmocka_unit_test(absent_meters_are_null_and_said),
        cmocka_unit_test(an_energy_sensor_gives_every_part_its_energy),
        cmocka_unit_test(a_wrong_or_nan_output_stops_before_any_time),
        cmocka_unit_test(a_job_without_time_keeps_its_rows),
        cmocka_unit_test(hundreds_of_layers_are_opened_in_blocks),
        cmocka_unit_test(bad_payloads_name_the_member),
        cmocka_unit_test(the_environment_is_recorded_and_hashed),
        cmocka_unit_test(boards_of_one_model_share_a_fingerprint),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
