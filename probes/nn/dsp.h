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

/* acc + a.low * b.low + a.high * b.high, and each of them alone. */
#define dsp_smlad(a, b, acc)  __smlad((int16x2_t)(a), (int16x2_t)(b), acc)
#define dsp_smlabb(a, b, acc) __smlabb((int32_t)(a), (int32_t)(b), acc)
#define dsp_smlatt(a, b, acc) __smlatt((int32_t)(a), (int32_t)(b), acc)

/* The high half of a * b, rounded. */
static inline int32_t
dsp_smmulr(int32_t a, int32_t b)
{
    int32_t out;

    __asm__("smmulr %0, %1, %2" : "=r"(out) : "r"(a), "r"(b));
    return out;
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

static inline uint32_t
dsp_add16(uint32_t a, uint32_t b)
{
    return dsp_pair(dsp_low(a) + dsp_low(b), dsp_high(a) + dsp_high(b));
}

static inline int32_t
dsp_smlabb(uint32_t a, uint32_t b, int32_t acc)
{
    return acc + dsp_low(a) * dsp_low(b);
}

static inline int32_t
dsp_smlatt(uint32_t a, uint32_t b, int32_t acc)
{
    return acc + dsp_high(a) * dsp_high(b);
}

static inline int32_t
dsp_smlad(uint32_t a, uint32_t b, int32_t acc)
{
    return dsp_smlatt(a, b, dsp_smlabb(a, b, acc));
}

static inline int32_t
dsp_smmulr(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + INT64_C(0x80000000)) >> 32);
}
#endif

#endif
