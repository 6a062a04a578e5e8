/* SPDX-License-Identifier: MIT */
/*
 * csv.h -- fields of a CSV text one after the other (RFC 4180: quotes double
 * inside quotes, LF or CRLF ends a line, also inside quotes).
 *
 * The text is borrowed; a `struct csv` belongs to one thread.
 */
#ifndef OFFRAMP_DATA_CSV_H
#define OFFRAMP_DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

enum { CSV_FIELD_MAX = 16384 };

struct csv {
    const char *at, *end;
    size_t line;   /* of the field last read, from 1 */
    size_t column; /* of that field, from 1 */
    bool row_end;  /* that field was the last of its row */
    size_t next_line;
    char field[CSV_FIELD_MAX]; /* NUL-terminated */
    size_t len;
};

/* Start; a byte order mark is skipped. */
void csv_init(struct csv *c, const char *text, size_t len);

/* True once every row was read. */
bool csv_done(const struct csv *c);

/* Read the next field into c->field.  ST_INVALID "records.csv" names line and
 * column.  Not to be called once csv_done(). */
enum status csv_next(struct csv *c, struct err *err) MUST_CHECK;

/* Append one field, quoted where it needs to be. */
enum status csv_add(
    struct buf *out, const char *field, struct err *err) MUST_CHECK;

#endif
