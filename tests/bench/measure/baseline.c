/* SPDX-License-Identifier: MIT */
/*
 * baseline.c -- what people use instead: a plain timing loop, and the
 * runtime's own profile, on one model; and a reference to hold both against.
 *
 *     bench_measure_baseline MODEL SCRATCH
 *
 * prints {"reference_ns", "loop_ns", "profile_sum_ns"}:
 * - the reference is the median of single executions over a second, long after
 *   the first ones;
 * - the loop is a new session, 10 executions to warm up, and the mean of 100;
 * - the profile is a new session again, and the sum of what its profiler tells
 *   of each kernel, the mean of 100 runs after 10.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "probes/measure/host.h"
#include "probes/measure/netbench.h"
#include "probes/measure/stats.h"

enum { WARM = 10, RUNS = 100, SINGLES = 100000 };
static const int64_t WARM_NS = 500000000, REFERENCE_NS = 1000000000;

static enum status
open_net(struct netbench **out, struct runtime *rt, const char *model,
    const char *trace, struct err *err)
{
    struct net_options opts = NET_OPTIONS_DEFAULT;
    struct net_source src = { .path = model };

    opts.trace = trace;
    return netbench_open(out, rt, &src, &opts, 1, err);
}

static enum status
run(struct netbench *b, int n, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < n; i++)
        st = netbench_run(b, (size_t)i, err);
    return st;
}

static enum status
reference(
    struct runtime *rt, const char *model, double *out_ns, struct err *err)
{
    double *ns = malloc(SINGLES * sizeof(*ns));
    struct netbench *b = NULL;
    int64_t start = clock_ns();
    size_t n = 0;
    enum status st =
        ns != NULL ? open_net(&b, rt, model, NULL, err) : err_nomem(err);

    while (st == ST_OK && n < SINGLES &&
           clock_ns() - start < WARM_NS + REFERENCE_NS) {
        int64_t begin = clock_ns();

        st = run(b, 1, err);
        if (begin - start >= WARM_NS)
            ns[n++] = (double)(clock_ns() - begin);
    }
    if (st == ST_OK) {
        stats_sort(ns, n);
        *out_ns = stats_quantile(ns, n, 0.5);
    }
    netbench_close(b);
    free(ns);
    return st;
}

static enum status
plain_loop(
    struct runtime *rt, const char *model, double *out_ns, struct err *err)
{
    struct netbench *b = NULL;
    int64_t start = 0;
    enum status st = open_net(&b, rt, model, NULL, err);

    if (st == ST_OK)
        st = run(b, WARM, err);
    start = clock_ns();
    if (st == ST_OK)
        st = run(b, RUNS, err);
    *out_ns = (double)(clock_ns() - start) / RUNS;
    netbench_close(b);
    return st;
}

static enum status
add_kernel(const struct kernel_time *k, void *ctx, struct err *err)
{
    double *sum_ns = ctx;

    (void)err;
    if (k->run >= WARM)
        *sum_ns += (double)k->ns;
    return ST_OK;
}

static enum status
own_profile(struct runtime *rt, const char *model, const char *scratch,
    double *out_ns, struct err *err)
{
    struct netbench *b = NULL;
    double sum_ns = 0;
    enum status st = open_net(&b, rt, model, scratch, err);

    if (st == ST_OK && (st = run(b, WARM + RUNS, err)) == ST_OK)
        st = net_trace(netbench_net(b), add_kernel, &sum_ns, err);
    *out_ns = sum_ns / RUNS;
    netbench_close(b);
    return st;
}

int
main(int argc, char **argv)
{
    double reference_ns, loop_ns, profile_ns;
    struct runtime *rt = NULL;
    struct err err = { 0 };
    char mask[64];

    if (argc != 3) {
        fprintf(stderr, "usage: bench_measure_baseline MODEL SCRATCH\n");
        return 2;
    }
    host_pin(true, mask, sizeof(mask)); /* as the probe does */
    if (hash_start(&err) != ST_OK ||
        runtime_onnx_open(&rt, NULL, &err) != ST_OK ||
        plain_loop(rt, argv[1], &loop_ns, &err) != ST_OK ||
        own_profile(rt, argv[1], argv[2], &profile_ns, &err) != ST_OK ||
        reference(rt, argv[1], &reference_ns, &err) != ST_OK) {
        fprintf(stderr, "bench_measure_baseline: %s\n", err.text);
        runtime_close(rt);
        return 1;
    }
    printf("{\"reference_ns\":%.1f,\"loop_ns\":%.1f,\"profile_sum_ns\":%.1f}\n",
        reference_ns, loop_ns, profile_ns);
    runtime_close(rt);
    return 0;
}
