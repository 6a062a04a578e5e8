/* SPDX-License-Identifier: MIT */
/*
 * bench -- how long the solver takes and how far it gets on the design's
 * instances, over seeds, beside plain coordinate descent in the same run.
 *
 *   bench_search                    all of them, ten seeds, one thread
 *   bench_search S3 4 2             four seeds of S3 with two threads
 *   bench_search S3 4 2 baselines   and how every baseline does
 *   bench_search write S11 1        one instance for highs.py
 *
 * Costs are made up: a million in all.  Real records come from ../shared/data
 * and are left out where it is absent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "bench/search/generate.h"
#include "bench/search/recorded.h"
#include "bench/search/write.h"
#include "search/baseline/baseline.h"

enum { PLAN = -1, ALL_POINTS = 0 };

struct instance {
    const char *name, *what;
    const char *records; /* a file; NULL: made up */
    size_t n;
    int exits, grid, max_early;
    double noise, limit_s;
    int points; /* PLAN: one plan; else a front */
    const char *target;
};

#define PLAIN_DESCENT "descent"

#define RESNET20 "cifar10_resnet20_9exits.csv"
#define RESNET8  "cifar10_resnet8_4exits.csv"

static const struct instance instances[] = {
    { "S1", "E=5 T=32", NULL, 10000, 5, 32, -1, 1, 60, PLAN, "10 ms" },
    { "S2a", "E=5 T=32", NULL, 10000, 5, 32, -1, 1, 60, ALL_POINTS, "5 ms" },
    { "S2b", "E=6 T=32", NULL, 10000, 6, 32, -1, 1, 60, ALL_POINTS, "0.1 s" },
    { "S3", "E=7 T=32", NULL, 10000, 7, 32, -1, 1, 60, PLAN, "0.25 s" },
    { "S4", "E=7 T=32", NULL, 50000, 7, 32, -1, 1, 60, PLAN, "0.8 s" },
    { "S5", "E=7 T=64", NULL, 10000, 7, 64, -1, 1, 60, PLAN, "1 s" },
    { "S6", "E=9 T=32", NULL, 10000, 9, 32, -1, 1, 60, PLAN, "2 s" },
    { "S7", "E=12 T=16, AUROC .95", NULL, 10000, 12, 16, -1, .5, 60, PLAN,
        "10 s" },
    { "S8a", "3 of 30, T=32", NULL, 10000, 31, 32, 3, 1, 60, ALL_POINTS,
        "0.4 s" },
    { "S8b", "3 of 30, T=64", NULL, 10000, 31, 64, 3, 1, 60, ALL_POINTS,
        "2.5 s" },
    { "S10", "E=30 T=256, descent", NULL, 50000, 31, 256, -1, 1, 1, PLAN,
        "1 s, 1 %" },
    { "S11", "E=7 T=16", NULL, 2000, 7, 16, -1, 1, 60, PLAN, "HiGHS/3000" },
    { "R8", "ResNet-8, all scores", RESNET8, 0, 0, 0, -1, 0, 60, PLAN, "" },
    { "R20", "ResNet-20 T=16", RESNET20, 0, 0, 16, -1, 0, 60, PLAN, "" },
    { "R20f", "ResNet-20 T=16, 20 points", RESNET20, 0, 0, 16, -1, 0, 600, 20,
        "10 x R20" },
    { "R20t", "ResNet-20 T=32", RESNET20, 0, 0, 32, -1, 0, 60, PLAN, "" },
    { "L", "E=5 T=64", NULL, 1000000, 5, 64, -1, 1, 60, PLAN, "2 GB" },
};

struct timer {
    int64_t start_ns;
    double limit_s;
};

static bool
too_long(void *ctx, const struct solve_progress *p)
{
    struct timer *t = ctx;

    (void)p;
    return (double)(clock_ns() - t->start_ns) / 1e9 > t->limit_s;
}

struct outcome {
    double seconds, cpu_seconds, gap;
    bool proved;
    uint64_t nodes;
    int64_t cost;
    size_t points;
    double cd_seconds; /* plain coordinate descent */
    int64_t cd_cost;
};

static double
cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static bool
load(const struct instance *x, uint64_t seed, struct solve_data *d)
{
    struct generate g = generate_default(x->n, x->exits, seed);

    g.noise = x->noise;
    return x->records ? recorded_load(x->records, d) : generate_make(&g, d);
}

/* The widest gap of a front's points. */
static double
widest_gap(const struct solve_front *f)
{
    double most = 0;

    for (size_t i = 0; i < f->n; i++) {
        const struct solve_point *p = &f->points[i];
        double gap = (double)(p->cost - p->lower) / (double)p->cost;

        most = gap > most ? gap : most;
    }
    return most;
}

static enum status
time_solver(const struct instance *x, const struct solve_data *d,
    struct solve_options *o, struct outcome *out, struct err *err)
{
    struct timer timer = { .start_ns = clock_ns(), .limit_s = x->limit_s };
    double cpu = cpu_seconds();
    struct solve_result r = { 0 };
    struct solve_front f = { 0 };
    struct solve_options mine = *o;
    enum status st;

    mine.watch = too_long;
    mine.watch_ctx = &timer;
    if (x->points >= 0)
        mine.floor = 0;
    st = x->points >= 0 ? solve_front(d, &mine, (size_t)x->points, &f, err)
                        : solve_best(d, &mine, &r, err);
    out->seconds = (double)(clock_ns() - timer.start_ns) / 1e9;
    out->cpu_seconds = cpu_seconds() - cpu;
    out->gap = x->points >= 0 ? widest_gap(&f) : r.gap;
    out->proved = x->points >= 0 ? f.complete : r.status == SOLVE_OPTIMAL;
    out->nodes = x->points >= 0 ? f.nodes : r.nodes;
    out->cost = r.tally.cost;
    out->points = f.n;
    solve_front_clear(&f);
    return st;
}

/* One baseline; its cost, or 0 where it has no plan that meets the floor. */
static int64_t
time_baseline(const struct baseline *b, const struct solve_data *d,
    const struct solve_options *o, double *seconds)
{
    int64_t start = clock_ns();
    struct baseline_result r;
    enum status st = baseline_run(b, d, o, &r, NULL);

    *seconds = (double)(clock_ns() - start) / 1e9;
    return st == ST_OK && r.status == BASELINE_MEETS ? r.tally.cost : 0;
}

static void
compare(const struct solve_data *d, const struct solve_options *o, int64_t cost)
{
    for (int i = 0; i < BASELINES; i++) {
        double seconds;
        int64_t c = time_baseline(&baselines[i], d, o, &seconds);

        if (cost == 0)
            continue;
        printf("       %-14s %8.3f s  ", baselines[i].name, seconds);
        if (c > 0)
            printf("+%.2f %%\n", 100 * (double)(c - cost) / (double)cost);
        else
            printf("misses the floor, or has no plan here\n");
    }
}

static int
run(const struct instance *x, uint64_t seed, int threads, bool all,
    struct outcome *out)
{
    struct solve_options o;
    struct solve_data d;
    struct err err = { 0 };
    enum status st;

    if (!load(x, seed, &d))
        return 1;
    solve_options_init(&o);
    o.floor = generate_full(&d) - (int64_t)(d.n / 100);
    o.grid = x->grid;
    o.max_early = x->max_early;
    o.threads = threads;
    st = time_solver(x, &d, &o, out, &err);
    for (int i = 0; i < BASELINES; i++)
        if (strcmp(baselines[i].name, PLAIN_DESCENT) == 0)
            out->cd_cost =
                time_baseline(&baselines[i], &d, &o, &out->cd_seconds);
    if (all && st == ST_OK)
        compare(&d, &o, out->cost);
    generate_clear(&d);
    if (st != ST_OK)
        fprintf(stderr, "%s: %s\n", x->name, err.text);
    return st != ST_OK;
}

static void
print_outcome(int seed, size_t n, const struct outcome *out)
{
    printf("  seed %-2d %8.3f s (cpu %.3f)  %s gap %.3f %%  nodes %-6llu", seed,
        out->seconds, out->cpu_seconds, out->proved ? "proved" : "open  ",
        100 * out->gap, (unsigned long long)out->nodes);
    if (out->points > 0)
        printf("  points %zu", out->points);
    else
        printf("  cost %.0f", (double)out->cost / (double)n);
    printf("  descent %.3f s", out->cd_seconds);
    if (out->points == 0 && out->cd_cost > 0)
        printf(" +%.2f %%",
            100 * (double)(out->cd_cost - out->cost) / (double)out->cost);
    printf("  ratio %.1f\n", out->seconds / out->cd_seconds);
    fflush(stdout);
}

/* Print an instance for highs.py. */
static int
write_json(const struct instance *x, uint64_t seed)
{
    struct solve_options o;
    struct solve_data d;
    bool ok;

    if (!load(x, seed, &d))
        return 1;
    solve_options_init(&o);
    o.floor = generate_full(&d) - (int64_t)(d.n / 100);
    o.grid = x->grid;
    ok = write_instance(&d, &o);
    generate_clear(&d);
    return !ok;
}

static int
run_seeds(const struct instance *x, int seeds, int threads, bool all)
{
    double sum = 0, cpu = 0, most = 0;
    int proved = 0, failed = 0;

    if (x->records != NULL) {
        seeds = 1;
        if (!recorded_exists(x->records))
            return 0;
    }
    printf("%-4s N=%zu %s%s%s%s\n", x->name, x->records ? 10000 : x->n, x->what,
        x->points >= 0 ? ", front" : "", *x->target ? "; target " : "",
        x->target);
    for (int s = 1; s <= seeds; s++) {
        struct outcome out = { 0 };

        failed |= run(x, (uint64_t)s, threads, all && s == 1, &out);
        print_outcome(s, x->records ? 10000 : x->n, &out);
        sum += out.seconds;
        cpu += out.cpu_seconds;
        most = out.seconds > most ? out.seconds : most;
        proved += out.proved;
    }
    printf("  mean %.3f s (cpu %.3f)  max %.3f s  proved %d of %d\n",
        sum / seeds, cpu / seeds, most, proved, seeds);
    return failed;
}

int
main(int argc, char **argv)
{
    int seeds = argc > 2 ? atoi(argv[2]) : 10;
    int threads = argc > 3 ? atoi(argv[3]) : 1, failed = 0;
    bool all = argc > 4 && strcmp(argv[4], "baselines") == 0;
    struct rusage use;

    for (size_t i = 0; i < sizeof(instances) / sizeof(instances[0]); i++)
        if (argc == 4 && strcmp(argv[1], "write") == 0) {
            if (strcmp(argv[2], instances[i].name) == 0)
                return write_json(&instances[i], (uint64_t)atoi(argv[3]));
        } else if (argc < 2 || strcmp(argv[1], "all") == 0 ||
                   strcmp(argv[1], instances[i].name) == 0)
            failed |=
                run_seeds(&instances[i], seeds < 1 ? 1 : seeds, threads, all);
    getrusage(RUSAGE_SELF, &use);
    printf("peak memory %.1f MB\n", (double)use.ru_maxrss / 1024);
    return failed;
}
