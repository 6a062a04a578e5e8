/* SPDX-License-Identifier: MIT */
/* report.h -- a measured link as a document (offramp.link/1). */
#ifndef OFFRAMP_TRANSFER_REPORT_H
#define OFFRAMP_TRANSFER_REPORT_H

#include <jansson.h>

#include "probes/transfer/sweep.h"

/* What the sweep does not know; borrowed. */
struct report_facts {
    const char *from, *to, *transport, *env_fingerprint;
    int64_t utc_start_ms, utc_end_ms;
    uint64_t seed;
    int64_t flags;        /* besides the sweep's */
    int64_t work_ns;      /* of each end before its message */
    const json_t *energy; /* {..}; NULL: none */
};

/* A new object, or NULL when out of memory.  A time of one way is half of an
 * exchange's base, since that is there and back; bytes go one way only. */
json_t *report_link(const struct sweep *s, const struct report_facts *f);

#endif
