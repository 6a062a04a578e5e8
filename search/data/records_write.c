/* SPDX-License-Identifier: MIT */
/* records_write.c -- exit records as CSV. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "search/data/csv.h"
#include "search/data/records.h"

/* The shortest of a few precisions that reads back as the same number. */
static enum status
add_real(struct buf *out, double x, struct err *err)
{
    static const int digits[] = { 6, 9, 15, 16 };
    char text[40];

    if (isnan(x))
        return ST_OK;
    for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
        snprintf(text, sizeof(text), "%.*g", digits[i], x);
        if (strtod(text, NULL) == x)
            return buf_addstr(out, text, err);
    }
    return buf_addf(out, err, "%.17g", x);
}

/* An exit's vectors, where it has any: the column's name, or row `i`. */
static enum status
add_vectors(const struct records_vectors *all, int e, const char *name,
    size_t i, struct buf *out, struct err *err)
{
    enum status st;

    if (all == NULL || all[e].dims == 0)
        return ST_OK;
    if (name != NULL)
        return buf_addf(out, err, ",%s_%d", name, e);
    st = buf_addstr(out, ",", err);
    return st == ST_OK ? records_vectors_write(&all[e], i, out, err) : st;
}

static enum status
add_all_vectors(const struct records *r, bool header, size_t i, struct buf *out,
    struct err *err)
{
    enum status st = ST_OK;

    for (int e = 0; st == ST_OK && e < r->exits; e++)
        if ((st = add_vectors(
                 r->vector, e, header ? "vector" : NULL, i, out, err)) == ST_OK)
            st = add_vectors(
                r->feature, e, header ? "feature" : NULL, i, out, err);
    return st;
}

/* The column's name says what the scores are, but for the usual one. */
static enum status
add_score_name(const struct records *r, int e, struct buf *out, struct err *err)
{
    if (r->kind[e] == SCORE_MAX_PROBABILITY)
        return buf_addf(out, err, ",score_%d", e);
    return buf_addf(out, err, ",score_%s_%d", score_word(r->kind[e]), e);
}

static enum status
write_header(const struct records *r, struct buf *out, struct err *err)
{
    enum status st = buf_addstr(out, "sample,label", err);

    for (int e = 0; st == ST_OK && e < r->exits; e++)
        if ((st = buf_addf(out, err, ",pred_%d", e)) == ST_OK)
            st = add_score_name(r, e, out, err);
    for (int e = 0; st == ST_OK && r->seconds != NULL && e < r->exits; e++)
        st = buf_addf(out, err, ",seconds_%d", e);
    if (st == ST_OK)
        st = add_all_vectors(r, true, 0, out, err);
    if (st == ST_OK && r->group != NULL)
        st = buf_addstr(out, ",group", err);
    if (st == ST_OK && r->half != NULL)
        st = buf_addstr(out, ",split", err);
    return st == ST_OK ? buf_addstr(out, "\n", err) : st;
}

static enum status
write_row(const struct records *r, size_t i, struct buf *out, struct err *err)
{
    static const char *const words[] = { ",cal", ",test", ",none" };
    enum status st = csv_add(out, r->sample[i], err);

    if (st == ST_OK)
        st = buf_addf(out, err, ",%lld", (long long)r->label[i]);
    for (int e = 0; st == ST_OK && e < r->exits; e++) {
        size_t at = (size_t)e * r->n + i;

        st = buf_addf(out, err, ",%lld,", (long long)r->pred[at]);
        if (st == ST_OK)
            st = add_real(out, r->score[at], err);
    }
    for (int e = 0; st == ST_OK && r->seconds != NULL && e < r->exits; e++)
        if ((st = buf_addstr(out, ",", err)) == ST_OK)
            st = add_real(out, r->seconds[(size_t)e * r->n + i], err);
    if (st == ST_OK)
        st = add_all_vectors(r, false, i, out, err);
    if (st == ST_OK && r->group != NULL &&
        (st = buf_addstr(out, ",", err)) == ST_OK)
        st = csv_add(out, r->group[i], err);
    if (st == ST_OK && r->half != NULL)
        st = buf_addstr(out, words[r->half[i]], err);
    return st == ST_OK ? buf_addstr(out, "\n", err) : st;
}

enum status
records_write(const struct records *r, struct buf *out, struct err *err)
{
    enum status st = write_header(r, out, err);

    for (size_t i = 0; st == ST_OK && i < r->n; i++)
        st = write_row(r, i, out, err);
    return st;
}
