/* SPDX-License-Identifier: MIT */
/*
 * audit.h -- are cached rows still true?  A random few of them are measured
 * again all the same, and the whole network always; where the new interval lies
 * beyond the old one, all old rows of that kernel on that device, in that
 * environment, are stale: shown, but not used again.
 */
#ifndef OFFRAMP_SERVER_AUDIT_H
#define OFFRAMP_SERVER_AUDIT_H

#include "server/accept_profile.h"

/* Take each entry of `have` ([{level, kernel_key}]) out with this
 * probability, and in any case the one of the network `whole` (its digest) at
 * L0, unless the rate is 0: a machine that is not what it was shows there
 * first.  The same seed takes the same ones. */
void audit_take_out(json_t *have, const char *whole, int64_t seed, double rate);

/* Hold what was measured against the cached rows (call it before the new
 * ones are stored).  New rows below grade B are no witnesses.  *moved: the
 * whole network takes over 5 % more or less than it did, so nothing from before
 * can be trusted (db_cache_expire_before(), once the new rows are stored). */
enum status audit_rows(struct db *db, const struct profile_rows_in *in,
    const struct cache_query *q, bool *moved, struct err *err) MUST_CHECK;

#endif
