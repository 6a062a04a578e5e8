/* SPDX-License-Identifier: MIT */
/*
 * search_system.h -- the `system` of a search: several processors, with the
 * costs of each and the links between them.
 */
#ifndef OFFRAMP_SERVER_SEARCH_SYSTEM_H
#define OFFRAMP_SERVER_SEARCH_SYSTEM_H

#include "server/order_input.h"

/*
 * `system` is {"processors": [{profile or costs, wake?, memory_bytes?}],
 * "links": [{from, to, base?, per_byte} or {from, to, link}]}, in the order in
 * which data flows.  The costs of the first become those of `in`; *out, owned
 * by the caller, has all of them and the links as numbers, for the worker.
 * A measured link (`link` is its number) is time, so the objective must be
 * latency_ns.  ST_INVALID names the member; ST_NOT_FOUND; ST_CONFLICT;
 * ST_UNPROCESSABLE: not of one model, or without the metric.
 */
enum status search_system_read(struct db *db, const json_t *system,
    const char *objective, struct order_input *in, json_t **out,
    struct err *err) MUST_CHECK;

#endif
