/* SPDX-License-Identifier: MIT */
/* link_cost.h -- what sending over a measured link takes: POST /v1/links made
 * it, searches and partitions are given its number. */
#ifndef OFFRAMP_SERVER_LINK_COST_H
#define OFFRAMP_SERVER_LINK_COST_H

#include "db/db.h"

/* Sending n bytes one way takes base_ns + n * byte_ns. */
struct link_way {
    double base_ns, byte_ns;
};

struct link_measured {
    char from[129], to[129]; /* devices, or "server" */
    struct link_way send, receive;
};

/* ST_NOT_FOUND "link.not_found"; ST_CONFLICT "link.not_ready": it was not
 * measured (yet), or has no rate. */
enum status link_measured_get(struct db *db, int64_t id,
    struct link_measured *out, struct err *err) MUST_CHECK;

/* Medians of the way there: ns, and ns a byte; of one that is `answered`, with
 * what an answer of a few bytes takes back.  ST_NOT_FOUND; ST_CONFLICT
 * "link.not_ready" where it has not been measured or has no rate. */
enum status link_cost(struct db *db, int64_t id, bool answered, double *base_ns,
    double *byte_ns, struct err *err) MUST_CHECK;

#endif
