/* SPDX-License-Identifier: MIT */
/*
 * A real network through two real tasks, as an agent would run them: the
 * worker's analysis, then the probe's profile on ONNX Runtime.
 */
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
#include "probes/measure/task_profile.h"
#include "search/worker/kinds.h"

enum { MODEL_MAX = 16 << 20 };

static const struct task_kind *const kinds[] = { &task_analyse, &task_profile,
    NULL };

/* Run the task in `dir`; the result document, whatever it says. */
static json_t *
run_task(const char *dir, const char *kind, json_t *payload)
{
    char path[160];
    json_t *lease = json_pack("{s:i, s:s, s:s, s:o}", "lease", 1, "kind", kind,
        "device", "bench", "payload", payload);
    json_t *result;
    struct err err = { 0 };

    snprintf(path, sizeof(path), "%s/task.json", dir);
    assert_int_equal(json_file_save(path, lease, NULL), ST_OK);
    json_decref(lease);
    if (agent_run_task(kinds, dir, -1, &err) != ST_OK)
        fail_msg("%s", err.text);
    snprintf(path, sizeof(path), "%s/result.json", dir);
    assert_int_equal(json_file_load(path, MODEL_MAX, &result, NULL), ST_OK);
    return result;
}

static void
make_folder(char dir[64])
{
    static const char *const inside[] = { "blobs", "parts", "out" };
    char path[160];

    strcpy(dir, "/tmp/offramp-task-XXXXXX");
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, inside[i]);
        assert_int_equal(file_mkdirs(path, NULL), ST_OK);
    }
}

/* Analyse `model`; its cuts become the profile's blobs. */
static json_t *
analyse(const char *model, const char *dir)
{
    char hex[HASH_HEX], from[160], to[160];
    json_t *result, *analysis;

    assert_int_equal(hash_file(model, hex, NULL), ST_OK);
    snprintf(to, sizeof(to), "%s/blobs/%s", dir, hex);
    assert_int_equal(file_copy(model, to, NULL), ST_OK);
    result = run_task(
        dir, "analyse", json_pack("{s:s, s:s}", "blob", hex, "name", "net"));
    analysis = json_object_get(result, "result");
    if (analysis == NULL)
        fail_msg("%s", json_dumps(result, 0));
    json_incref(analysis);
    json_decref(result);
    snprintf(from, sizeof(from), "%s/blobs", dir);
    assert_int_equal(file_rmtree(from, NULL), ST_OK);
    snprintf(to, sizeof(to), "%s/out", dir);
    assert_int_equal(rename(to, from), 0);
    assert_int_equal(file_mkdirs(to, NULL), ST_OK);
    return analysis;
}

static json_t *
short_policy(void)
{
    return json_pack("{s:i, s:f, s:f, s:f}", "max_rounds", 11, "warmup_s",
        0.002, "job_budget_s", 3.0, "ci_rel", 0.05);
}

static size_t
count_rows(const json_t *doc, const char *level, const char *role)
{
    size_t i, n = 0;
    json_t *r;

    json_array_foreach(json_object_get(doc, "rows"), i, r)
    {
        const json_t *median = json_object_get(r, "median_ns");

        if (strcmp(json_string_value(json_object_get(r, "level")), level) ==
                0 &&
            strcmp(json_string_value(json_object_get(r, "role")), role) == 0) {
            assert_true(json_number_value(median) > 0);
            n++;
        }
    }
    return n;
}

static void
profile_of(const char *model)
{
    char dir[64], part[96];
    json_t *analysis, *result, *doc, *check;
    size_t exits, layers;

    make_folder(dir);
    analysis = analyse(model, dir);
    layers = json_array_size(json_object_get(analysis, "layers"));
    exits = json_array_size(json_object_get(analysis, "exits"));
    result = run_task(dir, "profile",
        json_pack("{s:s, s:o, s:o, s:i, s:[]}", "model",
            json_string_value(json_object_get(analysis, "blob")), "analysis",
            analysis, "policy", short_policy(), "seed", 1, "have"));
    doc = json_object_get(result, "result");
    if (doc == NULL)
        fail_msg("%s", json_dumps(result, 0));
    check = json_object_get(doc, "check");
    assert_true(json_is_true(json_object_get(check, "pass")));
    assert_int_equal(
        json_integer_value(json_object_get(check, "outputs")), exits);
    assert_int_equal(count_rows(doc, "L0", "whole"), 1);
    assert_int_equal(count_rows(doc, "L1", "layer"), layers);
    assert_true(json_is_real(
        json_object_get(json_object_get(doc, "closure"), "closure_rel")));
    assert_int_equal(count_rows(doc, "L2", "layer"), layers);
    assert_int_equal(count_rows(doc, "L6", "segment"), exits);
    assert_int_equal(count_rows(doc, "L6", "head"), exits - 1);
    assert_int_equal(count_rows(doc, "L6", "prefix"), exits);
    assert_int_equal(json_array_size(json_object_get(doc, "exits")), exits);
    assert_string_equal(
        json_string_value(json_object_get(doc, "device")), "bench");
    snprintf(part, sizeof(part), "%s/parts/0.json", dir);
    assert_true(file_exists(part));
    json_decref(result);
    assert_int_equal(file_rmtree(dir, NULL), ST_OK);
}

static void
the_fixture_is_profiled_end_to_end(void **state)
{
    (void)state;
    profile_of(OFFRAMP_FIXTURES "/cnn3.onnx");
}

static void
a_network_of_the_wider_world_is_profiled_too(void **state)
{
    static const char model[] =
        OFFRAMP_SHARED_DATA "/models/resnet8_ic01_4exits.onnx";

    (void)state;
    if (!file_exists(model)) {
        print_message("skipped: %s is not here\n", model);
        skip();
    }
    profile_of(model);
}

static void
a_missing_blob_is_an_infra_failure_with_its_name(void **state)
{
    char dir[64], hex[HASH_HEX];
    json_t *result;

    (void)state;
    make_folder(dir);
    memset(hex, 'a', 64);
    hex[64] = '\0';
    result = run_task(dir, "profile",
        json_pack("{s:{s:s, s:[], s:[]}}", "analysis", "blob", hex, "layers",
            "exits"));
    assert_string_equal(
        json_string_value(json_object_get(result, "status")), "failed");
    assert_string_equal(
        json_string_value(json_object_get(result, "class")), "infra");
    assert_string_equal(json_string_value(json_object_get(result, "code")),
        "infra.blob_missing");
    json_decref(result);
    assert_int_equal(file_rmtree(dir, NULL), ST_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fixture_is_profiled_end_to_end),
        cmocka_unit_test(a_network_of_the_wider_world_is_profiled_too),
        cmocka_unit_test(a_missing_blob_is_an_infra_failure_with_its_name),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
