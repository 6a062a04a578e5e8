/* SPDX-License-Identifier: MIT */
#include "search/certify/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/certify/draw.h"
#include "search/certify/over.h"

/* A plan in the race: all that its cost depends on. */
struct racer {
    uint64_t kept;
    int64_t left[SOLVE_EXITS_MAX];
};

struct race {
    const struct solve_data *d;
    struct draw draw;
    struct racer *racer; /* owned; the first is the chosen plan */
    int racers;
    double *cost, *regret; /* owned, [draws] */
    int64_t now[2 * SOLVE_EXITS_MAX];
};

void
bootstrap_options_init(struct bootstrap_options *o)
{
    *o = (struct bootstrap_options){
        .draws = 1000, .solves = 32, .quantum = 1, .seed = 1
    };
}

/* Let a plan in, unless its like is there. */
static enum status
enter(struct race *r, const struct solve_plan *plan, int64_t worst_case,
    struct err *err)
{
    struct racer *to = &r->racer[r->racers];
    struct solve_tally t;
    enum status st = solve_eval(r->d, plan, &t, err);

    if (st != ST_OK || (t.worst > worst_case && r->racers > 0))
        return st;
    *to = (struct racer){ .kept = plan->kept };
    memcpy(to->left, t.left, sizeof(to->left));
    for (int i = 0; i < r->racers; i++)
        if (memcmp(&r->racer[i], to, sizeof(*to)) == 0)
            return ST_OK;
    r->racers++;
    return ST_OK;
}

/* The cost of all samples under the costs drawn now. */
static int64_t
cost_now(const struct race *r, const struct racer *p)
{
    int64_t path = 0, sum = 0;

    for (int e = 0; e < r->d->exits; e++) {
        path += r->now[e];
        if (p->kept >> e & 1)
            path += r->now[r->d->exits + e];
        sum += p->left[e] * path;
    }
    return sum;
}

/* Rivals need to be good, not proved: a search that cannot look at everything
 * may visit so many nodes. */
enum { NODES_MAX = 16 };

/* Search some of the draws for plans that beat the chosen one; *solves is how
 * many there was time for. */
static enum status
find_rivals(struct race *r, const struct solve_options *so, int *solves,
    struct err *err)
{
    struct solve_options o = *so;
    struct solve_data d = *r->d;
    struct solve_result found;
    enum status st;

    d.segment = r->now;
    d.head = r->now + d.exits;
    if (o.max_nodes == 0 || o.max_nodes > NODES_MAX)
        o.max_nodes = NODES_MAX;
    for (int i = 0; i < *solves; i++) {
        if (watch_is_over(so)) {
            *solves = i;
            break;
        }
        draw_costs(&r->draw, i, r->now);
        if ((st = solve_best(&d, &o, &found, err)) != ST_OK)
            return st;
        if (found.status == SOLVE_INFEASIBLE)
            continue;
        if ((st = enter(r, &found.plan, so->worst_case, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The q-th of sorted values, between neighbours by distance. */
static double
quantile(const double *v, int n, double q)
{
    double at = q * (n - 1);
    int k = (int)at;

    return k + 1 < n ? v[k] + (at - k) * (v[k + 1] - v[k]) : v[n - 1];
}

static void
run_draws(
    struct race *r, const struct bootstrap_options *o, struct bootstrap *out)
{
    int best = 0;
    double sum = 0;

    for (int i = 0; i < o->draws; i++) {
        int64_t mine, least;

        draw_costs(&r->draw, i, r->now);
        mine = least = cost_now(r, &r->racer[0]);
        for (int k = 1; k < r->racers; k++) {
            int64_t c = cost_now(r, &r->racer[k]);

            least = c < least ? c : least;
        }
        best += mine == least;
        r->cost[i] = (double)mine;
        r->regret[i] = (double)(mine - least) / fmax(1, (double)least);
        sum += r->regret[i];
    }
    out->chance_best = (double)best / o->draws;
    out->regret_mean = sum / o->draws;
}

static void
summarise(struct race *r, const struct bootstrap_options *o, double samples,
    struct bootstrap *out)
{
    double unit = o->quantum / samples;

    qsort(r->cost, (size_t)o->draws, sizeof(*r->cost), by_value);
    qsort(r->regret, (size_t)o->draws, sizeof(*r->regret), by_value);
    out->median = quantile(r->cost, o->draws, 0.5) * unit;
    out->lo = quantile(r->cost, o->draws, 0.025) * unit;
    out->hi = quantile(r->cost, o->draws, 0.975) * unit;
    out->regret_hi = quantile(r->regret, o->draws, 0.95);
}

enum status
bootstrap_run(const struct solve_data *d, const struct solve_options *so,
    const struct solve_plan *chosen, const struct bootstrap_part *segment,
    const struct bootstrap_part *head, const struct bootstrap_options *o,
    struct bootstrap *out, struct err *err)
{
    struct race r = { .d = d };
    struct solve_tally t;
    enum status st;

    *out = (struct bootstrap){ .draws = o->draws, .solves = o->solves };
    if (o->draws < BOOTSTRAP_DRAWS_MIN || o->draws > BOOTSTRAP_DRAWS_MAX ||
        o->solves < 0 || o->solves > o->draws || !(o->quantum > 0))
        return err_set(err, ST_INVALID, "search.bootstrap",
            "bootstrap: draws must be within %d and %d, solves within 0 and "
            "draws",
            BOOTSTRAP_DRAWS_MIN, BOOTSTRAP_DRAWS_MAX);
    if ((st = solve_eval(d, chosen, &t, err)) != ST_OK ||
        (st = draw_init(&r.draw, d->exits, segment, head, o, err)) != ST_OK)
        return st;
    out->from = r.draw.from;
    r.racer = malloc(((size_t)o->solves + 2) * sizeof(*r.racer));
    r.cost = malloc((size_t)o->draws * sizeof(*r.cost));
    r.regret = malloc((size_t)o->draws * sizeof(*r.regret));
    if (r.racer == NULL || r.cost == NULL || r.regret == NULL)
        st = err_nomem(err);
    else if ((st = enter(&r, chosen, so->worst_case, err)) == ST_OK &&
             (st = find_rivals(&r, so, &out->solves, err)) == ST_OK) {
        run_draws(&r, o, out);
        summarise(&r, o, (double)t.n, out);
    }
    draw_clear(&r.draw);
    free(r.racer);
    free(r.cost);
    free(r.regret);
    return st;
}
