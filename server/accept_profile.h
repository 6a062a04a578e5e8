/* SPDX-License-Identifier: MIT */
/*
 * accept_profile.h -- the rows of a profile result on their way into the
 * store: read, held against the analysis, and completed with what was
 * measured earlier (accept_rows.c).
 */
#ifndef OFFRAMP_SERVER_ACCEPT_PROFILE_H
#define OFFRAMP_SERVER_ACCEPT_PROFILE_H

#include "db/measure.h"
#include "db/profile.h"
#include "server/row_read.h"

/* A profile's closure from its JSON, NaN where it is missing. */
enum status profile_closure_read(const json_t *o, const char *path,
    struct profile *p, struct err *err) MUST_CHECK;

/* The exits' residuals with the exits' names, as they are stored; the caller
 * frees *out. */
enum status profile_exits_text(const json_t *exits, const json_t *analysis,
    char **out, struct err *err) MUST_CHECK;

/* Something that was not measured now, and the earlier row that stands for
 * it. */
struct cache_fill {
    int64_t from;
    double median_ns, ci_rel;
    const char *name; /* borrowed from the analysis, or a word */
    enum level level;
    enum role role;
    int64_t index;
};

struct profile_rows_in {
    const json_t *analysis, *levels; /* borrowed: of the task's payload */
    struct row_in *row;              /* owned, n */
    size_t n;
    struct cache_fill *fill; /* owned, n_fills */
    size_t n_fills, fill_cap;
    /* Owned: where things are, by "L2 layer 5", and the first measured row
     * of each kernel, by "L2 <kernel key>". */
    json_t *row_at, *fill_at, *kernel_at;
    bool moved, quieter; /* audit.h */
};

/* Read and check `rows` with `analysis` and `levels` set and the rest zero.
 * ST_INVALID or ST_UNPROCESSABLE names the row.  Call rows_in_clear() in
 * every case. */
enum status rows_in_read(
    struct profile_rows_in *in, const json_t *rows, struct err *err) MUST_CHECK;

/* Let an earlier row stand for something. */
enum status rows_in_add_fill(struct profile_rows_in *in,
    const struct cache_fill *fill, struct err *err) MUST_CHECK;

/* Find earlier rows for what has none. */
enum status rows_in_fill(struct db *db, struct profile_rows_in *in,
    const struct cache_query *q, struct err *err) MUST_CHECK;

/* Add them all to a profile. */
enum status rows_in_store(struct db *db, const struct profile_rows_in *in,
    int64_t profile, struct err *err) MUST_CHECK;

void rows_in_clear(struct profile_rows_in *in);

/* Was this level asked for? */
bool rows_in_asked(const struct profile_rows_in *in, enum level level);

/* The row of this level, role and index; NULL where there is none. */
const struct measure *rows_in_find(const struct profile_rows_in *in,
    enum level level, enum role role, int64_t index);

/* The earlier row that stands for it; NULL where there is none. */
const struct cache_fill *rows_in_fill_find(const struct profile_rows_in *in,
    enum level level, enum role role, int64_t index);

/* The median of that row, or of the earlier one that stands for it; NaN where
 * there is neither. */
double rows_in_median(const struct profile_rows_in *in, enum level level,
    enum role role, int64_t index);

/* Sum of the L2 medians of all layers, filled ones too; NaN where one is
 * missing. */
double rows_in_sum_layers(const struct profile_rows_in *in);

/* Does every part that was asked for have its row? */
bool rows_in_complete(const struct profile_rows_in *in);

#endif
