/* SPDX-License-Identifier: MIT */
/* Average and maximum over a window; padding counts for neither.  int8: input
 * and output have one scale. */
#include "probes/nn/kernel.h"
#include "probes/nn/scale.h"

typedef void window_fn(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t c, uint32_t at);

static void
each_window(const struct nn_run *r, window_fn *fn)
{
    const struct nn_layer *l = r->layer;

    for (uint32_t y = 0; y < l->out_h; y++)
        for (uint32_t x = 0; x < l->out_w; x++) {
            struct nn_span v =
                nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
            struct nn_span h =
                nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);

            for (uint32_t c = 0; c < l->out_c; c++)
                fn(r, &v, &h, c, (y * l->out_w + x) * l->out_c + c);
        }
}

/* Value of tap (i, k) in channel c, as a place in the input. */
static inline uint32_t
place(const struct nn_layer *l, const struct nn_span *v,
    const struct nn_span *h, int32_t i, int32_t k, uint32_t c)
{
    return ((uint32_t)(v->at + i) * l->in_w + (uint32_t)(h->at + k)) * l->in_c +
           c;
}

#define EACH_TAP(v, h)                                                         \
    for (int32_t i = (v)->from; i < (v)->to; i++)                              \
        for (int32_t k = (h)->from; k < (h)->to; k++)

static void
average_i8(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t c, uint32_t at)
{
    int32_t n = (v->to - v->from) * (h->to - h->from), sum = 0;

    EACH_TAP(v, h)
    sum += in_i8(r)[place(r->layer, v, h, i, k, c)];
    sum = (sum + (sum > 0 ? n / 2 : -n / 2)) / n;
    out_i8(r)[at] = hold_i8(sum, r->layer);
}

static void
maximum_i8(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t c, uint32_t at)
{
    int32_t most = INT8_MIN;

    EACH_TAP(v, h)
    {
        int32_t x = in_i8(r)[place(r->layer, v, h, i, k, c)];

        most = x > most ? x : most;
    }
    out_i8(r)[at] = hold_i8(most, r->layer);
}

static void
average_f32(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t c, uint32_t at)
{
    int32_t n = (v->to - v->from) * (h->to - h->from);
    float sum = 0;

    EACH_TAP(v, h)
    sum += in_f32(r)[place(r->layer, v, h, i, k, c)];
    out_f32(r)[at] = hold_f32(sum / (float)n, r->layer);
}

static void
maximum_f32(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t c, uint32_t at)
{
    float most = in_f32(r)[place(r->layer, v, h, v->from, h->from, c)];

    EACH_TAP(v, h)
    {
        float x = in_f32(r)[place(r->layer, v, h, i, k, c)];

        most = x > most ? x : most;
    }
    out_f32(r)[at] = hold_f32(most, r->layer);
}

void
nn_avgpool_i8(const struct nn_run *r)
{
    each_window(r, average_i8);
}

void
nn_maxpool_i8(const struct nn_run *r)
{
    each_window(r, maximum_i8);
}

void
nn_avgpool_f32(const struct nn_run *r)
{
    each_window(r, average_f32);
}

void
nn_maxpool_f32(const struct nn_run *r)
{
    each_window(r, maximum_f32);
}
