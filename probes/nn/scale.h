/* SPDX-License-Identifier: MIT */
/*
 * scale.h -- fixed-point rescaling as TensorFlow Lite defines it
 * (MultiplyByQuantizedMultiplier with double rounding): the rounded high half
 * of a doubled product, then a division by a power of two that rounds ties
 * away from zero.  A sum must stay within +-2^30 after the shift to the left;
 * image_check() and the quantiser see to that.
 */
#ifndef OFFRAMP_NN_SCALE_H
#define OFFRAMP_NN_SCALE_H

#include "probes/nn/layer.h"

static inline int32_t
scale_shift_right(int32_t v, int32_t by)
{
    return by == 0 ? v : (v + (v >> 31) + (1 << (by - 1))) >> by;
}

static inline int32_t
scale_i32(int32_t v, struct nn_scale f)
{
    int32_t left = f.shift > 0 ? f.shift : 0;
    int64_t product = (int64_t)(v * (1 << left)) * f.mult;

    return scale_shift_right(
        (int32_t)((product + (1 << 30)) >> 31), left - f.shift);
}

static inline int8_t
hold_i8(int32_t v, const struct nn_layer *l)
{
    v = v < l->low ? l->low : v;
    return (int8_t)(v > l->high ? l->high : v);
}

#endif
