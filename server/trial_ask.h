/* SPDX-License-Identifier: MIT */
/*
 * trial_ask.h -- what every trial of policies is asked for, replayed on
 * records (trial_order.h) or run on a device (live_order.h): which policies,
 * by which weights, and what handing a sample over costs.
 */
#ifndef OFFRAMP_SERVER_TRIAL_ASK_H
#define OFFRAMP_SERVER_TRIAL_ASK_H

#include "base/json.h"
#include "server/order_input.h"

/* Borrowed from the body.  The worker reads weights and seed itself
 * (search/data/trial_read.c); here they are only held against their range. */
struct trial_ask {
    json_t *costs, *link, *offload, *policies;
    const char *objective, *reference;
    double weight;
    int64_t seed;
};
#define TRIAL_ASK                                                              \
    (struct trial_ask)                                                         \
    {                                                                          \
        .objective = "latency_ns", .reference = "label"                        \
    }

/* Their rows among the fields of a body. */
#define TRIAL_ASK_FIELDS(a)                                                    \
    { "costs", JF_OBJ, false, &(a)->costs, 0, 0 },                             \
        { "objective", JF_STR, false, &(a)->objective, 0, 64 },                \
        { "offload", JF_ANY, false, &(a)->offload, 0, 0 },                     \
        { "link", JF_OBJ, false, &(a)->link, 0, 0 },                           \
        { "policies", JF_ARR, false, &(a)->policies, 0, 0 },                   \
        { "alpha", JF_REAL, false, &(a)->weight, 0, 1 },                       \
        { "beta", JF_REAL, false, &(a)->weight, 0, 1e6 },                      \
        { "weight", JF_REAL, false, &(a)->weight, 1e-9, 1e6 },                 \
        { "lambda", JF_REAL, false, &(a)->weight, 0, 1e6 },                    \
        { "probes", JF_REAL, false, &(a)->weight, 0, 1e9 },                    \
        { "memory", JF_REAL, false, &(a)->weight, 1, 1e9 },                    \
        { "seed", JF_INT, false, &(a)->seed, 0, 1e15 },                        \
    {                                                                          \
        "reference", JF_STR, false, &(a)->reference, 0, 8                      \
    }

/* Do they make sense together?  ST_INVALID names the member. */
enum status trial_ask_check(
    const struct trial_ask *a, struct err *err) MUST_CHECK;

/* The costs of in->profile or those that were sent, which know the objective;
 * none at all is fine for latency_ns (published constants).  As
 * order_input_costs(). */
enum status trial_ask_costs(struct db *db, const struct trial_ask *a,
    struct order_input *in, struct err *err) MUST_CHECK;

/* The worker's document: those members of `body`, the ones in `more` (ended by
 * NULL), and what handing over costs, from the link of `profile` (its first
 * device is `device`; NULL: any) where one was named.  The caller owns *out. */
enum status trial_ask_problem(struct db *db, const struct trial_ask *a,
    const json_t *body, const char *const *more, int64_t profile,
    const char *device, json_t **out, struct err *err) MUST_CHECK;

#endif
