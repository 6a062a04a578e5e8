/* SPDX-License-Identifier: MIT */
/* chart.h -- how the golden kernels ran on a device, in profiles (rows of
 * role `sentinel`) and in tasks of their own, as far as they can be trusted
 * (grade A or B). */
#ifndef OFFRAMP_DB_CHART_H
#define OFFRAMP_DB_CHART_H

#include "db/db.h"

struct chart_row {
    int64_t profile, golden; /* where it is of; the other one is 0 */
    int64_t created_ms;
    char *reason;                   /* of a golden task; NULL in a profile */
    char *env_fingerprint, *kernel; /* other environments, other times */
    /* lo and hi: its interval; where the machine's pace changed under it
     * (freq_varied), p10 and p90 of its epochs; NaN without either. */
    double median_ns, lo_ns, hi_ns;
    double instructions; /* of an emulated board, instead of times */
};

/* By environment and kernel, then oldest first; `env_fingerprint` NULL: all
 * environments. */
typedef enum status chart_fn(const struct chart_row *r, void *ctx);
enum status db_chart_list(struct db *db, const char *device,
    const char *env_fingerprint, chart_fn *fn, void *ctx,
    struct err *err) MUST_CHECK;

#endif
