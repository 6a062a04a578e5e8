/* SPDX-License-Identifier: MIT */
/*
 * meters.h -- which meter to use: tables of those there are, the best first,
 * and why those before the chosen one cannot be used here.
 */
#ifndef OFFRAMP_METERS_METERS_H
#define OFFRAMP_METERS_METERS_H

#include <jansson.h>

#include "probes/meters/meter.h"

/* Ended by NULL. */
extern const struct meter *const meters_counters[];
extern const struct meter *const meters_energy[];

/*
 * Open the first of `table` that works here.  None is no failure: *out stays
 * empty.  Each that was tried adds {"name", "what", "state", "why"} to the
 * array `tried`: state is "used", "absent", "denied" or "untrusted".
 */
enum status meters_find(const struct meter *const *table, const char *root,
    struct meter_handle *out, json_t *tried, struct err *err) MUST_CHECK;

/* True if one of `tried` is here, even if it cannot be trusted now. */
bool meters_here(const json_t *tried);

#endif
