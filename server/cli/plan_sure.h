/* SPDX-License-Identifier: MIT */
/* plan_sure.h -- options that ask how sure a plan is, and the answers on a
 * terminal. */
#ifndef OFFRAMP_CLI_PLAN_SURE_H
#define OFFRAMP_CLI_PLAN_SURE_H

#include "base/json.h"
#include "base/opt.h"

/* What was asked; zeros and NULLs: nothing. */
struct sure_wish {
    double eps, delta;
    const char *loss, *family, *test, *order;
    bool cross, robust;
    int64_t draws;       /* of a bootstrap; 0: none */
    const char *metrics; /* "latency_ns,energy_nj" */
};

/* The options that set it. */
#define SURE_OPTS(w)                                                           \
    { "guarantee", 0, OPT_REAL, &(w).eps, "EPS",                               \
        "promise that new data lose at most EPS of accuracy", NULL, 1e-6,      \
        0.999 },                                                               \
        { "delta", 0, OPT_REAL, &(w).delta, "D",                               \
            "the promise may fail with probability D (default 0.1)", NULL,     \
            1e-9, 0.999 },                                                     \
        { "loss", 0, OPT_STR, &(w).loss, "drop|flips",                         \
            "what is promised: net drop, or answers made wrong (default "      \
            "drop)",                                                           \
            NULL, 0, 0 },                                                      \
        { "family", 0, OPT_STR, &(w).family, "auto|front|shared",              \
            "plans to choose from: a front, one threshold, or both", NULL, 0,  \
            0 },                                                               \
        { "test", 0, OPT_STR, &(w).test, "exact|betting",                      \
            "the p-value (default exact; betting with groups)", NULL, 0, 0 },  \
        { "order", 0, OPT_STR, &(w).order, "sequence|bonferroni",              \
            "how several plans are tested (default sequence)", NULL, 0, 0 },   \
        { "cross", 0, OPT_FLAG, &(w).cross, NULL,                              \
            "raise the floor until new data are expected to keep it", NULL, 0, \
            0 },                                                               \
        { "robust", 0, OPT_FLAG, &(w).robust, NULL,                            \
            "search on the upper ends of the cost intervals", NULL, 0, 0 },    \
        { "bootstrap", 0, OPT_INT, &(w).draws, "N",                            \
            "draw the costs N times: is the plan still the best?", NULL, 10,   \
            100000 },                                                          \
    {                                                                          \
        "metrics", 0, OPT_STR, &(w).metrics, "A,B",                            \
            "also list plans that no other beats in all of these", NULL, 0, 0  \
    }

/* Add what was asked to a problem (formats of ../../search/README.md). */
enum status sure_wish_put(
    const struct sure_wish *w, json_t *problem, struct err *err) MUST_CHECK;

/* Print the members of a plan that answer it; nothing for null ones.
 * ST_NOMEM. */
enum status sure_text(const json_t *plan, struct err *err) MUST_CHECK;

#endif
