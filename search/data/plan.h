/* SPDX-License-Identifier: MIT */
/*
 * plan.h -- from records and costs to a plan (offramp.plan/1) and its curve:
 * what the worker's search task and `offramp search` both call.
 *
 * Samples are split in two halves: thresholds are chosen on the calibration
 * half, and both halves are reported.  With reference `label`, samples whose
 * label is unknown (-1) are left out.
 */
#ifndef OFFRAMP_DATA_PLAN_H
#define OFFRAMP_DATA_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "search/certify/bootstrap.h"
#include "search/certify/cross.h"
#include "search/certify/metrics.h"
#include "search/certify/promise.h"
#include "search/data/costs.h"
#include "search/data/limits.h"
#include "search/data/records.h"

enum search_reference { SEARCH_LABEL, SEARCH_FINAL };

/* Costs are per sample, in the objective's unit; NaN where not known yet. */
struct search_progress {
    double cost, lower_bound, seconds;
    uint64_t nodes;
};

/* True ends the search, which then gives the best plan so far. */
typedef bool search_watch(void *ctx, const struct search_progress *p);

/* How sure an answer has to be: `guarantee`, `robust` and so on of a problem.
 * {0} asks for nothing. */
struct search_sure {
    bool guarantee;
    struct promise_options promise;
    bool test_given; /* else groups turn an exact test into betting */
    bool crossed;    /* raise the floor to what new samples need */
    struct cross_options cross;
    bool robust; /* search on the upper ends of the costs' intervals */
    struct bootstrap_options bootstrap; /* draws 0: none */
    char metric[METRICS_MAX][64];       /* to weigh against each other */
    int metrics;                        /* how many; 0: none */
};

/* Start from search_options_init(). */
struct search_options {
    const char *objective; /* a metric of the costs; borrowed */
    double max_drop;       /* NaN: not given */
    double min_accuracy;   /* NaN: not given; one of the two is */
    int grid;              /* 0: every distinct score */
    enum search_reference reference;
    int max_exits;             /* kept at most, the last one too; 0: any */
    double worst_case;         /* longest path at most; INFINITY */
    struct exit_limits limits; /* borrowed */
    uint64_t seed;
    double time_limit_s; /* INFINITY: none */
    int threads;
    int curve_points; /* at most; 0: no curve is made */
    struct search_sure sure;
    bool compare;            /* also apply the rules of search/baseline */
    search_watch *watch;     /* or NULL */
    bool (*stop)(void *ctx); /* whether to leave out what is not done yet of a
                                comparison; NULL: never */
    void *watch_ctx;         /* of both */
};

/* latency_ns, no floor yet, grid 32, seed 1, 20 s, a curve of 64 points. */
void search_options_init(struct search_options *o);

/* Words of options: "32" or "all", "label" or "final".  ST_INVALID. */
enum status search_grid_read(
    const char *text, int *grid, struct err *err) MUST_CHECK;
enum status search_reference_read(
    const char *text, enum search_reference *ref, struct err *err) MUST_CHECK;

/* Members of a problem that make a search_sure; NULL where absent. */
struct search_sure_json {
    json_t *guarantee, *cross, *bootstrap, *metrics; /* borrowed */
    bool robust;
};

/* Read them.  Without an eps of its own, a guarantee takes max_drop for it;
 * with reference `final` what may be lost is agreement, which is a matter of
 * flips. ST_INVALID names the member. */
enum status search_sure_read(const struct search_sure_json *in,
    struct search_options *o, struct err *err) MUST_CHECK;

/* Set from the `problem` of a search task (the names of POST /v1/searches).
 * Strings stay borrowed from `problem`.  ST_INVALID names the member. */
enum status search_options_read(const json_t *problem,
    struct search_options *out, struct err *err) MUST_CHECK;

/*
 * Search.  On ST_OK the caller owns *plan, an offramp.plan/1 document, and
 * *curve, [{cost, accuracy, test_cost, test_accuracy, kept,
 * proved}] from the full
 * network to the cheapest plan.  ST_INVALID or ST_UNPROCESSABLE where costs,
 * records and options do not fit together.
 */
enum status search_records(const struct records *r, const struct costs *c,
    const struct search_options *o, json_t **plan, json_t **curve,
    struct err *err) MUST_CHECK;

#endif
