/* SPDX-License-Identifier: MIT */
/*
 * flowshop.h -- several samples or networks that share one processor and one
 * link: each is cut somewhere, computed up to there, then sent (a two-machine
 * flow shop).  Johnson's rule (1954) orders fixed cuts exactly; the cuts are
 * enumerated.  Joint partition and scheduling of Duan and Wu (2021).  Pure;
 * integers.
 */
#ifndef OFFRAMP_SEARCH_FLOWSHOP_H
#define OFFRAMP_SEARCH_FLOWSHOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { FLOWSHOP_JOBS_MAX = 64 };

/* One way to cut a job: time on the device, then on the link. */
struct flowshop_cut {
    int64_t device_ps, link_ps; /* 0 .. 2^50 */
};

struct flowshop_job {
    const struct flowshop_cut *cut; /* [n_cuts]; borrowed */
    size_t n_cuts;
};

/* When the last job has been sent, jobs in this order. */
int64_t flowshop_makespan(
    const struct flowshop_cut *jobs, const size_t *order, size_t n);

/* Johnson's rule: first those with device < link by device, then the others
 * by link, falling; equal ones as they come. */
void flowshop_johnson(const struct flowshop_cut *jobs, size_t n, size_t *order);

struct flowshop_plan {
    size_t cut[FLOWSHOP_JOBS_MAX];   /* of each job */
    size_t order[FLOWSHOP_JOBS_MAX]; /* jobs, first to last */
    int64_t makespan_ps, bound_ps;
    bool proved; /* makespan is the bound, or everything was looked at */
};

/* The cuts and the order that end first.  Jobs with the same array of cuts are
 * alike, so only how many take which cut is enumerated.  More than `limit`
 * combinations: the best of those seen, with a bound.  ST_INVALID (code
 * "partition.flowshop"). */
enum status flowshop_solve(const struct flowshop_job *jobs, size_t n,
    uint64_t limit, struct flowshop_plan *out, struct err *err) MUST_CHECK;

#endif
