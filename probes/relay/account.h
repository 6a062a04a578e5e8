/* SPDX-License-Identifier: MIT */
/*
 * account.h -- what the samples of a mapped plan did: where they left, whether
 * they were right, how far their outputs are from the unsplit network's, and
 * what each processor had to do.
 *
 * The reference is a file of the worker: for every row the exit where it
 * leaves (int64) and that exit's values (float32, `width` of them, the rest
 * 0), made by the network in one piece.  Pure; the caller owns an account.
 */
#ifndef OFFRAMP_RELAY_ACCOUNT_H
#define OFFRAMP_RELAY_ACCOUNT_H

#include "base/json.h"
#include "base/rng.h"
#include "probes/deploy/runner.h"
#include "probes/relay/relay.h"

/* One exit; `index` in graph order. */
struct account_exit {
    int64_t index;
    const char *name; /* borrowed */
    bool exact;       /* int8 on a board: its outputs must be the same bits */
    size_t n, labelled, right, compared;
    double counts; /* instructions on the way, a sum; NaN: not all count */
    double max_abs,
        worst; /* differences of outputs, plain and over the tolerance */
};

enum { ACCOUNT_LINKS = 4096 };

/* Hand-overs of one processor to the next: all of them, or a sample. */
struct account_link {
    size_t seen;
    double ns[ACCOUNT_LINKS];
};

/* One processor of the chain. */
struct account_processor {
    size_t reached;
    double own_ns, counts; /* sums; NaN where there is none */
    struct account_link link;
};

struct account {
    struct account_exit exit[RUNNER_EXITS_MAX];
    int exits;
    struct account_processor processor[RELAY_HOPS_MAX];
    size_t n, same_exit, same_class, handed_over;
    const uint8_t *reference; /* borrowed; NULL: none */
    size_t width;
    double abs_tolerance, rel_tolerance; /* |a - b| <= abs + rel * |b| */
    struct rng rng;                      /* which hand-overs are kept */
};

enum { ACCOUNT_ROW_HEAD = 8 };

/* Bytes of the reference for so many rows. */
static inline size_t
account_bytes(size_t rows, size_t width)
{
    return rows * (ACCOUNT_ROW_HEAD + width * sizeof(float));
}

/* Which of the account's exits has that index; -1: none. */
int account_find(const struct account *a, int64_t index);

/* One sample more.  `label` -1: not known.  ST_CORRUPT "relay.exit": the
 * answer names an exit that the plan has not. */
enum status account_add(struct account *a, size_t row, int64_t label,
    const struct relay_answer *x, struct err *err) MUST_CHECK;

/* What each processor took, of one more run; n counts those of account_add()
 * only. */
void account_time(struct account *a, const struct relay_answer *x);

/* Are all outputs those of the unsplit network, as far as they were run? */
bool account_equal(const struct account *a);

/* The median of its hand-overs, and its 95 % interval; NaN where there is
 * none. */
struct account_median {
    double ns, lo, hi;
};
struct account_median account_link_median(const struct account_processor *p);

/* {"compared", "same_exit", .., "equal"}; NULL: out of memory. */
json_t *account_outputs_json(const struct account *a);

#endif
