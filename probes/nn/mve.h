/* SPDX-License-Identifier: MIT */
/*
 * mve.h -- the few operations of Arm's vector extension (MVE, "Helium") that
 * the kernels use, and the same in C for cores without it: so the MVE kernels
 * run, and are tested, everywhere.
 *
 * A register has four 32-bit lanes or sixteen bytes; + - >> and the like are
 * the compiler's own, lane by lane.  Nothing is read or written behind the
 * bytes that were asked for: the last round of a loop, or a load of less than
 * a register, leaves the other lanes alone.
 */
#ifndef OFFRAMP_NN_MVE_H
#define OFFRAMP_NN_MVE_H

#include <stdint.h>
#include <string.h>

#include "probes/nn/scale.h"

enum { MVE_LANES = 4, MVE_BYTES = 16 };

/* Sums of three inputs x, y, z with two rows of weights a, b. */
struct mve_six {
    int32_t ax, ay, az, bx, by, bz;
};

/* Sums of one input with four rows of weights. */
struct mve_four {
    int32_t a, b, c, d;
};

#ifdef __ARM_FEATURE_MVE
#include <arm_mve.h>

typedef int32x4_t mve_i32;
typedef int8x16_t mve_i8;

/* Channels 0, 2, 4, 6 and channels 1, 3, 5, 7. */
typedef int32x4x2_t mve_eight;

static inline void
mve_copy(int8_t *to, const int8_t *from, uint32_t n)
{
    __asm__ volatile("wlstp.8 lr, %[n], 2f\n"
                     "1: vldrb.8 q0, [%[from]], #16\n"
                     "vstrb.8 q0, [%[to]], #16\n"
                     "letp lr, 1b\n"
                     "2:"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [n] "r"(n)
                     : "lr", "q0", "memory");
}

static inline void
mve_fill(int8_t *to, int32_t byte, uint32_t n)
{
    __asm__ volatile("vdup.8 q0, %[byte]\n"
                     "wlstp.8 lr, %[n], 2f\n"
                     "1: vstrb.8 q0, [%[to]], #16\n"
                     "letp lr, 1b\n"
                     "2:"
                     : [to] "+r"(to)
                     : [n] "r"(n), [byte] "r"(byte)
                     : "lr", "q0", "memory");
}

/* 96 products in twelve instructions: five loads, six sums, the loop.  By
 * hand, since compilers do not make loops that end within a register. */
static inline __attribute__((always_inline)) void
mve_dot_six(struct mve_six *s, const int8_t *a, const int8_t *b,
    const int8_t *x, const int8_t *y, const int8_t *z, uint32_t n)
{
    __asm__("dlstp.8 lr, %[n]\n"
            "1: vldrb.8 q0, [%[a]], #16\n"
            "vldrb.8 q1, [%[b]], #16\n"
            "vldrb.8 q2, [%[x]], #16\n"
            "vmladava.s8 %[ax], q0, q2\n"
            "vldrb.8 q3, [%[y]], #16\n"
            "vmladava.s8 %[bx], q1, q2\n"
            "vmladava.s8 %[ay], q0, q3\n"
            "vldrb.8 q2, [%[z]], #16\n"
            "vmladava.s8 %[by], q1, q3\n"
            "vmladava.s8 %[az], q0, q2\n"
            "vmladava.s8 %[bz], q1, q2\n"
            "letp lr, 1b\n"
            : [ax] "+Te"(s->ax), [ay] "+Te"(s->ay), [az] "+Te"(s->az),
            [bx] "+Te"(s->bx), [by] "+Te"(s->by), [bz] "+Te"(s->bz),
            [a] "+r"(a), [b] "+r"(b), [x] "+r"(x), [y] "+r"(y), [z] "+r"(z)
            : [n] "r"(n)
            : "lr", "q0", "q1", "q2", "q3", "memory");
}

/* The rows lie `size` bytes apart, which is also their length. */
static inline __attribute__((always_inline)) void
mve_dot_four(
    struct mve_four *s, const int8_t *rows, const int8_t *x, uint32_t size)
{
    const int8_t *b = rows + size, *c = b + size, *d = c + size;

    __asm__(
        "dlstp.8 lr, %[n]\n"
        "1: vldrb.8 q0, [%[x]], #16\n"
        "vldrb.8 q1, [%[wa]], #16\n"
        "vmladava.s8 %[a], q0, q1\n"
        "vldrb.8 q2, [%[wb]], #16\n"
        "vmladava.s8 %[b], q0, q2\n"
        "vldrb.8 q1, [%[wc]], #16\n"
        "vmladava.s8 %[c], q0, q1\n"
        "vldrb.8 q2, [%[wd]], #16\n"
        "vmladava.s8 %[d], q0, q2\n"
        "letp lr, 1b\n"
        : [a] "+Te"(s->a), [b] "+Te"(s->b), [c] "+Te"(s->c), [d] "+Te"(s->d),
        [x] "+r"(x), [wa] "+r"(rows), [wb] "+r"(b), [wc] "+r"(c), [wd] "+r"(d)
        : [n] "r"(size)
        : "lr", "q0", "q1", "q2", "memory");
}

/* Lanes 0 and 1; then 2 and 3 of the same. */
static inline mve_i32
mve_low_lanes(int32_t lane0, int32_t lane1)
{
    mve_i32 v;

    __asm__("vmov %e0, %1, %2" : "=w"(v) : "r"(lane0), "r"(lane1));
    return v;
}

static inline mve_i32
mve_high_lanes(mve_i32 v, int32_t lane2, int32_t lane3)
{
    __asm__("vmov %f0, %1, %2" : "+w"(v) : "r"(lane2), "r"(lane3));
    return v;
}

static inline mve_i32
mve_words(const int32_t *at)
{
    return vldrwq_s32(at);
}

static inline mve_eight
mve_words_of_eight(const int32_t *at)
{
    return vld2q_s32(at);
}

static inline void
mve_put_words(int32_t *at, mve_i32 v)
{
    vstrwq_s32(at, v);
}

/* Four bytes, widened. */
static inline mve_i32
mve_bytes(const int8_t *at)
{
    return vldrbq_s32(at);
}

static inline void
mve_put_bytes(int8_t *at, mve_i32 v)
{
    vstrbq_s32(at, v);
}

static inline mve_i32
mve_shift_left(mve_i32 v, int32_t by)
{
    return vshlq_r_s32(v, by);
}

/* scale_i32() of factors below a half. */
static inline mve_i32
mve_scale(mve_i32 v, mve_i32 mult, mve_i32 shift)
{
    v = vqrdmulhq_s32(v, mult);
    return vrshlq_s32(vaddq_s32(v, vshrq_n_s32(v, 31)), shift);
}

static inline mve_i32
mve_scale_all(mve_i32 v, struct nn_scale f)
{
    v = vqrdmulhq_n_s32(v, f.mult);
    return vrshlq_n_s32(vaddq_s32(v, vshrq_n_s32(v, 31)), f.shift);
}

static inline mve_i32
mve_all(int32_t v)
{
    return vdupq_n_s32(v);
}

/* The upper half of the products of numbers without a sign. */
static inline mve_i32
mve_high_half(mve_i32 v, uint32_t by)
{
    return (mve_i32)vmulhq_u32((uint32x4_t)v, vdupq_n_u32(by));
}

static inline mve_i32
mve_most(mve_i32 a, mve_i32 b)
{
    return vmaxq_s32(a, b);
}

static inline mve_i32
mve_least(mve_i32 a, mve_i32 b)
{
    return vminq_s32(a, b);
}

/* A tap of eight channels; *x and *w move on.  By hand, or the compiler loads
 * all taps first and has no registers left. */
static inline __attribute__((always_inline)) void
mve_tap(mve_i32 *even, mve_i32 *odd, const int8_t **x, const int8_t **w)
{
    __asm__("vldrb.s16 q0, [%[x]], #8\n"
            "vldrb.s16 q1, [%[w]], #8\n"
            "vmullb.s16 q2, q0, q1\n"
            "vmullt.s16 q0, q0, q1\n"
            "vadd.i32 %q[even], %q[even], q2\n"
            "vadd.i32 %q[odd], %q[odd], q0\n"
            : [even] "+w"(*even), [odd] "+w"(*odd), [x] "+l"(*x), [w] "+l"(*w)
            :
            : "q0", "q1", "q2", "memory");
}

/* What eight outputs have added and are held to. */
struct mve_ends {
    int16x8_t zero, low, high;
};

static inline struct mve_ends
mve_ends_of(const struct nn_layer *l)
{
    return (struct mve_ends){ vdupq_n_s16((int16_t)l->out_zero),
        vdupq_n_s16((int16_t)l->low), vdupq_n_s16((int16_t)l->high) };
}

static inline __attribute__((always_inline)) void
mve_put_eight(int8_t *at, mve_i32 even, mve_i32 odd, const struct mve_ends *e)
{
    int16x8_t v = vqmovntq_s32(vqmovnbq_s32(vuninitializedq_s16(), even), odd);

    v = vmaxq_s16(vqaddq_s16(v, e->zero), e->low);
    vstrbq_s16(at, vminq_s16(v, e->high));
}

/* Up to 16 bytes as they are. */
static inline mve_i8
mve_many(const int8_t *at, uint32_t n)
{
    return vldrbq_z_s8(at, vctp8q(n));
}

static inline void
mve_put_many(int8_t *at, mve_i8 v, uint32_t n)
{
    vstrbq_p_s8(at, v, vctp8q(n));
}

static inline mve_i8
mve_same(int32_t byte)
{
    return vdupq_n_s8((int8_t)byte);
}

static inline mve_i8
mve_more(mve_i8 a, mve_i8 b)
{
    return vmaxq_s8(a, b);
}

static inline mve_i8
mve_less(mve_i8 a, mve_i8 b)
{
    return vminq_s8(a, b);
}

#else
#include "probes/nn/mve_c.h"
#endif

#endif
