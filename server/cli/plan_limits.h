/* SPDX-License-Identifier: MIT */
/* plan_limits.h -- options that say what a plan may do with single exits. */
#ifndef OFFRAMP_CLI_PLAN_LIMITS_H
#define OFFRAMP_CLI_PLAN_LIMITS_H

#include "base/json.h"
#include "base/opt.h"

/* What was asked; NULLs and NaN: nothing. */
struct limit_wish {
    const char *keep, *without; /* "exit0,exit3" */
    const char *accuracy;       /* "0.8" or "exit0=0.9,exit3=0.8" */
    double worst_case;
};

/* The options that set it. */
#define LIMIT_OPTS(w)                                                          \
    { "keep", 0, OPT_STR, &(w).keep, "EXITS",                                  \
        "exits that must be kept, by name or index: exit0,exit3", NULL, 0,     \
        0 },                                                                   \
        { "without", 0, OPT_STR, &(w).without, "EXITS",                        \
            "exits that must be dropped", NULL, 0, 0 },                        \
        { "min-exit-accuracy", 0, OPT_STR, &(w).accuracy, "A|EXIT=A,..",       \
            "of those who leave at an early exit, a share A must be right",    \
            NULL, 0, 0 },                                                      \
    {                                                                          \
        "worst-case", 0, OPT_REAL, &(w).worst_case, "X",                       \
            "the longest path may cost at most X", NULL, 0, 1e300              \
    }

/* Add what was asked to a problem (formats of ../../search/README.md).
 * ST_INVALID names the option. */
enum status limit_wish_put(
    const struct limit_wish *w, json_t *problem, struct err *err) MUST_CHECK;

#endif
