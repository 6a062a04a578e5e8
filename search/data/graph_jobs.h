/* SPDX-License-Identifier: MIT */
/*
 * graph_jobs.h -- several samples at once that share a device and a link.
 */
#ifndef OFFRAMP_DATA_GRAPH_JOBS_H
#define OFFRAMP_DATA_GRAPH_JOBS_H

#include "search/data/graph.h"

/*
 * `jobs` samples at once: each runs its first layers on `a`, then its tensors
 * are sent (flowshop.h); which cut each takes, in which order.  The document's
 * plan is `jobs`; `cuts` has how many layers each job runs on `a`, in order.
 * What runs behind the link is not counted, as in the paper: it is taken to be
 * fast.  ST_INVALID.
 */
enum status graph_jobs(const struct graph *a, const struct graph_link *l,
    int64_t jobs, json_t **out, struct err *err) MUST_CHECK;

#endif
