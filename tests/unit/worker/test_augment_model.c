/* SPDX-License-Identifier: MIT */
/* The `augment` task: the network with heads, whole and in parts, beside the
 * one without. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "unit/worker/chain.h"
#include "unit/worker/bare.h"

/* Equal as bytes; protobuf-c keeps fields that it does not know. */
static void
same_message(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    size_t n = protobuf_c_message_get_packed_size(a);
    uint8_t *x = malloc(n + 1), *y = malloc(n + 1);

    assert_int_equal(protobuf_c_message_get_packed_size(b), n);
    protobuf_c_message_pack(a, x);
    protobuf_c_message_pack(b, y);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

static void
the_backbone_stays_as_it_was(void **state)
{
    Onnx__ModelProto *plain, *with;
    char path[PATH_MAX];
    struct bare_box p;
    const Onnx__GraphProto *g, *h;

    (void)state;
    bare_open(&p);
    json_decref(bare_augment(&p, json_object()));
    bare_path(&p, "blobs", p.model, path);
    plain = bare_read(path);
    bare_path(&p, "blobs", p.augmented, path);
    with = bare_read(path);
    g = plain->graph;
    h = with->graph;
    assert_true(h->n_node > g->n_node);
    for (size_t i = 0; i < g->n_node; i++)
        same_message(&g->node[i]->base, &h->node[i]->base);
    for (size_t i = 0; i < g->n_initializer; i++)
        same_message(&g->initializer[i]->base, &h->initializer[i]->base);
    same_message(&g->input[0]->base, &h->input[0]->base);
    same_message(&g->output[0]->base, &h->output[h->n_output - 1]->base);
    onnx_free(plain);
    onnx_free(with);
    box_close(&p.b);
}

/* A picture of seeded noise. */
static void
put_noise(struct chain *c, const char *name, size_t n, uint32_t seed)
{
    float *x = malloc(n * sizeof(*x));

    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / 16777216.0f;
    }
    chain_put(c, name, x, n);
    free(x);
}

static void
its_own_answers_are_the_same_bits(void **state)
{
    char plain[PATH_MAX], with[PATH_MAX];
    struct bare_box p;
    struct chain c;

    (void)state;
    bare_open(&p);
    json_decref(bare_augment(&p, json_object()));
    bare_path(&p, "blobs", p.model, plain);
    bare_path(&p, "blobs", p.augmented, with);
    chain_open(&c);
    for (uint32_t k = 0; k < 20; k++) {
        float before[10];

        put_noise(&c, "image", 24 * 24, k);
        memcpy(
            before, chain_get(&c, chain_run(&c, plain), NULL), sizeof(before));
        assert_memory_equal(
            before, chain_get(&c, chain_run(&c, with), NULL), sizeof(before));
    }
    chain_clear(&c);
    box_close(&p.b);
}

/* Run the parts that an analysis names, in turn. */
static void
run_parts(const struct bare_box *p, struct chain *c, const json_t *exits)
{
    static const char *const parts[] = { "segment", "head" };
    const json_t *x;
    char path[PATH_MAX];
    size_t i;

    json_array_foreach(exits, i, x)
    {
        for (int k = 0; k < 2; k++) {
            const json_t *part = json_object_get(x, parts[k]);

            if (!json_is_object(part))
                continue;
            bare_path(p, "out",
                json_string_value(json_object_get(part, "blob")), path);
            chain_run(c, path);
        }
    }
}

/* Whole and in parts, on noise: the same bits where the runtime fuses nothing.
 */
static void
parts_equal_whole(struct bare_box *p, const char *input, size_t elements,
    size_t n_exits, bool plain)
{
    const float slack = plain ? 0 : 1e-6f;
    struct chain whole, parts;
    const json_t *exits, *x;
    char path[PATH_MAX];
    size_t i, n, m;

    bare_path(p, "blobs", p->augmented, path);
    chain_open(&whole);
    chain_open(&parts);
    whole.plain = parts.plain = plain;
    put_noise(&whole, input, elements, 7);
    put_noise(&parts, input, elements, 7);
    chain_run(&whole, path);
    box_run(&p->b, "analyse",
        json_pack("{s:s, s:s}", "blob", p->augmented, "name", "m"));
    exits = json_object_get(box_done(&p->b), "exits");
    assert_int_equal(json_array_size(exits), n_exits);
    run_parts(p, &parts, exits);
    json_array_foreach(exits, i, x)
    {
        const char *name = json_string_value(json_object_get(x, "output"));
        const float *a = chain_get(&whole, name, &n);
        const float *b = chain_get(&parts, name, &m);
        double sum = 0;

        assert_true(n == 10 && m == 10);
        for (size_t k = 0; k < n; k++) {
            assert_true(fabsf(a[k] - b[k]) <= slack * (1 + fabsf(a[k])));
            sum += (double)a[k];
        }
        if (i + 1 < n_exits) /* an early exit gives probabilities */
            assert_true(fabs(sum - 1) < 1e-5);
    }
    chain_clear(&whole);
    chain_clear(&parts);
}

static void
parts_in_turn_answer_as_the_whole(void **state)
{
    struct bare_box p;

    (void)state;
    bare_open(&p);
    json_decref(bare_augment(&p, json_pack("{s:[s]}", "heads", "pool")));
    parts_equal_whole(&p, "image", 24 * 24, 4, true);
    parts_equal_whole(&p, "image", 24 * 24, 4, false);
    box_close(&p.b);
}

/* Each kind alone, with a confidence head where that ranks better. */
static void
heads_of_every_kind_work_in_the_model(void **state)
{
    static const char *const kinds[] = { "pool", "spatial", "hidden", "own",
        "conv" };
    struct bare_box p;

    (void)state;
    bare_open(&p);
    for (size_t i = 0; i < 5; i++) {
        const json_t *head;
        json_t *doc = bare_augment(
            &p, json_pack("{s:[s], s:b, s:[ii], s:[i]}", "heads", kinds[i],
                    "confidence", 1, "rows", 100, 500, "rule", 1));
        size_t k, kept = 0;

        assert_int_equal(
            bare_number(json_object_get(doc, "rows"), "used"), 400);
        json_array_foreach(json_object_get(doc, "heads"), k, head)
        {
            const json_t *sure = json_object_get(head, "confidence");

            kept += json_is_true(json_object_get(head, "kept"));
            assert_true(bare_number(sure, "auc_probability") > 0.3);
            assert_true(json_is_true(json_object_get(sure, "kept")) ==
                        (bare_number(sure, "auc") >
                            bare_number(sure, "auc_probability")));
        }
        /* A hidden layer reads the average, or a grid: the better one. */
        assert_int_equal(k, strcmp(kinds[i], "hidden") == 0 ? 2 : 1);
        assert_int_equal(kept, 1);
        json_decref(doc);
        parts_equal_whole(&p, "image", 24 * 24, 2, true);
    }
    box_close(&p.b);
}

static void
resnet20_gets_its_heads(void **state)
{
    static const char model[] =
        OFFRAMP_SHARED_DATA "/models/resnet20_cifar10.onnx";
    const json_t *head;
    struct bare_box p = { 0 };
    size_t i;
    json_t *doc;

    (void)state;
    if (!file_exists(model))
        skip();
    box_open(&p.b);
    bare_put(&p, model);
    box_file(
        &p.b, OFFRAMP_SHARED_DATA "/cifar10/train10k_images_u8.npy", p.inputs);
    box_file(
        &p.b, OFFRAMP_SHARED_DATA "/cifar10/train10k_labels.npy", p.labels);
    doc = bare_augment(
        &p, json_pack("{s:[s], s:s, s:i, s:[ii]}", "heads", "pool", "rule",
                "linear", "max_candidates", 3, "rows", 0, 600));
    json_array_foreach(json_object_get(doc, "heads"), i, head)
    {
        assert_true(json_is_true(json_object_get(head, "kept")));
    }
    assert_int_equal(i, 3);
    json_decref(doc);
    parts_equal_whole(&p, "input", 3 * 32 * 32, 4, false);
    box_close(&p.b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_backbone_stays_as_it_was),
        cmocka_unit_test(its_own_answers_are_the_same_bits),
        cmocka_unit_test(parts_in_turn_answer_as_the_whole),
        cmocka_unit_test(heads_of_every_kind_work_in_the_model),
        cmocka_unit_test(resnet20_gets_its_heads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
