/* SPDX-License-Identifier: MIT */
/*
 * mve_f32.h -- as mve.h, for float32: what the kernels use of MVE's floating
 * point, and the same in C for cores without it.
 *
 * A register has four lanes; + and * are the compiler's own, lane by lane.
 * Products are added up fused there and rounded here, and in another order
 * than the plain kernels do it: outputs agree to 1e-5, not to the bit.
 */
#ifndef OFFRAMP_NN_MVE_F32_H
#define OFFRAMP_NN_MVE_F32_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MVE_FLOATS = 4 };

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)
#include <arm_mve.h>

typedef float32x4_t mve_f32;
#else
typedef float mve_f32 __attribute__((vector_size(16)));
#endif

/* Sums of one input with four rows of weights, in lanes. */
struct mve_four_f32 {
    mve_f32 a, b, c, d;
};

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)

/* Add up `n` values of x with four rows that lie `size` values apart: 16
 * products in ten instructions.  By hand, since compilers do not make loops
 * that end within a register; n is not 0. */
static inline __attribute__((always_inline)) void
mve_dot_four_f32(struct mve_four_f32 *s, const float *rows, uint32_t size,
    const float *x, uint32_t n)
{
    const float *b = rows + size, *c = b + size, *d = c + size;

    __asm__(
        "dlstp.32 lr, %[n]\n"
        "1: vldrw.32 q0, [%[x]], #16\n"
        "vldrw.32 q1, [%[wa]], #16\n"
        "vfma.f32 %q[a], q0, q1\n"
        "vldrw.32 q2, [%[wb]], #16\n"
        "vfma.f32 %q[b], q0, q2\n"
        "vldrw.32 q1, [%[wc]], #16\n"
        "vfma.f32 %q[c], q0, q1\n"
        "vldrw.32 q2, [%[wd]], #16\n"
        "vfma.f32 %q[d], q0, q2\n"
        "letp lr, 1b\n"
        : [a] "+w"(s->a), [b] "+w"(s->b), [c] "+w"(s->c), [d] "+w"(s->d),
        [x] "+r"(x), [wa] "+r"(rows), [wb] "+r"(b), [wc] "+r"(c), [wd] "+r"(d)
        : [n] "r"(n)
        : "lr", "q0", "q1", "q2", "memory");
}

/* The sum over the lanes of each.  A lane is a register of its own there, which
 * only fixed ones have a name for. */
static inline mve_f32
mve_across_f32(const struct mve_four_f32 *s)
{
    register mve_f32 a __asm__("q0") = s->a;
    register mve_f32 b __asm__("q1") = s->b;
    register mve_f32 c __asm__("q2") = s->c;
    register mve_f32 d __asm__("q3") = s->d;

    __asm__("vadd.f32 s0, s0, s1\n"
            "vadd.f32 s2, s2, s3\n"
            "vadd.f32 s4, s4, s5\n"
            "vadd.f32 s6, s6, s7\n"
            "vadd.f32 s8, s8, s9\n"
            "vadd.f32 s10, s10, s11\n"
            "vadd.f32 s12, s12, s13\n"
            "vadd.f32 s14, s14, s15\n"
            "vadd.f32 s0, s0, s2\n"
            "vadd.f32 s1, s4, s6\n"
            "vadd.f32 s2, s8, s10\n"
            "vadd.f32 s3, s12, s14\n"
            : "+w"(a), "+w"(b), "+w"(c), "+w"(d));
    return a;
}

static inline mve_f32
mve_floats(const float *at)
{
    return vldrwq_f32(at);
}

static inline void
mve_put_floats(float *at, mve_f32 v)
{
    vstrwq_f32(at, v);
}

static inline mve_f32
mve_all_f32(float v)
{
    return vdupq_n_f32(v);
}

static inline mve_f32
mve_add_product(mve_f32 sum, mve_f32 a, mve_f32 b)
{
    return vfmaq_f32(sum, a, b);
}

/* As hold_f32(): what is no number stays as it is. */
static inline mve_f32
mve_hold_f32(mve_f32 v, mve_f32 low, mve_f32 high)
{
    v = vpselq_f32(low, v, vcmpltq_f32(v, low));
    return vpselq_f32(high, v, vcmpgtq_f32(v, high));
}

#else

static inline void
mve_dot_four_f32(struct mve_four_f32 *s, const float *rows, uint32_t size,
    const float *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        s->a[i % MVE_FLOATS] += x[i] * rows[i];
        s->b[i % MVE_FLOATS] += x[i] * rows[i + (size_t)size];
        s->c[i % MVE_FLOATS] += x[i] * rows[i + 2 * (size_t)size];
        s->d[i % MVE_FLOATS] += x[i] * rows[i + 3 * (size_t)size];
    }
}

static inline float
mve_lanes_f32(mve_f32 v)
{
    return (v[0] + v[1]) + (v[2] + v[3]);
}

static inline mve_f32
mve_across_f32(const struct mve_four_f32 *s)
{
    return (mve_f32){ mve_lanes_f32(s->a), mve_lanes_f32(s->b),
        mve_lanes_f32(s->c), mve_lanes_f32(s->d) };
}

static inline mve_f32
mve_floats(const float *at)
{
    mve_f32 v;

    memcpy(&v, at, sizeof(v));
    return v;
}

static inline void
mve_put_floats(float *at, mve_f32 v)
{
    memcpy(at, &v, sizeof(v));
}

static inline mve_f32
mve_all_f32(float v)
{
    return (mve_f32){ v, v, v, v };
}

static inline mve_f32
mve_add_product(mve_f32 sum, mve_f32 a, mve_f32 b)
{
    return sum + a * b;
}

static inline mve_f32
mve_hold_f32(mve_f32 v, mve_f32 low, mve_f32 high)
{
    for (int i = 0; i < MVE_FLOATS; i++) {
        v[i] = v[i] < low[i] ? low[i] : v[i];
        v[i] = v[i] > high[i] ? high[i] : v[i];
    }
    return v;
}

#endif

#endif
