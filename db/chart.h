/* SPDX-License-Identifier: MIT */
/* chart.h -- how the golden kernels ran on a device, profile after profile:
 * rows of role `sentinel` that can be trusted (grade A or B). */
#ifndef OFFRAMP_DB_CHART_H
#define OFFRAMP_DB_CHART_H

#include "db/db.h"

struct chart_row {
    int64_t profile, created_ms;
    char *env_fingerprint, *kernel; /* other environments, other times */
    double median_ns, lo_ns, hi_ns; /* lo and hi NaN without an interval */
};

/* By environment and kernel, then oldest first; `env_fingerprint` NULL: all
 * environments. */
typedef enum status chart_fn(const struct chart_row *r, void *ctx);
enum status db_chart_list(struct db *db, const char *device,
    const char *env_fingerprint, chart_fn *fn, void *ctx,
    struct err *err) MUST_CHECK;

#endif
