/* SPDX-License-Identifier: MIT */
/* check.h -- whether options have a meaning for so many exits. */
#ifndef OFFRAMP_SEARCH_CHECK_H
#define OFFRAMP_SEARCH_CHECK_H

#include "search/solve/solve.h"

enum { CHECK_THREADS_MAX = 256 };

enum status check_options(
    const struct solve_options *o, int exits, struct err *err) MUST_CHECK;

#endif
