/* SPDX-License-Identifier: MIT */
/* Images: the memory plan, what does not fit, and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "probes/nn/pack.h"

/* A chain of float relus over `n` values, with a shortcut over all of it. */
static void *
chain(int layers, uint32_t n, int keep, size_t *len)
{
    static struct pack p;
    struct nn_layer l = { .op = NN_RELU,
        .type = NN_F32,
        .in_h = 1,
        .in_w = n,
        .in_c = 1,
        .out_h = 1,
        .out_w = n,
        .out_c = 1,
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
        .high_f = 1 };
    struct err err = { 0 };
    enum status st = ST_OK;
    void *image;

    pack_init(&p);
    for (int i = 0; i < layers && st == ST_OK; i++)
        st = pack_layer(&p, &l, (struct pack_ends){ i, -1, i + 1 }, &err);
    l.op = NN_ADD;
    if (st == ST_OK)
        st = pack_layer(
            &p, &l, (struct pack_ends){ layers, 0, layers + 1 }, &err);
    if (keep >= 0)
        pack_keep(&p, keep);
    if (st == ST_OK)
        st = pack_finish(&p, &image, len, &err);
    if (st != ST_OK)
        fail_msg("%s", err.text);
    pack_clear(&p);
    return image;
}

static void
tensors_share_memory_when_they_do_not_live_together(void **state)
{
    const struct nn_image *head;
    size_t len;
    void *image;

    (void)state;
    head = image = chain(8, 100, -1, &len);
    assert_int_equal(head->arena_bytes, 3 * 400); /* shortcut, two of a chain */
    assert_int_equal(head->in_bytes, 400);
    free(image);
    head = image = chain(8, 100, 2, &len);
    assert_int_equal(head->arena_bytes, 4 * 400);
    free(image);
}

static void
tensors_that_live_together_never_overlap(void **state)
{
    const struct nn_layer *l;
    size_t len;
    void *image;

    (void)state;
    image = chain(8, 33, -1, &len);
    l = nn_image_layers(image);
    for (int i = 0; i < 9; i++) {
        uint32_t gap =
            l[i].in < l[i].out ? l[i].out - l[i].in : l[i].in - l[i].out;

        assert_true(gap >= 33 * 4);
        assert_int_equal(l[8].in2, l[0].in);
        assert_true(l[i].out != l[8].in2);
    }
    free(image);
}

/* A layer takes no more of a board than its own description. */
static void
a_network_of_a_thousand_layers_is_an_image(void **state)
{
    const struct nn_image *head;
    struct nn_fault fault;
    struct nn_run r = { 0 };
    size_t len;
    float *in;

    (void)state;
    head = chain(1000, 10, -1, &len);
    r.image = (const uint8_t *)head;
    assert_int_equal(head->n_layers, 1001);
    assert_int_equal(len, sizeof(*head) + 1001 * sizeof(*r.layer));
    assert_true(nn_image_check(head, len, head->arena_bytes, &fault));
    assert_non_null(r.arena = calloc(1, head->arena_bytes));
    in = (float *)(void *)(r.arena + head->in);
    in[3] = 0.25f;
    for (uint32_t i = 0; i < head->n_layers; i++) {
        r.layer = nn_image_layers(head) + i;
        nn_run(&r);
    }
    assert_true(((float *)(void *)(r.arena + head->out))[3] == 0.5f);
    free(r.arena);
    free((void *)(uintptr_t)head);
}

static void
a_layer_more_than_an_image_holds_is_told(void **state)
{
    static struct pack p;
    const struct nn_layer l = { .in_h = 1, .in_w = 1, .in_c = 1 };
    struct err err = { 0 };
    enum status st = ST_OK;
    int n = 0;

    (void)state;
    pack_init(&p);
    while (st == ST_OK && n <= NN_LAYERS_MAX) {
        st = pack_layer(&p, &l, (struct pack_ends){ n, -1, n + 1 }, &err);
        n++;
    }
    assert_int_equal(n, NN_LAYERS_MAX + 1);
    assert_int_equal(st, ST_TOO_LARGE);
    assert_string_equal(err.code, "model.too_large");
    assert_non_null(strstr(err.text, "over 4096 layers"));
    pack_clear(&p);
}

static void
what_does_not_fit_is_said_in_numbers(void **state)
{
    struct nn_fault fault = { 0 };
    size_t len;
    void *image = chain(2, 100, -1, &len);

    (void)state;
    assert_true(nn_image_check(image, len, 1200, &fault));
    assert_false(nn_image_check(image, len, 1199, &fault));
    assert_string_equal(fault.what, "arena");
    assert_int_equal(fault.need, 1200);
    assert_int_equal(fault.have, 1199);
    assert_false(nn_image_check(image, len - 1, 1200, &fault));
    assert_string_equal(fault.what, "length");
    assert_false(nn_image_check(image, 8, 1200, &fault));
    free(image);
}

static void
a_layer_out_of_its_limits_is_named(void **state)
{
    static const struct {
        size_t at;
        uint32_t value;
        const char *what;
    } bad[] = {
        { offsetof(struct nn_layer, op), 99, "operator" },
        { offsetof(struct nn_layer, type), 2, "type" },
        { offsetof(struct nn_layer, in_w), 0, "zero" },
        { offsetof(struct nn_layer, out_w), 70000, "side" },
        { offsetof(struct nn_layer, out_w), 101, "shape" },
        { offsetof(struct nn_layer, pad_top), 1, "pad" },
        { offsetof(struct nn_layer, out), 1000, "arena" },
        { offsetof(struct nn_layer, in), 2, "alignment" },
        { offsetof(struct nn_layer, in), 800, "overlap" },
        { offsetof(struct nn_layer, in), UINT32_MAX, "arena" },
    };
    struct nn_fault fault;
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t *image = chain(2, 100, -1, &len);
        const struct nn_image *head = (const void *)image;

        memcpy(image + sizeof(*head) + sizeof(struct nn_layer) + bad[i].at,
            &bad[i].value, 4);
        assert_false(nn_image_check(image, len, head->arena_bytes, &fault));
        assert_string_equal(fault.what, bad[i].what);
        assert_int_equal(fault.layer, 1);
        free(image);
    }
}

/* A small int8 network with everything that is looked up in the image. */
static void *
weighted(size_t *len)
{
    static struct pack p;
    static const int8_t weights[3 * 3 * 2 * 5];
    static const int32_t bias[5];
    struct nn_scale scales[5];
    struct nn_layer conv = { .op = NN_CONV,
        .in_h = 6,
        .in_w = 5,
        .in_c = 2,
        .out_h = 3,
        .out_w = 3,
        .out_c = 5,
        .kernel_h = 3,
        .kernel_w = 3,
        .stride_h = 2,
        .stride_w = 2,
        .pad_top = 1,
        .pad_left = 1,
        .low = -128,
        .high = 127 };
    struct nn_layer pool = { .op = NN_AVGPOOL,
        .in_h = 3,
        .in_w = 3,
        .in_c = 5,
        .out_h = 1,
        .out_w = 1,
        .out_c = 5,
        .kernel_h = 3,
        .kernel_w = 3,
        .stride_h = 1,
        .stride_w = 1,
        .low = -128,
        .high = 127 };
    struct nn_layer soft = { .op = NN_SOFTMAX,
        .in_h = 1,
        .in_w = 1,
        .in_c = 5,
        .out_h = 1,
        .out_w = 1,
        .out_c = 5,
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1 };
    uint32_t table[256];
    struct err err = { 0 };
    void *image;

    for (int i = 0; i < 5; i++)
        scales[i] = pack_scale(0.01);
    pack_softmax_table(table, 0.1);
    pack_init(&p);
    if (pack_weights_i8(&p, &conv, weights, bias, scales, &err) != ST_OK ||
        pack_data(&p, table, sizeof(table), &soft.weights, &err) != ST_OK ||
        pack_layer(&p, &conv, (struct pack_ends){ 0, -1, 1 }, &err) != ST_OK ||
        pack_layer(&p, &pool, (struct pack_ends){ 1, -1, 2 }, &err) != ST_OK ||
        pack_layer(&p, &soft, (struct pack_ends){ 2, -1, 3 }, &err) != ST_OK ||
        pack_finish(&p, &image, len, &err) != ST_OK)
        fail_msg("%s", err.text);
    pack_clear(&p);
    return image;
}

/* Under the address sanitizer this is the fuzz test of check and kernels. */
static void
a_damaged_image_is_refused_or_stays_within_its_memory(void **state)
{
    struct rng rng = { 31 };
    struct nn_fault fault;
    int ran = 0;
    size_t len;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t *image = weighted(&len);
        const struct nn_image *head = (const void *)image;
        uint32_t arena = head->arena_bytes;
        struct nn_run r = { .layer = nn_image_layers(image), .image = image };

        for (uint64_t k = 1 + rng_below(&rng, 3); k > 0; k--)
            image[rng_below(&rng, sizeof(*head) + 3 * sizeof(*r.layer))] =
                (uint8_t)(rng_below(&rng, 2) ? rng_next(&rng)
                                             : rng_below(&rng, 4));
        r.arena = calloc(1, arena);
        assert_non_null(r.arena);
        if (nn_image_check(image, len, arena, &fault)) {
            for (uint32_t i = 0; i < 3 * head->n_layers; i++) {
                r.layer = nn_image_layers(image) + i / 3;
                r.kernels =
                    (enum nn_kernels[]){ NN_PLAIN, NN_DSP, NN_MVE }[i % 3];
                nn_run(&r);
            }
            ran++;
        }
        free(r.arena);
        free(image);
    }
    assert_in_range(ran, 500, 19500); /* both ends were met */
}

static void
factors_become_the_nearest_fixed_point(void **state)
{
    static const struct {
        double factor;
        int32_t mult, shift;
    } cases[] = {
        { 0.5, 1 << 30, 0 },
        { 1.0, 1 << 30, 1 },
        { 0.75, 3 << 29, 0 },
        { 1 - 0x1p-40, 1 << 30, 1 }, /* rounds up to the next power of two */
        { 0x1p-33, 0, 0 },
        { 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nn_scale s = pack_scale(cases[i].factor);

        assert_int_equal(s.mult, cases[i].mult);
        assert_int_equal(s.shift, cases[i].shift);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_share_memory_when_they_do_not_live_together),
        cmocka_unit_test(tensors_that_live_together_never_overlap),
        cmocka_unit_test(a_network_of_a_thousand_layers_is_an_image),
        cmocka_unit_test(a_layer_more_than_an_image_holds_is_told),
        cmocka_unit_test(what_does_not_fit_is_said_in_numbers),
        cmocka_unit_test(a_layer_out_of_its_limits_is_named),
        cmocka_unit_test(a_damaged_image_is_refused_or_stays_within_its_memory),
        cmocka_unit_test(factors_become_the_nearest_fixed_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
