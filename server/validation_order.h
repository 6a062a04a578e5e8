/* SPDX-License-Identifier: MIT */
/*
 * validation_order.h -- what POST /v1/plans/{id}/validations asks for, checked
 * against the plan's search, and turned into a flow with its first task.
 *
 * Rows are those that the search did not choose by: the held-out half of its
 * records, or another data set.
 */
#ifndef OFFRAMP_SERVER_VALIDATION_ORDER_H
#define OFFRAMP_SERVER_VALIDATION_ORDER_H

#include "base/json.h"
#include "db/db.h"

enum { VALIDATION_ROWS = 1000, VALIDATION_ROWS_MAX = 100000 };
enum { VALIDATION_BUDGET_S = 60 };
#define VALIDATION_CI_REL 0.01

struct validation_order {
    int64_t plan;
    int64_t dataset;    /* 0: the held-out rows of the plan's records */
    const char *device; /* selector; NULL: the device of the plan's profile */
    json_t *devices;    /* of a mapped plan: selectors by processor; borrowed;
                         * NULL: the devices that the costs are of */
    int64_t max_rows;
    double budget_s; /* of measuring */
    double ci_rel;   /* that is over before, once both means are as sure */
    const char *owner;
    int64_t now_ms;
    int64_t id; /* of the flow, once stored */
};

/* The defaults, for a plan. */
struct validation_order validation_order_for(
    int64_t plan, const char *owner, int64_t now_ms);

/* Check and store; call it in a db_tx().  ST_NOT_FOUND: the plan or data set;
 * ST_UNPROCESSABLE: "plan.no_profile" (costs were sent), "plan.infeasible",
 * "validation.rows" (no rows to run), "validation.seen" (the data set is the
 * one that the search chose by); ST_CONFLICT "job.unsatisfiable".  Of a mapped
 * plan also what mapped_read() says (validation_mapped.h). */
enum status validation_order_store(
    struct db *db, struct validation_order *o, struct err *err) MUST_CHECK;

#endif
