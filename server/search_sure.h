/* SPDX-License-Identifier: MIT */
/*
 * search_sure.h -- the members of POST /v1/searches that ask how sure a plan
 * is: checked when they arrive, used by the worker (../search/README.md).
 */
#ifndef OFFRAMP_SERVER_SEARCH_SURE_H
#define OFFRAMP_SERVER_SEARCH_SURE_H

#include "base/json.h"

/* All borrowed from the body; {0}: nothing asked. */
struct sure_ask {
    json_t *guarantee, *cross, *bootstrap, *metrics;
    bool robust;
};

/* ST_INVALID names the member; `max_drop` (NaN: none) is what a guarantee
 * without eps promises. */
enum status sure_check(
    const struct sure_ask *a, double max_drop, struct err *err) MUST_CHECK;

/* Add what was asked to the worker's problem; false: out of memory. */
bool sure_put(const struct sure_ask *a, json_t *problem);

#endif
