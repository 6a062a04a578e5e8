/* SPDX-License-Identifier: MIT */
/*
 * records.h -- exit records (offramp.records/1): what every exit answered for
 * every sample, and how sure it was.
 *
 * CSV in, CSV out (RFC 4180, a header, see the formats).  A `struct records`
 * belongs to its caller, who ends it with records_clear(); reading from
 * several threads is fine.
 */
#ifndef OFFRAMP_DATA_RECORDS_H
#define OFFRAMP_DATA_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/score.h"
#include "base/status.h"
#include "search/data/records_vector.h"

enum {
    RECORDS_EXITS_MAX = 64,
    RECORDS_ROWS_MAX = 1 << 20,
    RECORDS_BYTES_MAX = 1 << 30,
};

enum records_half { RECORDS_CAL, RECORDS_TEST, RECORDS_NEITHER };

/* Arrays over exits are exit-major: exit e of sample i is at [e * n + i].
 * Everything is owned. */
struct records {
    size_t n;       /* samples */
    int exits;      /* the last is the network's own output */
    char **sample;  /* [n] */
    char **group;   /* [n], or NULL: no such column */
    int64_t *label; /* [n]; -1 unknown */
    int64_t *pred;  /* [exits][n], class index */
    double *score;  /* [exits][n], finite; NaN only in the last exit's */
    /* What an exit's scores are; plain numbers of somebody's own count as
     * SCORE_MAX_PROBABILITY, which is what a runner then compares. */
    enum score kind[RECORDS_EXITS_MAX];
    double *seconds; /* [exits][n], NaN where empty; or NULL: no column */
    uint8_t *half;   /* [n] enum records_half, or NULL: no `split` column */
    /* [exits], or NULL: no such column; dims 0 where an exit has none. */
    struct records_vectors *vector, *feature;
};

/* Room for `n` samples: zeroed arrays, `seconds`, `group` and `half` NULL.
 * ST_NOMEM. */
enum status records_init(
    struct records *r, size_t n, int exits, struct err *err) MUST_CHECK;
void records_clear(struct records *r);

/* Parse CSV.  ST_INVALID with code "records.csv" names line and column. */
enum status records_parse(const char *text, size_t len, struct records *out,
    struct err *err) MUST_CHECK;
enum status records_load(
    const char *path, struct records *out, struct err *err) MUST_CHECK;

/* Append as CSV; scores are written so that reading gives the same bits. */
enum status records_write(
    const struct records *r, struct buf *out, struct err *err) MUST_CHECK;

/* Which half each sample belongs to: the `split` column, or else a hash of
 * `seed` and the group (where there is one) or the sample's name. */
void records_split(const struct records *r, uint64_t seed, uint8_t *half);

/* The group of each sample as a number, [n], for the caller to free(); NULL
 * where there is no such column.  ST_NOMEM. */
enum status records_groups(
    const struct records *r, uint32_t **out, struct err *err) MUST_CHECK;

/* Share of right answers of exit e over samples with a label, and of answers
 * equal to the last exit's over all; NaN where there is none. */
double records_accuracy(const struct records *r, int exit);
double records_agreement(const struct records *r, int exit);

/* Classes that there are at least: one more than the largest label or answer
 * of the last exit. */
int64_t records_classes(const struct records *r);

/* What makes all that follows from them worthless (base/chance.h): an array,
 * empty where there is nothing; the caller owns it.  NULL: out of memory. */
json_t *records_warnings(const struct records *r);

#endif
