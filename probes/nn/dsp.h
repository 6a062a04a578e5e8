/* SPDX-License-Identifier: MIT */
/*
 * dsp.h -- the few instructions of Arm's DSP extension that the kernels use,
 * and the same in C for cores without them: so the DSP kernels run, and are
 * tested, everywhere.
 */
#ifndef OFFRAMP_NN_DSP_H
#define OFFRAMP_NN_DSP_H

#include <stdint.h>
#include <string.h>

static inline uint32_t
dsp_load(const void *at)
{
    uint32_t v;

    memcpy(&v, at, sizeof(v)); /* need not be aligned */
    return v;
}

/* Sums of two channels a, b over two columns 0, 1. */
struct dsp_sums {
    int32_t a0, a1, b0, b1;
};

/* Sums of four channels over one column. */
struct dsp_four {
    int32_t a, b, c, d;
};

#ifdef __ARM_FEATURE_DSP
#include <arm_acle.h>

/* Bytes 0 and 2, and bytes 1 and 3, sign-extended to two halves. */
#define dsp_even(v) ((uint32_t)__sxtb16(v))

static inline uint32_t
dsp_odd(uint32_t v)
{
    uint32_t out;

    __asm__("sxtb16 %0, %1, ror #8" : "=r"(out) : "r"(v));
    return out;
}

/* Halves of a + b. */
static inline uint32_t
dsp_add16(uint32_t a, uint32_t b)
{
    return (uint32_t)__sadd16((int16x2_t)a, (int16x2_t)b);
}

/* v / 2, rounded down, held to -128..127. */
static inline int32_t
dsp_half_ssat8(int32_t v)
{
    int32_t out;

    __asm__("ssat %0, #8, %1, asr #1" : "=r"(out) : "r"(v));
    return out;
}

/* The high half of a * b, rounded. */
static inline int32_t
dsp_smmulr(int32_t a, int32_t b)
{
    int32_t out;

    __asm__("smmulr %0, %1, %2" : "=r"(out) : "r"(a), "r"(b));
    return out;
}

/* 16 products: 4 weights of a (at *w) and of b (`size` bytes on) with 4 values
 * of two columns, which lie as (even 0, even 1, odd 0, odd 1); *w and *column
 * move on.  By hand, since the compiler keeps too few of these in registers. */
static inline __attribute__((always_inline)) void
dsp_group(struct dsp_sums *s, const int8_t **w, uint32_t size,
    const uint32_t **column)
{
    uint32_t a, b, t, x, y;

    __asm__("ldr %[b], [%[w], %[size]]\n"
            "ldr %[a], [%[w]], #4\n"
            "ldrd %[x], %[y], [%[column]], #8\n"
            "sxtb16 %[t], %[a]\n"
            "smlad %[a0], %[t], %[x], %[a0]\n"
            "smlad %[a1], %[t], %[y], %[a1]\n"
            "sxtb16 %[t], %[b]\n"
            "smlad %[b0], %[t], %[x], %[b0]\n"
            "smlad %[b1], %[t], %[y], %[b1]\n"
            "ldrd %[x], %[y], [%[column]], #8\n"
            "sxtb16 %[a], %[a], ror #8\n"
            "smlad %[a0], %[a], %[x], %[a0]\n"
            "smlad %[a1], %[a], %[y], %[a1]\n"
            "sxtb16 %[b], %[b], ror #8\n"
            "smlad %[b0], %[b], %[x], %[b0]\n"
            "smlad %[b1], %[b], %[y], %[b1]\n"
            : [a0] "+r"(s->a0), [a1] "+r"(s->a1), [b0] "+r"(s->b0),
            [b1] "+r"(s->b1), [w] "+r"(*w), [column] "+r"(*column),
            [a] "=&r"(a), [b] "=&r"(b), [t] "=&r"(t), [x] "=&r"(x), [y] "=&r"(y)
            : [size] "r"(size)
            : "memory");
}

/* 4 weights (in t) of a channel with the 4 values in even and odd. */
#define DSP_ROW(sum)                                                           \
    "sxtb16 %[u], %[t]\n"                                                      \
    "smlad %[" sum "], %[u], %[even], %[" sum "]\n"                            \
    "sxtb16 %[t], %[t], ror #8\n"                                              \
    "smlad %[" sum "], %[t], %[odd], %[" sum "]\n"

/* 16 products: 4 values (at *in) with 4 weights of each of four channels: a at
 * *w, b `size` bytes on, c at *v, d `size` bytes on.  The three move on. */
static inline __attribute__((always_inline)) void
dsp_four(struct dsp_four *s, const int8_t **w, const int8_t **v, uint32_t size,
    const int8_t **in)
{
    uint32_t even, odd, t, u;

    __asm__("ldr %[odd], [%[in]], #4\n"
            "ldr %[t], [%[w], %[size]]\n"
            "sxtb16 %[even], %[odd]\n"
            "sxtb16 %[odd], %[odd], ror #8\n" DSP_ROW(
                "b") "ldr %[t], [%[w]], "
                     "#4\n" DSP_ROW("a") "ldr %[t], [%[v], %[size]]\n" DSP_ROW(
                         "d") "ldr %[t], "
                              "[%[v]], "
                              "#4"
                              "\n" DSP_ROW("c")
            : [a] "+r"(s->a), [b] "+r"(s->b), [c] "+r"(s->c), [d] "+r"(s->d),
            [w] "+r"(*w), [v] "+r"(*v), [in] "+r"(*in), [even] "=&r"(even),
            [odd] "=&r"(odd), [t] "=&r"(t), [u] "=&r"(u)
            : [size] "r"(size)
            : "memory");
}

/* A tap of four channels, both widened as dsp_even() and dsp_odd() do it: a
 * and c are in the even halves; *x and *w move on. */
static inline __attribute__((always_inline)) void
dsp_tap(int32_t *a, int32_t *b, int32_t *c, int32_t *d, const uint32_t **x,
    const uint32_t **w)
{
    uint32_t even, odd, v, u;

    __asm__("ldrd %[even], %[odd], [%[x]], #8\n"
            "ldrd %[v], %[u], [%[w]], #8\n"
            "smlabb %[a], %[even], %[v], %[a]\n"
            "smlatt %[c], %[even], %[v], %[c]\n"
            "smlabb %[b], %[odd], %[u], %[b]\n"
            "smlatt %[d], %[odd], %[u], %[d]\n"
            : [a] "+r"(*a), [b] "+r"(*b), [c] "+r"(*c), [d] "+r"(*d),
            [x] "+r"(*x), [w] "+r"(*w), [even] "=&r"(even), [odd] "=&r"(odd),
            [v] "=&r"(v), [u] "=&r"(u)
            :
            : "memory");
}

#else

static inline int32_t
dsp_low(uint32_t v)
{
    return (int16_t)(v & 0xffff);
}

static inline int32_t
dsp_high(uint32_t v)
{
    return (int16_t)(v >> 16);
}

static inline uint32_t
dsp_pair(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xffff) | (uint32_t)high << 16;
}

static inline uint32_t
dsp_even(uint32_t v)
{
    return dsp_pair((int8_t)(v & 0xff), (int8_t)(v >> 16 & 0xff));
}

static inline uint32_t
dsp_odd(uint32_t v)
{
    return dsp_even(v >> 8);
}

static inline int32_t
dsp_smlad(uint32_t a, uint32_t b, int32_t acc)
{
    return acc + dsp_low(a) * dsp_low(b) + dsp_high(a) * dsp_high(b);
}

static inline void
dsp_tap(int32_t *a, int32_t *b, int32_t *c, int32_t *d, const uint32_t **x,
    const uint32_t **w)
{
    *a += dsp_low((*x)[0]) * dsp_low((*w)[0]);
    *c += dsp_high((*x)[0]) * dsp_high((*w)[0]);
    *b += dsp_low((*x)[1]) * dsp_low((*w)[1]);
    *d += dsp_high((*x)[1]) * dsp_high((*w)[1]);
    *x += 2;
    *w += 2;
}

static inline uint32_t
dsp_add16(uint32_t a, uint32_t b)
{
    return dsp_pair(dsp_low(a) + dsp_low(b), dsp_high(a) + dsp_high(b));
}

static inline int32_t
dsp_half_ssat8(int32_t v)
{
    v >>= 1;
    v = v < INT8_MIN ? INT8_MIN : v;
    return v > INT8_MAX ? INT8_MAX : v;
}

static inline void
dsp_group(struct dsp_sums *s, const int8_t **w, uint32_t size,
    const uint32_t **column)
{
    uint32_t a = dsp_load(*w), b = dsp_load(*w + size);
    const uint32_t *x = *column;

    s->a0 = dsp_smlad(dsp_odd(a), x[2], dsp_smlad(dsp_even(a), x[0], s->a0));
    s->a1 = dsp_smlad(dsp_odd(a), x[3], dsp_smlad(dsp_even(a), x[1], s->a1));
    s->b0 = dsp_smlad(dsp_odd(b), x[2], dsp_smlad(dsp_even(b), x[0], s->b0));
    s->b1 = dsp_smlad(dsp_odd(b), x[3], dsp_smlad(dsp_even(b), x[1], s->b1));
    *w += 4;
    *column += 4;
}

/* 4 weights with 4 values. */
static inline int32_t
dsp_row(uint32_t w, uint32_t x, int32_t acc)
{
    acc = dsp_smlad(dsp_even(w), dsp_even(x), acc);
    return dsp_smlad(dsp_odd(w), dsp_odd(x), acc);
}

static inline void
dsp_four(struct dsp_four *s, const int8_t **w, const int8_t **v, uint32_t size,
    const int8_t **in)
{
    uint32_t x = dsp_load(*in);

    s->a = dsp_row(dsp_load(*w), x, s->a);
    s->b = dsp_row(dsp_load(*w + size), x, s->b);
    s->c = dsp_row(dsp_load(*v), x, s->c);
    s->d = dsp_row(dsp_load(*v + size), x, s->d);
    *w += 4;
    *v += 4;
    *in += 4;
}

static inline int32_t
dsp_smmulr(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + INT64_C(0x80000000)) >> 32);
}
#endif

#endif
