/* SPDX-License-Identifier: MIT */
/*
 * lead_internal.h -- what the processor with the samples has seen (lead.c),
 * and the document that tells it (lead_json.c).  Private to these two; one
 * thread.
 */
#ifndef OFFRAMP_RELAY_LEAD_INTERNAL_H
#define OFFRAMP_RELAY_LEAD_INTERNAL_H

#include "base/clock.h"
#include "probes/deploy/validate.h"
#include "probes/relay/account.h"
#include "probes/relay/chain.h"

/* The network without early exits beside the plan, row for row. */
struct lead_full {
    bool runs; /* one processor has all of it, and can leave heads out */
    size_t n, labelled, right;
    double counts; /* instructions, a sum; NaN: it does not count */
};

struct lead {
    struct chain *chain;
    const char *inputs, *labels, *reference; /* borrowed, as is: */
    json_t *exits, *names;
    int64_t n, width, seed;
    double budget_s, ci_rel;
    bool timed;
    char *rows, *classes, *unsplit; /* owned: files */
    const float *row;               /* the one at work */
    double own_ns;                  /* it took by the board's clock */
    struct account account;
    struct lead_full full;
    struct validated measured; /* rounds 0: no times */
    json_t *energy;            /* owned: of a sample; NULL, and in flags why */
    int64_t energy_flags;
    struct clock_start start;
};

/* The result so far, offramp.relay/1; NULL: out of memory. */
json_t *lead_json(const struct lead *l);

#endif
