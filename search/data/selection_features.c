/* SPDX-License-Identifier: MIT */
/* selection_features.c -- features of samples: given, or made of images. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "search/data/npy.h"
#include "search/data/selection.h"
#include "search/select/image.h"

#define BAD(err, ...)                                                          \
    err_set(err, ST_UNPROCESSABLE, "select.features", __VA_ARGS__)

static enum status
check_rows(const struct selection *s, const struct npy *a, struct err *err)
{
    if (a->rank > 0 && (size_t)a->dims[0] == s->n)
        return ST_OK;
    return BAD(err, "there are %lld rows for %zu samples: give one for each",
        (long long)(a->rank ? a->dims[0] : 0), s->n);
}

static enum status
check_values(const struct selection *s, struct err *err)
{
    struct select_scale scale;

    for (size_t i = 0; i < s->n; i++)
        for (int j = 0; j < s->d; j++)
            if (!isfinite(s->x[i * (size_t)s->d + (size_t)j]))
                return BAD(
                    err, "row %zu, column %d is not a finite number", i, j);
    select_scale_find(&scale, s->x, s->n, s->d);
    for (int j = 0; j < s->d; j++)
        if (scale.low[j] == scale.high[j])
            return BAD(err,
                "column %d is %g for every sample: it tells nothing, leave it "
                "out",
                j, scale.low[j]);
    return ST_OK;
}

static enum status
read_features(struct selection *s, const struct npy *a, struct err *err)
{
    float row[PREMODEL_FEATURES_MAX];
    enum status st = check_rows(s, a, err);

    if (st != ST_OK)
        return st;
    if (a->rank != 2 || a->dims[1] < 1 || a->dims[1] > PREMODEL_FEATURES_MAX)
        return BAD(err, "must be [samples][features] with 1 to %d features",
            PREMODEL_FEATURES_MAX);
    s->d = (int)a->dims[1];
    if ((s->x = malloc(s->n * (size_t)s->d * sizeof(*s->x) + 1)) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < s->n; i++) {
        npy_row(a, i, row);
        for (int j = 0; j < s->d; j++)
            s->x[i * (size_t)s->d + (size_t)j] = (double)row[j];
    }
    return check_values(s, err);
}

enum status
selection_features(struct selection *s, const char *path, struct err *err)
{
    struct npy a;
    enum status st = npy_open(&a, path, "features", err);

    if (st != ST_OK)
        return st;
    st = read_features(s, &a, err);
    npy_close(&a);
    return st;
}

/* ---- images ---- */

struct pictures {
    const struct npy *file; /* borrowed */
    struct image image;
    bool channels_last;
    float *raw, *planes; /* owned */
    void *scratch;       /* owned */
};

static void
pictures_clear(struct pictures *p)
{
    free(p->raw);
    free(p->planes);
    free(p->scratch);
}

static enum status
pictures_init(struct pictures *p, const struct npy *a, bool channels_last,
    struct err *err)
{
    int64_t c = a->rank == 4 ? a->dims[channels_last ? 3 : 1] : 0;
    int64_t h = a->rank == 4 ? a->dims[channels_last ? 1 : 2] : 0;
    int64_t w = a->rank == 4 ? a->dims[channels_last ? 2 : 3] : 0;

    *p = (struct pictures){ .file = a, .channels_last = channels_last };
    if (a->type != NPY_U1 || (c != 1 && c != 3) || h < 8 || w < 8 ||
        h > IMAGE_SIDE_MAX || w > IMAGE_SIDE_MAX)
        return BAD(err,
            "images must be u1, [n][1 or 3][height][width] (channels last "
            "with that layout), 8 to %d pixels high and wide",
            IMAGE_SIDE_MAX);
    p->raw = malloc(a->row_elements * sizeof(*p->raw));
    p->planes = malloc(a->row_elements * sizeof(*p->planes));
    p->scratch = malloc(image_scratch((int)h, (int)w));
    p->image = (struct image){ p->planes, (int)c, (int)h, (int)w };
    return p->raw && p->planes && p->scratch ? ST_OK : err_nomem(err);
}

static void
picture_features(const struct pictures *p, size_t i, double out[IMAGE_FEATURES])
{
    size_t n = p->file->row_elements, c = (size_t)p->image.channels;
    size_t pixels = n / c;

    npy_row(p->file, i, p->raw);
    for (size_t k = 0; k < n; k++)
        p->planes[k] =
            p->channels_last ? p->raw[k % pixels * c + k / pixels] : p->raw[k];
    image_features(&p->image, p->scratch, out);
}

/* Columns that are the same for all go. */
static enum status
keep_telling(struct selection *s, struct err *err)
{
    struct select_scale scale;
    int keep[IMAGE_FEATURES], d = 0;

    select_scale_find(&scale, s->x, s->n, s->d);
    for (int j = 0; j < s->d; j++)
        if (scale.low[j] < scale.high[j]) {
            s->feature[d] = image_feature_names[j];
            keep[d++] = j;
        }
    if (d == 0)
        return BAD(err, "all images look the same: no feature tells anything");
    for (size_t i = 0; i < s->n; i++)
        for (int j = 0; j < d; j++)
            s->x[i * (size_t)d + (size_t)j] =
                s->x[i * (size_t)s->d + (size_t)keep[j]];
    s->d = d;
    return ST_OK;
}

enum status
selection_images(struct selection *s, const char *path, bool channels_last,
    double *each_ns, struct err *err)
{
    struct pictures p = { 0 };
    struct npy a;
    int64_t start;
    enum status st = npy_open(&a, path, "images", err);

    if (st != ST_OK)
        return st;
    s->d = IMAGE_FEATURES;
    if ((st = check_rows(s, &a, err)) == ST_OK &&
        (st = pictures_init(&p, &a, channels_last, err)) == ST_OK &&
        (s->x = malloc(s->n * IMAGE_FEATURES * sizeof(*s->x) + 1)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK) {
        start = clock_ns();
        for (size_t i = 0; i < s->n; i++)
            picture_features(&p, i, s->x + i * IMAGE_FEATURES);
        *each_ns = (double)(clock_ns() - start) / (double)s->n;
        st = keep_telling(s, err);
    }
    pictures_clear(&p);
    npy_close(&a);
    return st;
}
