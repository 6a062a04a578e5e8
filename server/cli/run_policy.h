/* SPDX-License-Identifier: MIT */
/*
 * run_policy.h -- offramp run --policy: an online policy really run, here,
 * segment by segment; or, on records, replayed with the same words.
 */
#ifndef OFFRAMP_CLI_RUN_POLICY_H
#define OFFRAMP_CLI_RUN_POLICY_H

#include "base/opt.h"
#include "server/cli/run_samples.h"

struct run_policy_wish {
    const char *policy, *costs_file, *records_file, *offload, *objective,
        *score;
    double alpha, beta, weight, lambda, probes, memory;
    int64_t seed;
};

#define RUN_POLICY_WISH                                                        \
    {                                                                          \
        .alpha = 0.7, .beta = 1, .weight = 1, .lambda = 0.1, .probes = 60,     \
        .memory = 2000, .seed = 1                                              \
    }

/* clang-format off */
#define RUN_POLICY_OPTS(w)                                                     \
    { "policy", 'P', OPT_STR, &(w).policy, "NAME",                             \
        "run an online policy instead of a plan (offramp compare --list)",     \
        NULL, 0, 0 },                                                          \
    { "costs", 'c', OPT_STR, &(w).costs_file, "FILE",                          \
        "with --policy: measured costs; without, the papers' constants",       \
        NULL, 0, 0 },                                                          \
    { "offload", 'o', OPT_STR, &(w).offload, "X[,X..]",                        \
        "with --policy: cost of handing a sample over", NULL, 0, 0 },          \
    { "records", 'r', OPT_STR, &(w).records_file, "FILE",                      \
        "with --policy: replay these records in their order instead", NULL,    \
        0, 0 },                                                                \
    { "objective", 'O', OPT_STR, &(w).objective, "METRIC",                     \
        "metric of the costs (default latency_ns)", NULL, 0, 64 },             \
    { "score", 0, OPT_STR, &(w).score, "WORD",                                 \
        "with --policy: what exits are judged by: max_probability (default), " \
        "margin, entropy", NULL, 0, 0 },                                       \
    { "alpha", 'a', OPT_REAL, &(w).alpha, "A",                                 \
        "answer here from this score on (default 0.7)", NULL, 0, 1 },          \
    { "beta", 0, OPT_REAL, &(w).beta, "B",                                     \
        "width of confidence bounds (default 1)", NULL, 0, 1e6 },              \
    { "weight", 'w', OPT_REAL, &(w).weight, "W",                               \
        "the full network's cost in units of score (default 1)", NULL, 0,      \
        1e6 },                                                                 \
    { "lambda", 0, OPT_REAL, &(w).lambda, "L",                                 \
        "without costs: cost of a layer in units of score (default 0.1)",      \
        NULL, 0, 1e6 },                                                        \
    { "probes", 0, OPT_REAL, &(w).probes, "C",                                 \
        "a full-depth probe with probability C/t (default 60)", NULL, 0,       \
        1e9 },                                                                 \
    { "memory", 0, OPT_REAL, &(w).memory, "N",                                 \
        "steps looked back on (default 2000)", NULL, 1, 1e9 },                 \
    { "seed", 0, OPT_INT, &(w).seed, "N", "of the policy (default 1)", NULL,   \
        0, 1e15 }
/* clang-format on */

/* Run (`model_file`, `s` opened) or replay (both NULL), and print. */
enum status run_policy(const struct run_policy_wish *w, const char *model_file,
    const struct run_samples *s, bool json, struct err *err) MUST_CHECK;

#endif
