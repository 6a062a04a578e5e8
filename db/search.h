/* SPDX-License-Identifier: MIT */
/* search.h -- a search asked for: costs, records and a problem; its one task
 * decides its state as a job's tasks do (job.h). */
#ifndef OFFRAMP_DB_SEARCH_H
#define OFFRAMP_DB_SEARCH_H

#include "db/db.h"
#include "db/word.h"

struct search {
    int64_t id;
    char *owner;
    int64_t profile; /* where the costs come from; 0: sent with the search */
    char *costs;     /* document offramp.costs/1, as it was searched */
    int64_t records;
    char *problem; /* document: objective, floor, limits, seed */
    enum run_state state;
    int64_t version;
    char *curve;  /* document, where done */
    int64_t plan; /* 0 until there is one */
    int64_t created_ms, started_ms, finished_ms;
    int64_t ending_ms; /* when a running one was told to end; 0: not */
};

void search_clear(struct search *s);

/* Add (owner, profile, costs, records, problem, created_ms are read),
 * `queued`.  ST_UNPROCESSABLE: unknown profile or records. */
enum status db_search_add(struct db *db, const struct search *s, int64_t *id,
    struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "search.not_found". */
enum status db_search_get(
    struct db *db, int64_t id, struct search *out, struct err *err) MUST_CHECK;

/* Keep what was found beside the plan (plan.h).  ST_NOT_FOUND. */
enum status db_search_set_curve(
    struct db *db, int64_t id, const char *curve, struct err *err) MUST_CHECK;

/*
 * Cancel it.  A task that runs is told to end with what it has (its heartbeat
 * says so), and the search is `cancelled` with that plan; one that waits, or
 * was told before, ends at once.  A search that is over stays as it is.
 * ST_NOT_FOUND.
 */
enum status db_search_cancel(
    struct db *db, int64_t id, int64_t now_ms, struct err *err) MUST_CHECK;

typedef enum status search_fn(const struct search *s, void *ctx);
enum status db_search_list(struct db *db, struct page page, search_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

#endif
