/* SPDX-License-Identifier: MIT */
#include "search/heads/fit.h"

#include <stdlib.h>

#include "search/heads/logistic.h"
#include "search/heads/scale.h"

int32_t
fit_argmax(const double *values, size_t classes)
{
    size_t best = 0;

    for (size_t k = 1; k < classes; k++)
        if (values[k] > values[best])
            best = k;
    return (int32_t)best;
}

void
fit_report_clear(struct fit_report *r)
{
    free(r->held);
    free(r->last);
    *r = (struct fit_report){ 0 };
}

/* Standardised rows of both parts; x is owned by the caller. */
static enum status
gather(const struct scale *s, const struct fit_rows *rows, float **x,
    struct logistic_data *fit, struct logistic_data *held, struct err *err)
{
    size_t n = rows->n_fit + rows->n_held;

    *x = malloc(n * s->width * sizeof(**x));
    if (*x == NULL)
        return err_nomem(err);
    scale_rows(s, rows, 0, n, *x);
    *fit = (struct logistic_data){ *x, rows->y, rows->n_fit, s->width,
        rows->classes };
    *held = (struct logistic_data){ *x + rows->n_fit * s->width,
        rows->y + rows->n_fit, rows->n_held, s->width, rows->classes };
    return ST_OK;
}

/* Values of the held-out rows and their temperature. */
static enum status
judge(struct fit_report *out, const struct logistic_data *held,
    const struct logistic_fit *f, struct err *err)
{
    size_t n = held->n * held->classes;
    enum status st;

    if ((out->held = malloc(n * sizeof(double))) == NULL)
        return err_nomem(err);
    if ((st = logistic_values(held, f->w, out->held, err)) != ST_OK)
        return st;
    out->temperature =
        logistic_temperature(out->held, held->y, held->n, held->classes);
    for (size_t i = 0; i < n; i++)
        out->held[i] /= out->temperature;
    out->loss = logistic_loss(out->held, held->y, held->n, held->classes, 1);
    out->gradient_norm = f->gradient_norm;
    out->tolerance = LOGISTIC_TOLERANCE;
    out->l2 = f->l2;
    out->iterations = f->iterations;
    out->converged = f->converged;
    return ST_OK;
}

enum status
fit_linear(struct head *h, const struct fit_rows *rows, struct fit_report *out,
    struct err *err)
{
    const size_t width = front_width(&h->front);
    struct logistic_fit f = { 0 };
    struct logistic_data fit, held;
    float *x = NULL;
    struct scale s;
    enum status st = scale_find(&s, rows, width, err);

    *out = (struct fit_report){ 0 };
    if (st != ST_OK)
        return st;
    out->constant = s.constant;
    if (s.constant == width)
        st = err_set(err, ST_UNPROCESSABLE, "augment.constant_features",
            "all %zu features are the same for every sample", width);
    if (st == ST_OK)
        st = gather(&s, rows, &x, &fit, &held, err);
    if (st == ST_OK)
        st = logistic_choose(&fit, &held, &f, err);
    if (st == ST_OK)
        st = judge(out, &held, &f, err);
    if (st == ST_OK) {
        h->n = 1;
        h->layer[0] = (struct head_layer){ 0 };
        st = scale_fold(&s, f.w, f.w + rows->classes * width, rows->classes,
            out->temperature, &h->layer[0], err);
    }
    logistic_clear(&f);
    free(x);
    scale_clear(&s);
    return st;
}
