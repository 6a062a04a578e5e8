/* SPDX-License-Identifier: MIT */
/* run_text.h -- what a run of samples adds up to, and how it is printed. */
#ifndef OFFRAMP_CLI_RUN_TEXT_H
#define OFFRAMP_CLI_RUN_TEXT_H

#include "server/cli/run_plan.h"

/* Sums by stage, and every sample's time. */
struct run_tally {
    double *ns; /* owned, [n] */
    size_t n, cap;
    double sum_ns[RUNNER_EXITS_MAX];
    size_t left[RUNNER_EXITS_MAX], labelled[RUNNER_EXITS_MAX],
        right[RUNNER_EXITS_MAX];
};

enum status run_tally_init(
    struct run_tally *t, size_t samples, struct err *err) MUST_CHECK;
void run_tally_clear(struct run_tally *t);

/* `label` -1: unknown. */
void run_tally_add(struct run_tally *t, const struct runner_answer *a,
    double ns, int64_t label);

/* Print it as a table, or as JSON. */
enum status run_text(const struct run_plan *p, struct run_tally *t, bool json,
    struct err *err) MUST_CHECK;

#endif
