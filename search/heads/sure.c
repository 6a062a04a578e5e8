/* SPDX-License-Identifier: MIT */
/* Confidence heads (PTEENet, IEEE Access 10, 2022): will this be right? */
#include <math.h>
#include <stdlib.h>

#include "search/heads/fit.h"
#include "search/heads/logistic.h"
#include "search/heads/rank.h"
#include "search/heads/scale.h"

/* What a confidence head learns from; owned but for what `rows` has. */
struct lesson {
    struct features last; /* of the report, where it has them */
    struct fit_rows rows;
    size_t *at;
    int32_t *right;
    struct scale scale;
    float *x;
    struct logistic_fit fit;
    double *z;
    struct ranked *ranked;
};

static void
lesson_clear(struct lesson *l)
{
    free(l->at);
    free(l->right);
    scale_clear(&l->scale);
    free(l->x);
    logistic_clear(&l->fit);
    free(l->z);
    free(l->ranked);
}

/* The held-out rows, and whether the head is right about them. */
static enum status
prepare(struct lesson *l, const struct head *h, const struct fit_rows *rows,
    const struct fit_report *report, struct err *err)
{
    const size_t n = rows->n_held, width = h->layer[h->n - 1].in;

    l->at = malloc(n * sizeof(*l->at));
    l->right = malloc(n * sizeof(*l->right));
    l->x = malloc(n * width * sizeof(*l->x));
    l->z = malloc(2 * n * sizeof(*l->z));
    l->ranked = malloc(n * sizeof(*l->ranked));
    if (l->at == NULL || l->right == NULL || l->x == NULL || l->z == NULL ||
        l->ranked == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        l->at[i] = report->last != NULL ? i : rows->at[rows->n_fit + i];
        l->right[i] = fit_argmax(report->held + i * rows->classes,
                          rows->classes) == rows->y[rows->n_fit + i];
    }
    l->last = (struct features){ report->last, n, width, n, "" };
    l->rows = (struct fit_rows){ report->last != NULL ? &l->last : rows->f,
        report->last != NULL ? 0 : rows->column, l->at, l->right, n - n / 5,
        n / 5, 2, rows->seed };
    return scale_find(&l->scale, &l->rows, width, err);
}

static bool
has_both(const int32_t *right, size_t n)
{
    size_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (size_t)right[i];
    return sum > 0 && sum < n;
}

/* Both scores on the rows that were not fitted on. */
static enum status
compare(struct lesson *l, const struct logistic_data *rest,
    const struct fit_rows *rows, const struct fit_report *report,
    struct sure_report *out, struct err *err)
{
    double area[SCORE_KINDS];
    enum status st = logistic_values(rest, l->fit.w, l->z, err);

    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < rest->n; i++)
        l->ranked[i] =
            (struct ranked){ l->z[2 * i + 1] - l->z[2 * i], rest->y[i] == 1 };
    out->auc = rank_area(l->ranked, rest->n);
    st = rank_scores(rows, report, l->rows.n_fit, area, err);
    out->auc_probability = area[SCORE_MAX_PROBABILITY];
    return st;
}

/* Two classes' weights as one layer before a sigmoid. */
static enum status
keep(struct lesson *l, struct head *h, struct err *err)
{
    const size_t width = l->scale.width;
    double *w = l->fit.w, b = w[2 * width + 1] - w[2 * width];

    for (size_t k = 0; k < width; k++)
        w[k] = w[width + k] - w[k];
    return scale_fold(&l->scale, w, &b, 1, 1, &h->sure, err);
}

enum status
fit_sure(struct head *h, const struct fit_rows *rows,
    const struct fit_report *report, struct sure_report *out, struct err *err)
{
    struct lesson l = { 0 };
    struct logistic_data fit, rest;
    enum status st = prepare(&l, h, rows, report, err);

    *out = (struct sure_report){ NAN, NAN, l.rows.n_held };
    if (st == ST_OK && has_both(l.right, l.rows.n_fit) && l.rows.n_held > 0) {
        const size_t width = l.scale.width, n = l.rows.n_fit;

        scale_rows(&l.scale, &l.rows, 0, rows->n_held, l.x);
        fit = (struct logistic_data){ l.x, l.right, n, width, 2 };
        rest = (struct logistic_data){ l.x + n * width, l.right + n,
            l.rows.n_held, width, 2 };
        st = logistic_choose(&fit, &rest, &l.fit, err);
        if (st == ST_OK)
            st = compare(&l, &rest, rows, report, out, err);
        if (st == ST_OK && out->auc > out->auc_probability)
            st = keep(&l, h, err);
    }
    lesson_clear(&l);
    return st;
}
