/* SPDX-License-Identifier: MIT */
/*
 * finish.h -- how sums become int8 outputs in the DSP kernels: scale.h's rule
 * with the multiplication that rounds.  Written for the usual layer: factors
 * below a half, outputs held to -128 and 127 only, as SSAT does (a relu is
 * such, since its zero point is -128).  Kernels leave others to the plain
 * ones.
 */
#ifndef OFFRAMP_NN_FINISH_H
#define OFFRAMP_NN_FINISH_H

#include <stdbool.h>

#include "probes/nn/dsp.h"
#include "probes/nn/kernel.h"

/* A factor of mult / 2^31 / 2^(right + 1). */
struct finish {
    int32_t mult, right;
};

static inline __attribute__((always_inline)) struct finish
finish_of(struct nn_scale s)
{
    return (struct finish){ s.mult, s.mult == 0 ? 0 : -1 - s.shift };
}

static inline bool
finish_is_usual(struct nn_scale s)
{
    return s.shift < 0 || s.mult == 0;
}

/* Twice scale_i32() of half of `doubled` (SMMULR keeps the upper half of a
 * product), not yet rounded: who halves it adds the rule's last half. */
static inline __attribute__((always_inline)) int32_t
finish_double(struct finish f, int32_t doubled)
{
    int32_t v = dsp_smmulr(doubled, f.mult);

    return (v + (v >> 31)) >> f.right;
}

/* `zero` is that of finish_zero(). */
static inline __attribute__((always_inline)) int8_t
finish(struct finish f, int32_t doubled, int32_t zero)
{
    return (int8_t)dsp_half_ssat8(finish_double(f, doubled) + zero);
}

static inline int32_t
finish_zero(const struct nn_layer *l)
{
    return 2 * l->out_zero + 1;
}

/* May the layer use these? */
static inline bool
finish_holds(const struct nn_layer *l)
{
    return l->low == INT8_MIN && l->high == INT8_MAX;
}

/* Are all factors below a half? */
static inline bool
finish_scales(const struct nn_run *r)
{
    bool usual = true;

    for (uint32_t o = 0; usual && o < r->layer->out_c; o++)
        usual = finish_is_usual(image_scale(r, o));
    return usual;
}

static inline bool
finish_fits(const struct nn_run *r)
{
    return finish_holds(r->layer) && finish_scales(r);
}

#endif
