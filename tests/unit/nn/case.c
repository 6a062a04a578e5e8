/* SPDX-License-Identifier: MIT */
#include "case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ort.h"

static uint32_t
between(struct rng *rng, uint32_t lo, uint32_t hi)
{
    return lo + (uint32_t)rng_below(rng, hi - lo + 1);
}

static void
draw_shape(struct nn_layer *l, struct rng *rng)
{
    bool flat = rng_below(rng, 4) == 0; /* 1-D */

    l->kernel_h = flat ? 1 : between(rng, 1, 4);
    l->kernel_w = between(rng, 1, flat ? 9 : 4);
    l->stride_h = flat ? 1 : between(rng, 1, 3);
    l->stride_w = between(rng, 1, 3);
    l->pad_top = between(rng, 0, l->kernel_h - 1);
    l->pad_left = between(rng, 0, l->kernel_w - 1);
    l->in_h = flat ? 1 : between(rng, l->kernel_h, 9);
    l->in_w = between(rng, l->kernel_w, flat ? 150 : 9);
    l->in_c = between(rng, 1, 17);
    l->out_c = between(rng, 1, 17);
    l->out_h = (l->in_h + 2 * l->pad_top - l->kernel_h) / l->stride_h + 1;
    l->out_w = (l->in_w + 2 * l->pad_left - l->kernel_w) / l->stride_w + 1;
}

static void
make_point(struct nn_layer *l)
{
    l->kernel_h = l->kernel_w = l->stride_h = l->stride_w = 1;
    l->pad_top = l->pad_left = 0;
    l->out_h = l->in_h;
    l->out_w = l->in_w;
}

static void
draw_values(float *v, size_t n, bool whole, int lo, int hi, struct rng *rng)
{
    assert_in_range(n, 0, CASE_VALUES);
    for (size_t i = 0; i < n; i++)
        v[i] = whole ? (float)((int)between(rng, 0, (uint32_t)(hi - lo)) + lo)
                     : (float)(2 * rng_unit(rng) - 1);
}

static void
draw_numbers(struct layer_case *c, struct rng *rng)
{
    struct nn_layer *l = &c->l;
    uint32_t most = rng_below(rng, 2) ? 8 : 12;

    l->in_zero = (int32_t)between(rng, 0, 255) - 128;
    l->in2_zero = (int32_t)between(rng, 0, 255) - 128;
    l->out_zero = (int32_t)between(rng, 0, 255) - 128;
    l->low = rng_below(rng, 2) ? l->out_zero : -128;
    l->high = 127;
    l->low_f = rng_below(rng, 2) ? 0.f : -1e30f;
    l->high_f = rng_below(rng, 2) ? 0.5f : 1e30f;
    /* 0.0005 to 4: both shifts; or below a half, as networks have it. */
    for (uint32_t i = 0; i < l->out_c; i++)
        c->scales[i] = pack_scale(
            0.0005 * (1 << between(rng, 0, most)) * (1 + rng_unit(rng)));
}

static void
draw_factors(struct layer_case *c, struct rng *rng)
{
    struct nn_layer *l = &c->l;

    /* Both inputs of an addition in twice the larger scale. */
    l->factor[0] = pack_scale(rng_unit(rng) / 2);
    l->factor[1] = pack_scale(0.5);
    l->factor[2] = pack_scale(0x1p-19 * (0.3 + rng_unit(rng)));
    if (l->op == NN_RELU)
        l->factor[0] = pack_scale(0.2 + 2 * rng_unit(rng));
}

void
case_draw(
    struct layer_case *c, enum nn_op op, enum nn_type type, struct rng *rng)
{
    struct nn_layer *l = &c->l;
    bool whole = type == NN_I8;

    *l = (struct nn_layer){ .op = op, .type = type };
    draw_shape(l, rng);
    if (op != NN_CONV && op != NN_DENSE)
        l->out_c = l->in_c;
    if (op >= NN_ADD || op == NN_DENSE)
        make_point(l);
    if (op == NN_DENSE || op == NN_SOFTMAX)
        l->in_h = l->in_w = l->out_h = l->out_w = 1;
    draw_numbers(c, rng);
    if (op == NN_AVGPOOL || op == NN_MAXPOOL)
        l->in_zero = 0;
    draw_values(
        c->in, nn_in_count(l), whole, -128 - l->in_zero, 127 - l->in_zero, rng);
    draw_values(c->in2, nn_in_count(l), whole, -128 - l->in2_zero,
        127 - l->in2_zero, rng);
    draw_values(c->weights, nn_weight_count(l), whole, -127, 127, rng);
    draw_values(c->bias, l->out_c, whole, -5000, 5000, rng);
    draw_factors(c, rng);
}

/* [h][w][c] to [c][h][w], or back. */
static void
transpose(const float *from, float *to, uint32_t hw, uint32_t ch, bool back)
{
    for (uint32_t i = 0; i < hw; i++)
        for (uint32_t k = 0; k < ch; k++) {
            if (back)
                to[i * ch + k] = from[k * hw + i];
            else
                to[k * hw + i] = from[i * ch + k];
        }
}

static void
weights_to_onnx(const struct layer_case *c, float *to)
{
    const struct nn_layer *l = &c->l;
    uint32_t taps = l->kernel_h * l->kernel_w;

    if (l->op == NN_DEPTHWISE)
        transpose(c->weights, to, taps, l->out_c, false);
    else
        for (uint32_t o = 0; o < l->out_c; o++)
            transpose(c->weights + o * taps * l->in_c, to + o * taps * l->in_c,
                taps, l->in_c, false);
}

static int
describe_node(const struct nn_layer *l, char *at, size_t cap)
{
    int32_t below = (int32_t)((l->out_h - 1) * l->stride_h + l->kernel_h) -
                    (int32_t)(l->in_h + l->pad_top);
    int32_t right = (int32_t)((l->out_w - 1) * l->stride_w + l->kernel_w) -
                    (int32_t)(l->in_w + l->pad_left);
    const char *name = l->op == NN_AVGPOOL   ? "AveragePool"
                       : l->op == NN_MAXPOOL ? "MaxPool"
                                             : "Conv";
    const char *ends = l->op <= NN_DENSE ? "x,w,b" : "x";

    if (l->op == NN_ADD)
        return snprintf(at, cap, "input b f4 1,%u,%u,%u\nnode Add x,b -> y",
            l->in_c, l->in_h, l->in_w);
    if (l->op == NN_RELU)
        return snprintf(at, cap, "node Identity x -> y");
    if (l->op == NN_SOFTMAX)
        return snprintf(at, cap, "node Softmax x -> y axis=1");
    return snprintf(at, cap,
        "node %s %s -> y kernel_shape=%u,%u strides=%u,%u pads=%u,%u,%d,%d "
        "group=%u",
        name, ends, l->kernel_h, l->kernel_w, l->stride_h, l->stride_w,
        l->pad_top, l->pad_left, below > 0 ? below : 0, right > 0 ? right : 0,
        l->op == NN_DEPTHWISE ? l->in_c : 1);
}

void
case_reference(struct layer_case *c, struct runtime *rt)
{
    static float x[CASE_VALUES], second[CASE_VALUES], y[CASE_VALUES];
    const float *const inputs[] = { x, second, c->bias };
    const struct nn_layer *l = &c->l;
    char text[600], node[300], weights[100] = "";
    bool pool = l->op == NN_AVGPOOL || l->op == NN_MAXPOOL;

    describe_node(l, node, sizeof(node));
    if (pool) { /* they take no group */
        *strstr(node, " group") = '\0';
    } else if (l->op <= NN_DENSE) {
        snprintf(weights, sizeof(weights),
            "input w f4 %u,%u,%u,%u\ninput b f4 %u\n", l->out_c,
            l->op == NN_DEPTHWISE ? 1 : l->in_c, l->kernel_h, l->kernel_w,
            l->out_c);
        weights_to_onnx(c, second);
    } else {
        transpose(c->in2, second, l->in_h * l->in_w, l->in_c, false);
    }
    snprintf(text, sizeof(text),
        "ir 8\nopset 13\ninput x f4 1,%u,%u,%u\n%s%s\noutput y\n", l->in_c,
        l->in_h, l->in_w, weights, node);
    transpose(c->in, x, l->in_h * l->in_w, l->in_c, false);
    for (size_t i = 0; l->op == NN_SOFTMAX && l->type == NN_I8 && i < l->in_c;
         i++)
        x[i] *= CASE_SOFTMAX_SCALE;
    ort_run(rt, text, inputs, y, nn_out_count(l));
    transpose(y, c->out, l->out_h * l->out_w, l->out_c, true);
}

/* SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT, in the words of
 * gemmlowp (fixedpoint.h). */
static int64_t
rescale(int64_t v, struct nn_scale f)
{
    int64_t product = v * (f.shift > 0 ? INT64_C(1) << f.shift : 1) * f.mult;
    int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    int64_t high = (product + nudge) / (INT64_C(1) << 31);
    int right = f.shift > 0 ? 0 : -f.shift;
    int64_t mask = (INT64_C(1) << right) - 1;
    int64_t rest = high & mask, limit = (mask >> 1) + (high < 0);

    return (high >> right) + (rest > limit);
}

static int64_t
held(const struct nn_layer *l, int64_t v)
{
    v += l->out_zero;
    v = v < l->low ? l->low : v;
    return v > l->high ? l->high : v;
}

int64_t
case_expected(const struct layer_case *c, size_t i)
{
    const struct nn_layer *l = &c->l;

    switch (l->op) {
    case NN_AVGPOOL: /* of at most 16 whole numbers, ties away from zero;
                      * 1e-4 is for the runtime's own rounding */
        return held(
            l, (int64_t)roundf(c->out[i] + copysignf(1e-4f, c->out[i])) -
                   l->out_zero + l->in_zero);
    case NN_MAXPOOL:
        return held(l, (int64_t)c->out[i] - l->out_zero + l->in_zero);
    case NN_ADD:
        return held(l,
            rescale(rescale((int64_t)c->in[i] * (1 << 20), l->factor[0]) +
                        rescale((int64_t)c->in2[i] * (1 << 20), l->factor[1]),
                l->factor[2]));
    case NN_RELU:
        return held(l, rescale((int64_t)c->in[i], l->factor[0]));
    default:
        return held(l, rescale((int64_t)c->out[i], c->scales[i % l->out_c]));
    }
}

/* Whole numbers to bytes, as they lie in memory. */
static void
to_i8(const float *v, size_t n, int32_t zero, int8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int8_t)((int32_t)v[i] + zero);
}

static void
pack_numbers(struct pack *p, const struct layer_case *c, struct nn_layer *l)
{
    static int8_t bytes[CASE_VALUES];
    uint32_t table[256];
    int32_t bias[256];
    size_t n = nn_weight_count(l);
    struct err err = { 0 };
    enum status st = ST_OK;

    if (l->op == NN_SOFTMAX && l->type == NN_I8) {
        pack_softmax_table(table, CASE_SOFTMAX_SCALE);
        st = pack_data(p, table, sizeof(table), &l->weights, &err);
        assert_int_equal(st, ST_OK);
    }
    if (l->op > NN_DENSE)
        return;
    if (l->type == NN_F32) {
        st = pack_data(p, c->weights, n * 4, &l->weights, &err);
        assert_int_equal(st, ST_OK);
        st = pack_data(p, c->bias, l->out_c * 4, &l->bias, &err);
        assert_int_equal(st, ST_OK);
        return;
    }
    to_i8(c->weights, n, 0, bytes);
    for (uint32_t o = 0; o < l->out_c; o++)
        bias[o] = (int32_t)c->bias[o];
    st = pack_weights_i8(p, l, bytes, bias, c->scales, &err);
    assert_int_equal(st, ST_OK);
}

void *
case_image(const struct layer_case *c, size_t *len)
{
    static struct pack p;
    struct nn_layer l = c->l;
    struct err err = { 0 };
    enum status st;
    void *image;

    pack_init(&p);
    pack_numbers(&p, c, &l);
    st = pack_layer(&p, &l,
        (struct pack_ends){ 0,
            l.op != NN_ADD ? -1
            : c->twice     ? 0
                           : 1,
            2 },
        &err);
    assert_int_equal(st, ST_OK);
    if (pack_finish(&p, &image, len, &err) != ST_OK)
        fail_msg("%s", err.text);
    pack_clear(&p);
    return image;
}

static size_t
put(const struct nn_layer *l, const float *v, int32_t zero, uint8_t *to)
{
    size_t n = nn_in_count(l);

    if (l->type == NN_F32)
        memcpy(to, v, n * sizeof(*v));
    else
        to_i8(v, n, zero, (int8_t *)to);
    return n * nn_type_bytes(l->type);
}

size_t
case_input(const struct layer_case *c, uint8_t *to)
{
    return put(&c->l, c->in, c->l.in_zero, to);
}

void
case_run(const struct layer_case *c, enum nn_kernels kernels, void *out)
{
    size_t len;
    void *image = case_image(c, &len);
    const struct nn_image *head = image;
    struct nn_run r = {
        .image = image, .layer = nn_image_layers(image), .kernels = kernels
    };

    assert_non_null(r.arena = malloc(head->arena_bytes));
    memset(r.arena, 0x55, head->arena_bytes);
    case_input(c, r.arena + r.layer->in);
    if (r.layer->op == NN_ADD && !c->twice)
        put(r.layer, c->in2, r.layer->in2_zero, r.arena + r.layer->in2);
    nn_run(&r);
    memcpy(out, r.arena + r.layer->out, head->out_bytes);
    free(r.arena);
    free(image);
}
