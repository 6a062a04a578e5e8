/* SPDX-License-Identifier: MIT */
/*
 * trial.h -- policies tried on records and costs, beside the exact plan: the
 * document offramp.trial/1, which `offramp compare` prints.
 *
 * Online policies, what is fixed beforehand (one exit, one cut, the exact
 * plan), premodels where there are features and temporal rules where rows are
 * in order: one table, on the same samples and costs, with the whole exact
 * front behind.
 *
 * The samples are those of the test half (with a label, where accuracy is
 * meant by label), replayed in shuffled orders; the exact plan's thresholds
 * come from the calibration half and are judged on the same test half.
 */
#ifndef OFFRAMP_DATA_TRIAL_H
#define OFFRAMP_DATA_TRIAL_H

#include "search/data/plan.h"
#include "search/policy/policy.h"

enum {
    TRIAL_STEPS_MAX = 10000000,
    TRIAL_SHUFFLES_MAX = 1000,
    TRIAL_KINDS_MAX = 32,
};

/* Start from trial_options_init(). */
struct trial_options {
    /* Policies by name; n_names 0 means all of them.  Borrowed. */
    const char *const *names;
    size_t n_names;
    const char *objective; /* a metric of the costs; borrowed */
    /* Handing a sample over, for each early exit, or one number for all, in
     * the objective's unit. */
    double offload[POLICY_ARMS_MAX];
    size_t n_offload;
    double weight; /* the full network's cost, in units of score */
    double lambda; /* without costs: the papers' cost of a layer */
    double alpha, beta, probes, memory;
    int64_t steps, shuffles;
    uint64_t seed;
    bool by_group; /* groups one after the other: changing domains */
    bool all_rows; /* both halves: for a stream that is replayed as it came */
    /* Rows are in the order of time: the test half is replayed once as it
     * came, temporal rules join, and without a column `split` the first half
     * of the rows calibrates. */
    bool ordered;
    double distance; /* ordered: cost of comparing two numbers of a vector */
    /* .npy [rows][features] of all samples, by which premodels choose an exit,
     * and what they cost a sample; NULL: no premodels.  Borrowed. */
    const char *features;
    double feature_cost;
    enum search_reference reference;
    double max_drop;     /* of the exact plan */
    double time_limit_s; /* of its proof */
    /* Called after each shuffle, or NULL. */
    void (*watch)(void *ctx, int64_t done, int64_t total);
    void *watch_ctx;
};

/* All policies, latency_ns, weight 1, lambda 0.1, alpha 0.7, beta 1, 60
 * probes, memory 2000, 20,000 steps, 20 shuffles, seed 1, a drop of 0.01. */
void trial_options_init(struct trial_options *o);

/* Set from the `problem` of a trial task (the names of POST /v1/policies);
 * `names` keeps the policies' names.  Strings stay borrowed from `problem`.
 * ST_INVALID names the member. */
enum status trial_options_read(const json_t *problem,
    const char *names[TRIAL_KINDS_MAX], struct trial_options *out,
    struct err *err) MUST_CHECK;

/* One policy (o->names[0]) over all rows in their order, with the choice made
 * for each: offramp.steps/1, as a live run writes it.  On ST_OK the caller owns
 * *out. */
enum status trial_steps(const struct records *r, const struct costs *costs,
    const struct trial_options *o, json_t **out, struct err *err) MUST_CHECK;

/* Every row that a table may have, family by family; all but the temporal ones
 * can be asked for by name. */
typedef void trial_list_fn(
    const char *family, const char *name, const char *summary, void *ctx);
void trial_list(trial_list_fn *fn, void *ctx);

/* `costs` NULL: the constants of SplitEE's published code: 0.8 lambda a layer
 * and 0.2 lambda a head, earnings with lambda a layer in both variants.  With
 * `ordered`, `r` gets a column `split` where it has none.  On ST_OK the caller
 * owns *out.  ST_INVALID names what contradicts. */
enum status trial_run(struct records *r, const struct costs *costs,
    const struct trial_options *o, json_t **out, struct err *err) MUST_CHECK;

#endif
