/* SPDX-License-Identifier: MIT */
#include "search/data/preprocess.h"

#include <math.h>
#include <string.h>

/* A number or an array of numbers; none where `v` is NULL. */
static enum status
read_numbers(
    const char *name, const json_t *v, double *out, size_t *n, struct err *err)
{
    *n = 0;
    if (v == NULL)
        return ST_OK;
    if (json_is_number(v)) {
        out[(*n)++] = json_number_value(v);
        return ST_OK;
    }
    if (!json_is_array(v) || json_array_size(v) == 0 ||
        json_array_size(v) > PREPROCESS_CHANNELS)
        return err_set(err, ST_INVALID, "dataset.preprocess",
            "preprocess.%s must be a number or an array of at most %d numbers",
            name, PREPROCESS_CHANNELS);
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *x = json_array_get(v, i);

        if (!json_is_number(x))
            return err_set(err, ST_INVALID, "dataset.preprocess",
                "preprocess.%s[%zu] must be a number", name, i);
        out[(*n)++] = json_number_value(x);
    }
    return ST_OK;
}

/* One of two words; `second` tells whether it is the second. */
static enum status
read_word(const char *name, const char *got, const char *first,
    const char *other, bool *second, struct err *err)
{
    *second = got != NULL && strcmp(got, other) == 0;
    if (got == NULL || *second || strcmp(got, first) == 0)
        return ST_OK;
    return err_set(err, ST_INVALID, "dataset.preprocess",
        "preprocess.%s must be \"%s\" or \"%s\"", name, first, other);
}

enum status
preprocess_read(const json_t *o, struct preprocess *out, struct err *err)
{
    json_t *mean = NULL, *std = NULL;
    const char *per_sample = NULL, *layout = NULL;
    const struct json_field fields[] = {
        { "scale", JF_REAL, false, &out->scale, 0, 0 },
        { "mean", JF_ANY, false, &mean, 0, 0 },
        { "std", JF_ANY, false, &std, 0, 0 },
        { "per_sample", JF_STR, false, &per_sample, 0, 0 },
        { "layout", JF_STR, false, &layout, 0, 0 },
    };
    enum status st;

    *out = (struct preprocess){ .scale = 1 };
    if (o == NULL || json_is_null(o))
        return ST_OK;
    if ((st = JSON_READ(o, "preprocess", fields, err)) != ST_OK ||
        (st = read_numbers("mean", mean, out->mean, &out->n_mean, err)) !=
            ST_OK ||
        (st = read_numbers("std", std, out->std, &out->n_std, err)) != ST_OK ||
        (st = read_word("per_sample", per_sample, "none", "zscore",
             &out->zscore, err)) != ST_OK ||
        (st = read_word("layout", layout, "NCHW", "NHWC", &out->channels_last,
             err)) != ST_OK)
        return st;
    for (size_t i = 0; i < out->n_std; i++)
        if (!(out->std[i] > 0))
            return err_set(err, ST_INVALID, "dataset.preprocess",
                "preprocess.std[%zu] must be greater than 0", i);
    return ST_OK;
}

static size_t
channels(const struct preprocess *p, const struct npy *a)
{
    if (a->rank < 2)
        return 1;
    return (size_t)a->dims[p->channels_last ? a->rank - 1 : 1];
}

enum status
preprocess_shape(const struct preprocess *p, const struct npy *a, int64_t *dims,
    size_t *rank, struct err *err)
{
    size_t c = channels(p, a), n = a->rank - 1;

    if (p->n_mean > 1 && p->n_mean != c)
        return err_set(err, ST_UNPROCESSABLE, "dataset.preprocess",
            "preprocess.mean has %zu numbers, inputs have %zu channels",
            p->n_mean, c);
    if (p->n_std > 1 && p->n_std != c)
        return err_set(err, ST_UNPROCESSABLE, "dataset.preprocess",
            "preprocess.std has %zu numbers, inputs have %zu channels",
            p->n_std, c);
    *rank = n;
    for (size_t i = 0; i < n; i++)
        dims[i] = a->dims[i + 1];
    if (p->channels_last && n > 1) {
        memmove(dims + 1, dims, (n - 1) * sizeof(*dims));
        dims[0] = a->dims[n];
    }
    return ST_OK;
}

static void
zscore(float *x, size_t n)
{
    double sum = 0, squares = 0, mean, sd;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    sd = sqrt(squares / (double)n);
    for (size_t i = 0; i < n; i++) /* a constant sample is all zeros */
        x[i] = sd > 0 ? (float)((x[i] - mean) / sd) : 0;
}

void
preprocess_row(const struct preprocess *p, const struct npy *a,
    const float *raw, float *out)
{
    size_t c = channels(p, a), n = a->row_elements, area = n / c;

    for (size_t k = 0; k < c; k++) {
        double mean = p->n_mean ? p->mean[p->n_mean > 1 ? k : 0] : 0;
        double std = p->n_std ? p->std[p->n_std > 1 ? k : 0] : 1;

        for (size_t i = 0; i < area; i++) {
            float x = raw[p->channels_last ? i * c + k : k * area + i];

            out[k * area + i] = (float)((x * p->scale - mean) / std);
        }
    }
    if (p->zscore)
        zscore(out, n);
}
