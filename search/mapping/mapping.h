/* SPDX-License-Identifier: MIT */
/*
 * mapping.h -- which exits to keep, their thresholds, and which processor runs
 * which segment, decided together.
 *
 * Processors stand in an order and data only moves forward: the processor of a
 * segment never comes before that of the segment before it (a monotone
 * mapping).  A head runs where its segment does.  Who leaves at k pays for the
 * segments 0..k, the heads of every kept exit up to k, each hand-over on the
 * way and the waking of every processor but the first that it reaches
 * (seed-systems.md, "Our formulation").  What a sample reaches follows from
 * the thresholds, so segments weigh by how many samples reach them.
 *
 * There are C(exits + processors - 1, processors - 1) mappings.  Each of them
 * makes plain path costs, so each is a problem of ../solve; they share the
 * best plan found, and one whose bound is no better is given up.  Every bound
 * is of integers and exact.  A pure library, as solve.h, and its rules of
 * threads and determinism hold.
 */
#ifndef OFFRAMP_SEARCH_MAPPING_H
#define OFFRAMP_SEARCH_MAPPING_H

#include "search/solve/solve.h"

enum {
    MAPPING_PROCESSORS_MAX = 8,
    MAPPING_MAX = 4096, /* mappings; more are refused */
};

/* The cost of what cannot be done there: no kernel, no link. */
#define MAPPING_CANNOT INT64_C(-1)

/* What is known.  All arrays are borrowed; costs in the same integer steps.
 * E exits, P processors. */
struct mapping_data {
    const struct solve_data *samples; /* its segment and head are not read */
    int processors;
    const int64_t *segment; /* [P][E]; MAPPING_CANNOT: not on this one */
    const int64_t *head;    /* [P][E]; the same: then the exit is dropped */
    const int64_t *send;    /* [E][P][P]: the input of segment e from p to a
                               later q; MAPPING_CANNOT: no link.  That of
                               segment 0 is at processor 0. */
    const int64_t *wake;    /* [P]: reaching it; not read for the first */
    /* A processor holds the weights of its segments and kept heads, and the
     * largest of their activations.  NULL: no processor has a limit. */
    const int64_t *memory;       /* [P]; INT64_MAX: no limit */
    const int64_t *segment_hold; /* [P][E] weights */
    const int64_t *head_hold;    /* [P][E] weights */
    const int64_t *peak;         /* [P][E] of a segment with its head */
};

enum mapping_state {
    MAPPING_SEARCHED,    /* `upper` and `lower` say how far */
    MAPPING_UNSUPPORTED, /* `where` cannot run on its processor */
    MAPPING_NO_LINK,     /* into segment `where` */
    MAPPING_NO_ROOM,     /* processor `where` needs `need` bytes at least */
    MAPPING_NO_PLAN,     /* none meets what is asked */
};

/* One mapping and what came of it. */
struct mapping_option {
    int8_t processor[SOLVE_EXITS_MAX]; /* of each segment */
    enum mapping_state state;
    int where;
    int64_t need;  /* MAPPING_NO_ROOM */
    int64_t upper; /* cost of its best plan found; INT64_MAX: none */
    int64_t lower; /* no plan with this mapping costs less */
};

struct mapping_result {
    /* As of solve_best(), over all mappings: `lower`, `gap` and `proved` too.
     * Where no plan was found: infeasible, with the first mapping that can
     * run at all; kept == 0 where none can. */
    struct solve_result best;
    int8_t processor[SOLVE_EXITS_MAX]; /* of each segment, in `best` */
    int64_t path_segment[SOLVE_EXITS_MAX], path_head[SOLVE_EXITS_MAX];
    struct mapping_option *options; /* owned, by lower bound, [n] */
    size_t n;
};

/*
 * The cheapest plan and mapping that meet what is asked (options as of
 * solve_best(), without its claims; `max_nodes` is for all mappings together).
 * ST_INVALID (code "search.mapping" or "search.input"),
 * ST_UNPROCESSABLE for too many mappings, ST_NOMEM.
 */
enum status mapping_best(const struct mapping_data *d,
    const struct solve_options *o, struct mapping_result *out,
    struct err *err) MUST_CHECK;
void mapping_result_clear(struct mapping_result *r);

#endif
