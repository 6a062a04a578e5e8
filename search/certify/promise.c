/* SPDX-License-Identifier: MIT */
#include "search/certify/promise_internal.h"

#include <math.h>

#define BAD(err, ...) err_set(err, ST_INVALID, "search.guarantee", __VA_ARGS__)

void
promise_options_init(struct promise_options *o)
{
    *o = (struct promise_options){
        .question = { .loss = PROMISE_DROP,
            .method = PROMISE_EXACT,
            .eps = 0.01,
            .delta = 0.1 },
        .share = 0.4,
        .seed = 1,
    };
}

static bool
inside(double x)
{
    return x > 0 && x < 1;
}

static enum status
check(const struct solve_data *d, const uint32_t *group,
    const struct promise_options *o, struct err *err)
{
    if (!inside(o->question.eps) || !inside(o->question.delta) ||
        !inside(o->share))
        return BAD(err, "guarantee: eps, delta and share must be between 0 and "
                        "1, both excluded");
    if (d->weight != NULL)
        return BAD(err, "a guarantee counts independent samples: weights have "
                        "no meaning for it");
    if (group != NULL && o->question.method == PROMISE_EXACT)
        return BAD(err,
            "samples of a group are not independent: with groups the test is "
            "betting, not exact");
    return ST_OK;
}

void
promise_take(struct promise *out, const struct solve_plan *plan,
    const struct evidence *e, double p)
{
    out->plan = *plan;
    out->plus = e->plus;
    out->minus = e->minus;
    out->loss = evidence_mean(e);
    out->p = p;
}

void
promise_refuse(struct promise *out, const struct evidence *e, double used)
{
    struct evidence none;
    int64_t needed = evidence_needed(e), least;

    evidence_init(&none, &e->q, e->n);
    if (evidence_p(&none) > e->q.delta) {
        least = evidence_needed(&none);
        out->reason = PROMISE_TOO_SMALL;
        needed = needed > least ? needed : least;
    } else {
        out->reason = needed < 0 ? PROMISE_TOO_RISKY : PROMISE_UNSURE;
    }
    out->needed = needed < 0 ? -1 : (int64_t)ceil((double)needed * (1 + used));
}

/* The full network: its loss is 0, whatever is drawn. */
static enum status
offer_full(const struct promise_run *r, struct solve_plan *plan,
    struct solve_tally *t, bool *allowed, struct err *err)
{
    uint64_t early = (UINT64_C(1) << (r->d->exits - 1)) - 1;
    enum status st;

    solve_plan_full(r->d, plan);
    if ((st = solve_eval(r->d, plan, t, err)) != ST_OK)
        return st;
    *allowed = (r->so->forced & early) == 0 && t->worst <= r->so->worst_case &&
               t->right >= r->so->floor;
    return ST_OK;
}

static void
fall_back(struct promise *out, const struct solve_plan *full, bool allowed)
{
    out->status = allowed ? PROMISE_FULL : PROMISE_NONE;
    out->plan = allowed ? *full : (struct solve_plan){ 0 };
    out->plus = out->minus = 0;
    out->loss = out->p = 0;
    if (!allowed) { /* nor would more samples help */
        out->reason = PROMISE_LIMITS;
        out->needed = -1;
    }
}

/* Of two families' answers: the cheaper plan, or else the better news. */
static enum status
prefer(const struct promise_run *r, const struct promise *a,
    const struct promise *b, struct promise *out, struct err *err)
{
    struct solve_tally ta = { .cost = INT64_MAX }, tb = { .cost = INT64_MAX };
    enum status st = ST_OK;

    if (a->plan.kept != 0)
        st = solve_eval(r->d, &a->plan, &ta, err);
    if (st == ST_OK && b->plan.kept != 0)
        st = solve_eval(r->d, &b->plan, &tb, err);
    if (st != ST_OK)
        return st;
    *out = tb.cost < ta.cost ? *b : *a;
    if (ta.cost == INT64_MAX && tb.cost == INT64_MAX && b->needed >= 0 &&
        (a->needed < 0 || b->needed < a->needed))
        *out = *b;
    return ST_OK;
}

static enum status
families(const struct promise_run *r, struct promise *out, struct err *err)
{
    double delta = r->po->question.delta;
    struct promise front = { 0 }, shared = { 0 };
    enum status st;

    if (r->po->family == PROMISE_FRONT)
        return promise_front(r, delta, out, err);
    if (r->po->family == PROMISE_SHARED)
        return promise_shared(r, delta, out, err);
    if ((st = promise_front(r, delta / 2, &front, err)) != ST_OK ||
        (st = promise_shared(r, delta / 2, &shared, err)) != ST_OK)
        return st;
    return prefer(r, &front, &shared, out, err);
}

enum status
promise_make(const struct solve_data *d, const uint32_t *group,
    const struct solve_options *so, const struct promise_options *po,
    struct promise *out, struct err *err)
{
    struct units units = { 0 };
    struct promise_run run = { d, so, po, &units };
    struct solve_plan full;
    struct solve_tally t, mine;
    bool allowed;
    enum status st;

    *out = (struct promise){ .needed = -1 };
    if ((st = check(d, group, po, err)) != ST_OK ||
        (st = offer_full(&run, &full, &t, &allowed, err)) != ST_OK ||
        (st = units_init(&units, group, d->n, err)) != ST_OK)
        return st;
    if ((st = families(&run, out, err)) != ST_OK)
        goto out;
    out->grouped = group != NULL;
    out->status = PROMISE_CERTIFIED;
    if (out->plan.kept == 0) {
        fall_back(out, &full, allowed);
    } else if ((st = solve_eval(d, &out->plan, &mine, err)) == ST_OK &&
               allowed && mine.cost >= t.cost) {
        out->reason = PROMISE_DEARER;
        fall_back(out, &full, true);
    }
out:
    units_clear(&units);
    return st;
}
