/* SPDX-License-Identifier: MIT */
/*
 * bench -- how long the solver takes and how far it gets on the design's
 * instances (S1 to S8), over seeds.  `bench S3` runs one, `bench S3 4` four
 * seeds of it, `bench S3 4 2` with two threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "bench/search/generate.h"

struct instance {
    const char *name, *what;
    size_t n;
    int exits, grid, max_early;
    double noise, limit_s;
    bool front;
    const char *target;
};

static const struct instance instances[] = {
    { "S1", "N=10k E=5 T=32", 10000, 5, 32, -1, 1, 60, false, "10 ms" },
    { "S2a", "N=10k E=5 T=32, front", 10000, 5, 32, -1, 1, 60, true, "5 ms" },
    { "S2b", "N=10k E=6 T=32, front", 10000, 6, 32, -1, 1, 60, true, "100 ms" },
    { "S3", "N=10k E=7 T=32", 10000, 7, 32, -1, 1, 60, false, "250 ms" },
    { "S4", "N=50k E=7 T=32", 50000, 7, 32, -1, 1, 60, false, "800 ms" },
    { "S5", "N=10k E=7 T=64", 10000, 7, 64, -1, 1, 60, false, "1 s" },
    { "S6", "N=10k E=9 T=32", 10000, 9, 32, -1, 1, 60, false, "2 s" },
    { "S7", "N=10k E=12 T=16, AUROC .95", 10000, 12, 16, -1, .5, 100, false,
        "10 s" },
    { "S8a", "3 of 30, N=10k T=32, front", 10000, 31, 32, 3, 1, 60, true,
        "0.4 s" },
    { "S8b", "3 of 30, N=10k T=64, front", 10000, 31, 64, 3, 1, 60, true,
        "2.5 s" },
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
};

static double
cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static int
run(const struct instance *x, uint64_t seed, int threads, struct outcome *out)
{
    struct generate g = generate_default(x->n, x->exits, seed);
    struct timer timer = { .limit_s = x->limit_s };
    struct solve_result r = { 0 };
    struct solve_front f = { 0 };
    struct solve_options o;
    struct solve_data d;
    struct err err = { 0 };
    enum status st;

    g.noise = x->noise;
    if (!generate_make(&g, &d))
        return 1;
    solve_options_init(&o);
    o.floor = generate_full(&d) - (int64_t)(x->n / 100);
    o.grid = x->grid;
    o.max_early = x->max_early;
    o.threads = threads;
    o.watch = too_long;
    o.watch_ctx = &timer;
    timer.start_ns = clock_ns();
    out->cpu_seconds = cpu_seconds();
    st = x->front ? solve_front(&d, &o, 0, &f, &err)
                  : solve_best(&d, &o, &r, &err);
    out->seconds = (double)(clock_ns() - timer.start_ns) / 1e9;
    out->cpu_seconds = cpu_seconds() - out->cpu_seconds;
    out->gap = r.gap;
    out->proved = x->front ? f.complete : r.status == SOLVE_OPTIMAL;
    out->nodes = x->front ? f.nodes : r.nodes;
    out->cost = r.tally.cost;
    out->points = f.n;
    solve_front_clear(&f);
    generate_clear(&d);
    if (st != ST_OK)
        fprintf(stderr, "%s: %s\n", x->name, err.text);
    return st != ST_OK;
}

static int
run_seeds(const struct instance *x, int seeds, int threads)
{
    double sum = 0, most = 0;
    int proved = 0, failed = 0;

    printf("%-4s %-28s target %s\n", x->name, x->what, x->target);
    for (int s = 1; s <= seeds; s++) {
        struct outcome out = { 0 };

        failed |= run(x, (uint64_t)s, threads, &out);
        printf(
            "     seed %-2d %8.3f s (cpu %.3f)  %s  gap %.4f %%  nodes %-6llu "
            "cost %.0f  points %zu\n",
            s, out.seconds, out.cpu_seconds, out.proved ? "proved" : "open  ",
            100 * out.gap, (unsigned long long)out.nodes,
            (double)out.cost / (double)x->n, out.points);
        fflush(stdout);
        sum += out.seconds;
        most = out.seconds > most ? out.seconds : most;
        proved += out.proved;
    }
    printf("     mean %.3f s  max %.3f s  proved %d of %d\n", sum / seeds, most,
        proved, seeds);
    return failed;
}

int
main(int argc, char **argv)
{
    int seeds = argc > 2 ? atoi(argv[2]) : 10;
    int threads = argc > 3 ? atoi(argv[3]) : 1, failed = 0;
    struct rusage use;

    for (size_t i = 0; i < sizeof(instances) / sizeof(instances[0]); i++)
        if (argc < 2 || strcmp(argv[1], "all") == 0 ||
            strcmp(argv[1], instances[i].name) == 0)
            failed |= run_seeds(&instances[i], seeds < 1 ? 1 : seeds, threads);
    getrusage(RUSAGE_SELF, &use);
    printf("peak memory %.1f MB\n", (double)use.ru_maxrss / 1024);
    return failed;
}
