/* SPDX-License-Identifier: MIT */
/* link_cost.h -- what sending over a measured link takes: POST /v1/links made
 * it, searches and partitions are given its number. */
#ifndef OFFRAMP_SERVER_LINK_COST_H
#define OFFRAMP_SERVER_LINK_COST_H

#include "db/db.h"

/* Medians of the way there: ns, and ns a byte.  ST_NOT_FOUND; ST_CONFLICT
 * "link.not_ready" where it has not been measured or has no rate. */
enum status link_cost(struct db *db, int64_t id, double *base_ns,
    double *byte_ns, struct err *err) MUST_CHECK;

#endif
