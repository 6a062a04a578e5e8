/* SPDX-License-Identifier: MIT */
/*
 * trial_fixed.h -- what is fixed before the first sample comes, as rows of a
 * trial's table: one exit for all samples (right sizing; Edgent without a
 * link), one cut for all (Neurosurgeon, at the exits), the exact plan, and
 * premodels that choose an exit from features of the sample (LCTES'18).
 * Everything is chosen on the calibration half.  Private to trial*.c.
 */
#ifndef OFFRAMP_DATA_TRIAL_FIXED_H
#define OFFRAMP_DATA_TRIAL_FIXED_H

#include "search/data/trial_row.h"

/* Where rows are put: row[n] is free while n < room. */
struct trial_rows {
    struct trial_row *row; /* borrowed, [room], zeroed */
    size_t n, room;
};

/* What all of them are made from; borrowed. */
struct trial_base {
    const struct records *records;
    const struct trial_input *input;
    const struct trial_options *options;
};

/* The rows of the family `fixed`, in their order. */
enum { TRIAL_ONE_EXIT, TRIAL_ONE_CUT, TRIAL_EXACT, TRIAL_FIXED };
struct trial_name {
    const char *name, *summary;
};
extern const struct trial_name trial_fixed_names[TRIAL_FIXED];

/* Was a policy of this name asked for? */
bool trial_wanted(const struct trial_options *o, const char *name);

/* Is there one of these rows with that name? */
bool trial_fixed_named(const char *name);

enum status trial_fixed_add(const struct trial_base *b, const json_t *exact,
    struct trial_rows *out, struct err *err) MUST_CHECK;

/* ST_INVALID or ST_UNPROCESSABLE "select.features" where the file does not
 * fit, "policy.name" where one was asked for and there is no file. */
bool trial_select_named(const char *name);
/* The k-th; false behind the last. */
bool trial_select_name(size_t k, struct trial_name *out);
enum status trial_select_add(const struct trial_base *b, struct trial_rows *out,
    struct err *err) MUST_CHECK;

#endif
