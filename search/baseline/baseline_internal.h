/* SPDX-License-Identifier: MIT */
/*
 * baseline_internal.h -- what the rules share: the prepared problem of
 * search/solve, and a memory of the best plan tried.  Each rule is a file
 * with one function and a row in baseline.c.
 */
#ifndef OFFRAMP_SEARCH_BASELINE_INTERNAL_H
#define OFFRAMP_SEARCH_BASELINE_INTERNAL_H

#include "search/baseline/baseline.h"
#include "search/solve/brake.h"
#include "search/solve/prob.h"

/* What a rule has found so far. */
struct found {
    struct pick best;    /* cheapest that meets floor and limits */
    struct pick nearest; /* else: most right answers, within limits if any */
    bool nearest_allowed;
    double cost, right; /* what the rule expects; NaN */
    const char *why;    /* static; why there is nothing */
    struct brake brake; /* counts what is judged; stopped: end with what is
                           there */
};

struct baseline_rule {
    enum status (*run)(const struct prob *p, const struct solve_options *o,
        struct found *f, struct err *err);
};

extern const struct baseline_rule rule_shared, rule_geometric, rule_eenet,
    rule_greedy, rule_descent, rule_descent_many, rule_independent,
    rule_independent_repaired, rule_peax, rule_branchynet, rule_all;

/* Judge a choice on the data and remember it; its cost and right answers go
 * to *out unless that is NULL. */
void found_try(struct found *f, const struct prob *p, const struct labels *lab,
    struct pick *out);

/*
 * Look at every choice of `p`, which has few enough: the cheapest that meets
 * the floor, else the one with most right answers, into *out (cost INT64_MAX:
 * nothing keeps to the limits).  `p` need not be the problem of `f`, which is
 * only asked whether to go on.  ST_NOMEM.
 */
enum status found_screen(const struct prob *p, struct found *f,
    struct pick *out, struct err *err) MUST_CHECK;

/* The same where cost and right answers are known. */
void found_offer(
    struct found *f, const struct prob *p, const struct pick *pick);

/* The first label of exit j whose threshold is >= v; the exit is dropped
 * where there is none. */
uint16_t label_at_least(const struct prob *p, int j, double v);

/*
 * The rule of survivors' quantiles: exit j takes share[j] of all samples, the
 * surest among those who get there; thresholds follow in order.  The label
 * whose share is nearest is taken, the stricter of two.  `hist` has room for
 * top + 1 of the largest exit, `on` for p->n.
 */
void shares_to_labels(const struct prob *p, const double *share, int64_t *hist,
    uint8_t *on, struct labels *lab);

/* The shares of exits 0..k that fall or grow by r / 20 from each to the next,
 * r = 1..SHARES_RATIOS, as MSDNet's script tries them. */
enum { SHARES_RATIOS = 39 };
void shares_geometric(const struct prob *p, int r, double *share);

/* Scratch for it.  ST_NOMEM; the caller frees both. */
enum status shares_scratch(const struct prob *p, int64_t **hist, uint8_t **on,
    struct err *err) MUST_CHECK;

#endif
