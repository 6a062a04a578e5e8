/* SPDX-License-Identifier: MIT */
/* int8 convolution and dense layers: gather what a pixel sees, then one dot
 * product an output channel. */
#include <string.h>

#include "probes/nn/kernel.h"
#include "probes/nn/scale.h"

/* memcpy() in the small C library of the boards goes byte by byte, and a row
 * of a window is short anyway. */
static inline void
copy(int8_t *to, const int8_t *from, uint32_t n)
{
    for (; n >= 4; n -= 4, to += 4, from += 4) {
        uint32_t v;

        memcpy(&v, from, 4);
        memcpy(to, &v, 4);
        __asm__("" ::: "memory"); /* or the compiler calls memcpy() for all */
    }
    for (; n > 0; n--)
        *to++ = *from++;
}

const int8_t *
nn_patch(const struct nn_run *r, uint32_t y, uint32_t x, int8_t *patch)
{
    const struct nn_layer *l = r->layer;
    struct nn_span v =
        nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
    struct nn_span h =
        nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);
    uint32_t row = l->kernel_w * l->in_c, size = l->kernel_h * row;

    if (l->kernel_h * l->kernel_w == 1 && v.from < v.to && h.from < h.to &&
        l->in_c % 4 == 0)
        return in_i8(r) + ((uint32_t)v.at * l->in_w + (uint32_t)h.at) * l->in_c;
    if ((uint32_t)((v.to - v.from) * (h.to - h.from)) <
        l->kernel_h * l->kernel_w)
        memset(patch, l->in_zero, size);
    for (uint32_t i = size; i % 4 != 0; i++)
        patch[i] = 0;
    for (int32_t i = v.from; i < v.to && h.from < h.to; i++)
        copy(patch + (uint32_t)i * row + (uint32_t)h.from * l->in_c,
            in_i8(r) +
                ((uint32_t)(v.at + i) * l->in_w + (uint32_t)(h.at + h.from)) *
                    l->in_c,
            (uint32_t)(h.to - h.from) * l->in_c);
    return patch;
}

static void
pixel(const struct nn_run *r, const int8_t *in, int8_t *out)
{
    const struct nn_layer *l = r->layer;
    const int8_t *w = (const int8_t *)(r->image + l->weights);
    const int32_t *bias = image_i32(r, l->bias);
    uint32_t size = l->kernel_h * l->kernel_w * l->in_c;

    for (uint32_t o = 0; o < l->out_c; o++, w += size) {
        int32_t sum = bias[o];

        for (uint32_t k = 0; k < size; k++)
            sum += in[k] * w[k];
        out[o] = hold_i8(scale_i32(sum, image_scale(r, o)) + l->out_zero, l);
    }
}

void
nn_conv_i8(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    int8_t *patch = (int8_t *)(r->arena + l->scratch), *out = out_i8(r);

    for (uint32_t y = 0; y < l->out_h; y++)
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c)
            pixel(r, nn_patch(r, y, x, patch), out);
}
