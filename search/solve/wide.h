/* SPDX-License-Identifier: MIT */
/*
 * wide.h -- for loops that compilers turn into vectors: on x86, one build of
 * a function with AVX2 beside the plain one; the loader picks.
 */
#ifndef OFFRAMP_SEARCH_WIDE_H
#define OFFRAMP_SEARCH_WIDE_H

#if defined(__x86_64__) && defined(__GNUC__) &&                                \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&         \
    !defined(__clang__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* What a WIDE function is made of has to be built with it. */
#define INLINE static inline __attribute__((always_inline))

#endif
