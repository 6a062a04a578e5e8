/* SPDX-License-Identifier: MIT */
#include "search/certify/cross.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "search/certify/part.h"

/* Floors tried, and plans of a fold's front. */
enum { LEVELS = 101, POINTS = 13, NODES = 1 };

/* What plans chosen at one level lost on the samples that did not choose. */
struct level {
    double plus, minus; /* samples lost and won, over all repeats */
    double fitted;      /* their mean loss, made to rise with the level */
};

struct run {
    const struct solve_data *d;
    const struct solve_options *so;
    const struct cross_options *o;
    struct units units;
    int folds;
    int repeats;                /* done */
    double allowed;             /* drop wanted at most, a share */
    double least;               /* the strictest level */
    bool full_fits;             /* the full network keeps to the limits */
    uint8_t *fold;              /* owned, [n] */
    struct level level[LEVELS]; /* from `least` to `allowed` */
};

void
cross_options_init(struct cross_options *o)
{
    *o = (struct cross_options){ .folds = 5, .repeats = 2, .seed = 1 };
}

/* ---- folds ---- */

/* Every unit to a fold, folds as equal as can be. */
static enum status
draw_folds(struct run *r, struct rng *rng, struct err *err)
{
    size_t n = r->units.units;
    uint32_t *order = malloc(n * sizeof(*order));
    uint8_t *of = malloc(n);

    if (order == NULL || of == NULL) {
        free(order);
        free(of);
        return err_nomem(err);
    }
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
        size_t j = i + (size_t)rng_below(rng, n - i);
        uint32_t t = order[j];

        order[j] = order[i];
        order[i] = t;
        of[t] = (uint8_t)(i % (size_t)r->folds);
    }
    for (size_t i = 0; i < r->d->n; i++)
        r->fold[i] = of[units_of(&r->units, i)];
    free(order);
    free(of);
    return ST_OK;
}

/* Samples of `test` that a plan loses and wins. */
static void
count(const struct part *test, const struct solve_plan *plan, double *plus,
    double *minus)
{
    for (size_t i = 0; i < test->data.n; i++) {
        int loss = units_loss(
            &test->data, PROMISE_DROP, i, part_leaves_at(&test->data, plan, i));

        *plus += loss > 0;
        *minus += loss < 0;
    }
}

static double
level_drop(const struct run *r, int i)
{
    return r->least + (r->allowed - r->least) * i / (LEVELS - 1);
}

/* Along the front both accuracy and cost fall, and with the levels the floor
 * does: one walk over both. */
static void
judge_front(struct run *r, const struct solve_front *f, const struct part *rest,
    const struct part *test)
{
    const double n = (double)rest->data.n, full = (double)part_full(rest);
    double plus = 0, minus = 0;
    size_t next = 0;

    /* Without a plan that accurate the full network stands in. */
    if (!r->full_fits && f->n > 0)
        count(test, &f->points[next++].plan, &plus, &minus);
    for (int i = 0; i < LEVELS; i++) {
        const double floor = full - level_drop(r, i) * n - 1e-9 * n;
        size_t last = next;

        while (next < f->n && (double)f->points[next].right >= floor)
            next++;
        if (next > last) {
            plus = minus = 0;
            count(test, &f->points[next - 1].plan, &plus, &minus);
        }
        r->level[i].plus += plus;
        r->level[i].minus += minus;
    }
}

static enum status
run_fold(struct run *r, int fold, struct err *err)
{
    struct part rest = { 0 }, test = { 0 };
    struct solve_front front = { 0 };
    struct solve_options o = *r->so;
    uint8_t *in = malloc(r->d->n);
    enum status st = in != NULL ? ST_OK : err_nomem(err);

    for (size_t i = 0; in != NULL && i < r->d->n; i++)
        in[i] = r->fold[i] == fold;
    if (st == ST_OK &&
        (st = part_take(&rest, r->d, &r->units, in, 0, err)) == ST_OK &&
        (st = part_take(&test, r->d, &r->units, in, 1, err)) == ST_OK) {
        double least =
            (double)part_full(&rest) - r->allowed * (double)rest.data.n;

        o.floor = least > 0 ? (int64_t)ceil(least - 1e-9 * least) : 0;
        o.claim = NULL;
        o.max_nodes = NODES;
        st = solve_front(&rest.data, &o, POINTS, &front, err);
    }
    if (st == ST_OK)
        judge_front(r, &front, &rest, &test);
    solve_front_clear(&front);
    part_clear(&rest);
    part_clear(&test);
    free(in);
    return st;
}

/* ---- the answer ---- */

/* What is lost rises with what may be: least squares under that order, by
 * pooling neighbours (Ayer et al., 1955). */
static void
fit_rising(struct run *r)
{
    const double n = (double)r->d->n * r->repeats;
    double mean[LEVELS];
    int size[LEVELS], blocks = 0, at = 0;

    for (int i = 0; i < LEVELS; i++) {
        mean[blocks] = (r->level[i].plus - r->level[i].minus) / n;
        size[blocks++] = 1;
        while (blocks > 1 && mean[blocks - 2] > mean[blocks - 1]) {
            int a = size[blocks - 2], b = size[blocks - 1];

            mean[blocks - 2] =
                (mean[blocks - 2] * a + mean[blocks - 1] * b) / (a + b);
            size[--blocks - 1] = a + b;
        }
    }
    for (int b = 0; b < blocks; b++)
        for (int k = 0; k < size[b]; k++)
            r->level[at++].fitted = mean[b];
}

static void
answer(const struct run *r, int64_t full, struct cross *out)
{
    const double n = (double)r->d->n, runs = n * r->repeats;
    const struct level *chosen;
    int i = LEVELS - 1;

    out->plain = r->level[i].fitted;
    while (i >= 0 && r->level[i].fitted > r->allowed + 1e-12)
        i--;
    out->floor = r->so->floor;
    if (i < 0) {
        out->status = r->full_fits && r->allowed >= 0 ? CROSS_FULL : CROSS_NONE;
        out->drop = out->status == CROSS_FULL ? 0 : r->level[0].fitted;
        out->error = out->status == CROSS_FULL ? 0 : NAN;
        return;
    }
    chosen = &r->level[i];
    out->status = CROSS_MET;
    if (i < LEVELS - 1)
        out->floor =
            (int64_t)ceil((double)full - level_drop(r, i) * n - 1e-9 * n);
    out->drop = chosen->fitted;
    out->error = sqrt(((chosen->plus + chosen->minus) / runs -
                          chosen->fitted * chosen->fitted) /
                      n);
}

/* The strictest level that can matter: what the most accurate plan gains. */
static enum status
find_levels(struct run *r, int64_t full, struct err *err)
{
    const double n = (double)r->d->n;
    struct solve_plan plan;
    struct solve_tally t;
    enum status st;

    solve_plan_full(r->d, &plan);
    if ((st = solve_eval(r->d, &plan, &t, err)) != ST_OK)
        return st;
    r->full_fits =
        t.worst <= r->so->worst_case && (r->so->forced & ~plan.kept) == 0;
    r->allowed = (double)(full - r->so->floor) / n;
    r->least = -fabs(r->allowed) - 3 / sqrt(n);
    return ST_OK;
}

static enum status
check(const struct solve_data *d, const struct run *r, struct err *err)
{
    if (d->weight != NULL || r->o->folds < 2 || r->o->folds > CROSS_FOLDS_MAX ||
        r->o->repeats < 1 || r->o->repeats > CROSS_REPEATS_MAX)
        return err_set(err, ST_INVALID, "search.cross",
            "cross takes 2 to %d folds, 1 to %d repeats and no weights",
            CROSS_FOLDS_MAX, CROSS_REPEATS_MAX);
    if (r->units.units < 2)
        return err_set(err, ST_INVALID, "search.cross",
            "one calibration sample (or group of them) cannot be parted: give "
            "more, or leave cross out");
    return ST_OK;
}

static bool
is_over(const struct run *r)
{
    const struct solve_progress none = { .upper = INT64_MAX };

    return r->so->watch != NULL && r->so->watch(r->so->watch_ctx, &none);
}

/* All folds, `repeats` times.  A front that the watch cut short says nothing,
 * so what its repeat has added is forgotten. */
static enum status
run_all(struct run *r, struct err *err)
{
    struct rng rng = { r->o->seed };
    struct level before[LEVELS];
    enum status st = ST_OK;

    r->fold = malloc(r->d->n);
    if (r->fold == NULL)
        return err_nomem(err);
    while (st == ST_OK && r->repeats < r->o->repeats && !is_over(r)) {
        memcpy(before, r->level, sizeof(before));
        st = draw_folds(r, &rng, err);
        for (int f = 0; st == ST_OK && f < r->folds && !is_over(r); f++)
            st = run_fold(r, f, err);
        if (is_over(r))
            memcpy(r->level, before, sizeof(before));
        else
            r->repeats++;
    }
    return st;
}

enum status
cross_floor(const struct solve_data *d, const uint32_t *group,
    const struct solve_options *so, const struct cross_options *o,
    struct cross *out, struct err *err)
{
    struct run r = { .d = d, .so = so, .o = o };
    int64_t full = part_full(&(struct part){ .data = *d });
    enum status st;

    *out = (struct cross){ .status = CROSS_STOPPED,
        .floor = so->floor,
        .drop = NAN,
        .error = NAN,
        .plain = NAN,
        .grouped = group != NULL };
    if ((st = units_init(&r.units, group, d->n, err)) != ST_OK)
        return st;
    r.folds = out->folds =
        r.units.units < (size_t)o->folds ? (int)r.units.units : o->folds;
    if ((st = check(d, &r, err)) == ST_OK &&
        (st = find_levels(&r, full, err)) == ST_OK &&
        (st = run_all(&r, err)) == ST_OK) {
        out->repeats = r.repeats;
        if (r.repeats > 0) {
            fit_rising(&r);
            answer(&r, full, out);
        }
    }
    free(r.fold);
    units_clear(&r.units);
    return st;
}
