/* SPDX-License-Identifier: MIT */
/* promise_front.c -- a front from some of the samples, tested on the rest. */
#include <math.h>
#include <stdlib.h>

#include "search/certify/part.h"
#include "search/certify/promise_internal.h"

/* Plans tested at most: in sequence a plan more costs nothing, with
 * Bonferroni it costs its share of delta. */
static const size_t steps[] = {
    [PROMISE_SEQUENCE] = 64,
    [PROMISE_BONFERRONI] = 8,
};

/* What a plan does to the tested units; `sum` is scratch, [units]. */
static void
gather(const struct promise_run *r, const struct part *test,
    const struct solve_plan *plan, int32_t *sum, struct evidence *e)
{
    const struct units *u = r->units;

    for (size_t i = 0; i < test->data.n; i++)
        sum[test->unit[i]] = 0;
    for (size_t i = 0; i < test->data.n; i++)
        sum[test->unit[i]] += units_loss(
            &test->data, e->q.loss, i, part_leaves_at(&test->data, plan, i));
    for (size_t i = 0; i < test->data.n; i++) {
        size_t k = test->unit[i];

        if (sum[k] != 0)
            evidence_move(e, 0, u->len ? (double)sum[k] / u->len[k] : sum[k]);
        sum[k] = 0;
    }
}

/* One floor for all samples: a plan that passed may still miss it. */
static enum status
meets_floor(const struct promise_run *r, const struct solve_plan *plan,
    bool *yes, struct err *err)
{
    struct solve_tally t;
    enum status st = solve_eval(r->d, plan, &t, err);

    *yes = st == ST_OK && t.right >= r->so->floor;
    return st;
}

/* Test the plans of the front from the safest on. */
static enum status
walk(const struct promise_run *r, const struct part *test,
    const struct solve_front *f, int32_t *sum, struct promise *out,
    struct err *err)
{
    bool all = r->po->order == PROMISE_BONFERRONI, refused = false, floor;
    struct promise_question q = r->po->question;
    double used = (double)out->n_search / (double)out->n_test;
    enum status st;

    q.delta = out->level;
    for (size_t i = 0; i < f->n && (all || !refused); i++) {
        const struct solve_plan *plan = &f->points[i].plan;
        bool is_full = plan->kept == UINT64_C(1) << (r->d->exits - 1);
        struct evidence e;
        double p = 0;

        if (is_full)
            continue; /* loses nothing: it needs no test */
        evidence_init(&e, &q, out->n_test);
        gather(r, test, plan, sum, &e);
        p = evidence_p(&e);
        out->tried++;
        if (p > out->level) {
            if (!refused)
                promise_refuse(out, &e, used);
            refused = true;
            continue;
        }
        out->passed++;
        if ((st = meets_floor(r, plan, &floor, err)) != ST_OK)
            return st;
        if (floor)
            promise_take(out, plan, &e, p);
    }
    if (out->tried > 0 && !refused)
        out->reason = PROMISE_ALL_PASSED;
    return ST_OK;
}

/* The front of the drawn samples, down to twice the loss allowed: plans below
 * that would hardly pass. */
static enum status
draw_front(const struct promise_run *r, const struct part *search,
    struct solve_front *f, struct err *err)
{
    const struct solve_data *d = &search->data;
    struct solve_options o = *r->so;

    o.floor = part_full(search) -
              (int64_t)ceil(2 * r->po->question.eps * (double)d->n);
    o.floor = o.floor < 0 ? 0 : o.floor;
    return solve_front(d, &o, steps[r->po->order], f, err);
}

enum status
promise_front(const struct promise_run *r, double level, struct promise *out,
    struct err *err)
{
    struct solve_front f = { 0 };
    struct part search = { 0 }, test = { 0 };
    uint8_t *in = malloc(r->d->n);
    int32_t *sum = malloc(r->units->units * sizeof(*sum));
    size_t drawn = 0;
    enum status st;

    *out = (struct promise){ .family = PROMISE_FRONT,
        .reason = PROMISE_LIMITS,
        .level = level,
        .needed = -1 };
    st = in != NULL && sum != NULL
             ? units_draw(r->units, r->po->share, r->po->seed, in, &drawn, err)
             : err_nomem(err);
    out->n_search = (int64_t)drawn;
    out->n_test = (int64_t)(r->units->units - drawn);
    if (st == ST_OK &&
        (st = part_take(&search, r->d, r->units, in, 1, err)) == ST_OK &&
        (st = part_take(&test, r->d, r->units, in, 0, err)) == ST_OK &&
        (st = draw_front(r, &search, &f, err)) == ST_OK && out->n_test > 0) {
        if (r->po->order == PROMISE_BONFERRONI && f.n > 0)
            out->level = level / (double)f.n;
        st = walk(r, &test, &f, sum, out, err);
    }
    solve_front_clear(&f);
    part_clear(&search);
    part_clear(&test);
    free(in);
    free(sum);
    return st;
}
