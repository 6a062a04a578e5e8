/* SPDX-License-Identifier: MIT */
/* trial_select.c -- premodels that choose an exit of the network before it
 * runs, from features of the sample: trained on the calibration half. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "search/data/selection.h"
#include "search/data/trial_fixed.h"

enum { TEST_FOLD = 0, TRAIN_FOLD = 1 };

/* Every premodel in every shape, by its name in the table. */
static const struct {
    const char *name;
    const struct premodel_kind *kind;
    enum select_shape shape;
} makers[] = {
    { "knn-cascade", &premodel_knn, SELECT_CASCADE },
    { "knn-single", &premodel_knn, SELECT_SINGLE },
    { "tree-cascade", &premodel_tree, SELECT_CASCADE },
    { "tree-single", &premodel_tree, SELECT_SINGLE },
    { "bayes-cascade", &premodel_bayes, SELECT_CASCADE },
    { "bayes-single", &premodel_bayes, SELECT_SINGLE },
};
enum { MAKERS = sizeof(makers) / sizeof(makers[0]) };

bool
trial_select_named(const char *name)
{
    for (size_t k = 0; k < MAKERS; k++)
        if (strcmp(makers[k].name, name) == 0)
            return true;
    return false;
}

bool
trial_select_name(size_t k, struct trial_name *out)
{
    if (k >= MAKERS)
        return false;
    *out = (struct trial_name){ makers[k].name, makers[k].kind->summary };
    return true;
}

/* What the premodels are trained on: each exit alone is a configuration. */
struct training {
    struct selection s; /* features of all rows */
    struct select_ask ask;
    struct select_table table;
    double *cost, *x;      /* owned, of the rows that are used */
    uint8_t *right, *fold; /* owned */
};

static void
training_clear(struct training *t)
{
    selection_clear(&t->s);
    free(t->cost);
    free(t->x);
    free(t->right);
    free(t->fold);
}

static enum status
make_room(struct training *t, size_t n, size_t exits, struct err *err)
{
    t->cost = malloc((n * exits + 1) * sizeof(*t->cost));
    t->x = malloc((n * (size_t)t->s.d + 1) * sizeof(*t->x));
    t->right = malloc(n * exits + 1);
    t->fold = malloc(n + 1);
    return t->cost && t->x && t->right && t->fold ? ST_OK : err_nomem(err);
}

/* Rows of the calibration half that have an answer to compare with. */
static size_t
choose_rows(const struct trial_base *b, uint8_t *half, uint32_t *row)
{
    const struct records *r = b->records;
    size_t n = 0;

    records_split(r, b->options->seed, half);
    for (size_t i = 0; i < r->n; i++)
        if (half[i] == RECORDS_CAL &&
            (b->options->reference == SEARCH_FINAL || r->label[i] >= 0))
            row[n++] = (uint32_t)i;
    return n;
}

static void
fill(struct training *t, const struct trial_base *b, const uint32_t *row,
    size_t n)
{
    const struct records *r = b->records;
    const int64_t *last = r->pred + (size_t)(r->exits - 1) * r->n;
    size_t d = (size_t)t->s.d;

    for (size_t k = 0; k < n; k++) {
        size_t i = row[k];
        int64_t want =
            b->options->reference == SEARCH_FINAL ? last[i] : r->label[i];

        memcpy(t->x + k * d, t->s.x + i * d, d * sizeof(*t->x));
        t->fold[k] = TRAIN_FOLD;
        for (int e = 0; e < r->exits; e++) {
            t->cost[(size_t)e * n + k] = b->input->own[e];
            t->right[(size_t)e * n + k] = r->pred[(size_t)e * r->n + i] == want;
        }
    }
    t->table = (struct select_table){ n, r->exits, t->cost, t->right };
    t->ask = (struct select_ask){ &t->table, t->x, t->s.d, t->fold, 2,
        SELECT_ACCURACY, 0.005 };
}

static enum status
training_init(struct training *t, const struct trial_base *b, struct err *err)
{
    const struct records *r = b->records;
    uint8_t *half = malloc(r->n + 1);
    uint32_t *row = malloc((r->n + 1) * sizeof(*row));
    enum status st = half && row ? ST_OK : err_nomem(err);
    size_t n = 0;

    t->s.n = r->n;
    if (st == ST_OK)
        st = selection_features(&t->s, b->options->features, err);
    if (st == ST_OK) {
        n = choose_rows(b, half, row);
        st = n >= (size_t)r->exits
                 ? make_room(t, n, (size_t)r->exits, err)
                 : err_set(err, ST_UNPROCESSABLE, "select.records",
                       "%zu samples of the calibration half for %d exits to "
                       "choose between: that is too few",
                       n, r->exits);
    }
    if (st == ST_OK)
        fill(t, b, row, n);
    free(half);
    free(row);
    return st;
}

/* A premodel's choice for every sample of the stream. */
static enum status
add_row(const struct trial_base *b, const struct training *t, size_t k,
    struct trial_rows *out, struct err *err)
{
    const struct trial_input *in = b->input;
    struct trial_row *row = &out->row[out->n++];
    double fee = b->options->feature_cost;
    struct select_model *m;
    int64_t start;
    enum status st = select_train(
        &t->ask, makers[k].kind, makers[k].shape, TEST_FOLD, &m, err);

    if (st != ST_OK)
        return st;
    *row = (struct trial_row){ .name = makers[k].name,
        .summary = makers[k].kind->summary,
        .family = "selection",
        .realisable = true,
        .state_bytes = select_model_bytes(m) };
    if ((row->fixed.choice = malloc(in->stream.n + 1)) == NULL) {
        select_model_free(m);
        return err_nomem(err);
    }
    for (int e = 0; e < in->stream.arms; e++)
        row->fixed.outcome[e] = (struct trial_outcome){ in->own[e] + fee,
            in->earn_own[e] + fee * in->unit, e, false };
    /* nothing runs where all are expected to fail, and that is no success */
    row->fixed.outcome[SELECT_NONE] =
        (struct trial_outcome){ fee, fee * in->unit, -1, false };
    start = clock_ns();
    for (size_t i = 0; i < in->stream.n; i++)
        row->fixed.choice[i] =
            (uint8_t)select_decide(m, t->s.x + in->row[i] * (size_t)t->s.d);
    row->step_ns = (double)(clock_ns() - start) / (double)in->stream.n;
    select_model_free(m);
    return ST_OK;
}

static enum status
check(const struct trial_options *o, struct err *err)
{
    for (size_t i = 0; i < o->n_names; i++)
        if (o->features == NULL && trial_select_named(o->names[i]))
            return err_set(err, ST_INVALID, "policy.name",
                "%s chooses by features of the samples: give `features`",
                o->names[i]);
    if (!(o->feature_cost >= 0) || !isfinite(o->feature_cost))
        return err_set(err, ST_INVALID, "policy.setting",
            "feature_cost is %g: give 0 or more", o->feature_cost);
    return ST_OK;
}

enum status
trial_select_add(
    const struct trial_base *b, struct trial_rows *out, struct err *err)
{
    struct training t = { 0 };
    enum status st = check(b->options, err);

    if (st != ST_OK || b->options->features == NULL)
        return st;
    st = training_init(&t, b, err);
    for (size_t k = 0; st == ST_OK && k < MAKERS; k++)
        if (trial_wanted(b->options, makers[k].name))
            st = add_row(b, &t, k, out, err);
    training_clear(&t);
    return st;
}
