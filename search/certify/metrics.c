/* SPDX-License-Identifier: MIT */
#include "search/certify/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "search/certify/over.h"

/* Steps between only one metric and only another; and a full path's length
 * in weighted costs, whose rounding is that much smaller. */
static const int steps[METRICS_MAX + 1] = { 0, 0, 6, 4 };
enum { WEIGHTS_MAX = 15 };

/* Nodes of all fronts together, where there is too much to look at all. */
enum { NODES = 2048 };
#define PATH 1e9

/* Weight of a metric that the lattice leaves out: above 0, so that plans
 * that differ in it alone are told apart. */
#define LEAST 0.01

struct work {
    const struct solve_data *d;
    const struct solve_options *so;
    const struct metrics_costs *metric;
    int metrics;
    size_t points;            /* of each front */
    uint64_t nodes;           /* of each of its points, at most */
    double full[METRICS_MAX]; /* path of the full network */
    int64_t segment[SOLVE_EXITS_MAX], head[SOLVE_EXITS_MAX]; /* weighted */
    struct metrics_front *out;                               /* grows */
};

static void
weigh(struct work *w, const int *part)
{
    double sum = 0, weight[METRICS_MAX];

    for (int m = 0; m < w->metrics; m++)
        sum += weight[m] = part[m] + LEAST;
    for (int e = 0; e < w->d->exits; e++) {
        double s = 0, h = 0;

        for (int m = 0; m < w->metrics; m++) {
            double unit = weight[m] / sum * PATH / fmax(1, w->full[m]);

            s += unit * (double)w->metric[m].segment[e];
            h += unit * (double)w->metric[m].head[e];
        }
        w->segment[e] = llround(s);
        w->head[e] = llround(h);
    }
}

/* Cost of a plan in every metric, and whether its longest path is allowed. */
static enum status
judge(const struct work *w, struct metrics_point *pt, bool *allowed,
    struct err *err)
{
    struct solve_tally t;
    enum status st = solve_eval(w->d, &pt->plan, &t, err);

    *allowed = st == ST_OK && t.worst <= w->so->worst_case;
    for (int m = 0; st == ST_OK && m < w->metrics; m++) {
        struct solve_data d = *w->d;

        d.segment = w->metric[m].segment;
        d.head = w->metric[m].head;
        if ((st = solve_eval(&d, &pt->plan, &t, err)) == ST_OK)
            pt->cost[m] = t.cost;
    }
    return st;
}

static enum status
add_front(struct work *w, struct err *err)
{
    struct solve_options o = *w->so;
    struct solve_front f = { 0 };
    struct solve_data d = *w->d;
    struct metrics_point *all;
    enum status st;

    d.segment = w->segment;
    d.head = w->head;
    o.worst_case = INT64_MAX;
    if (o.max_nodes == 0 || o.max_nodes > w->nodes)
        o.max_nodes = w->nodes;
    if ((st = solve_front(&d, &o, w->points, &f, err)) != ST_OK)
        return st;
    w->out->complete &= f.complete;
    all = realloc(
        w->out->points, (w->out->n + f.n + 1) * sizeof(*w->out->points));
    if (all == NULL)
        st = err_nomem(err);
    else
        w->out->points = all;
    for (size_t i = 0; st == ST_OK && i < f.n; i++) {
        struct metrics_point *pt = &w->out->points[w->out->n];
        bool allowed;

        *pt = (struct metrics_point){ .plan = f.points[i].plan,
            .right = f.points[i].right };
        if ((st = judge(w, pt, &allowed, err)) == ST_OK && allowed)
            w->out->n++;
        w->out->complete &= allowed;
    }
    solve_front_clear(&f);
    return st;
}

/* Every way to part the steps among the metrics; how many. */
static int
lattice(int metrics, int part[WEIGHTS_MAX][METRICS_MAX])
{
    int all = steps[metrics], n = 0;

    for (int a = 0; a <= all; a++)
        for (int b = 0; b <= all - a; b++) {
            if (metrics < METRICS_MAX && a + b < all)
                continue; /* nothing is left for a third */
            part[n][0] = a;
            part[n][1] = b;
            part[n++][2] = all - a - b;
        }
    return n;
}

/* All of them, while there is time: in strides of half of an odd number, so
 * that those that come first are far from each other. */
static enum status
add_fronts(struct work *w, struct err *err)
{
    int part[WEIGHTS_MAX][METRICS_MAX];
    int n = lattice(w->metrics, part);
    enum status st = ST_OK;

    w->out->asked = n;
    w->nodes = 1 + NODES / (w->points + 1) / (size_t)n;
    for (int i = 0, at = 0; st == ST_OK && i < n; i++) {
        if (watch_is_over(w->so)) {
            w->out->complete = false;
            break;
        }
        weigh(w, part[at]);
        st = add_front(w, err);
        w->out->fronts++;
        at = (at + n / 2) % n;
    }
    return st;
}

static int
by_right_down(const void *a, const void *b)
{
    const struct metrics_point *x = a, *y = b;

    if (x->right != y->right)
        return x->right < y->right ? 1 : -1;
    for (int m = 0; m < METRICS_MAX; m++)
        if (x->cost[m] != y->cost[m])
            return x->cost[m] < y->cost[m] ? -1 : 1;
    return 0;
}

/* Points as pareto.h wants them: costs against those of the full network,
 * wrong answers against those that the floor allows. */
static void
coordinates(const struct work *w, double *v)
{
    double n = 0, room;

    for (size_t i = 0; i < w->d->n; i++)
        n += w->d->weight ? w->d->weight[i] : 1;
    room = n - (double)w->so->floor;
    for (size_t i = 0; i < w->out->n; i++) {
        const struct metrics_point *pt = &w->out->points[i];

        for (int m = 0; m < w->metrics; m++)
            *v++ = (double)pt->cost[m] / fmax(1, n * w->full[m]);
        *v++ = (n - (double)pt->right) / fmax(1, room);
    }
}

/* Drop what is beaten; then measure what is left. */
static enum status
sift(struct work *w, struct err *err)
{
    static const double ref[PARETO_DIMS_MAX] = { 1, 1, 1, 1 };
    int dims = w->metrics + 1;
    size_t n = w->out->n, m = 0;
    double *v = malloc((n * (size_t)dims + 1) * sizeof(*v));
    bool *keep = malloc(n + 1);
    enum status st = ST_OK;

    if (v == NULL || keep == NULL)
        st = err_nomem(err);
    if (st == ST_OK && n > 0) {
        qsort(w->out->points, n, sizeof(*w->out->points), by_right_down);
        coordinates(w, v);
        pareto_mark(v, n, dims, keep);
        for (size_t i = 0; i < n; i++)
            if (keep[i])
                w->out->points[m++] = w->out->points[i];
        w->out->n = m;
        coordinates(w, v);
        w->out->knee = pareto_knee(v, m, dims);
        st = pareto_hypervolume(v, m, dims, ref, &w->out->hypervolume, err);
    }
    free(v);
    free(keep);
    return st;
}

enum status
metrics_make(const struct solve_data *d, const struct solve_options *so,
    const struct metrics_costs *metric, int metrics, size_t points,
    struct metrics_front *out, struct err *err)
{
    struct work w = { .d = d,
        .so = so,
        .metric = metric,
        .metrics = metrics,
        .points = points,
        .out = out };
    enum status st;

    *out = (struct metrics_front){ .complete = true };
    if (metrics < 1 || metrics > METRICS_MAX)
        return err_set(err, ST_INVALID, "search.metrics",
            "a search can weigh 1 to %d metrics", METRICS_MAX);
    for (int m = 0; m < metrics; m++) {
        w.full[m] = (double)metric[m].head[d->exits - 1];
        for (int e = 0; e < d->exits; e++)
            w.full[m] += (double)metric[m].segment[e];
    }
    if ((st = add_fronts(&w, err)) == ST_OK)
        st = sift(&w, err);
    if (st != ST_OK)
        metrics_clear(out);
    return st;
}

void
metrics_clear(struct metrics_front *f)
{
    free(f->points);
    *f = (struct metrics_front){ 0 };
}
