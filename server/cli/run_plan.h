/* SPDX-License-Identifier: MIT */
/*
 * run_plan.h -- a plan and its model made ready to run here: cut at the
 * plan's exits, each part loaded.  Belongs to its caller, one thread.
 */
#ifndef OFFRAMP_CLI_RUN_PLAN_H
#define OFFRAMP_CLI_RUN_PLAN_H

#include "base/json.h"
#include "probes/deploy/runner.h"
#include "search/data/plan_read.h"

struct run_plan {
    struct plan_exits exits;     /* names borrowed from the plan document */
    int index[RUNNER_EXITS_MAX]; /* of each stage: its exit's number */
    json_t *analysis;            /* owned; NULL for a plan */
    struct runtime *runtime;     /* owned */
    struct runner *runner;       /* owned */
};

/* `plan` must outlive *out; NULL: every exit is kept and judged by `score`, and
 * none has a threshold.  Failures of plan_exits_read(), deploy_cut() and
 * runner_open().  End *out with run_plan_close() whatever the outcome. */
enum status run_plan_open(struct run_plan *out, const json_t *plan,
    enum score score, const char *model_path, struct err *err) MUST_CHECK;
void run_plan_close(struct run_plan *p);

#endif
