/* SPDX-License-Identifier: MIT */
#include "probes/transfer/sweep.h"

#include <math.h>
#include <stdlib.h>

#include "base/flag.h"
#include "probes/measure/rounds.h"

enum {
    WARM = 3,  /* exchanges of each size before any counts */
    LEAST = 3, /* sizes */
    ROUNDS_LEAST = 11,
    LOOKS_TO_STOP = 2,
};

static const double LOOK_CONFIDENCE = 0.99, CONFIDENCE = 0.95;

/* Samples in ns: [way][size][round]. */
struct samples {
    double ns[SWEEP_WAYS][SWEEP_SIZES_MAX][SWEEP_ROUNDS_MAX];
};

struct run {
    const struct exchange *x;
    const struct sweep_policy *p;
    struct sweep *out;
    struct samples *s; /* owned */
    struct rng rng;
    int64_t spent_ns;
};

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum status
once(struct run *r, int way, size_t bytes, double *ns, struct err *err)
{
    int64_t taken = 0;
    enum status st = r->x->run(r->x->ctx, way == SWEEP_SEND ? bytes : 1,
        way == SWEEP_SEND ? 1 : bytes, &taken, err);

    r->spent_ns += taken + 2 * r->x->work_ns;
    *ns = fmax((double)taken, 1);
    return st;
}

/* The slower way's fastest of a few exchanges, which also warms the link. */
static enum status
warm(struct run *r, size_t bytes, double *ns, struct err *err)
{
    enum status st = ST_OK;

    *ns = 0;
    for (int way = 0; st == ST_OK && way < SWEEP_WAYS; way++) {
        double fastest = INFINITY, t;

        for (int i = 0; st == ST_OK && i < WARM; i++) {
            st = once(r, way, bytes, &t, err);
            fastest = fmin(fastest, t);
        }
        *ns = fmax(*ns, fastest);
    }
    return st;
}

/* Sizes from 1 byte up by fours, as long as the least number of rounds of all
 * of them fits into the budget. */
static enum status
choose_sizes(struct run *r, struct err *err)
{
    size_t most = least(r->x->max_bytes, r->p->max_bytes), next = 1;
    double round_ns = 0, t;
    enum status st;

    while (r->out->n < SWEEP_SIZES_MAX && next <= most) {
        double left_ns = (double)(r->p->budget_ns - r->spent_ns);

        if (r->out->n >= LEAST &&
            4 * round_ns * SWEEP_WAYS * ROUNDS_LEAST > left_ns)
            break;
        if ((st = warm(r, next, &t, err)) != ST_OK)
            return st;
        r->out->bytes[r->out->n++] = next;
        round_ns += t + 2 * (double)r->x->work_ns;
        next *= next == 1 ? 16 : 4;
    }
    if (r->out->n < LEAST || r->spent_ns > r->p->budget_ns)
        return err_set(err, ST_INVALID, "link.slow",
            "%zu sizes took %.1f s of a budget of %.1f s: give a larger "
            "budget_s, and max_bytes of 64 or more",
            r->out->n, (double)r->spent_ns / 1e9,
            (double)r->p->budget_ns / 1e9);
    return ST_OK;
}

/* Every size in both ways once, in a seeded random order. */
static enum status
one_round(struct run *r, struct err *err)
{
    size_t order[SWEEP_WAYS * SWEEP_SIZES_MAX] = { 0 };
    size_t n = SWEEP_WAYS * r->out->n;
    enum status st = ST_OK;

    for (size_t i = 0; i < n; i++) {
        size_t k = (size_t)rng_below(&r->rng, i + 1);

        order[i] = order[k];
        order[k] = i;
    }
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        int way = (int)(order[i] % SWEEP_WAYS);
        size_t size = order[i] / SWEEP_WAYS;

        st = once(r, way, r->out->bytes[size],
            &r->s->ns[way][size][r->out->rounds], err);
    }
    return st;
}

/* Statistics of all, and the widest interval among them. */
static enum status
look(struct run *r, double confidence, double *widest, struct err *err)
{
    enum status st = ST_OK;

    *widest = 0;
    for (int way = 0; way < SWEEP_WAYS; way++)
        for (size_t i = 0; st == ST_OK && i < r->out->n; i++) {
            struct stats *s = &r->out->way[way].at[i];
            double rel;

            st = stats_of(r->s->ns[way][i], r->out->rounds, confidence, s, err);
            rel = stats_ci_rel(s);
            *widest = isnan(rel) ? INFINITY : fmax(*widest, rel);
        }
    return st;
}

static enum status
run_rounds(struct run *r, struct err *err)
{
    size_t most = least(r->p->max_rounds, SWEEP_ROUNDS_MAX);
    int met = 0;
    double widest;
    enum status st = ST_OK;

    r->out->stop_reason = "max_rounds";
    while (r->out->rounds < most) {
        if ((st = one_round(r, err)) != ST_OK)
            return st;
        r->out->rounds++;
        if (r->p->tick != NULL)
            r->p->tick(r->p->tick_ctx, r->out->rounds);
        if (rounds_look(r->out->rounds)) {
            if ((st = look(r, LOOK_CONFIDENCE, &widest, err)) != ST_OK)
                return st;
            met = widest <= r->p->ci_rel ? met + 1 : 0;
        }
        if (met == LOOKS_TO_STOP) {
            r->out->stop_reason = "ci_met";
            break;
        }
        if (r->spent_ns > r->p->budget_ns) {
            r->out->stop_reason = "max_time";
            break;
        }
    }
    return st;
}

static double
width_rel(const struct line_value *v)
{
    return (v->hi - v->lo) / 2 / v->value; /* infinite where it is 0 */
}

static enum status
fit(struct run *r, struct err *err)
{
    struct sweep *o = r->out;
    double x[SWEEP_SIZES_MAX], widest;
    enum status st = look(r, CONFIDENCE, &widest, err);

    for (size_t i = 0; i < o->n; i++)
        x[i] = (double)o->bytes[i];
    for (int way = 0; st == ST_OK && way < SWEEP_WAYS; way++) {
        struct line_interval *f = &o->way[way].fit;

        st = line_bootstrap(x, o->n, r->s->ns[way][0], SWEEP_ROUNDS_MAX,
            o->rounds, &r->rng, f, err);
        o->ci_rel =
            fmax(o->ci_rel, fmax(width_rel(&f->base), width_rel(&f->slope)));
    }
    if (o->rounds < ROUNDS_LEAST)
        o->flags |= FLAG(few_samples);
    if (!(widest <= r->p->ci_rel))
        o->flags |= FLAG(ci_not_met);
    return st;
}

enum status
sweep_run(const struct exchange *x, const struct sweep_policy *p,
    struct sweep *out, struct err *err)
{
    struct run r = { .x = x, .p = p, .out = out, .rng = { .state = p->seed } };
    enum status st;

    *out = (struct sweep){ 0 };
    if ((r.s = calloc(1, sizeof(*r.s))) == NULL)
        return err_nomem(err);
    if ((st = choose_sizes(&r, err)) == ST_OK &&
        (st = run_rounds(&r, err)) == ST_OK)
        st = fit(&r, err);
    free(r.s);
    return st;
}
