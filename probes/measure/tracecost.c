/* SPDX-License-Identifier: MIT */
#include "probes/measure/tracecost.h"

#include <math.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "probes/measure/netbench.h"
#include "probes/measure/stats.h"
#include "probes/measure/tracenet.h"

enum { BLOCK = 25, BLOCKS = 10, RUNS = BLOCK * BLOCKS };
enum { MODEL_MAX = 1 << 15, CONV_INPUTS = 3 };

/* Each kind of kernel in short chains and in long ones. */
enum { SHORT, LONG, LENGTHS };
static const int lengths[LENGTHS] = { 1, 3 };
enum { NETS = TRACENET_KINDS * LENGTHS };

/* Run by run: the plain network's time, and the sum of the profiled one's
 * kernels as the profiler told them. */
struct probe {
    struct netbench *plain, *traced; /* owned */
    double plain_ns[RUNS], kernels_ns[RUNS];
};

static enum status
open_probe(struct probe *p, struct runtime *rt, enum tracenet_kind kind,
    int length, const char *trace, struct err *err)
{
    struct net_options opts = { .threads = 1,
        .optimisation = NET_OPTIMISE_NONE };
    struct net_source src = { 0 };
    struct buf model;
    enum status st;

    buf_init(&model, MODEL_MAX);
    if ((st = tracenet_make(&model, kind, length, err)) == ST_OK) {
        src.data = model.data;
        src.len = model.len;
        st = netbench_open(&p->plain, rt, &src, &opts, 1, err);
    }
    opts.trace = trace;
    if (st == ST_OK)
        st = netbench_open(&p->traced, rt, &src, &opts, 1, err);
    buf_clear(&model);
    return st;
}

/* A block of runs without the profiler and one with it, as L1 has them: caches
 * hold what a network needs that runs again and again, and in the second block
 * what the profiler needs.  The first blocks are warm-up. */
static enum status
run_block(struct probe *p, int block, const struct host *host, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < BLOCK; i++) {
        int64_t start = host->now_ns(host->ctx);

        st = netbench_run(p->plain, 0, err);
        if (block > 0)
            p->plain_ns[(block - 1) * BLOCK + i] =
                (double)(host->now_ns(host->ctx) - start);
    }
    for (int i = 0; st == ST_OK && i < BLOCK; i++)
        st = netbench_run(p->traced, 0, err);
    return st;
}

/* All networks in turn, block by block, so that all see the same machine. */
static enum status
run_all(struct probe *probes, const struct host *host, struct err *err)
{
    enum status st = ST_OK;

    for (int block = 0; st == ST_OK && block <= BLOCKS; block++)
        for (int n = 0; st == ST_OK && n < NETS; n++)
            st = run_block(&probes[n], block, host, err);
    return st;
}

static enum status
add_kernel(const struct kernel_time *k, void *ctx, struct err *err)
{
    struct probe *p = ctx;

    (void)err;
    if (k->run >= BLOCK && k->run < BLOCK + RUNS)
        p->kernels_ns[k->run - BLOCK] +=
            (double)k->ns + 0.5 * (double)k->quantum_ns;
    return ST_OK;
}

/* The mean of the middle half: as deaf to interruptions as a median, but not
 * a multiple of the profiler's steps. */
static double
middle_of(double *v)
{
    double sum = 0;

    stats_sort(v, RUNS);
    for (int i = RUNS / 4; i < RUNS - RUNS / 4; i++)
        sum += v[i];
    return sum / (RUNS - 2 * (RUNS / 4));
}

/* What the profiler adds to a kernel of this kind: kernels of long chains less
 * those of short ones, under the profiler less without it. */
static double
added(const double *plain_ns, const double *kernels_ns, enum tracenet_kind kind)
{
    size_t a = kind * LENGTHS + SHORT, b = kind * LENGTHS + LONG;
    double more = TRACENET_CHAINS * (lengths[LONG] - lengths[SHORT]);
    double ns = kernels_ns[b] - kernels_ns[a] - (plain_ns[b] - plain_ns[a]);

    return fmax(0, ns / more);
}

static void
conclude(struct probe *probes, struct tracecost *out)
{
    double plain_ns[NETS], kernels_ns[NETS], neg_ns, conv_ns;

    for (int n = 0; n < NETS; n++) {
        plain_ns[n] = middle_of(probes[n].plain_ns);
        kernels_ns[n] = middle_of(probes[n].kernels_ns);
    }
    neg_ns = added(plain_ns, kernels_ns, TRACENET_NEG);
    conv_ns = added(plain_ns, kernels_ns, TRACENET_CONV);
    out->input_ns = fmax(0, (conv_ns - neg_ns) / (CONV_INPUTS - 1));
    out->kernel_ns = conv_ns - (CONV_INPUTS - 1) * out->input_ns;
}

static enum status
measure(struct probe *probes, struct runtime *rt, const char *trace,
    const struct host *host, struct err *err)
{
    enum status st = ST_OK;

    for (int n = 0; st == ST_OK && n < NETS; n++) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%.*s-cost%d", PATH_MAX - 16, trace, n);
        st = open_probe(&probes[n], rt, (enum tracenet_kind)(n / LENGTHS),
            lengths[n % LENGTHS], path, err);
    }
    if (st == ST_OK)
        st = run_all(probes, host, err);
    for (int n = 0; st == ST_OK && n < NETS; n++)
        st = net_trace(
            netbench_net(probes[n].traced), add_kernel, &probes[n], err);
    return st;
}

enum status
tracecost_measure(struct tracecost *out, struct runtime *rt, const char *trace,
    const struct host *host, struct err *err)
{
    struct probe *probes = calloc(NETS, sizeof(*probes));
    enum status st;

    *out = (struct tracecost){ 0 };
    if (probes == NULL)
        return err_nomem(err);
    if ((st = measure(probes, rt, trace, host, err)) == ST_OK)
        conclude(probes, out);
    for (int n = 0; n < NETS; n++) {
        netbench_close(probes[n].traced);
        netbench_close(probes[n].plain);
    }
    free(probes);
    return st;
}

double
tracecost_of(const struct tracecost *c, size_t inputs)
{
    return c->kernel_ns + (inputs > 1 ? (double)(inputs - 1) * c->input_ns : 0);
}
