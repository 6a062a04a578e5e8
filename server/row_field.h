/* SPDX-License-Identifier: MIT */
/*
 * row_field.h -- the numbers of a row, in one table: the name in JSON and
 * CSV, what kind of number, and where `struct measure` keeps it.  Views,
 * results and exports all read it, so they cannot disagree.  Constant; any
 * thread may read it.
 */
#ifndef OFFRAMP_SERVER_ROW_FIELD_H
#define OFFRAMP_SERVER_ROW_FIELD_H

#include <stddef.h>

#include "base/json.h"
#include "db/measure.h"

enum row_kind {
    ROW_COUNT, /* int64_t, never negative */
    ROW_TIME,  /* double, ns, never negative; NaN: not measured */
    ROW_REAL,  /* double; NaN: not measured */
};

struct row_field {
    const char *name;
    enum row_kind kind;
    size_t offset;
};

/* In the order in which people read them; ends with a NULL name. */
extern const struct row_field row_fields[];

/* The field of this name, or NULL. */
const struct row_field *row_field_find(const char *name);

/* The value as a new JSON number, null where it was not measured. */
json_t *row_field_json(const struct measure *m, const struct row_field *f);

/* Where the value is kept: int64_t for ROW_COUNT, else double. */
void *row_field_slot(struct measure *m, const struct row_field *f);
double row_field_real(const struct measure *m, const struct row_field *f);

#endif
