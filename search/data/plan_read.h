/* SPDX-License-Identifier: MIT */
/*
 * plan_read.h -- an offramp.plan/1 document as what it decides: which exits
 * are kept, and the threshold of each.
 */
#ifndef OFFRAMP_DATA_PLAN_READ_H
#define OFFRAMP_DATA_PLAN_READ_H

#include <stdbool.h>

#include "base/json.h"
#include "search/data/records.h"
#include "search/solve/solve.h"

/* Names are borrowed from the document.  The last exit is kept. */
struct plan_exits {
    const char *name[RECORDS_EXITS_MAX];
    bool kept[RECORDS_EXITS_MAX];
    double threshold[RECORDS_EXITS_MAX]; /* NaN where there is none */
    enum score score[RECORDS_EXITS_MAX]; /* what it is a threshold of */
    int n;
    const char *objective;
    bool label; /* accuracy is against labels, not against the last exit */
};

/* ST_INVALID (code "plan.json") names the member.  What a server adds to the
 * document is ignored; an infeasible plan is ST_UNPROCESSABLE
 * "plan.infeasible": there is nothing to run. */
enum status plan_exits_read(
    const json_t *doc, struct plan_exits *out, struct err *err) MUST_CHECK;

/* The same as the solver has it. */
struct solve_plan plan_exits_solve(const struct plan_exits *x);

#endif
