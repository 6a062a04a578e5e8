/* SPDX-License-Identifier: MIT */
/*
 * action_plan.h -- one exit, one cut and so many bits for all samples, from
 * exit records and the costs of two devices: `offramp partition --plan exit`.
 *
 * The choice is made on the calibration half of the records and judged on the
 * other.  How right answers suffer from fewer bits is measured, not guessed:
 * each way of sending brings records that were made with it.
 */
#ifndef OFFRAMP_DATA_ACTION_PLAN_H
#define OFFRAMP_DATA_ACTION_PLAN_H

#include "search/data/costs.h"
#include "search/data/graph.h"
#include "search/data/plan.h"
#include "search/partition/action.h"

struct action_way {
    int bits;
    const struct records *records; /* borrowed: made with so many bits */
    double encode_ns, decode_ns;   /* for each byte of the tensor */
};

struct action_wish {
    const struct records *records;      /* borrowed: nothing is sent */
    const struct costs *first, *second; /* borrowed; in latency_ns, with
                                           input_bytes */
    const struct action_way *way;       /* borrowed, [ways] */
    int ways;
    struct graph_link link;
    enum search_reference reference;
    double max_drop; /* below the last exit; NaN: limit_ms is given */
    double limit_ms;
    uint64_t seed; /* of the split */
};

/* On ST_OK the caller owns *out: {"schema":"offramp.partition/1",
 * "plan":"exit", "status", "action":{..} or null, "front":[..]}.  ST_INVALID
 * ("partition.exit") and ST_UNPROCESSABLE name what does not fit. */
enum status action_plan(
    const struct action_wish *w, json_t **out, struct err *err) MUST_CHECK;

#endif
