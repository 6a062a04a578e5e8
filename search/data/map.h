/* SPDX-License-Identifier: MIT */
/*
 * map.h -- from records and the costs of several processors to a plan with a
 * mapping: what `offramp map` calls.
 *
 * The costs of each processor are an offramp.costs/1 document of the same
 * network; null says that a part cannot run there.  What a hand-over takes and
 * what memory there is comes from the caller.
 */
#ifndef OFFRAMP_DATA_MAP_H
#define OFFRAMP_DATA_MAP_H

#include "search/data/plan.h"
#include "search/mapping/mapping.h"

/* One processor, in the order in which data flows. */
struct map_processor {
    const struct costs *costs; /* borrowed; its device is the name */
    double wake;               /* objective's unit, once a sample comes */
    double memory_bytes;       /* INFINITY: no limit */
};

/* A link from one processor to a later one. */
struct map_link {
    int from, to;
    double base, per_byte; /* in the objective's unit, the answer back
                            * included */
};

struct map_system {
    const struct map_processor *processor; /* borrowed, [processors] */
    int processors;
    const struct map_link *link; /* borrowed, [links] */
    int links;
};

/* A system as the server gives it to its worker: {"processors": [{costs, wake,
 * memory_bytes?, profile?}], "links": [{from, to, base, per_byte}]}. ST_INVALID
 * names the member.  On ST_OK the caller ends *out with map_given_clear(). */
struct map_given {
    struct costs costs[MAPPING_PROCESSORS_MAX]; /* owned */
    struct map_processor processor[MAPPING_PROCESSORS_MAX];
    struct map_link link[MAPPING_PROCESSORS_MAX * MAPPING_PROCESSORS_MAX];
    struct map_system sys; /* of the arrays above: does not move */
};
enum status map_given_read(
    const json_t *doc, struct map_given *out, struct err *err) MUST_CHECK;
void map_given_clear(struct map_given *g);

/*
 * Search.  On ST_OK the caller owns *plan: an offramp.plan/1 document with
 * `mapping`: {"processors": [{name, source, share}], "segments": [name],
 * "options":
 * [{segments, state, why, cost, lower_bound}]}.  Of the options only objective,
 * floor, grid, reference, max_exits, worst_case, limits, seed, time limit,
 * threads, `robust` and the watch are read.  ST_INVALID or ST_UNPROCESSABLE
 * where things do not fit together (code "search.mapping").
 */
enum status map_records(const struct records *r, const struct map_system *sys,
    const struct search_options *o, json_t **plan, struct err *err) MUST_CHECK;

#endif
