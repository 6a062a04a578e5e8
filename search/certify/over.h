/* SPDX-License-Identifier: MIT */
/* over.h -- whether a caller's watch ends a run that is between two searches.
 * Not part of the public interface. */
#ifndef OFFRAMP_SEARCH_OVER_H
#define OFFRAMP_SEARCH_OVER_H

#include "search/solve/solve.h"

static inline bool
watch_is_over(const struct solve_options *so)
{
    const struct solve_progress none = { .upper = INT64_MAX };

    return so->watch != NULL && so->watch(so->watch_ctx, &none);
}

#endif
