/* SPDX-License-Identifier: MIT */
#include "handover.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ends.h"
#include "probes/relay/relay.h"

enum { RUNS = 101, WARM = 10, ARENA = 1 << 20, VALUES = 10 };

static const size_t sizes[] = { 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18,
    1 << 20 };
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static const int64_t works_us[] = { 50, 300, 1000 };
static const int64_t SWEEP_WORK_US = 300; /* as the task `link` has it */

/* A part of a plan: it reads its tensor, computes for so long on memory of its
 * own, and makes the next one. */
struct part {
    int64_t work_ns;
    size_t bytes;
    uint8_t arena[ARENA], tensor[ARENA];
    float values[VALUES];
};

static void
compute(struct part *p)
{
    const int64_t end = clock_ns() + p->work_ns;
    size_t at = 0;

    do {
        for (int i = 0; i < 64; i++, at = (at + 64) % ARENA)
            p->arena[at]++;
    } while (clock_ns() < end);
}

static enum status
run_part(void *ctx, const void *in, struct relay_answer *out, struct err *err)
{
    struct part *p = ctx;

    (void)err;
    memcpy(p->tensor, in, p->bytes);
    compute(p);
    out->stage = 1;
    out->values = p->values;
    out->n = VALUES;
    return ST_OK;
}

static void
serve(struct tcp_door *d, void *ctx)
{
    struct part *p = ctx;
    const struct relay_service s = {
        .what = "bench", .bytes_in = p->bytes, .run = run_part, .ctx = p
    };
    struct err err = { 0 };
    int64_t served;

    must(relay_serve(d, &s, ENDS_WAIT_MS, &served, &err), &err);
}

static void
hand_over(struct part *p, int answers, struct stats *out)
{
    uint8_t *gives = malloc(p->bytes);
    double ns[RUNS];
    struct relay_line *line;
    struct relay_answer a;
    struct err err = { 0 };
    struct ends e;

    if (gives == NULL)
        must(err_nomem(&err), &err);
    ends_start(&e, answers, serve, p);
    must(relay_open(&line,
             &(struct relay_peer){ .name = "part",
                 .host = "127.0.0.1",
                 .port = tcp_port(e.door),
                 .secret = tcp_secret(e.door),
                 .what = "bench",
                 .bytes_in = p->bytes,
                 .answer_ms = ENDS_WAIT_MS },
             &err),
        &err);
    for (int i = -WARM; i < RUNS; i++) {
        compute(p);
        memcpy(gives, p->tensor, p->bytes);
        must(relay_run(line, gives, &a, &err), &err);
        if (i >= 0)
            ns[i] = (double)(a.answered_ns - a.sent_ns) - a.hop[0].within_ns;
    }
    must(stats_of(ns, RUNS, 0.95, out, &err), &err);
    relay_close(line);
    ends_stop(&e);
    free(gives);
}

static void
sweep(int answers, int64_t work_us, struct sweep *out)
{
    const struct sweep_policy policy = { .ci_rel = 0.03,
        .max_rounds = 60,
        .budget_ns = 5000000000,
        .max_bytes = 1 << 20,
        .seed = 1 };
    struct ends e;

    ends_start(&e, answers, ends_answer, NULL);
    ends_sweep("127.0.0.1", tcp_port(e.door), tcp_secret(e.door), &policy,
        work_us * 1000, out);
    ends_stop(&e);
}

/* There and back. */
static double
foretold(const struct sweep *s, size_t bytes)
{
    const struct line *l = &s->way[SWEEP_SEND].fit.line;

    return l->base + l->slope * (double)bytes;
}

static void
print_sweep(const char *what, const struct sweep *s)
{
    const struct line *l = &s->way[SWEEP_SEND].fit.line;

    printf("  %s: %.1f us + %.3f ns/B, residual %.3f, worst %.3f\n", what,
        l->base / 1e3, l->slope, l->residual_rel, l->worst_rel);
}

void
handover_table(const char *name, int asks, int answers)
{
    static struct part part;
    struct sweep idle, working;
    struct stats s;

    ends_pin(asks);
    sweep(answers, 0, &idle);
    sweep(answers, SWEEP_WORK_US, &working);
    printf("%s\n", name);
    print_sweep("baseline, messages back to back", &idle);
    print_sweep("both ends work before each", &working);
    printf("  %8s %8s %30s %10s %22s\n", "work us", "bytes",
        "hand-over us [95 %]", "foretold", "foretold / measured");
    for (size_t w = 0; w < sizeof(works_us) / sizeof(works_us[0]); w++)
        for (size_t i = 0; i < SIZES; i++) {
            part.work_ns = works_us[w] * 1000;
            part.bytes = sizes[i];
            hand_over(&part, answers, &s);
            printf("  %8lld %8zu %10.1f [%7.1f, %7.1f] %10.1f   %6.2f "
                   "(baseline %.2f)\n",
                (long long)works_us[w], sizes[i], s.median / 1e3, s.lo / 1e3,
                s.hi / 1e3, foretold(&working, sizes[i]) / 1e3,
                foretold(&working, sizes[i]) / s.median,
                foretold(&idle, sizes[i]) / s.median);
        }
}
