/* SPDX-License-Identifier: MIT */
/* blas.h -- OpenBLAS with one thread: a probe on this machine may be
 * measuring, and threads of its own would survive no fork. */
#ifndef OFFRAMP_HEADS_BLAS_H
#define OFFRAMP_HEADS_BLAS_H

#include <cblas.h>

static inline void
blas_start(void)
{
    openblas_set_num_threads(1);
}

#endif
