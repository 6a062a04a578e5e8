/* SPDX-License-Identifier: MIT */
/* plan.h -- starting a search on the server, and a plan on a terminal. */
#ifndef OFFRAMP_CLI_PLAN_H
#define OFFRAMP_CLI_PLAN_H

#include "server/cli/client.h"
#include "server/cli/plan_limits.h"
#include "server/cli/plan_sure.h"

struct plan_wish {
    const char *objective; /* metric; NULL: the server's default */
    double max_drop;       /* NaN: not given */
    double min_accuracy;   /* NaN: not given */
    const char *grid;      /* "32", "all"; NULL: the server's default */
    const char *reference; /* "label", "final"; NULL: the server's default */
    int64_t max_exits;     /* 0: no limit */
    int64_t seed;          /* 0: the server's default */
    struct limit_wish limits;
    struct sure_wish sure;
    bool compare;  /* what other methods find, too */
    bool modelled; /* costs derived with the device's model */
};

/* The options that set a wish. */
#define PLAN_OPTS(w)                                                           \
    { "max-drop", 0, OPT_REAL, &(w).max_drop, "D",                             \
        "accuracy may fall by at most D (0.01 is one point)", NULL, 0, 1 },    \
        { "min-accuracy", 0, OPT_REAL, &(w).min_accuracy, "A",                 \
            "or: accuracy must be at least A", NULL, 0, 1 },                   \
        { "objective", 0, OPT_STR, &(w).objective, "METRIC",                   \
            "what to minimise (default latency_ns), or a sum: A+0.2*B", NULL,  \
            0, 0 },                                                            \
        { "grid", 0, OPT_STR, &(w).grid, "N|all",                              \
            "thresholds tried an exit (default 32 quantiles)", NULL, 0, 0 },   \
        { "reference", 0, OPT_STR, &(w).reference, "label|final",              \
            "what accuracy is measured against (default label)", NULL, 0, 0 }, \
        { "max-exits", 0, OPT_INT, &(w).max_exits, "K",                        \
            "keep at most K exits, the final one included", NULL, 1, 64 },     \
        LIMIT_OPTS((w).limits), SURE_OPTS((w).sure),                           \
        { "modelled", 0, OPT_FLAG, &(w).modelled, NULL,                        \
            "costs derived with the device's declared model", NULL, 0, 0 },    \
        { "compare", 0, OPT_FLAG, &(w).compare, NULL,                          \
            "also tell what other methods find, and how far off they are",     \
            NULL, 0, 0 },                                                      \
    {                                                                          \
        "seed", 0, OPT_INT, &(w).seed, "S", "seed of the split (default 1)",   \
            NULL, 1, 2147483647                                                \
    }

/* Start a search, follow it, and print the plan it found. */
enum status plan_search(struct client *c, int64_t profile, int64_t records,
    const struct plan_wish *wish, struct err *err) MUST_CHECK;

/* Print one plan. */
enum status plan_print(
    struct client *c, int64_t id, struct err *err) MUST_CHECK;

#endif
