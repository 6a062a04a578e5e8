/* SPDX-License-Identifier: MIT */
#include "search/worker/augment.h"

#include <stdlib.h>

#include "base/rng.h"
#include "search/worker/choose_rows.h"

/* A fifth is held out. */
enum { PARTS = 5 };

/* Standardised features of one head are in memory while it is fitted. */
#define FIT_BYTES_MAX (INT64_C(1) << 30)

int32_t
augment_label(const struct augment *a, size_t i)
{
    return a->data.labelled ? (int32_t)npy_int(&a->data.labels, a->row[i]) : -1;
}

int32_t
augment_own(const struct augment *a, size_t i)
{
    const float *v = features_row(&a->features, i);
    int32_t best = 0;

    for (int32_t k = 1; k < (int32_t)a->plain.classes; k++)
        if (v[k] > v[best])
            best = k;
    return best;
}

/* Of `n` rows keep `most`, evenly. */
static void
thin_out(struct augment *a, size_t most)
{
    size_t kept = 0;

    for (size_t i = 0; i < a->n; i++)
        if ((i + 1) * most / a->n != i * most / a->n)
            a->row[kept++] = a->row[i];
    a->n = kept;
}

static size_t
rows_most(const struct augment *a)
{
    size_t widest = 1, most;

    for (size_t i = 0; i < a->n_heads; i++) {
        const struct aug_head *h = &a->head[i];

        if (h->reject == REJECT_NOT && h->head.n == 1 &&
            front_width(&h->head.front) > widest)
            widest = front_width(&h->head.front);
    }
    most = (size_t)FIT_BYTES_MAX / sizeof(float) / widest;
    return most < AUGMENT_ROWS_MAX ? most : AUGMENT_ROWS_MAX;
}

static enum status
check_count(const struct augment *a, struct err *err)
{
    if (a->n - a->n / PARTS >= (size_t)a->plain.classes && a->n >= PARTS)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "augment.few_samples",
        "%zu usable rows for %lld classes: fitting needs at least %lld", a->n,
        (long long)a->plain.classes,
        (long long)(a->plain.classes * PARTS / (PARTS - 1) + PARTS));
}

enum status
augment_rows(struct augment *a, struct err *err)
{
    const size_t most = rows_most(a);
    size_t usable = 0;
    enum status st;

    if (!a->opt.agreement && !a->data.labelled)
        return err_set(err, ST_UNPROCESSABLE, "augment.labels",
            "the data set has no labels: give some, or set options.target to "
            "agreement");
    if ((st = choose_rows(a->opt.rows, "options.rows", "augment.rows", &a->data,
             &a->row, &a->n, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < a->n; i++)
        if (a->opt.agreement || augment_label(a, i) >= 0)
            a->row[usable++] = a->row[i];
    a->n = usable;
    if (a->n > most)
        thin_out(a, most);
    return check_count(a, err);
}

/* Which of a part's targets occur. */
static size_t
classes_seen(const struct augment *a, size_t first, size_t n, bool *seen)
{
    size_t count = 0;

    for (size_t i = first; i < first + n; i++) {
        count += !seen[a->target[i]];
        seen[a->target[i]] = true;
    }
    return count;
}

static enum status
check_targets(struct augment *a, struct err *err)
{
    const size_t classes = (size_t)a->plain.classes;
    size_t fit, held;

    if ((a->seen = calloc(2 * classes, sizeof(*a->seen))) == NULL)
        return err_nomem(err);
    fit = classes_seen(a, 0, a->n_fit, a->seen);
    held = classes_seen(a, a->n_fit, a->n_held, a->seen + classes);
    a->class_missing = fit < classes || held < classes;
    if (fit >= 2)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "augment.one_class",
        "all rows to fit on are of class %d: nothing can be told apart; give "
        "rows of several classes",
        (int)a->target[0]);
}

enum status
augment_targets(struct augment *a, struct err *err)
{
    struct rng r = { (uint64_t)a->opt.seed };

    a->at = calloc(a->n, sizeof(*a->at));
    a->target = calloc(a->n, sizeof(*a->target));
    if (a->at == NULL || a->target == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < a->n; i++)
        a->at[i] = i;
    for (size_t i = a->n - 1; i > 0; i--) {
        size_t k = (size_t)rng_below(&r, i + 1), t = a->at[i];

        a->at[i] = a->at[k];
        a->at[k] = t;
    }
    a->n_held = a->n / PARTS;
    a->n_fit = a->n - a->n_held;
    for (size_t i = 0; i < a->n; i++)
        a->target[i] = a->opt.agreement ? augment_own(a, a->at[i])
                                        : augment_label(a, a->at[i]);
    return check_targets(a, err);
}
