/* SPDX-License-Identifier: MIT */
/* mve_c.h -- what mve.h has, in C.  Included by it alone. */
#ifndef OFFRAMP_NN_MVE_C_H
#define OFFRAMP_NN_MVE_C_H

#include "probes/nn/mve.h"

typedef int32_t mve_i32 __attribute__((vector_size(16)));
typedef int8_t mve_i8 __attribute__((vector_size(16)));

typedef struct {
    mve_i32 val[2];
} mve_eight;

static inline void
mve_copy(int8_t *to, const int8_t *from, uint32_t n)
{
    memcpy(to, from, n);
}

static inline void
mve_fill(int8_t *to, int32_t byte, uint32_t n)
{
    memset(to, byte, n);
}

static inline int32_t
mve_dot(int32_t sum, const int8_t *a, const int8_t *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sum += a[i] * x[i];
    return sum;
}

static inline void
mve_dot_six(struct mve_six *s, const int8_t *a, const int8_t *b,
    const int8_t *x, const int8_t *y, const int8_t *z, uint32_t n)
{
    s->ax = mve_dot(s->ax, a, x, n);
    s->ay = mve_dot(s->ay, a, y, n);
    s->az = mve_dot(s->az, a, z, n);
    s->bx = mve_dot(s->bx, b, x, n);
    s->by = mve_dot(s->by, b, y, n);
    s->bz = mve_dot(s->bz, b, z, n);
}

static inline void
mve_dot_four(
    struct mve_four *s, const int8_t *rows, const int8_t *x, uint32_t size)
{
    s->a = mve_dot(s->a, rows, x, size);
    s->b = mve_dot(s->b, rows + size, x, size);
    s->c = mve_dot(s->c, rows + 2 * (size_t)size, x, size);
    s->d = mve_dot(s->d, rows + 3 * (size_t)size, x, size);
}

static inline mve_i32
mve_low_lanes(int32_t lane0, int32_t lane1)
{
    return (mve_i32){ lane0, lane1, 0, 0 };
}

static inline mve_i32
mve_high_lanes(mve_i32 v, int32_t lane2, int32_t lane3)
{
    return (mve_i32){ v[0], v[1], lane2, lane3 };
}

static inline mve_i32
mve_words(const int32_t *at)
{
    return (mve_i32){ at[0], at[1], at[2], at[3] };
}

static inline mve_eight
mve_words_of_eight(const int32_t *at)
{
    return (mve_eight){ { { at[0], at[2], at[4], at[6] },
        { at[1], at[3], at[5], at[7] } } };
}

static inline void
mve_put_words(int32_t *at, mve_i32 v)
{
    memcpy(at, &v, sizeof(v));
}

static inline mve_i32
mve_bytes(const int8_t *at)
{
    return (mve_i32){ at[0], at[1], at[2], at[3] };
}

static inline void
mve_put_bytes(int8_t *at, mve_i32 v)
{
    for (int i = 0; i < MVE_LANES; i++)
        at[i] = (int8_t)v[i];
}

static inline mve_i32
mve_shift_left(mve_i32 v, int32_t by)
{
    return v * (1 << by);
}

static inline mve_i32
mve_all(int32_t v)
{
    return (mve_i32){ v, v, v, v };
}

static inline mve_i32
mve_scale(mve_i32 v, mve_i32 mult, mve_i32 shift)
{
    for (int i = 0; i < MVE_LANES; i++)
        v[i] = scale_i32(
            v[i], (struct nn_scale){ mult[i], mult[i] == 0 ? 0 : shift[i] });
    return v;
}

static inline mve_i32
mve_scale_all(mve_i32 v, struct nn_scale f)
{
    return mve_scale(v, mve_all(f.mult), mve_all(f.shift));
}

static inline mve_i32
mve_high_half(mve_i32 v, uint32_t by)
{
    for (int i = 0; i < MVE_LANES; i++)
        v[i] = (int32_t)((uint64_t)(uint32_t)v[i] * by >> 32);
    return v;
}

static inline mve_i32
mve_most(mve_i32 a, mve_i32 b)
{
    mve_i32 more = a > b;

    return (a & more) | (b & ~more);
}

static inline mve_i32
mve_least(mve_i32 a, mve_i32 b)
{
    mve_i32 less = a < b;

    return (a & less) | (b & ~less);
}

static inline void
mve_tap(mve_i32 *even, mve_i32 *odd, const int8_t **x, const int8_t **w)
{
    for (int i = 0; i < MVE_LANES; i++) {
        (*even)[i] += (*x)[2 * i] * (*w)[2 * i];
        (*odd)[i] += (*x)[2 * i + 1] * (*w)[2 * i + 1];
    }
    *x += 2 * MVE_LANES;
    *w += 2 * MVE_LANES;
}

struct mve_ends {
    const struct nn_layer *l;
};

static inline struct mve_ends
mve_ends_of(const struct nn_layer *l)
{
    return (struct mve_ends){ l };
}

static inline void
mve_put_eight(int8_t *at, mve_i32 even, mve_i32 odd, const struct mve_ends *e)
{
    for (int i = 0; i < MVE_LANES; i++) {
        at[2 * i] = hold_i8(even[i] + e->l->out_zero, e->l);
        at[2 * i + 1] = hold_i8(odd[i] + e->l->out_zero, e->l);
    }
}

static inline mve_i8
mve_many(const int8_t *at, uint32_t n)
{
    mve_i8 v = { 0 };

    memcpy(&v, at, n < MVE_BYTES ? n : MVE_BYTES);
    return v;
}

static inline void
mve_put_many(int8_t *at, mve_i8 v, uint32_t n)
{
    memcpy(at, &v, n < MVE_BYTES ? n : MVE_BYTES);
}

static inline mve_i8
mve_same(int32_t byte)
{
    mve_i8 v;

    memset(&v, byte, sizeof(v));
    return v;
}

static inline mve_i8
mve_more(mve_i8 a, mve_i8 b)
{
    mve_i8 more = a > b;

    return (a & more) | (b & ~more);
}

static inline mve_i8
mve_less(mve_i8 a, mve_i8 b)
{
    mve_i8 less = a < b;

    return (a & less) | (b & ~less);
}

#endif
