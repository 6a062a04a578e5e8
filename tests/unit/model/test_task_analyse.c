/* SPDX-License-Identifier: MIT */
/* The worker's task: a folder with a model becomes a folder with an analysis,
 * its cut models, or the reason why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "make_onnx.h"
#include "rig.h"
#include "search/worker/kinds.h"

static struct rig rig;

/* Run the task on a model in a folder of its own; *result is owned. */
static void
run_task(const void *data, size_t len, const char *shape, char dir[64],
    json_t **result)
{
    static const struct task_kind *const kinds[] = { &task_analyse, NULL };
    char path[192], hex[HASH_HEX];
    struct err err = { 0 };
    json_t *lease;

    strcpy(dir, "/tmp/offramp-analyse-XXXXXX");
    assert_non_null(mkdtemp(dir));
    hash_bytes(data, len, hex);
    snprintf(path, sizeof(path), "%s/blobs", dir);
    assert_int_equal(file_mkdirs(path, &err), ST_OK);
    snprintf(path, sizeof(path), "%s/blobs/%s", dir, hex);
    assert_int_equal(file_write(path, data, len, &err), ST_OK);
    lease = json_pack("{s:s, s:{s:s, s:s, s:o}}", "kind", "analyse", "payload",
        "blob", hex, "name", "a test", "shape",
        shape != NULL ? json_loads(shape, 0, NULL) : json_null());
    snprintf(path, sizeof(path), "%s/task.json", dir);
    assert_int_equal(json_file_save(path, lease, &err), ST_OK);
    json_decref(lease);
    assert_int_equal(agent_run_task(kinds, dir, -1, &err), ST_OK);
    snprintf(path, sizeof(path), "%s/result.json", dir);
    assert_int_equal(json_file_load(path, 1 << 24, result, &err), ST_OK);
}

static void
clean(const char *dir, json_t *result)
{
    json_decref(result);
    assert_int_equal(file_rmtree(dir, NULL), ST_OK);
}

static void
assert_is_out(const char *dir, const json_t *hex)
{
    char path[192], have[HASH_HEX];

    assert_true(json_is_string(hex));
    snprintf(path, sizeof(path), "%s/out/%s", dir, json_string_value(hex));
    assert_int_equal(hash_file(path, have, NULL), ST_OK);
    assert_string_equal(have, json_string_value(hex));
}

static void
a_model_becomes_an_analysis_and_files(void **state)
{
    struct err err = { 0 };
    json_t *result, *item;
    const json_t *doc;
    char dir[64], *data;
    size_t len, i;

    (void)state;
    assert_int_equal(
        file_read(OFFRAMP_FIXTURES "/cnn3.onnx", 1 << 24, &data, &len, &err),
        ST_OK);
    run_task(data, len, NULL, dir, &result);
    assert_string_equal(rig_text(result, "status"), "done");
    doc = json_object_get(result, "result");
    assert_string_equal(rig_text(doc, "schema"), "offramp.analysis/1");
    assert_is_out(dir, json_object_get(doc, "blob"));
    json_array_foreach(json_object_get(doc, "layers"), i, item)
        assert_is_out(dir, json_object_get(item, "blob"));
    json_array_foreach(json_object_get(doc, "exits"), i, item)
    {
        assert_is_out(dir, rig_at(item, "segment.blob"));
        assert_is_out(dir, rig_at(item, "prefix.blob"));
    }
    assert_is_out(dir, rig_at(doc, "exits.0.head.blob"));
    clean(dir, result);
    free(data);
}

static void
a_given_shape_is_used(void **state)
{
    json_t *result;
    char dir[64];
    size_t len;
    uint8_t *data =
        make_onnx_bytes("input x f4 N,M\nnode Relu x -> y\noutput y\n", &len);

    (void)state;
    run_task(data, len, "{\"x\":[3,5]}", dir, &result);
    assert_string_equal(rig_text(result, "status"), "done");
    assert_int_equal(rig_int(result, "result.inputs.0.shape.1"), 5);
    assert_int_equal(rig_int(result, "result.inputs.0.dynamic.1"), 1);
    clean(dir, result);
    free(data);
}

static void
a_refused_model_fails_with_code_and_nodes(void **state)
{
    json_t *result;
    char dir[64];
    size_t len;
    uint8_t *data = make_onnx_bytes(
        "input x f4 1,4\nnode Odd x -> y name=odd\noutput y\n", &len);

    (void)state;
    run_task(data, len, NULL, dir, &result);
    assert_string_equal(rig_text(result, "status"), "failed");
    assert_string_equal(rig_text(result, "code"), "model.unsupported_op");
    assert_string_equal(rig_text(result, "class"), "model");
    assert_non_null(strstr(rig_text(result, "detail"), "Odd"));
    assert_string_equal(rig_text(result, "nodes.0"), "odd");
    clean(dir, result);
    free(data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_becomes_an_analysis_and_files),
        cmocka_unit_test(a_given_shape_is_used),
        cmocka_unit_test(a_refused_model_fails_with_code_and_nodes),
    };
    int failed = rig_open(&rig);

    if (failed != 0)
        return failed;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_close(&rig);
    return failed;
}
