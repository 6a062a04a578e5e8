/* SPDX-License-Identifier: MIT */
#include "probes/measure/tracecost.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "probes/measure/netbench.h"
#include "probes/measure/stats.h"

/* Half of the kernels are Neg (one input), half are Clip (three). */
enum { HALF = 16, RUNS = 200, SETTLE = 50, MODEL_MAX = 8192 };

/* ---- the network, in the wire format of protocol buffers ---- */

/* A field with a length; all of ours are shorter than 128 bytes but one. */
static enum status
put(struct buf *b, int field, const void *data, size_t n, struct err *err)
{
    char head[3] = { (char)(field << 3 | 2), (char)(n & 127), (char)(n >> 7) };
    enum status st;

    if (n > 127)
        head[1] |= (char)128;
    st = buf_add(b, head, n > 127 ? 3 : 2, err);
    return st == ST_OK ? buf_add(b, data, n, err) : st;
}

static enum status
put_text(struct buf *b, int field, const char *text, struct err *err)
{
    return put(b, field, text, strlen(text), err);
}

/* NodeProto: t{i} -> t{i + 1}. */
static enum status
put_node(struct buf *graph, int i, struct err *err)
{
    struct buf node;
    char from[16], to[16];
    bool clip = i >= HALF;
    enum status st;

    buf_init(&node, 128);
    snprintf(from, sizeof(from), "t%d", i);
    snprintf(to, sizeof(to), "t%d", i + 1);
    st = put_text(&node, 1, from, err);
    for (int k = 0; st == ST_OK && clip && k < 2; k++)
        st = put_text(&node, 1, k == 0 ? "lo" : "hi", err);
    if (st == ST_OK && (st = put_text(&node, 2, to, err)) == ST_OK &&
        (st = put_text(&node, 3, to, err)) == ST_OK &&
        (st = put_text(&node, 4, clip ? "Clip" : "Neg", err)) == ST_OK)
        st = put(graph, 1, node.data, node.len, err);
    buf_clear(&node);
    return st;
}

/* TensorProto of one float: dims is left out, so it is a scalar. */
static enum status
put_bound(struct buf *graph, const char *name, float value, struct err *err)
{
    static const char float32[] = { 2 << 3, 1 };
    struct buf t;
    enum status st;

    buf_init(&t, 64);
    if ((st = buf_add(&t, float32, 2, err)) == ST_OK &&
        (st = put_text(&t, 8, name, err)) == ST_OK &&
        (st = put(&t, 9, &value, sizeof(value), err)) == ST_OK)
        st = put(graph, 5, t.data, t.len, err);
    buf_clear(&t);
    return st;
}

/* ValueInfoProto of one float: type.tensor_type {elem_type 1, shape [1]}. */
static enum status
put_end(struct buf *graph, int field, int i, struct err *err)
{
    static const char type[] = { 1 << 3 | 2, 8, 1 << 3, 1, 2 << 3 | 2, 4,
        1 << 3 | 2, 2, 1 << 3, 1 };
    struct buf v;
    char name[8];
    enum status st;

    buf_init(&v, 64);
    snprintf(name, sizeof(name), "t%d", i);
    if ((st = put_text(&v, 1, name, err)) == ST_OK &&
        (st = put(&v, 2, type, sizeof(type), err)) == ST_OK)
        st = put(graph, field, v.data, v.len, err);
    buf_clear(&v);
    return st;
}

static enum status
make_model(struct buf *model, struct err *err)
{
    static const char ir_version[] = { 1 << 3, 7 };
    static const char opset[] = { 1 << 3 | 2, 0, 2 << 3, 13 };
    struct buf g;
    enum status st = ST_OK;

    buf_init(&g, MODEL_MAX);
    for (int i = 0; st == ST_OK && i < 2 * HALF; i++)
        st = put_node(&g, i, err);
    if (st == ST_OK && (st = put_text(&g, 2, "g", err)) == ST_OK &&
        (st = put_bound(&g, "lo", -9, err)) == ST_OK &&
        (st = put_bound(&g, "hi", 9, err)) == ST_OK &&
        (st = put_end(&g, 11, 0, err)) == ST_OK &&
        (st = put_end(&g, 12, 2 * HALF, err)) == ST_OK &&
        (st = buf_add(model, ir_version, sizeof(ir_version), err)) == ST_OK &&
        (st = put(model, 7, g.data, g.len, err)) == ST_OK)
        st = put(model, 8, opset, sizeof(opset), err);
    buf_clear(&g);
    return st;
}

/* ---- its runs ---- */

/* Sums over the kernels of a kind, run by run; the first are warm-up. */
struct sums {
    double neg[RUNS], clip[RUNS];
};

static enum status
add_kernel(const struct kernel_time *k, void *ctx, struct err *err)
{
    struct sums *s = ctx;
    double ns = (double)k->ns + 0.5 * (double)k->quantum_ns;

    (void)err;
    if (k->run < SETTLE || k->run >= SETTLE + RUNS)
        return ST_OK;
    if (strcmp(k->op, "Clip") == 0)
        s->clip[k->run - SETTLE] += ns;
    else
        s->neg[k->run - SETTLE] += ns;
    return ST_OK;
}

static double
median_of(double *v)
{
    stats_sort(v, RUNS);
    return stats_quantile(v, RUNS, 0.5);
}

/* Run it; *run_ns is the median of a run. */
static enum status
run_all(struct netbench *b, const struct host *host, double *run_ns,
    struct err *err)
{
    double v[RUNS];

    for (int i = 0; i < SETTLE + RUNS; i++) {
        int64_t start = host->now_ns(host->ctx);
        enum status st = netbench_run(b, 0, err);

        if (st != ST_OK)
            return st;
        if (i >= SETTLE)
            v[i - SETTLE] = (double)(host->now_ns(host->ctx) - start);
    }
    *run_ns = median_of(v);
    return ST_OK;
}

static enum status
measure(struct tracecost *out, struct runtime *rt, const struct net_source *src,
    const char *trace, const struct host *host, struct err *err)
{
    struct net_options opts = { .threads = 1,
        .optimisation = NET_OPTIMISE_NONE };
    struct netbench *plain = NULL, *traced = NULL;
    struct sums sums = { 0 };
    double plain_ns, traced_ns, neg_ns, clip_ns;
    enum status st = netbench_open(&plain, rt, src, &opts, 1, err);

    opts.trace = trace;
    if (st == ST_OK)
        st = netbench_open(&traced, rt, src, &opts, 1, err);
    if (st == ST_OK && (st = run_all(plain, host, &plain_ns, err)) == ST_OK &&
        (st = run_all(traced, host, &traced_ns, err)) == ST_OK)
        st = net_trace(netbench_net(traced), add_kernel, &sums, err);
    if (st == ST_OK) {
        neg_ns = median_of(sums.neg) / HALF;
        clip_ns = median_of(sums.clip) / HALF;
        out->input_ns = fmax(0, (clip_ns - neg_ns) / 2);
        out->kernel_ns = fmax(0, neg_ns - plain_ns / (2 * HALF));
    }
    netbench_close(traced);
    netbench_close(plain);
    return st;
}

enum status
tracecost_measure(struct tracecost *out, struct runtime *rt, const char *trace,
    const struct host *host, struct err *err)
{
    struct buf model;
    enum status st;

    *out = (struct tracecost){ 0 };
    buf_init(&model, MODEL_MAX);
    if ((st = make_model(&model, err)) == ST_OK)
        st = measure(out, rt,
            &(struct net_source){ .data = model.data, .len = model.len }, trace,
            host, err);
    buf_clear(&model);
    return st;
}
