/* SPDX-License-Identifier: MIT */
#include "probes/measure/counting.h"

#include <limits.h>
#include <stdio.h>

#include "probes/emulated/count.h"
#include "probes/emulated/fresh.h"
#include "probes/measure/netbench.h"
#include "probes/measure/tracenet.h"

enum { WARM_NET_MAX = 1 << 20, COUNTED_RUNS = 3 };

struct question {
    int32_t is_net, kind; /* a network, or that golden kernel */
    uint64_t seed;
    char path[PATH_MAX];
};
struct answer {
    struct counted counted;
    struct err err; /* status ST_OK: counted */
};

/* In the copy that is kept. */
static struct runtime *runtime;
static struct err no_runtime;

/* QEMU translates code when it first runs: what the runtime does for any
 * network is then translated once, and not in each copy. */
static void
translate(void)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    struct netbench *bench = NULL;
    struct buf model;

    buf_init(&model, WARM_NET_MAX);
    if (tracenet_make(&model, TRACENET_CONV, 1, NULL) == ST_OK &&
        netbench_open(&bench, runtime,
            &(struct net_source){ .data = model.data, .len = model.len },
            &options, 1, NULL) == ST_OK)
        (void)!netbench_run(bench, 0, NULL);
    netbench_close(bench);
    buf_clear(&model);
}

static void
open_runtime(void)
{
    if (runtime_onnx_open(&runtime, NULL, &no_runtime) == ST_OK)
        translate();
}

/* The least of a few runs: some things a library does by the clock and not for
 * the network (ONNX Runtime looks at its own pace after 2 s, 204 instructions),
 * and how far the clock comes hangs on who else uses this machine. */
static enum status
count_run(struct netbench *b, struct count *c, size_t set,
    struct insn_counts *least, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < COUNTED_RUNS; i++) {
        struct insn_counts n = { 0 };

        count_begin(c);
        if ((st = netbench_run(b, set, err)) == ST_OK)
            st = count_end(c, &n, err);
        if (i == 0 || insn_sum(&n) < insn_sum(least))
            *least = n;
    }
    return st;
}

static void
add(struct counted *to, const struct insn_counts *n)
{
    to->instructions += (double)insn_sum(n);
    for (int i = 0; i < INSN_COUNTS; i++)
        to->n[i] += (double)n->n[i];
}

/* All inputs once, uncounted: what happens only the first time (symbols that
 * are bound, memory that is laid out) is no part of an execution.  Then the
 * mean over them: paths may hang on data. */
static enum status
count_runs(
    struct netbench *b, struct count *c, struct counted *mean, struct err *err)
{
    enum status st = ST_OK;

    for (size_t set = 0; st == ST_OK && set < INPUT_SETS; set++)
        st = netbench_run(b, set, err);
    for (size_t set = 0; st == ST_OK && set < INPUT_SETS; set++) {
        struct insn_counts n = { 0 };

        st = count_run(b, c, set, &n, err);
        add(mean, &n);
    }
    mean->instructions /= INPUT_SETS;
    for (int i = 0; i < INSN_COUNTS; i++)
        mean->n[i] /= INPUT_SETS;
    return st;
}

static enum status
count_net(const struct question *q, struct counted *out, struct err *err)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    const struct net_source source = { .path = q->path };
    struct netbench *bench = NULL;
    struct count *count = NULL;
    enum status st;

    if (runtime == NULL) {
        *err = no_runtime;
        return err->status;
    }
    if ((st = count_open(&count, runtime_library(runtime), err)) == ST_OK &&
        (st = netbench_open(
             &bench, runtime, &source, &options, q->seed, err)) == ST_OK)
        st = count_runs(bench, count, out, err);
    netbench_close(bench);
    count_close(count);
    return st;
}

static enum status
count_golden(enum golden_kind kind, struct counted *out, struct err *err)
{
    struct golden *golden = NULL;
    struct count *count = NULL;
    struct insn_counts n = { 0 };
    struct subject s;
    enum status st;

    if ((st = count_open(&count, COUNT_PROGRAM, err)) == ST_OK &&
        (st = golden_open(&golden, kind, err)) == ST_OK) {
        golden_subject(golden, &s);
        if ((st = s.run(s.ctx, 1, err)) == ST_OK) {
            count_begin(count);
            if ((st = s.run(s.ctx, 1, err)) == ST_OK)
                st = count_end(count, &n, err);
        }
    }
    add(out, &n);
    golden_close(golden);
    count_close(count);
    return st;
}

static void
answer_one(const void *question, void *answer)
{
    const struct question *q = question;
    struct answer *a = answer;
    enum status st;

    *a = (struct answer){ .err.status = ST_OK };
    st = q->is_net
             ? count_net(q, &a->counted, &a->err)
             : count_golden((enum golden_kind)q->kind, &a->counted, &a->err);
    a->err.status = st; /* a failure without a text stays one */
}

/* ---- the process that asks ---- */

/* One of a process: it must be there before there is anything to hold it. */
static struct fresh *copies;

enum status
counting_prepare(struct err *err)
{
    static const struct fresh_work work = {
        .question = sizeof(struct question),
        .answer = sizeof(struct answer),
        .open = open_runtime,
        .run = answer_one,
    };

    return count_wanted() ? fresh_start(&copies, &work, err) : ST_OK;
}

bool
counting_here(void)
{
    return copies != NULL;
}

static enum status
ask(const struct question *q, struct counted *out, struct err *err)
{
    struct answer a;
    enum status st = fresh_ask(copies, q, &a, err);

    *out = a.counted;
    if (st != ST_OK || a.err.status == ST_OK)
        return st;
    return err_set(err, a.err.status, a.err.code, "%s", a.err.text);
}

enum status
counting_net(
    const char *path, uint64_t seed, struct counted *out, struct err *err)
{
    struct question q = { .is_net = 1, .seed = seed };

    snprintf(q.path, sizeof(q.path), "%s", path);
    return ask(&q, out, err);
}

enum status
counting_golden(enum golden_kind kind, struct counted *out, struct err *err)
{
    return ask(&(struct question){ .kind = (int32_t)kind }, out, err);
}
