/* SPDX-License-Identifier: MIT */
#include "probes/measure/epoch.h"

#include <math.h>

static const int64_t LONGEST_NS = 100000000;
static const int64_t SINGLE_BLOCK_NS = 20000000;
static const double MORE = 1.4, GROW_MIN = 1.6, GROW_MAX = 10, JITTER = 0.2;
enum { SINGLE_BLOCK = 64, N_MAX = 1 << 30 };

int64_t
epoch_target_ns(const struct clocktest *clock, int64_t at_least_ns)
{
    int64_t t = at_least_ns;

    if (t < 1000 * clock->resolution_ns)
        t = 1000 * clock->resolution_ns;
    if (t < (int64_t)(100 * clock->cost_ns))
        t = (int64_t)(100 * clock->cost_ns);
    return t < LONGEST_NS ? t : LONGEST_NS;
}

/* The shorter of two readings: one interruption must not fool the search. */
static enum status
time_twice(struct subject *s, const struct host *host, int64_t n, int64_t *ns,
    struct err *err)
{
    int64_t again;
    enum status st = subject_time(s, host, n, ns, err);

    if (st == ST_OK)
        st = subject_time(s, host, n, &again, err);
    if (st == ST_OK && again < *ns)
        *ns = again;
    return st;
}

enum status
epoch_calibrate(struct subject *s, const struct host *host, int64_t target_ns,
    struct err *err)
{
    int64_t ns = 0;
    enum status st;

    if (s->single && target_ns < SINGLE_BLOCK_NS)
        target_ns = SINGLE_BLOCK_NS;
    for (s->n = 1;;) {
        double grow;

        if ((st = time_twice(s, host, s->n, &ns, err)) != ST_OK)
            return st;
        if (ns >= target_ns || s->n >= (s->single ? SINGLE_BLOCK : N_MAX))
            break;
        grow = ns > 0 ? MORE * (double)target_ns / (double)ns : GROW_MAX;
        s->n =
            (int64_t)ceil((double)s->n * fmin(fmax(grow, GROW_MIN), GROW_MAX));
    }
    if (s->single && s->n > SINGLE_BLOCK)
        s->n = SINGLE_BLOCK;
    return ST_OK;
}

static enum status
timed(struct subject *s, const struct host *host, int64_t n, struct err *err)
{
    int64_t before, ns;
    enum status st;
    bool interrupted;

    if (s->before != NULL)
        s->before(s->before_ctx);
    before = host->interruptions(host->ctx);
    st = subject_time(s, host, n, &ns, err);
    interrupted = host->interruptions(host->ctx) != before;
    if (st != ST_OK)
        return st;
    s->sampled_ns += ns;
    return subject_add(s, (double)ns / (double)n, interrupted, err);
}

enum status
epoch_run(struct subject *s, const struct host *host, struct rng *rng,
    struct err *err)
{
    double u = JITTER * rng_unit(rng);
    int64_t n = (int64_t)((double)s->n * (1 + u) + 0.5);
    enum status st = ST_OK;

    if (!s->single)
        return timed(s, host, n, err);
    for (int64_t i = 0; st == ST_OK && i < s->n; i++)
        st = timed(s, host, 1, err);
    return st;
}
