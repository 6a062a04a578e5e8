/* SPDX-License-Identifier: MIT */
#include "search/select/cross.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
select_scale_find(struct select_scale *s, const double *x, size_t n, int d)
{
    for (int j = 0; j < d; j++) {
        s->low[j] = INFINITY;
        s->high[j] = -INFINITY;
    }
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < d; j++) {
            s->low[j] = fmin(s->low[j], x[i * (size_t)d + (size_t)j]);
            s->high[j] = fmax(s->high[j], x[i * (size_t)d + (size_t)j]);
        }
}

void
select_scale_row(
    const struct select_scale *s, const double *x, int d, double *out)
{
    for (int j = 0; j < d; j++) {
        double range = s->high[j] - s->low[j];

        out[j] = range > 0 ? (x[j] - s->low[j]) / range : 0;
    }
}

/* `table`, `x` and `y` are the rows it is trained on. */
struct select_model {
    const struct premodel_kind *kind; /* borrowed */
    enum select_shape shape;
    int d;
    struct select_table table;
    double *cost, *x;   /* owned */
    uint8_t *right, *y; /* owned; `y` is written for each model */
    struct select_scale scale;
    struct select_set set;
    void *model[SELECT_MAX]; /* owned */
    int models;
    size_t bytes;
};

static void
forget_rows(struct select_model *g)
{
    free(g->cost);
    free(g->x);
    free(g->right);
    free(g->y);
    g->cost = g->x = NULL;
    g->right = g->y = NULL;
}

void
select_model_free(struct select_model *g)
{
    if (g == NULL)
        return;
    for (int k = 0; k < g->models; k++)
        free(g->model[k]);
    forget_rows(g);
    free(g);
}

size_t
select_model_bytes(const struct select_model *g)
{
    return g->bytes;
}

static void
copy_rows(struct select_model *g, const struct select_ask *a, int fold)
{
    const struct select_table *t = a->table;
    size_t n = g->table.n, d = (size_t)a->d, at = 0;

    for (size_t i = 0; i < t->n; i++) {
        if (a->fold[i] == fold)
            continue;
        memcpy(g->x + at * d, a->x + i * d, d * sizeof(double));
        for (int c = 0; c < t->configs; c++) {
            g->cost[(size_t)c * n + at] = t->cost[(size_t)c * t->n + i];
            g->right[(size_t)c * n + at] = t->right[(size_t)c * t->n + i];
        }
        at++;
    }
}

static enum status
take_rows(struct select_model *g, const struct select_ask *a, int fold,
    struct err *err)
{
    size_t n = 0, configs = (size_t)a->table->configs, d = (size_t)a->d;

    for (size_t i = 0; i < a->table->n; i++)
        n += a->fold[i] != fold;
    g->cost = malloc((n * configs + 1) * sizeof(*g->cost));
    g->right = malloc(n * configs + 1);
    g->x = malloc((n * d + 1) * sizeof(*g->x));
    g->y = malloc(n + 1);
    if (!g->cost || !g->right || !g->x || !g->y)
        return err_nomem(err);
    g->table = (struct select_table){ n, a->table->configs, g->cost, g->right };
    copy_rows(g, a, fold);
    select_scale_find(&g->scale, g->x, n, a->d);
    for (size_t i = 0; i < n; i++)
        select_scale_row(&g->scale, g->x + i * d, a->d, g->x + i * d);
    select_choose(&g->table, a->rule, a->theta, &g->set);
    return ST_OK;
}

/* Class of a row: for a cascade's level whether the label is its member, for
 * a single model the label's place in the set, or the set's size. */
static void
set_classes(struct select_model *g, enum select_shape shape, int level)
{
    for (size_t i = 0; i < g->table.n; i++) {
        int label = select_label(&g->table, &g->set, i), place = 0;

        while (place < g->set.n && g->set.member[place] != label)
            place++;
        g->y[i] = (uint8_t)(shape == SELECT_SINGLE ? place : place == level);
    }
}

static enum status
train(struct select_model *g, const struct select_ask *a,
    const struct premodel_kind *kind, enum select_shape shape, struct err *err)
{
    int models = shape == SELECT_SINGLE ? 1 : g->set.n;
    enum status st = ST_OK;

    for (int k = 0; st == ST_OK && k < models; k++) {
        struct premodel_rows rows = { g->x, g->y, g->table.n, a->d,
            shape == SELECT_SINGLE ? g->set.n + 1 : 2 };
        size_t bytes = 0;

        set_classes(g, shape, k);
        if ((st = kind->train(&rows, &g->model[k], &bytes, err)) == ST_OK)
            g->models++;
        g->bytes += bytes;
    }
    return st;
}

enum status
select_train(const struct select_ask *a, const struct premodel_kind *kind,
    enum select_shape shape, int leave_out, struct select_model **out,
    struct err *err)
{
    struct select_model *g = calloc(1, sizeof(*g));
    enum status st;

    *out = NULL;
    if (g == NULL)
        return err_nomem(err);
    g->kind = kind;
    g->shape = shape;
    g->d = a->d;
    g->bytes = sizeof(*g);
    if ((st = take_rows(g, a, leave_out, err)) != ST_OK ||
        (st = train(g, a, kind, shape, err)) != ST_OK) {
        select_model_free(g);
        return st;
    }
    forget_rows(g);
    *out = g;
    return ST_OK;
}

int
select_decide(const struct select_model *g, const double *raw)
{
    double x[PREMODEL_FEATURES_MAX];
    int place = 0;

    select_scale_row(&g->scale, raw, g->d, x);
    if (g->shape == SELECT_SINGLE)
        place = g->kind->predict(g->model[0], x);
    else
        while (place < g->models && g->kind->predict(g->model[place], x) == 0)
            place++;
    return place < g->set.n ? g->set.member[place] : SELECT_NONE;
}

enum status
select_cross(const struct select_ask *a, const struct premodel_kind *kind,
    enum select_shape shape, uint8_t *chosen, size_t *bytes, struct err *err)
{
    enum status st = ST_OK;

    *bytes = 0;
    for (int f = 0; st == ST_OK && f < a->folds; f++) {
        struct select_model *m;

        if ((st = select_train(a, kind, shape, f, &m, err)) != ST_OK)
            break;
        for (size_t i = 0; i < a->table->n; i++)
            if (a->fold[i] == f)
                chosen[i] = (uint8_t)select_decide(m, a->x + i * (size_t)a->d);
        *bytes = m->bytes > *bytes ? m->bytes : *bytes;
        select_model_free(m);
    }
    return st;
}
