/* SPDX-License-Identifier: MIT */
/* The `dataset` task: which data fit which model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/worker/task_box.h"

/* Inputs of 4 rows, labels of 4, against a model of 1x3x2x2 and 10 classes,
 * unless a case says otherwise. */
struct data_case {
    const char *inputs; /* shape; NULL: "(4, 3, 2, 2)" */
    const char *labels; /* descr; NULL: "|u1" */
    const char *label_shape;
    unsigned char label[4];
    const char *preprocess;
    const char *class, *code, *words; /* class NULL: it fits */
};

static const struct data_case cases[] = {
    { .label = { 0, 1, 9, 3 } },
    { .inputs = "(4, 2, 2, 3)", .preprocess = "{\"layout\":\"NHWC\"}" },
    { .labels = "|i1",
        .class = "user",
        .code = "dataset.labels",
        .words = "must have one dimension and be int64, int32 or uint8" },
    { .label = { 0, 1, 10, 3 },
        .class = "user",
        .code = "dataset.labels",
        .words = "labels: row 2 has 10; -1 (unknown) or 0 to 9" },
    { .label_shape = "(2, 2)",
        .class = "user",
        .code = "dataset.labels",
        .words = "one dimension" },
    { .inputs = "(3, 4, 2, 2)",
        .class = "user",
        .code = "dataset.labels",
        .words = "labels: 4 of them for 3 inputs" },
    { .inputs = "(4, 2, 2, 3)",
        .class = "user",
        .code = "dataset.shape",
        .words = "each is 2x2x3, the model takes 3x2x2" },
    { .inputs = "(4, 12)",
        .class = "user",
        .code = "dataset.shape",
        .words = "each is 12, the model takes 3x2x2" },
    { .inputs = "(48,)",
        .label_shape = "(4,)",
        .class = "user",
        .code = "dataset.shape",
        .words = "the batch first" },
    { .inputs = "(4, 3, 2, 3)",
        .class = "user",
        .code = "dataset.npy",
        .words = "inputs: its shape needs 72 bytes of data, the file has 48" },
    { .preprocess = "{\"mean\":[1,2]}",
        .class = "user",
        .code = "dataset.preprocess",
        .words = "preprocess.mean has 2 numbers, inputs have 3 channels" },
    { .preprocess = "{\"mena\":1}",
        .class = "user",
        .code = "request.field",
        .words = "preprocess.mena" },
};

static json_t *
payload(const char *inputs, const char *labels, const char *preprocess)
{
    return json_pack("{s:s, s:s?, s:o, s:{s:[iiii], s:i}}", "inputs", inputs,
        "labels", labels, "preprocess",
        preprocess ? json_loads(preprocess, 0, NULL) : json_null(), "model",
        "input_shape", 1, 3, 2, 2, "classes", 10);
}

static void
data_fit_or_the_field_is_named(void **state)
{
    static const unsigned char data[48];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct data_case *c = &cases[i];
        char inputs[HASH_HEX], labels[HASH_HEX];
        struct task_box b;

        box_open(&b);
        box_array(&b, "|u1", c->inputs ? c->inputs : "(4, 3, 2, 2)", data,
            sizeof(data), inputs);
        box_array(&b, c->labels ? c->labels : "|u1",
            c->label_shape ? c->label_shape : "(4,)", c->label,
            sizeof(c->label), labels);
        box_run(&b, "dataset", payload(inputs, labels, c->preprocess));
        if (c->class != NULL)
            box_failed(&b, c->class, c->code, c->words);
        else
            assert_int_equal(
                json_integer_value(json_object_get(box_done(&b), "n")), 4);
        box_close(&b);
    }
}

static void
the_result_describes_prepared_rows(void **state)
{
    static const int64_t label[2] = { -1, 9 }; /* unknown is allowed */
    static const unsigned char data[24];
    char inputs[HASH_HEX], labels[HASH_HEX];
    struct task_box b;
    json_t *want;

    (void)state;
    box_open(&b);
    box_array(&b, "|u1", "(2, 2, 2, 3)", data, sizeof(data), inputs);
    box_array(&b, "<i8", "(2,)", label, sizeof(label), labels);
    box_run(&b, "dataset", payload(inputs, labels, "{\"layout\":\"NHWC\"}"));
    want = json_pack("{s:i, s:[iii], s:s, s:s, s:i}", "n", 2, "shape", 3, 2, 2,
        "dtype", "u1", "label_dtype", "i8", "classes", 10);
    assert_true(json_equal(box_done(&b), want));
    json_decref(want);
    /* Without labels and without a model. */
    box_run(&b, "dataset", json_pack("{s:s}", "inputs", inputs));
    assert_true(json_is_null(json_object_get(box_done(&b), "label_dtype")));
    assert_true(json_is_null(json_object_get(box_done(&b), "classes")));
    box_close(&b);
}

static void
a_blob_that_did_not_come_is_the_infrastructures_fault(void **state)
{
    char hex[HASH_HEX];
    struct task_box b;

    (void)state;
    hash_bytes("x", 1, hex);
    box_open(&b);
    box_run(&b, "dataset", json_pack("{s:s}", "inputs", hex));
    box_failed(&b, "infra", "infra.blob_missing", hex);
    box_close(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_fit_or_the_field_is_named),
        cmocka_unit_test(the_result_describes_prepared_rows),
        cmocka_unit_test(a_blob_that_did_not_come_is_the_infrastructures_fault),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
