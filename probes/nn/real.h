/* SPDX-License-Identifier: MIT */
/* real.h -- how int8 numbers of a tensor stand for reals: (q - zero) * scale.
 * For whoever hands tensors to a board or takes them from it (not for the
 * firmware, which computes in int8 throughout). */
#ifndef OFFRAMP_NN_REAL_H
#define OFFRAMP_NN_REAL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

static inline int8_t
nn_from_real(float x, double scale, int64_t zero)
{
    return (int8_t)fmin(127, fmax(-128, round(x / scale) + (double)zero));
}

static inline float
nn_to_real(int8_t q, double scale, int64_t zero)
{
    return (float)((q - zero) * scale);
}

/* Where value `i` of [c][h][w] is in [h][w][c], of `area` = h * w. */
static inline size_t
nn_place(size_t i, size_t area, size_t channels)
{
    return i % area * channels + i / area;
}

#endif
