/* SPDX-License-Identifier: MIT */
#include "search/heads/scale.h"

#include <math.h>
#include <stdlib.h>

/* A deviation below this share of the mean is rounding. */
static const double FLAT = 1e-6;

static const float *
row_of(const struct fit_rows *rows, size_t i)
{
    return features_row(rows->f, rows->at[i]) + rows->column;
}

enum status
scale_find(
    struct scale *s, const struct fit_rows *rows, size_t width, struct err *err)
{
    *s = (struct scale){ calloc(width, sizeof(double)),
        calloc(width, sizeof(double)), width, 0 };
    if (s->mean == NULL || s->inverse == NULL) {
        scale_clear(s);
        return err_nomem(err);
    }
    for (size_t i = 0; i < rows->n_fit; i++)
        for (size_t k = 0; k < width; k++)
            s->mean[k] += row_of(rows, i)[k] / (double)rows->n_fit;
    for (size_t i = 0; i < rows->n_fit; i++) {
        const float *x = row_of(rows, i);

        for (size_t k = 0; k < width; k++)
            s->inverse[k] += (x[k] - s->mean[k]) * (x[k] - s->mean[k]);
    }
    for (size_t k = 0; k < width; k++) {
        double deviation = sqrt(s->inverse[k] / (double)rows->n_fit);
        bool flat = deviation <= FLAT * fabs(s->mean[k]) || deviation == 0;

        s->constant += flat;
        s->inverse[k] = flat ? 0 : 1 / deviation;
    }
    return ST_OK;
}

void
scale_clear(struct scale *s)
{
    free(s->mean);
    free(s->inverse);
    *s = (struct scale){ 0 };
}

void
scale_by_channel(struct scale *s, size_t channels)
{
    const size_t at = s->width / channels;

    for (size_t c = 0; c < channels; c++) {
        double *mean = s->mean + c * at, *inverse = s->inverse + c * at;
        double square = 0;

        for (size_t k = 0; k < at; k++) {
            double deviation = inverse[k] > 0 ? 1 / inverse[k] : 0;

            square += (mean[k] * mean[k] + deviation * deviation) / (double)at;
        }
        for (size_t k = 0; k < at; k++) {
            mean[k] = 0;
            inverse[k] = square > 0 ? 1 / sqrt(square) : 0;
        }
    }
}

void
scale_rows(const struct scale *s, const struct fit_rows *rows, size_t first,
    size_t n, float *x)
{
    for (size_t i = 0; i < n; i++) {
        const float *row = row_of(rows, first + i);

        for (size_t k = 0; k < s->width; k++)
            x[i * s->width + k] =
                (float)((row[k] - s->mean[k]) * s->inverse[k]);
    }
}

enum status
scale_fold(const struct scale *s, const double *w, const double *b, size_t out,
    double temperature, struct head_layer *l, struct err *err)
{
    *l = (struct head_layer){ .in = s->width, .out = out };
    l->weight = malloc(out * s->width * sizeof(float));
    l->bias = malloc(out * sizeof(float));
    if (l->weight == NULL || l->bias == NULL)
        return err_nomem(err);
    for (size_t o = 0; o < out; o++) {
        double bias = b[o];

        for (size_t k = 0; k < s->width; k++) {
            double v = w[o * s->width + k] * s->inverse[k];

            bias -= v * s->mean[k];
            l->weight[o * s->width + k] = (float)(v / temperature);
        }
        l->bias[o] = (float)(bias / temperature);
    }
    return ST_OK;
}
