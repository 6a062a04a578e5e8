/* SPDX-License-Identifier: MIT */
/* The `augment` task: input that cannot be used, and heads left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/worker/forms.h"

/* ---- input that cannot be used ---- */

struct bad {
    const char *text, *shape; /* NULL: CHAIN and its shape */
    size_t rows;              /* 0: FORM_ROWS */
    const char *options;
    int label; /* of all rows; -1: cycling */
    bool no_labels;
    const char *class, *code, *words;
};

static const struct bad bads[] = {
    { .label = 4,
        .class = "user",
        .code = "dataset.labels",
        .words = "row 0 has 4; -1 (unknown) or 0 to 3" },
    { .rows = 4,
        .label = -1,
        .class = "user",
        .code = "augment.few_samples",
        .words = "4 usable rows for 4 classes" },
    { .label = 2,
        .class = "user",
        .code = "augment.one_class",
        .words = "all rows to fit on are of class 2" },
    { .label = -1,
        .no_labels = true,
        .class = "user",
        .code = "augment.labels",
        .words = "set options.target to agreement" },
    { .label = -1,
        .options = "{\"rows\":[0,61]}",
        .class = "user",
        .code = "augment.rows",
        .words = "the data set has 60 rows" },
    { .label = -1,
        .options = "{\"rule\":\"best\"}",
        .class = "user",
        .code = "augment.rule",
        .words = "\"best\" is not known" },
    { .label = -1,
        .options = "{\"rule\":[9]}",
        .class = "user",
        .code = "augment.rule",
        .words = "rule[0] must be a boundary" },
    { .label = -1,
        .options = "{\"rule\":\"natural\"}",
        .class = "user",
        .code = "augment.no_candidates",
        .words = "choose another" },
    { .label = -1,
        .options = "{\"heads\":[\"poll\"]}",
        .class = "user",
        .code = "request.field",
        .words = "options.heads[0] must be" },
    { .label = -1,
        .options = "{\"haeds\":[]}",
        .class = "user",
        .code = "request.field",
        .words = "haeds" },
    { .text = HEAD13 IMAGE CONV1 "output r1\n",
        .label = -1,
        .class = "user",
        .code = "augment.not_classifier",
        .words = "output r1" },
    { .text = HEAD13 "input x f4 1,20\ninit w f4 4,20\n"
                     "node Gemm x,w -> d transB=1\nnode Sigmoid d -> y\n"
                     "output y\n",
        .shape = "20",
        .label = -1,
        .class = "user",
        .code = "augment.sigmoid",
        .words = "separate yes-or-no answers" },
    { .text = HEAD13 "input x f4 1,20\ninit w f4 4,20\ninit v f4 4,20\n"
                     "init u f4 20,20\nnode Gemm x,w -> e transB=1\n"
                     "node Gemm x,u -> h\nnode Gemm h,v -> y transB=1\n"
                     "output e\noutput y\n",
        .shape = "20",
        .label = -1,
        .class = "user",
        .code = "augment.has_exits",
        .words = "has 2 exits already" },
    { .shape = "3, 16, 8",
        .label = -1,
        .class = "user",
        .code = "dataset.shape",
        .words = "the model takes 3x16x16" },
};

static void
what_cannot_be_used_is_said_clearly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        const struct bad *c = &bads[i];
        unsigned char labels[FORM_ROWS];
        struct task_box b;
        json_t *payload;

        memcpy(labels, form_labels(), sizeof(labels));
        if (c->label >= 0)
            memset(labels, c->label, sizeof(labels));
        box_open(&b);
        payload = form_payload(&b, c->text ? c->text : CHAIN,
            c->shape ? c->shape : "3, 16, 16", form_noise,
            c->rows ? c->rows : FORM_ROWS, labels);
        if (c->no_labels)
            json_object_del(json_object_get(payload, "dataset"), "labels");
        if (c->options != NULL)
            json_object_set_new(
                payload, "options", json_loads(c->options, 0, NULL));
        box_run(&b, "augment", payload);
        box_failed(&b, c->class, c->code, c->words);
        box_close(&b);
    }
}

static void
what_is_no_number_names_tensor_and_sample(void **state)
{
    static float data[FORM_ROWS * 3 * 16 * 16];
    struct task_box b;

    (void)state;
    memcpy(data, form_noise, sizeof(data));
    data[5 * 3 * 16 * 16 + 40] = NAN;
    box_open(&b);
    box_run(&b, "augment",
        form_payload(&b, CHAIN, "3, 16, 16", data, FORM_ROWS, form_labels()));
    box_failed(&b, "model", "model.nan_output", "tensor r1");
    box_failed(&b, "model", "model.nan_output", "sample 5");
    box_close(&b);
}

/* The one head of a chain that could not be kept. */
static const json_t *
rejected(struct task_box *b, const float *data, const unsigned char *labels,
    const char *reason)
{
    const json_t *head;

    box_run(b, "augment",
        form_payload(b, CHAIN, "3, 16, 16", data, FORM_ROWS, labels));
    head = json_array_get(json_object_get(box_done(b), "heads"), 0);
    assert_true(json_is_false(json_object_get(head, "kept")));
    assert_string_equal(
        json_string_value(json_object_get(head, "reason")), reason);
    return head;
}

static void
a_head_that_guesses_is_listed_and_not_written(void **state)
{
    const json_t *head;
    struct task_box b;

    (void)state;
    box_open(&b);
    head = rejected(&b, form_noise, form_labels(), "guessing");
    assert_true(json_is_real(json_object_get(head, "number")));
    assert_true(json_is_null(json_object_get(head, "exit")));
    box_close(&b);
}

static void
features_that_never_change_teach_nothing(void **state)
{
    static float same[FORM_ROWS * 3 * 16 * 16];
    struct task_box b;

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        same[i] = 0.5f;
    box_open(&b);
    rejected(&b, same, form_labels(), "constant_features");
    box_close(&b);
}

static void
a_class_that_one_part_lacks_is_flagged(void **state)
{
    unsigned char labels[FORM_ROWS];
    const json_t *flags;
    struct task_box b;

    (void)state;
    for (size_t i = 0; i < FORM_ROWS; i++)
        labels[i] = (unsigned char)(i % 3);
    box_open(&b);
    box_run(&b, "augment",
        form_payload(&b, CHAIN, "3, 16, 16", form_noise, FORM_ROWS, labels));
    flags = json_object_get(box_done(&b), "flags");
    assert_string_equal(
        json_string_value(json_array_get(flags, 0)), "class_missing");
    box_close(&b);
}

/* The heads of a dense network that learn what it says, within so many bytes;
 * the caller owns the document. */
static json_t *
within(double bytes)
{
    static float data[FORM_ROWS * 20];
    struct task_box b;
    json_t *payload, *doc;

    for (size_t i = 0; i < FORM_ROWS * 20; i++)
        data[i] = 4 * form_noise[i] - 2;
    box_open(&b);
    payload = form_payload(&b, DENSE, "20", data, FORM_ROWS, form_labels());
    json_object_del(json_object_get(payload, "dataset"), "labels");
    json_object_set_new(payload, "options",
        json_pack("{s:s,s:f}", "target", "agreement", "memory_bytes", bytes));
    box_run(&b, "augment", payload);
    doc = json_deep_copy(box_done(&b));
    box_close(&b);
    return doc;
}

static void
without_labels_heads_learn_what_the_network_says(void **state)
{
    json_t *doc = within(1e15);
    const json_t *head = json_array_get(json_object_get(doc, "heads"), 0);

    (void)state;
    assert_true(json_is_null(json_object_get(head, "accuracy")));
    assert_true(json_is_real(json_object_get(head, "agreement")));
    json_decref(doc);
}

static double
memory_of(const json_t *doc, const char *name)
{
    return json_number_value(
        json_object_get(json_object_get(doc, "memory"), name));
}

static size_t
count_kept(const json_t *doc)
{
    const json_t *h;
    size_t i, n = 0;

    json_array_foreach(json_object_get(doc, "heads"), i, h)
    {
        n += json_is_true(json_object_get(h, "kept"));
    }
    return n;
}

static void
heads_that_the_device_has_no_room_for_are_left_out(void **state)
{
    json_t *all = within(1e9), *less, *none;
    const double plain = memory_of(all, "plain_weight_bytes") +
                         memory_of(all, "plain_activation_bytes_peak");
    const double whole = memory_of(all, "weight_bytes") +
                         memory_of(all, "activation_bytes_peak");
    size_t rejected = 0, i;
    const json_t *h;

    (void)state;
    assert_true(count_kept(all) > 0);
    assert_true(plain > 0 && whole > plain);
    less = within(whole - 1);
    assert_int_equal(count_kept(less), count_kept(all) - 1);
    assert_true(memory_of(less, "weight_bytes") +
                    memory_of(less, "activation_bytes_peak") <=
                whole - 1);
    none = within(plain);
    assert_int_equal(count_kept(none), 0);
    json_array_foreach(json_object_get(none, "heads"), i, h)
    {
        if (strcmp(json_string_value(json_object_get(h, "reason")), "memory"))
            continue;
        rejected++;
        assert_true(json_number_value(json_object_get(h, "number")) > 0);
    }
    assert_int_equal(rejected, count_kept(all));
    json_decref(all);
    json_decref(less);
    json_decref(none);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_that_the_device_has_no_room_for_are_left_out),
        cmocka_unit_test(what_cannot_be_used_is_said_clearly),
        cmocka_unit_test(what_is_no_number_names_tensor_and_sample),
        cmocka_unit_test(a_head_that_guesses_is_listed_and_not_written),
        cmocka_unit_test(features_that_never_change_teach_nothing),
        cmocka_unit_test(a_class_that_one_part_lacks_is_flagged),
        cmocka_unit_test(without_labels_heads_learn_what_the_network_says),
    };

    form_make_noise();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
