/* SPDX-License-Identifier: MIT */
/*
 * row_read.h -- one row of a probe's result, checked: every number finite and
 * in range, percentiles in order, words and flags known, no time in an
 * emulated row.
 *
 * The grade is the server's own: the worse of what the probe says and what
 * flags and interval allow.
 */
#ifndef OFFRAMP_SERVER_ROW_READ_H
#define OFFRAMP_SERVER_ROW_READ_H

#include <stdbool.h>

#include "base/json.h"
#include "db/measure.h"

struct row_in {
    struct measure m;  /* its text is borrowed from the document */
    double *epochs_ns; /* owned; NULL where none were sent */
    size_t n_epochs;
};

/* Read the row `o`, called `path` in messages.  ST_UNPROCESSABLE
 * "result.row" names the member.  Call row_in_clear() in every case. */
enum status row_read(const json_t *o, const char *path, struct row_in *out,
    struct err *err) MUST_CHECK;

void row_in_clear(struct row_in *r);

/* Half of the 95 % interval, relative to the median; NaN where either is
 * missing. */
double row_ci_rel(const struct measure *m);

/* The worse of `claimed` and what flags and interval allow; `ci_rel` NaN
 * where the thing has no interval by its nature. */
char row_grade(char claimed, int64_t flags, double ci_rel, bool needs_interval);

/* What an emulator counted; NaN where it did not. */
double row_instructions(const struct measure *m);

#endif
