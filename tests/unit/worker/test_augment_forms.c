/* SPDX-License-Identifier: MIT */
/* The `augment` task: families of networks, and input that cannot be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/model/make_onnx.h"
#include "unit/worker/task_box.h"

#define IMAGE "input x f4 1,3,16,16\n"
#define CONV1                                                                  \
    "init w1 f4 8,3,3,3\n"                                                     \
    "node Conv x,w1 -> c1 pads=1,1,1,1\n"                                      \
    "node Relu c1 -> r1\n"
#define FINISH(from)                                                           \
    "node GlobalAveragePool " from " -> g\n"                                   \
    "node Flatten g -> f\n"                                                    \
    "init wf f4 4,8\n"                                                         \
    "node Gemm f,wf -> y transB=1\n"                                           \
    "output y\n"
#define HEAD13 "ir 8\nopset 13\n"
#define CHAIN                                                                  \
    HEAD13 IMAGE CONV1 "init w2 f4 8,8,3,3\n"                                  \
                       "node Conv r1,w2 -> c2 strides=2,2 pads=1,1,1,1\n"      \
                       "node Relu c2 -> r2\n" FINISH("r2")

#define DENSE                                                                  \
    HEAD13 "input x f4 1,20\n"                                                 \
           "init w1 f4 16,20\ninit w2 f4 16,16\ninit w3 f4 16,16\n"            \
           "init w4 f4 4,16\n"                                                 \
           "node Gemm x,w1 -> d1 transB=1\nnode Relu d1 -> r1\n"               \
           "node Gemm r1,w2 -> d2 transB=1\nnode Relu d2 -> r2\n"              \
           "node Gemm r2,w3 -> d3 transB=1\nnode Relu d3 -> r3\n"              \
           "node Gemm r3,w4 -> y transB=1\noutput y\n"

/* A network, the shape of one row of its data, how many boundaries get a head
 * whose features are `features` wide, and what is said of each boundary: +
 * for a candidate, or the reason. */
struct form {
    const char *name, *text, *shape;
    int chosen, features;
    const char *said;
};

static const struct form forms[] = {
    { "strided convolutions", CHAIN, "3, 16, 16", 1, 8,
        "+ nothing_left nothing_left" },
    { "residual",
        HEAD13 IMAGE CONV1
        "init wa f4 8,8,3,3\ninit wb f4 8,8,3,3\ninit wc f4 8,8,3,3\n"
        "node Conv r1,wa -> a pads=1,1,1,1\nnode Relu a -> ar\n"
        "node Conv ar,wb -> b pads=1,1,1,1\nnode Add r1,b -> s\n"
        "node Relu s -> sr\nnode Conv sr,wc -> c pads=1,1,1,1\n" FINISH("c"),
        "3, 16, 16", 2, 8, "+ + nothing_left nothing_left" },
    { "inception",
        HEAD13 IMAGE CONV1
        "init wa f4 4,8,1,1\ninit wb f4 4,8,3,3\ninit wc f4 8,8,3,3\n"
        "node Conv r1,wa -> a\nnode Conv r1,wb -> b pads=1,1,1,1\n"
        "node Concat a,b -> ab axis=1\n"
        "node Conv ab,wc -> c pads=1,1,1,1\nnode Relu c -> r3\n" FINISH("r3"),
        "3, 16, 16", 2, 8, "+ + nothing_left nothing_left" },
    { "dense block",
        HEAD13 IMAGE CONV1
        "init wa f4 4,8,3,3\ninit wb f4 4,12,3,3\ninit wc f4 8,16,1,1\n"
        "node Conv r1,wa -> a pads=1,1,1,1\nnode Concat r1,a -> d1 axis=1\n"
        "node Conv d1,wb -> b pads=1,1,1,1\nnode Concat d1,b -> d2 axis=1\n"
        "node Conv d2,wc -> c\n" FINISH("c"),
        "3, 16, 16", 3, 8, "+ + + nothing_left nothing_left" },
    { "squeeze and excite",
        HEAD13 IMAGE CONV1
        "init wa f4 8,8,3,3\ninit ws f4 2,8,1,1\ninit we f4 8,2,1,1\n"
        "init wc f4 8,8,3,3\n"
        "node Conv r1,wa -> a pads=1,1,1,1\n"
        "node GlobalAveragePool a -> q\nnode Conv q,ws -> s\nnode Relu s -> "
        "sr\n"
        "node Conv sr,we -> e\nnode Sigmoid e -> es\nnode Mul a,es -> m\n"
        "node Add m,r1 -> z\nnode Conv z,wc -> c pads=1,1,1,1\n" FINISH("c"),
        "3, 16, 16", 2, 8, "+ + nothing_left nothing_left" },
    { "depthwise chain",
        HEAD13 IMAGE CONV1
        "init wa f4 8,1,3,3\ninit wb f4 8,8,1,1\ninit wc f4 8,1,3,3\n"
        "init wd f4 8,8,1,1\n"
        "node Conv r1,wa -> a group=8 pads=1,1,1,1\nnode Conv a,wb -> b\n"
        "node Relu b -> br\nnode Conv br,wc -> c group=8 pads=1,1,1,1\n"
        "node Conv c,wd -> d\n" FINISH("d"),
        "3, 16, 16", 4, 8, "+ + + + nothing_left nothing_left" },
    { "all dense", DENSE, "20", 2, 16, "+ + nothing_left" },
    { "one dimension",
        HEAD13 "input x f4 1,2,32\n"
               "init w1 f4 8,2,3\ninit w2 f4 8,8,3\n"
               "node Conv x,w1 -> c1 pads=1,1\nnode Relu c1 -> r1\n"
               "node Conv r1,w2 -> c2 pads=1,1\n" FINISH("c2"),
        "2, 32", 1, 8, "+ nothing_left nothing_left" },
    { "transformer",
        "ir 8\nopset 17\ninput x f4 1,6,8\n"
        "init wq f4 8,8\ninit wk f4 8,8\ninit wv f4 8,8\ninit ga f4 8\n"
        "init w1 f4 8,16\ninit w2 f4 16,8\ninit wy f4 4,8\n"
        "node MatMul x,wq -> q\nnode MatMul x,wk -> k\nnode MatMul x,wv -> v\n"
        "node Transpose k -> kt perm=0,2,1\nnode MatMul q,kt -> s\n"
        "node Softmax s -> p axis=-1\nnode MatMul p,v -> o\nnode Add x,o -> h\n"
        "node LayerNormalization h,ga -> n\nnode MatMul n,w1 -> m1\n"
        "node Relu m1 -> m1r\nnode MatMul m1r,w2 -> m2\nnode Add m2,h -> h2\n"
        "node LayerNormalization h2,ga -> n2\n"
        "node Transpose n2 -> t perm=0,2,1\n"
        "node GlobalAveragePool t -> g\nnode Flatten g -> f\n"
        "node Gemm f,wy -> y transB=1\noutput y\n",
        "6, 8", 1, 8, "+ nothing_left nothing_left nothing_left nothing_left" },
};

enum { ROWS = 60 };

static float noise[ROWS * 3 * 16 * 16];

static void
make_noise(void)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = (float)(seed >> 8) / 16777216.0f;
    }
}

/* Elements of "3, 16, 16". */
static size_t
elements(const char *shape)
{
    size_t n = 1;

    for (char *end; *shape != '\0'; shape = *end == ',' ? end + 1 : end)
        n *= strtoul(shape, &end, 10);
    return n;
}

/* The model analysed, `rows` rows of data and labels 0, 1, 2, 3, 0, ..; the
 * payload of a task. */
static json_t *
payload_of(struct task_box *b, const char *text, const char *shape,
    const float *data, size_t rows, const unsigned char *labels)
{
    char hex[HASH_HEX], blob[HASH_HEX], inputs[HASH_HEX], y[HASH_HEX], dims[64];
    uint8_t *bytes;
    size_t len;

    bytes = make_onnx_bytes(text, &len);
    box_bytes(b, bytes, len, hex);
    free(bytes);
    box_run(b, "analyse", json_pack("{s:s, s:s}", "blob", hex, "name", "m"));
    snprintf(blob, sizeof(blob), "%s",
        json_string_value(json_object_get(box_done(b), "blob")));
    box_reuse(b, blob);
    snprintf(dims, sizeof(dims), "(%zu, %s)", rows, shape);
    box_array(
        b, "<f4", dims, data, rows * elements(shape) * sizeof(*data), inputs);
    snprintf(dims, sizeof(dims), "(%zu,)", rows);
    box_array(b, "|u1", dims, labels, rows, y);
    return json_pack("{s:{s:s}, s:{s:s, s:s}, s:{}}", "model", "blob", blob,
        "dataset", "inputs", inputs, "labels", y, "options");
}

static const unsigned char *
cycling(void)
{
    static unsigned char labels[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        labels[i] = (unsigned char)(i % 4);
    return labels;
}

/* What is said of the boundaries, in order. */
static void
check_said(const struct form *f, const json_t *doc)
{
    const json_t *boundaries = json_object_get(doc, "boundaries"), *item;
    char got[200] = "";
    size_t i, used = 0;

    json_array_foreach(boundaries, i, item)
    {
        const char *reason = json_get_string(item, "reason", "+");
        const char *text = json_get_string(item, "text", NULL);

        assert_true((text == NULL) == (reason[0] == '+'));
        used += (size_t)snprintf(
            got + used, sizeof(got) - used, "%s%s", i > 0 ? " " : "", reason);
    }
    if (strcmp(got, f->said) != 0)
        fail_msg("%s: %s, not %s", f->name, got, f->said);
}

static void
every_family_gets_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const json_t *heads, *head;
        struct task_box b;
        size_t k;

        box_open(&b);
        box_run(&b, "augment",
            payload_of(
                &b, forms[i].text, forms[i].shape, noise, ROWS, cycling()));
        check_said(&forms[i], box_done(&b));
        heads = json_object_get(box_done(&b), "heads");
        if ((int)json_array_size(heads) != forms[i].chosen)
            fail_msg("%s: %zu heads, not %d", forms[i].name,
                json_array_size(heads), forms[i].chosen);
        head = json_array_get(heads, 0);
        assert_int_equal(json_integer_value(json_object_get(head, "features")),
            forms[i].features);
        json_array_foreach(heads, k, head)
        {
            assert_true(json_is_real(json_object_get(head, "accuracy")));
        }
        box_close(&b);
    }
}

/* ---- input that cannot be used ---- */

struct bad {
    const char *text, *shape; /* NULL: CHAIN and its shape */
    size_t rows;              /* 0: ROWS */
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
        unsigned char labels[ROWS];
        struct task_box b;
        json_t *payload;

        memcpy(labels, cycling(), sizeof(labels));
        if (c->label >= 0)
            memset(labels, c->label, sizeof(labels));
        box_open(&b);
        payload = payload_of(&b, c->text ? c->text : CHAIN,
            c->shape ? c->shape : "3, 16, 16", noise, c->rows ? c->rows : ROWS,
            labels);
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
    static float data[ROWS * 3 * 16 * 16];
    struct task_box b;

    (void)state;
    memcpy(data, noise, sizeof(data));
    data[5 * 3 * 16 * 16 + 40] = NAN;
    box_open(&b);
    box_run(&b, "augment",
        payload_of(&b, CHAIN, "3, 16, 16", data, ROWS, cycling()));
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

    box_run(
        b, "augment", payload_of(b, CHAIN, "3, 16, 16", data, ROWS, labels));
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
    head = rejected(&b, noise, cycling(), "guessing");
    assert_true(json_is_real(json_object_get(head, "number")));
    assert_true(json_is_null(json_object_get(head, "exit")));
    box_close(&b);
}

static void
features_that_never_change_teach_nothing(void **state)
{
    static float same[ROWS * 3 * 16 * 16];
    struct task_box b;

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        same[i] = 0.5f;
    box_open(&b);
    rejected(&b, same, cycling(), "constant_features");
    box_close(&b);
}

static void
threads_change_no_bit(void **state)
{
    json_t *doc[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct task_box b;
        json_t *payload;

        box_open(&b);
        payload = payload_of(&b, CHAIN, "3, 16, 16", noise, ROWS, cycling());
        json_object_update_new(json_object_get(payload, "options"),
            json_pack("{s:i, s:[sss]}", "threads", i ? 3 : 1, "heads", "pool",
                "hidden", "conv"));
        box_run(&b, "augment", payload);
        doc[i] = json_deep_copy(box_done(&b));
        box_close(&b);
        json_object_del(doc[i], "seconds");
        json_object_del(doc[i], "options");
    }
    assert_int_equal(json_array_size(json_object_get(doc[0], "heads")), 3);
    assert_true(json_equal(doc[0], doc[1]));
    json_decref(doc[0]);
    json_decref(doc[1]);
}

static void
a_class_that_one_part_lacks_is_flagged(void **state)
{
    unsigned char labels[ROWS];
    const json_t *flags;
    struct task_box b;

    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        labels[i] = (unsigned char)(i % 3);
    box_open(&b);
    box_run(
        &b, "augment", payload_of(&b, CHAIN, "3, 16, 16", noise, ROWS, labels));
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
    static float data[ROWS * 20];
    struct task_box b;
    json_t *payload, *doc;

    for (size_t i = 0; i < ROWS * 20; i++)
        data[i] = 4 * noise[i] - 2;
    box_open(&b);
    payload = payload_of(&b, DENSE, "20", data, ROWS, cycling());
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
        cmocka_unit_test(every_family_gets_heads),
        cmocka_unit_test(what_cannot_be_used_is_said_clearly),
        cmocka_unit_test(what_is_no_number_names_tensor_and_sample),
        cmocka_unit_test(a_head_that_guesses_is_listed_and_not_written),
        cmocka_unit_test(features_that_never_change_teach_nothing),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_class_that_one_part_lacks_is_flagged),
        cmocka_unit_test(without_labels_heads_learn_what_the_network_says),
    };

    make_noise();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
