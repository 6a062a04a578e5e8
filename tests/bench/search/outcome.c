/* SPDX-License-Identifier: MIT */
#include "bench/search/outcome.h"

#include <math.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "bench/search/tiers.h"

double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool
timer_watch(void *ctx, const struct solve_progress *p)
{
    struct timer *t = ctx;
    double s = cpu_seconds() - t->start_s;

    if (s >= 5 && isnan(t->gap_5s) && p->upper != INT64_MAX)
        t->gap_5s = 1 - (double)p->lower / (double)p->upper;
    return s > t->limit_s;
}

static void
take_plan(const struct solve_result *r, struct outcome *out)
{
    out->gap = r->status == SOLVE_INFEASIBLE ? NAN : r->gap;
    out->proved = r->status == SOLVE_OPTIMAL;
    out->nodes = r->nodes;
    out->cost = r->status == SOLVE_INFEASIBLE ? 0 : r->tally.cost;
    out->right = r->tally.right;
}

/* Its gap is the widest of its points'. */
static void
take_front(const struct solve_front *f, int64_t floor, struct outcome *out)
{
    out->proved = f->complete;
    out->nodes = f->nodes;
    out->points = f->n;
    for (size_t i = 0; i < f->n; i++) {
        const struct solve_point *p = &f->points[i];

        out->gap = fmax(out->gap, 1 - (double)p->lower / (double)p->cost);
        if (p->right < floor)
            continue;
        out->cost = p->cost;
        out->right = p->right;
    }
}

enum status
outcome_search(const struct instance *x, const struct solve_data *d,
    const struct solve_options *o, double limit_s, struct outcome *out,
    struct err *err)
{
    int64_t start_ns = clock_ns();
    struct timer timer = {
        .start_s = cpu_seconds(), .limit_s = limit_s, .gap_5s = NAN
    };
    struct solve_options mine = *o;
    struct solve_result r = { 0 };
    struct solve_front f = { 0 };
    struct rusage use;
    enum status st;

    *out = (struct outcome){ 0 };
    mine.watch = timer_watch;
    mine.watch_ctx = &timer;
    if (x->points >= 0) {
        mine.floor = 0;
        st = solve_front(d, &mine, (size_t)x->points, &f, err);
        take_front(&f, o->floor, out);
        if (x->points > 0)
            out->cost = 0; /* the floor's own point need not be among them */
        solve_front_clear(&f);
    } else {
        st = x->tiers > 1 ? tiers_best(d, &mine, &r, err)
                          : solve_best(d, &mine, &r, err);
        take_plan(&r, out);
    }
    out->seconds = (double)(clock_ns() - start_ns) / 1e9;
    out->cpu_s = cpu_seconds() - timer.start_s;
    out->gap_5s = timer.gap_5s;
    getrusage(RUSAGE_SELF, &use);
    out->rss_mb = (double)use.ru_maxrss / 1024;
    return st;
}

enum status
outcome_rival(const struct baseline *b, const struct solve_data *d,
    const struct solve_options *o, double limit_s, struct rival *out,
    struct err *err)
{
    struct timer timer = { .start_s = cpu_seconds(), .limit_s = limit_s };
    struct solve_options mine = *o;
    enum status st;

    mine.watch = timer_watch;
    mine.watch_ctx = &timer;
    st = baseline_run(b, d, &mine, &out->r, err);
    out->cpu_s = cpu_seconds() - timer.start_s;
    return st;
}
