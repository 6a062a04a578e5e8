/* SPDX-License-Identifier: MIT */
/*
 * records_vector.h -- what an exit showed of each sample besides its answer:
 * class scores (`vector_K`) or a fingerprint of a feature map (`feature_K`).
 *
 * In CSV a field holds the numbers with spaces between them; every sample has
 * equally many.  Optional: what works on ordered records needs them.
 */
#ifndef OFFRAMP_DATA_RECORDS_VECTOR_H
#define OFFRAMP_DATA_RECORDS_VECTOR_H

#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"

enum { RECORDS_VECTOR_MAX = 1024 };

/* One exit's, row after row. */
struct records_vectors {
    float *v; /* owned; NULL: none */
    size_t dims, rows;
    size_t room; /* rows */
};

/* Append the next row from its text.  ST_INVALID "records.csv" says what is
 * wrong with it, without the place. */
enum status records_vectors_read(
    struct records_vectors *b, const char *text, struct err *err) MUST_CHECK;

/* Append a row of `n` numbers, as many as those before.  ST_NOMEM. */
enum status records_vectors_add(struct records_vectors *b, const float *v,
    size_t n, struct err *err) MUST_CHECK;

/* Append row `i` as text that reads back as the same numbers. */
enum status records_vectors_write(const struct records_vectors *b, size_t i,
    struct buf *out, struct err *err) MUST_CHECK;

/* NULL is ignored; [n] of them. */
void records_vectors_free(struct records_vectors *b, int n);

#endif
