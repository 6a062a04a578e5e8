/* SPDX-License-Identifier: MIT */
/* partition.h -- parts of `offramp partition`.  Private to partition*.c. */
#ifndef OFFRAMP_CLI_PARTITION_H
#define OFFRAMP_CLI_PARTITION_H

#include <math.h>

#include "base/opt.h"
#include "search/data/graph.h"
#include "server/cli/client.h"

/* A document over graphs, as text. */
enum status partition_text(
    const json_t *doc, const struct graph *g, struct err *err) MUST_CHECK;

/* --plan exit: one exit, one cut, so many bits. */
struct partition_exit_wish {
    const char *records, *reference; /* or NULL */
    struct opt_list bits;
    double max_drop, limit_ms; /* NaN: not given */
};

#define PARTITION_EXIT_WISH                                                    \
    {                                                                          \
        .max_drop = NAN, .limit_ms = NAN                                       \
    }

/* clang-format off */
#define PARTITION_EXIT_OPTS(w)                                                 \
    { "records", 0, OPT_STR, &(w).records, "FILE",                             \
        "exit: exit records, CSV", NULL, 0, 0 },                               \
    { "bits", 0, OPT_LIST, &(w).bits, "N=FILE[,ENC,DEC]",                      \
        "exit: N of every 32 bits may go over; records made so, and ns a byte",\
        NULL, 0, 0 },                                                          \
    { "max-drop", 0, OPT_REAL, &(w).max_drop, "D",                             \
        "exit: the fastest within D of the last exit's accuracy", NULL, 0, 1 },\
    { "limit", 0, OPT_REAL, &(w).limit_ms, "MS",                               \
        "exit: the most accurate within MS", NULL, 0, 1e9 },                   \
    { "reference", 0, OPT_STR, &(w).reference, "WORD",                         \
        "exit: accuracy against label or final (default label)", NULL, 0, 0 }
/* clang-format on */

/* `files` are two costs documents. */
enum status partition_exit(const struct partition_exit_wish *w, char **files,
    size_t n, const struct graph_link *l, bool json,
    struct err *err) MUST_CHECK;

/* --codings DATASET: what tensors are sent as is measured, too. */
struct partition_coded_wish {
    int64_t dataset, rows; /* 0: not asked for */
    double max_disagree;
};

/* clang-format off */
#define PARTITION_CODED_OPTS(w)                                                \
    { "codings", 0, OPT_INT, &(w).dataset, "DATASET",                          \
        "pipeline: measure LZ4, Zstandard, half precision and 8 bits on every "\
        "edge, with rows of this data set of the server",                      \
        NULL, 1, 9e15 },                                                       \
    { "coding-rows", 0, OPT_INT, &(w).rows, "N",                               \
        "codings: so many rows (default 32)", NULL, 4, 1024 },                 \
    { "max-disagree", 0, OPT_REAL, &(w).max_disagree, "D",                     \
        "codings: at most this share of answers may change (default 0)", NULL, \
        0, 1 }
/* clang-format on */

/* `args` are numbers of profiles. */
enum status partition_coded(struct client *c,
    const struct partition_coded_wish *w, char **args, size_t n,
    const struct graph_link *l, struct err *err) MUST_CHECK;

#endif
