/* SPDX-License-Identifier: MIT */
/*
 * The light-load optimum over all times per byte: each cut is a line
 * fixed + bytes * byte_ps, and the best is their lower envelope.  Between two
 * cuts that are best at both ends of a range, either they meet on the
 * envelope, or a third lies below where they meet (Eisner and Severance 1976).
 */
#include <stdlib.h>

#include "search/partition/split.h"
#include "search/partition/split_cut.h"

enum { ROWS_MAX = 4096 };

static enum status
best_at(const struct dag *d, int64_t base_ps, int64_t byte_ps,
    struct split_row *out, struct err *err)
{
    struct dag_link link = { base_ps, byte_ps };
    struct dag_bill bill;
    enum status st;

    *out = (struct split_row){ .on_first = malloc(d->n) };
    if (out->on_first == NULL)
        return err_nomem(err);
    if ((st = split_light(d, &link, out->on_first, &bill, err)) != ST_OK) {
        free(out->on_first);
        return st;
    }
    out->bytes = bill.bytes;
    out->fixed_ps =
        bill.first_ps + bill.second_ps + bill.link_ps - bill.bytes * byte_ps;
    return ST_OK;
}

static int64_t
time_at(const struct split_row *r, int64_t byte_ps)
{
    return r->fixed_ps + r->bytes * byte_ps;
}

/* Steals the row's cut. */
static enum status
append(struct split_table *t, struct split_row *r, struct err *err)
{
    size_t room = t->room ? 2 * t->room : 16;
    struct split_row *row;

    if (t->n == ROWS_MAX) {
        free(r->on_first);
        return err_set(err, ST_UNPROCESSABLE, "partition.table",
            "more than %d cuts are best for some rate: give a narrower range "
            "of rates",
            ROWS_MAX);
    }
    if (t->n == t->room) {
        if ((row = realloc(t->row, room * sizeof(*row))) == NULL) {
            free(r->on_first);
            return err_nomem(err);
        }
        t->row = row;
        t->room = room;
    }
    t->row[t->n++] = *r;
    return ST_OK;
}

/* A cut that is better than `low` at `meet` or than `high` just after it;
 * on_first is NULL where there is none. */
static enum status
below(const struct dag *d, int64_t base_ps, const struct split_row *low,
    const struct split_row *high, int64_t meet, struct split_row *out,
    int64_t *at, struct err *err)
{
    enum status st;

    for (*at = meet; *at <= meet + 1; ++*at) {
        const struct split_row *known = *at == meet ? low : high;

        if ((st = best_at(d, base_ps, *at, out, err)) != ST_OK)
            return st;
        if (time_at(out, *at) < time_at(known, *at))
            return ST_OK;
        free(out->on_first);
    }
    out->on_first = NULL;
    return ST_OK;
}

/* Rows strictly between the last appended one and `high`, which is best at
 * `to` and is appended later. */
static enum status
fill(struct split_table *t, const struct dag *d, int64_t base_ps,
    const struct split_row *high, int64_t to, struct err *err)
{
    struct split_row low = t->row[t->n - 1], middle;
    int64_t meet, at;
    enum status st;

    t->row[t->n - 1].upto_byte_ps = to;
    if (low.bytes <= high->bytes)
        return ST_OK; /* one line at both ends: nothing lies below it */
    meet = (high->fixed_ps - low.fixed_ps) / (low.bytes - high->bytes);
    if (meet >= to)
        return ST_OK;
    t->row[t->n - 1].upto_byte_ps = meet;
    if ((st = below(d, base_ps, &low, high, meet, &middle, &at, err)) !=
            ST_OK ||
        middle.on_first == NULL)
        return st;
    if ((st = fill(t, d, base_ps, &middle, at, err)) != ST_OK) {
        free(middle.on_first);
        return st;
    }
    if ((st = append(t, &middle, err)) != ST_OK)
        return st;
    return fill(t, d, base_ps, high, to, err);
}

enum status
split_table_init(struct split_table *t, const struct dag *d, int64_t base_ps,
    int64_t most_byte_ps, struct err *err)
{
    struct split_row low, high;
    enum status st;

    *t = (struct split_table){ 0 };
    if ((st = best_at(d, base_ps, most_byte_ps, &high, err)) != ST_OK)
        return st;
    if ((st = best_at(d, base_ps, 0, &low, err)) == ST_OK)
        st = append(t, &low, err);
    if (st == ST_OK)
        st = fill(t, d, base_ps, &high, most_byte_ps, err);
    if (st == ST_OK && t->row[t->n - 1].bytes > high.bytes)
        st = append(t, &high, err);
    else
        free(high.on_first);
    if (st != ST_OK) {
        split_table_clear(t);
        return st;
    }
    t->row[t->n - 1].upto_byte_ps = INT64_MAX;
    return ST_OK;
}

void
split_table_clear(struct split_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->row[i].on_first);
    free(t->row);
    *t = (struct split_table){ 0 };
}

size_t
split_table_choose(
    const struct split_table *t, size_t current, int64_t byte_ps, double slack)
{
    size_t best = 0;
    double x = (double)byte_ps, now;

    while (t->row[best].upto_byte_ps < byte_ps)
        best++;
    if (current >= t->n)
        return best;
    now = (double)t->row[current].fixed_ps + (double)t->row[current].bytes * x;
    return now <= (1 + slack) * ((double)t->row[best].fixed_ps +
                                    (double)t->row[best].bytes * x)
               ? current
               : best;
}
