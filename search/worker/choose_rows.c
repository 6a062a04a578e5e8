/* SPDX-License-Identifier: MIT */
#include "search/worker/choose_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

/* A row, its class, and its place by lot among those of the class. */
struct lot {
    int64_t class;
    uint64_t draw;
    size_t row;
};

static int
by_class_and_draw(const void *a, const void *b)
{
    const struct lot *x = a, *y = b;

    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    if (x->draw != y->draw)
        return x->draw < y->draw ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Of rows sorted by class and drawn by lot within each, every so-manieth: all
 * classes get their share, and the sum is exact. */
static enum status
mark_part(const struct dataset *d, double share, uint64_t seed, uint8_t *in,
    struct err *err)
{
    const size_t n = dataset_rows(d);
    struct lot *lot = malloc((n + 1) * sizeof(*lot));
    struct rng rng = { seed };

    if (lot == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++)
        lot[i] = (struct lot){ d->labelled ? npy_int(&d->labels, i) : 0,
            rng_next(&rng), i };
    qsort(lot, n, sizeof(*lot), by_class_and_draw);
    for (size_t i = 0; i < n; i++)
        in[lot[i].row] = floor((double)(i + 1) * share + 1e-9) >
                         floor((double)i * share + 1e-9);
    free(lot);
    return ST_OK;
}

static enum status
mark_range(const json_t *doc, const char *name, const char *code, size_t n,
    uint8_t *in, struct err *err)
{
    int64_t v[2];
    size_t given;
    enum status st = json_read_ints(doc, name, v, 2, &given, err);

    if (st != ST_OK)
        return st;
    if (given != 2 || v[0] < 0 || v[1] <= v[0])
        return err_set(err, ST_INVALID, "request.field",
            "%s must be [from, to] with 0 <= from < to", name);
    if (v[1] > (int64_t)n)
        return err_set(err, ST_UNPROCESSABLE, code,
            "%s ends at %lld; the data set has %zu rows", name, (long long)v[1],
            n);
    for (int64_t i = v[0]; i < v[1]; i++)
        in[i] = 1;
    return ST_OK;
}

static enum status
mark_division(const json_t *doc, const char *name, const struct dataset *d,
    uint8_t *in, struct err *err)
{
    double share = NAN;
    int64_t seed = 1;
    bool rest = false;
    const struct json_field fields[] = {
        { "share", JF_REAL, true, &share, 0.001, 0.999 },
        { "seed", JF_INT, false, &seed, 0, 9e15 },
        { "rest", JF_BOOL, false, &rest, 0, 0 },
    };
    enum status st = JSON_READ(doc, name, fields, err);

    if (st != ST_OK ||
        (st = mark_part(d, share, (uint64_t)seed, in, err)) != ST_OK)
        return st;
    for (size_t i = 0; rest && i < dataset_rows(d); i++)
        in[i] = !in[i];
    return ST_OK;
}

enum status
choose_rows(const json_t *doc, const char *name, const char *code,
    const struct dataset *d, size_t **row, size_t *n, struct err *err)
{
    const size_t all = dataset_rows(d);
    uint8_t *in = calloc(all + 1, 1);
    enum status st = ST_OK;

    *n = 0;
    *row = malloc((all + 1) * sizeof(**row));
    if (in == NULL || *row == NULL)
        st = err_nomem(err);
    else if (json_is_object(doc))
        st = mark_division(doc, name, d, in, err);
    else if (doc != NULL && !json_is_null(doc))
        st = mark_range(doc, name, code, all, in, err);
    else
        memset(in, 1, all);
    for (size_t i = 0; st == ST_OK && i < all; i++)
        if (in[i])
            (*row)[(*n)++] = i;
    free(in);
    if (st != ST_OK) {
        free(*row);
        *row = NULL;
    }
    return st;
}
