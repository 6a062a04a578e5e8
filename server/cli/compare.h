/* SPDX-License-Identifier: MIT */
/* compare.h -- what `offramp compare` is asked for, done by a server, and its
 * table.  Private to compare*.c. */
#ifndef OFFRAMP_CLI_COMPARE_H
#define OFFRAMP_CLI_COMPARE_H

#include "search/data/trial.h"
#include "server/cli/client.h"

struct compare_wish {
    struct client client;
    const char *costs_file, *objective, *reference, *offload; /* or NULL */
    const char *over; /* ends of a measured link, or NULL */
    struct opt_list names;
    double weight, lambda, alpha, beta, probes, memory, max_drop;
    double link, link_base; /* 0: none */
    int64_t steps, shuffles, seed;
    int64_t profile, link_server; /* 0: none */
    bool by_group;
    bool ordered;         /* temporal policies too */
    double distance;      /* of comparing two numbers; with `ordered` */
    const char *features; /* .npy, or NULL */
    double feature_cost;
};

/* Numbers with commas between them.  ST_INVALID. */
enum status compare_offload(const char *text, double offload[POLICY_ARMS_MAX],
    size_t *n, struct err *err) MUST_CHECK;

/* POST it for the records of that number and wait; the caller owns *doc, the
 * offramp.trial/1 document. */
enum status compare_post(struct compare_wish *w, const char *records,
    json_t **doc, struct err *err) MUST_CHECK;

enum status compare_text(const json_t *doc, struct err *err) MUST_CHECK;

#endif
