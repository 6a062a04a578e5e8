/* SPDX-License-Identifier: MIT */
/*
 * audit.h -- are cached rows still true?  A random few of them are measured
 * again all the same, and one always, the witness: the layer with most work,
 * which is the A/A pair (without L2, the whole network).  Where the new
 * interval lies beyond the old one, all old rows of that kernel on that device,
 * in that environment, are stale: shown, but not used again.
 */
#ifndef OFFRAMP_SERVER_AUDIT_H
#define OFFRAMP_SERVER_AUDIT_H

#include "server/accept_profile.h"

/* Take each entry of `have` ([{level, kernel_key}], for a payload with these
 * `analysis` and `levels`) out with this probability, and the witness in any
 * case, unless the rate is 0.  L0 and L1 of the network go together.  The same
 * seed takes the same ones. */
void audit_take_out(json_t *have, const json_t *analysis, const json_t *levels,
    int64_t seed, double rate);

/* Has a row moved?  Its interval has nothing in common with the other's.
 * Intervals take the samples for draws at one pace of the machine, so where
 * that varied under either row (freq_varied) all but the fastest tenth of the
 * slower one must be beyond three quarters of the faster one. */
bool audit_is_beyond(const struct measure *a, const struct measure *b);

/* Hold what was measured against the cached rows (call it before the new
 * ones are stored).  New rows below grade B are no witnesses.  `moved`: the
 * whole network, or both of the A/A pair, take over 5 % more or less than
 * before, so nothing from before can be trusted (db_cache_expire_before(), once
 * the new rows are stored).  `quieter`: something of grade C has an interval of
 * half the width now, so what else is of grade C is worth measuring again
 * (db_cache_expire_noisy()). */
enum status audit_rows(struct db *db, struct profile_rows_in *in,
    const struct cache_query *q, struct err *err) MUST_CHECK;

#endif
