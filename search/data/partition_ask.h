/* SPDX-License-Identifier: MIT */
/*
 * partition_ask.h -- what a partition is asked for and which plan answers it:
 * the table behind `offramp partition` and behind the `partition` of
 * POST /v1/policies.
 */
#ifndef OFFRAMP_DATA_PARTITION_ASK_H
#define OFFRAMP_DATA_PARTITION_ASK_H

#include "search/data/graph_coded.h"

enum {
    PARTITION_GRAPHS_MAX = 64,
    PARTITION_SEEN_MAX = 256,
    PARTITION_WAYS_MAX = 7,
};

/* Start from partition_ask_init(). */
struct partition_ask {
    const char *plan; /* borrowed */
    struct graph_link link;
    double seen[PARTITION_SEEN_MAX]; /* rates: that the link had */
    size_t n_seen;
    double slack;
    struct graph_way way[PARTITION_WAYS_MAX]; /* pipeline: of sending */
    size_t ways;
    const struct graph_coded *coded; /* pipeline: measured ways; or NULL */
    int64_t jobs;
};

/* light, no link yet, slack 0.05, two jobs. */
void partition_ask_init(struct partition_ask *a);

/* Set from a document: {"plan", "link":{"bytes_per_s","base_ms","id"?},
 * "seen"?, "slack"?, "ways"?:[{"share","encode_ns","decode_ns"}], "jobs"?}.
 * Strings stay borrowed.  ST_INVALID names the member. */
enum status partition_ask_read(
    const json_t *doc, struct partition_ask *out, struct err *err) MUST_CHECK;

/* May this plan be made over so many graphs?  ST_INVALID
 * "partition.plan". */
enum status partition_ask_check(
    const char *plan, size_t graphs, struct err *err) MUST_CHECK;

/* On ST_OK the caller owns *out, an offramp.partition/1 document. */
enum status partition_answer(const struct partition_ask *a,
    const struct graph *g, size_t n, json_t **out, struct err *err) MUST_CHECK;

#endif
