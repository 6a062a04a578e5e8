/* SPDX-License-Identifier: MIT */
#include "probes/nn/image.h"

/* All that a check needs to see; `fault` is filled by the first thing that
 * does not hold. */
struct check {
    const uint8_t *data;
    const struct nn_image *head;
    const struct nn_layer *l;
    uint32_t layer;
    struct nn_fault *fault;
};

static bool
within(const struct check *c, const char *what, uint64_t need, uint64_t have)
{
    if (need <= have)
        return true;
    *c->fault = (struct nn_fault){ what, c->layer, need, have };
    return false;
}

/* `bytes` from `at` lie within `size`, and `at` is aligned. */
static bool
fits(const struct check *c, const char *what, uint64_t at, uint64_t bytes,
    uint64_t size)
{
    return within(c, what, at + bytes, size) &&
           within(c, "alignment", at % 4, 0);
}

static bool
is_weighted(const struct nn_layer *l)
{
    return l->op <= NN_DENSE;
}

uint64_t
nn_weight_bytes(const struct nn_layer *l)
{
    if (is_weighted(l))
        return nn_weight_count(l) * nn_type_bytes(l->type) + NN_PAST;
    return l->op == NN_SOFTMAX && l->type == NN_I8 ? NN_TABLE_BYTES : 0;
}

uint64_t
nn_bias_bytes(const struct nn_layer *l)
{
    return is_weighted(l) ? UINT64_C(4) * l->out_c * (l->type == NN_I8 ? 2 : 1)
                          : 0;
}

uint64_t
nn_scales_bytes(const struct nn_layer *l)
{
    return is_weighted(l) && l->type == NN_I8 ? UINT64_C(8) * l->out_c : 0;
}

static bool
check_sides(const struct check *c)
{
    const struct nn_layer *l = c->l;
    const uint32_t sides[] = { l->in_h, l->in_w, l->in_c, l->out_h, l->out_w,
        l->out_c, l->kernel_h, l->kernel_w, l->stride_h, l->stride_w };

    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
        if (!within(c, "zero", 1, sides[i]) ||
            !within(c, "side", sides[i], NN_SIDE_MAX))
            return false;
    return within(c, "input", nn_in_count(l), NN_COUNT_MAX) &&
           within(c, "output", nn_out_count(l), NN_COUNT_MAX) &&
           within(c, "kernel", (uint64_t)l->kernel_h * l->kernel_w,
               NN_COUNT_MAX) &&
           within(c, "weights", nn_weight_count(l), NN_COUNT_MAX) &&
           within(c, "pad", (uint64_t)l->pad_top + 1, l->kernel_h) &&
           within(c, "pad", (uint64_t)l->pad_left + 1, l->kernel_w);
}

/* The last window still sees a part of the input. */
static bool
check_reach(const struct check *c, uint32_t out, uint32_t stride, uint32_t pad,
    uint32_t in)
{
    return within(
        c, "window", (uint64_t)(out - 1) * stride + 1, (uint64_t)in + pad);
}

static bool
check_shape(const struct check *c)
{
    const struct nn_layer *l = c->l;
    bool windowed = l->op <= NN_MAXPOOL && l->op != NN_DENSE;
    bool same = l->in_h == l->out_h && l->in_w == l->out_w;
    bool channels = l->op == NN_CONV || l->op == NN_DENSE;
    uint64_t area = (uint64_t)l->in_h * l->in_w;

    if (windowed &&
        (!check_reach(c, l->out_h, l->stride_h, l->pad_top, l->in_h) ||
            !check_reach(c, l->out_w, l->stride_w, l->pad_left, l->in_w)))
        return false;
    if (!windowed && !within(c, "shape", !same, 0))
        return false;
    if (!channels && !within(c, "channels", l->in_c != l->out_c, 0))
        return false;
    if (l->op == NN_DENSE || l->op == NN_SOFTMAX)
        return within(c, "area", area, 1) &&
               within(c, "kernel", (uint64_t)l->kernel_h * l->kernel_w, 1);
    return true;
}

/* A piece of the arena. */
struct piece {
    uint64_t at, bytes;
};

static bool
apart(const struct check *c, struct piece a, struct piece b)
{
    bool overlap = a.bytes > 0 && b.bytes > 0 && a.at < b.at + b.bytes &&
                   b.at < a.at + a.bytes;

    return within(c, "overlap", overlap, 0);
}

/* Everything lies within the arena, and nothing is written over what is still
 * read. */
static bool
check_arena(const struct check *c)
{
    const struct nn_layer *l = c->l;
    uint32_t size = nn_type_bytes(l->type);
    uint64_t in_bytes = nn_in_count(l) * size;
    const struct piece in = { l->in, in_bytes };
    const struct piece in2 = { l->in2, l->op == NN_ADD ? in_bytes : 0 };
    const struct piece out = { l->out, nn_out_count(l) * size };
    const struct piece scratch = { l->scratch, nn_scratch_bytes(l) };
    const struct piece *all[] = { &in, &in2, &out, &scratch };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i]->bytes > 0 &&
            !fits(c, "arena", all[i]->at, all[i]->bytes, c->head->arena_bytes))
            return false;
    return apart(c, in, out) && apart(c, in2, out) && apart(c, in, scratch) &&
           apart(c, out, scratch);
}

static bool
check_factor(const struct check *c, struct nn_scale f)
{
    bool good = f.mult >= 0 && f.shift >= -31 && f.shift <= 20;

    return within(c, "scale", !good, 0);
}

static bool
check_numbers(const struct check *c)
{
    const struct nn_layer *l = c->l;
    const int32_t bytes[] = { l->in_zero, l->in2_zero, l->out_zero, l->low,
        l->high };

    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
        if (!within(c, "zero point", bytes[i] < -128 || bytes[i] > 127, 0))
            return false;
    for (size_t i = 0; i < 3; i++)
        if (!check_factor(c, l->factor[i]))
            return false;
    return true;
}

/* An int8 sum cannot overflow. */
static bool
check_products(const struct check *c)
{
    return within(c, "sum", nn_weight_count(c->l) / c->l->out_c, NN_SUM_MAX);
}

/* What an int8 layer reads from the image, which `fits` has seen. */
static bool
check_stored(const struct check *c)
{
    const struct nn_layer *l = c->l;
    const int32_t *factors =
        (const int32_t *)(const void *)(c->data + l->scales);
    const uint32_t *table =
        (const uint32_t *)(const void *)(c->data + l->weights);

    if (l->op == NN_SOFTMAX)
        return within(c, "table", table[0] == 0, 0);
    for (uint32_t i = 0; is_weighted(l) && i < l->out_c; i++)
        if (!check_factor(
                c, (struct nn_scale){ factors[i], factors[l->out_c + i] }))
            return false;
    return true;
}

/* What of a layer does not hang on where its numbers lie. */
static bool
check_kind(const struct check *c)
{
    const struct nn_layer *l = c->l;

    return within(c, "operator", l->op, NN_OPS - 1) &&
           within(c, "type", l->type, NN_TYPES - 1) && check_sides(c) &&
           check_shape(c) && (l->type != NN_I8 || check_products(c));
}

bool
nn_layer_check(const struct nn_layer *l, struct nn_fault *fault)
{
    const struct check c = { .l = l, .fault = fault };

    return check_kind(&c);
}

static bool
check_layer(const struct check *c)
{
    const struct nn_layer *l = c->l;
    uint64_t size = c->head->bytes;

    if (!check_kind(c) || !check_arena(c) ||
        !fits(c, "weights", l->weights, nn_weight_bytes(l), size))
        return false;
    if (!fits(c, "bias", l->bias, nn_bias_bytes(l), size))
        return false;
    return l->type != NN_I8 ||
           (fits(c, "scales", l->scales, nn_scales_bytes(l), size) &&
               check_numbers(c) && check_stored(c));
}

bool
nn_image_check(
    const void *data, size_t len, size_t arena, struct nn_fault *fault)
{
    const struct nn_image *h = data;
    struct check c = { data, h, nn_image_layers(data), NN_LAYERS_MAX, fault };

    if (!within(&c, "header", sizeof(*h), len) ||
        !within(&c, "magic", h->magic != NN_MAGIC, 0) ||
        !within(&c, "length", h->bytes, len) ||
        !within(&c, "layers", h->n_layers, NN_LAYERS_MAX) ||
        !within(&c, "layers", 1, h->n_layers) ||
        !within(&c, "layers", sizeof(*h) + (uint64_t)h->n_layers * sizeof(*c.l),
            h->bytes) ||
        !within(&c, "arena", h->arena_bytes, arena) ||
        !fits(&c, "input", h->in, h->in_bytes, h->arena_bytes) ||
        !fits(&c, "output", h->out, h->out_bytes, h->arena_bytes))
        return false;
    for (c.layer = 0; c.layer < h->n_layers; c.layer++, c.l++)
        if (!check_layer(&c))
            return false;
    return true;
}
