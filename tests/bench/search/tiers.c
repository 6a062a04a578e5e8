/* SPDX-License-Identifier: MIT */
#include "bench/search/tiers.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* A segment is so many equal layers; the tensor after each is a little
 * smaller than the one before. */
enum { TIERS = 3, LAYERS = 8, EXITS_MAX = 16, WAYS_MAX = 153 };

/* Time for the work of a unit, and for a full tensor over the link to the
 * next tier, as a share of the whole network on the first. */
static const double slow[TIERS] = { 1, 0.35, 0.1 };
static const double link_share[TIERS - 1] = { 0.12, 0.2 };

struct way {
    int64_t segment[EXITS_MAX], head[EXITS_MAX];
    int64_t known; /* what the best plan so far costs this way */
    int64_t lower; /* what every plan costs at least */
    bool done;
};

struct tiers {
    const struct solve_data *d;
    const struct solve_options *o;
    struct way way[WAYS_MAX];
    int ways;
    int64_t tensor[EXITS_MAX]; /* at the end of each segment, as link time */
    int64_t best;
};

static int64_t
link_cost(const struct tiers *t, int e, int layer, int from)
{
    double before = e > 0 ? (double)t->tensor[e - 1] : 1e6;
    double at =
        before + ((double)t->tensor[e] - before) * (double)layer / LAYERS;

    return (int64_t)(at * link_share[from]);
}

/* Segment e that begins on tier p and ends on q: the best cuts. */
static int64_t
segment_cost(const struct tiers *t, int e, int p, int q, int layer)
{
    double unit = (double)t->d->segment[e] / LAYERS;
    int64_t best = INT64_MAX;

    if (p == q)
        return (int64_t)(unit * (LAYERS - layer) * slow[p]);
    for (int cut = layer; cut <= LAYERS; cut++) {
        int64_t cost = (int64_t)(unit * (cut - layer) * slow[p]) +
                       link_cost(t, e, cut, p) +
                       segment_cost(t, e, p + 1, q, cut);

        best = cost < best ? cost : best;
    }
    return best;
}

/* All monotone ways, tier by tier from exit e on. */
static void
add_ways(struct tiers *t, struct way *w, int e, int tier)
{
    if (e == t->d->exits) {
        t->way[t->ways++] = *w;
        return;
    }
    for (int to = tier; to < TIERS; to++) {
        w->segment[e] = segment_cost(t, e, tier, to, 0);
        w->head[e] = (int64_t)((double)t->d->head[e] * slow[to]);
        add_ways(t, w, e + 1, to);
    }
}

static void
make_ways(struct tiers *t)
{
    struct rng rng = { (uint64_t)t->d->segment[0] };
    struct way w = { 0 };
    int64_t size = 1000000;

    for (int e = 0; e < t->d->exits; e++) {
        size = size * (int64_t)(70 + rng_below(&rng, 25)) / 100;
        t->tensor[e] = size;
    }
    add_ways(t, &w, 0, 0);
    for (int i = 0; i < t->ways; i++)
        for (int e = 0; e < t->d->exits; e++)
            t->way[i].known += t->way[i].segment[e];
}

/* The least ratio of two ways' paths: whatever the plan, the one costs so many
 * times the other at least. */
static double
least_ratio(const struct tiers *t, const struct way *a, const struct way *b)
{
    double least = INFINITY, path_a = 0, path_b = 0;

    for (int e = 0; e < t->d->exits; e++) {
        path_a += (double)a->segment[e];
        path_b += (double)b->segment[e];
        least = fmin(least, path_a / path_b);
        if (b->head[e] > 0)
            least = fmin(least, (double)a->head[e] / (double)b->head[e]);
    }
    return least;
}

/* What is proved of one way holds for the others, times that ratio. */
static void
spread_bound(struct tiers *t, const struct way *from)
{
    for (int i = 0; i < t->ways; i++) {
        struct way *to = &t->way[i];
        double lower = (double)from->lower * least_ratio(t, to, from);

        lower *= 1 - 1e-12; /* whatever was rounded */
        to->lower = lower > (double)to->lower ? (int64_t)lower : to->lower;
    }
}

/* Enough is known of a way that cannot be the best. */
static bool
beaten(void *ctx, const struct solve_progress *p)
{
    const struct tiers *t = ctx;

    return p->lower >= t->best || t->o->watch(t->o->watch_ctx, p);
}

static struct way *
most_promising(struct tiers *t)
{
    struct way *best = NULL;

    for (int i = 0; i < t->ways; i++)
        if (!t->way[i].done && t->way[i].lower < t->best &&
            (best == NULL || t->way[i].known < best->known))
            best = &t->way[i];
    return best;
}

/* What the new best plan would cost the other ways: their order. */
static enum status
look_again(struct tiers *t, const struct solve_plan *plan, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < t->ways; i++) {
        struct solve_data d = *t->d;
        struct solve_tally tally;

        d.segment = t->way[i].segment;
        d.head = t->way[i].head;
        st = solve_eval(&d, plan, &tally, err);
        t->way[i].known = tally.cost;
    }
    return st;
}

static enum status
search_way(
    struct tiers *t, struct way *w, struct solve_result *out, struct err *err)
{
    struct solve_data d = *t->d;
    struct solve_options o = *t->o;
    struct solve_result r;
    enum status st;

    d.segment = w->segment;
    d.head = w->head;
    o.watch = beaten;
    o.watch_ctx = t;
    w->done = true;
    if ((st = solve_best(&d, &o, &r, err)) != ST_OK)
        return st;
    out->nodes += r.nodes;
    w->lower = r.lower > w->lower ? r.lower : w->lower;
    spread_bound(t, w);
    if (r.status == SOLVE_INFEASIBLE || r.tally.cost >= t->best)
        return ST_OK;
    t->best = r.tally.cost;
    r.nodes = out->nodes;
    *out = r;
    return look_again(t, &r.plan, err);
}

enum status
tiers_best(const struct solve_data *d, const struct solve_options *o,
    struct solve_result *out, struct err *err)
{
    static struct tiers t; /* some 70 kB */
    const struct solve_progress now = { .upper = INT64_MAX };
    struct way *w;
    enum status st = ST_OK;

    memset(&t, 0, sizeof(t));
    t.d = d;
    t.o = o;
    t.best = INT64_MAX;
    *out = (struct solve_result){ .status = SOLVE_INFEASIBLE };
    if (d->exits > EXITS_MAX || o->watch == NULL)
        return err_set(err, ST_INVALID, NULL, "too many exits for tiers");
    make_ways(&t);
    while (st == ST_OK && (w = most_promising(&t)) != NULL &&
           !o->watch(o->watch_ctx, &now))
        st = search_way(&t, w, out, err);
    if (st != ST_OK || t.best == INT64_MAX)
        return st;
    out->lower = t.best;
    for (int i = 0; i < t.ways; i++)
        out->lower = t.way[i].lower < out->lower ? t.way[i].lower : out->lower;
    out->proved = out->lower == t.best;
    out->status = out->proved ? SOLVE_OPTIMAL : SOLVE_FEASIBLE;
    out->gap = (double)(t.best - out->lower) / (double)t.best;
    return ST_OK;
}
