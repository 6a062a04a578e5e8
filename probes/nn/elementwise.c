/* SPDX-License-Identifier: MIT */
/* Add, relu and softmax. */
#include <math.h>

#include "probes/nn/finish.h"
#include "probes/nn/scale.h"

void
nn_add_i8(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const int8_t *a = in_i8(r), *b = (const int8_t *)(r->arena + l->in2);
    int8_t *out = out_i8(r);
    uint32_t n = (uint32_t)nn_out_count(l);

    for (uint32_t i = 0; i < n; i++) {
        int32_t x = (a[i] - l->in_zero) * (1 << NN_ADD_SHIFT);
        int32_t y = (b[i] - l->in2_zero) * (1 << NN_ADD_SHIFT);
        int32_t sum = scale_i32(x, l->factor[0]) + scale_i32(y, l->factor[1]);

        out[i] = hold_i8(scale_i32(sum, l->factor[2]) + l->out_zero, l);
    }
}

/* One input of an addition: its values are shifted to the left first. */
struct addend {
    struct finish finish;
    int32_t left, zero;
};

/* The input with the larger scale has a factor of exactly a half (quant.h):
 * one bit further up, halved by the last division instead. */
static bool
addend_of(struct nn_scale s, int32_t zero, struct addend *out)
{
    bool half = s.mult == 1 << 30 && s.shift == 0;

    if (!half && !finish_is_usual(s))
        return false;
    s.shift = half ? -1 : s.shift;
    *out = (struct addend){ finish_of(s),
        half ? NN_ADD_SHIFT + 2 : NN_ADD_SHIFT + 1, zero };
    return true;
}

static inline int32_t
scaled(const struct addend *a, int32_t v)
{
    return (finish_double(a->finish, (v - a->zero) * (1 << a->left)) + 1) >> 1;
}

void
nn_add_i8_dsp(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const int8_t *a = in_i8(r), *b = (const int8_t *)(r->arena + l->in2);
    uint32_t n = (uint32_t)nn_out_count(l);
    int8_t *out = out_i8(r);
    struct addend x, y;
    struct finish f;
    int32_t zero;

    if (!finish_holds(l) || !finish_is_usual(l->factor[2]) ||
        !addend_of(l->factor[0], l->in_zero, &x) ||
        !addend_of(l->factor[1], l->in2_zero, &y)) {
        nn_add_i8(r);
        return;
    }
    f = finish_of(l->factor[2]);
    zero = finish_zero(l);
    for (uint32_t i = 0; i < n; i++)
        out[i] = finish(f, 2 * (scaled(&x, a[i]) + scaled(&y, b[i])), zero);
}

void
nn_relu_i8(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const int8_t *in = in_i8(r);
    int8_t *out = out_i8(r);
    uint32_t n = (uint32_t)nn_out_count(l);

    for (uint32_t i = 0; i < n; i++)
        out[i] = hold_i8(
            scale_i32(in[i] - l->in_zero, l->factor[0]) + l->out_zero, l);
}

void
nn_add_f32(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const float *b = (const float *)(const void *)(r->arena + l->in2);
    uint32_t n = (uint32_t)nn_out_count(l);

    for (uint32_t i = 0; i < n; i++)
        out_f32(r)[i] = hold_f32(in_f32(r)[i] + b[i], l);
}

void
nn_relu_f32(const struct nn_run *r)
{
    uint32_t n = (uint32_t)nn_out_count(r->layer);

    for (uint32_t i = 0; i < n; i++)
        out_f32(r)[i] = hold_f32(in_f32(r)[i], r->layer);
}

/* Outputs have scale 1/256 and zero point -128, as the rules want. */
void
nn_softmax_i8(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const uint32_t *table =
        (const uint32_t *)(const void *)(r->image + l->weights);
    const int8_t *in = in_i8(r);
    int32_t most = INT8_MIN;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < l->out_c; i++)
        most = in[i] > most ? in[i] : most;
    for (uint32_t i = 0; i < l->out_c; i++)
        sum += table[most - in[i]];
    for (uint32_t i = 0; i < l->out_c; i++) {
        uint64_t share = (uint64_t)table[most - in[i]] * 256 + sum / 2;
        int32_t v = (int32_t)(share / sum) - 128;

        out_i8(r)[i] = (int8_t)(v > INT8_MAX ? INT8_MAX : v);
    }
}

void
nn_softmax_f32(const struct nn_run *r)
{
    uint32_t n = r->layer->out_c;
    const float *in = in_f32(r);
    float *out = out_f32(r);
    float most = in[0], sum = 0;

    for (uint32_t i = 0; i < n; i++)
        most = in[i] > most ? in[i] : most;
    for (uint32_t i = 0; i < n; i++)
        sum += out[i] = expf(in[i] - most);
    for (uint32_t i = 0; i < n; i++)
        out[i] /= sum;
}
