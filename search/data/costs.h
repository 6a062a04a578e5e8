/* SPDX-License-Identifier: MIT */
/*
 * costs.h -- simple costs (offramp.costs/1): what each segment and each head
 * costs on one device, in one or more metrics.
 *
 * A `struct costs` belongs to its caller, who ends it with costs_clear().
 */
#ifndef OFFRAMP_DATA_COSTS_H
#define OFFRAMP_DATA_COSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/status.h"

enum {
    COSTS_EXITS_MAX = 64,
    COSTS_METRICS_MAX = 16,
    COSTS_EPOCHS_MAX = 4096, /* of one part */
};

/* One number with its interval; all three are equal where none was given and
 * NaN where it was not measured. */
struct cost {
    double median, lo, hi;
};

/* The raw epochs that a cost was measured by, in the order they were taken. */
struct costs_epochs {
    int exit, metric;
    bool head;     /* of the head, not the segment */
    double *value; /* owned, [n] */
    size_t n;
};

struct costs_exit {
    char *name;           /* owned */
    struct cost *segment; /* owned, [metrics] */
    struct cost *head;    /* owned, [metrics]; 0 where there is no head */
    char *reason;         /* owned: why a part has no cost; NULL: none given */
    /* What mapping.h weighs besides cost, in bytes; -1 where not given: the
     * tensors that the segment takes in, weights, and most at one time. */
    int64_t input_bytes, segment_bytes, head_bytes, peak_bytes;
};

struct costs {
    char *device, *source;           /* owned; NULL where absent */
    char *metric[COSTS_METRICS_MAX]; /* owned */
    int metrics;
    json_t *model;   /* owned: what they are derived with; NULL: they are not */
    json_t *quality; /* owned: how far they can be trusted, in the words of who
                        measured; NULL: not said */
    struct costs_exit exit[COSTS_EXITS_MAX];
    int exits;                   /* the last is the full network */
    struct costs_epochs *epochs; /* owned, [n_epochs]; of some parts or none */
    size_t n_epochs;
};

/* Read the document.  ST_INVALID names the member ("costs.json"). */
enum status costs_read(
    const json_t *doc, struct costs *out, struct err *err) MUST_CHECK;
enum status costs_load(
    const char *path, struct costs *out, struct err *err) MUST_CHECK;
void costs_clear(struct costs *c);

/* The epochs of one part, borrowed, or NULL. */
const struct costs_epochs *costs_epochs(
    const struct costs *c, int exit, bool head, int metric);

/*
 * Where `objective` is a sum such as "latency_ns+0.2*energy_nj", make it one
 * metric more of that name: medians and both ends of intervals are added up,
 * so its intervals are on the wide side, and it has no epochs.  Any other word
 * changes nothing.  ST_INVALID "search.objective".
 */
enum status costs_sum(
    struct costs *c, const char *objective, struct err *err) MUST_CHECK;

/* Index of a metric, or -1. */
int costs_metric(const struct costs *c, const char *name);

#endif
