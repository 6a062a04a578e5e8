/* SPDX-License-Identifier: MIT */
#include "probes/measure/inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

static double
draw_real(struct rng *r)
{
    uint64_t bits = rng_next(r);
    double size = 0.0625 + 0.9375 * (double)(bits >> 11) * 0x1p-53;

    return bits & 1 ? size : -size;
}

/* The half-precision bits of a value whose size is within 2^-14 and 1. */
static uint16_t
half_bits(double x)
{
    int e;
    double m = frexp(fabs(x), &e); /* m in [0.5, 1), size = m * 2^e */

    return (uint16_t)((x < 0 ? 0x8000 : 0) | ((e - 1 + 15) << 10) |
                      ((int)((2 * m - 1) * 1024) & 0x3ff));
}

static double
half_value(uint16_t h)
{
    int e = (h >> 10) & 31, m = h & 0x3ff;
    double x = e == 0    ? ldexp(m, -24)
               : e == 31 ? (m ? NAN : INFINITY)
                         : ldexp(1024 + m, e - 25);

    return h & 0x8000 ? -x : x;
}

static float
bf16_value(uint16_t b)
{
    uint32_t u = (uint32_t)b << 16;
    float f;

    memcpy(&f, &u, sizeof(f));
    return f;
}

static uint16_t
bf16_bits(float f)
{
    uint32_t u;

    memcpy(&u, &f, sizeof(u));
    return (uint16_t)(u >> 16);
}

static void
put(const struct tensor *t, size_t i, struct rng *r)
{
    switch (t->dtype) {
    case DTYPE_F4:
        ((float *)t->data)[i] = (float)draw_real(r);
        break;
    case DTYPE_F8:
        ((double *)t->data)[i] = draw_real(r);
        break;
    case DTYPE_F2:
        ((uint16_t *)t->data)[i] = half_bits(draw_real(r));
        break;
    case DTYPE_BF2:
        ((uint16_t *)t->data)[i] = bf16_bits((float)draw_real(r));
        break;
    case DTYPE_I1:
    case DTYPE_U1:
        ((uint8_t *)t->data)[i] = (uint8_t)(1 + rng_below(r, 255));
        break;
    case DTYPE_I2:
    case DTYPE_U2:
        ((uint16_t *)t->data)[i] = (uint16_t)(1 + rng_below(r, 65535));
        break;
    case DTYPE_I4:
    case DTYPE_U4:
        ((uint32_t *)t->data)[i] = (uint32_t)rng_below(r, 2);
        break;
    case DTYPE_I8:
    case DTYPE_U8:
        ((uint64_t *)t->data)[i] = rng_below(r, 2);
        break;
    case DTYPE_B1:
        ((uint8_t *)t->data)[i] = (uint8_t)rng_below(r, 2);
        break;
    case DTYPE_NONE:
    case DTYPE_COUNT:
        break;
    }
}

void
inputs_fill(const struct tensor *t, uint64_t seed, size_t index, size_t set)
{
    struct rng r = { seed ^ (index * 1000003 + set * 101 + 1) };
    size_t n = t->bytes / dtype_size(t->dtype);

    for (size_t i = 0; i < n; i++)
        put(t, i, &r);
}

enum status
tensor_alloc(struct tensor *t, const struct tensor_info *info, struct err *err)
{
    int64_t n = tensor_elements(info);

    *t = (struct tensor){ .dtype = info->dtype, .rank = info->rank };
    if (info->dtype == DTYPE_NONE)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "'%s' is not a tensor of numbers", info->name);
    if (n < 0)
        return err_set(err, ST_UNPROCESSABLE, "model.dynamic",
            "tensor '%s' has a dimension that is not fixed: submit the model "
            "with a shape",
            info->name);
    memcpy(t->dims, info->dims, sizeof(t->dims));
    if (__builtin_mul_overflow((size_t)n, dtype_size(t->dtype), &t->bytes) ||
        t->bytes > SIZE_MAX / 2)
        return err_nomem(err);
    /* A cache line's alignment, as a program that cares would give. */
    t->data = aligned_alloc(64, (t->bytes + 64) / 64 * 64);
    return t->data != NULL ? ST_OK : err_nomem(err);
}

double
tensor_get(const struct tensor *t, size_t i)
{
    switch (t->dtype) {
    case DTYPE_F4:
        return ((const float *)t->data)[i];
    case DTYPE_F8:
        return ((const double *)t->data)[i];
    case DTYPE_F2:
        return half_value(((const uint16_t *)t->data)[i]);
    case DTYPE_BF2:
        return bf16_value(((const uint16_t *)t->data)[i]);
    case DTYPE_I1:
        return ((const int8_t *)t->data)[i];
    case DTYPE_U1:
    case DTYPE_B1:
        return ((const uint8_t *)t->data)[i];
    case DTYPE_I2:
        return ((const int16_t *)t->data)[i];
    case DTYPE_U2:
        return ((const uint16_t *)t->data)[i];
    case DTYPE_I4:
        return ((const int32_t *)t->data)[i];
    case DTYPE_U4:
        return ((const uint32_t *)t->data)[i];
    case DTYPE_I8:
        return (double)((const int64_t *)t->data)[i];
    case DTYPE_U8:
        return (double)((const uint64_t *)t->data)[i];
    case DTYPE_NONE:
    case DTYPE_COUNT:
        break;
    }
    return NAN;
}
