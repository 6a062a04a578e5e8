/* SPDX-License-Identifier: MIT */
/* plan.h -- what a search found: exits kept and thresholds, one document. */
#ifndef OFFRAMP_DB_PLAN_H
#define OFFRAMP_DB_PLAN_H

#include "db/db.h"

struct plan {
    int64_t id;
    int64_t search;           /* each search has at most one plan */
    int64_t profile, records; /* of that search; profile may be 0 */
    char *document;           /* offramp.plan/1 */
    int64_t created_ms;
};

void plan_clear(struct plan *p);

/* Add the plan of `search`.  ST_CONFLICT "plan.exists"; ST_UNPROCESSABLE:
 * unknown search. */
enum status db_plan_add(struct db *db, int64_t search, const char *document,
    int64_t now_ms, int64_t *id, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "plan.not_found". */
enum status db_plan_get(
    struct db *db, int64_t id, struct plan *out, struct err *err) MUST_CHECK;

typedef enum status plan_fn(const struct plan *p, void *ctx);
enum status db_plan_list(struct db *db, struct page page, plan_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

#endif
