/* SPDX-License-Identifier: MIT */
/* costs_internal.h -- what costs.c needs of costs_epochs.c. */
#ifndef OFFRAMP_DATA_COSTS_INTERNAL_H
#define OFFRAMP_DATA_COSTS_INTERNAL_H

#include "search/data/costs.h"

/* Read `epochs` of exit e: {"segment":{"latency_ns":[..]},"head":{..}}. */
enum status costs_epochs_read(
    struct costs *c, int e, const json_t *doc, struct err *err) MUST_CHECK;
void costs_epochs_clear(struct costs *c);

#endif
