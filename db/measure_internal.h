/* SPDX-License-Identifier: MIT */
/* measure_internal.h -- what measure.c needs of epochs.c. */
#ifndef OFFRAMP_DB_MEASURE_INTERNAL_H
#define OFFRAMP_DB_MEASURE_INTERNAL_H

#include "db/db_internal.h"
#include "db/measure.h"

/* Keep the raw epochs of a row, compressed. */
enum status epochs_add(struct db *db, int64_t measure, const double *ns,
    size_t n, struct err *err) MUST_CHECK;

#endif
