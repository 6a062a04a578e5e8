/* SPDX-License-Identifier: MIT */
/*
 * insitu_have.h -- a network that this device has measured in situ before: its
 * rows at L0 and L1, and the closure between them.  They are of one run, and
 * are used again together or not at all.
 */
#ifndef OFFRAMP_SERVER_INSITU_HAVE_H
#define OFFRAMP_SERVER_INSITU_HAVE_H

#include "server/accept_profile.h"

struct insitu_have {
    struct profile from;     /* owned: its closure and flags count */
    struct cache_fill *fill; /* owned, n: the whole at L0, and all of L1 */
    size_t n, cap;
};

/* The newest of this analysis' network; names are borrowed from the analysis.
 * ST_NOT_FOUND "cache.miss": none that can be used, or it was made of other
 * layers.  Call insitu_have_clear() in every case. */
enum status insitu_have_find(struct db *db, const struct cache_query *q,
    const json_t *analysis, struct insitu_have *out,
    struct err *err) MUST_CHECK;
void insitu_have_clear(struct insitu_have *h);

#endif
