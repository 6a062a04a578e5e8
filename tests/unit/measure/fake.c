/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <math.h>
#include <string.h>

static int64_t
fake_now(void *ctx)
{
    struct fake_machine *m = ctx;

    m->now_ns += (double)m->read_cost_ns;
    return (int64_t)(m->now_ns / (double)m->resolution_ns) * m->resolution_ns;
}

static void
fake_sleep(void *ctx, int64_t ns)
{
    struct fake_machine *m = ctx;

    m->now_ns += (double)ns;
    m->sleeps++;
}

static int64_t
fake_interruptions(void *ctx)
{
    return ((struct fake_machine *)ctx)->interruptions;
}

static void
fake_sample(void *ctx, struct host_sample *out)
{
    struct fake_machine *m = ctx;

    *out = m->sample;
    out->own_cpu_ns = (int64_t)m->busy_ns;
    out->busy_cpu_ns = (int64_t)(m->busy_ns + m->others_share * 2 * m->now_ns);
    out->cores = 2;
}

void
fake_machine_init(struct fake_machine *m)
{
    memset(m, 0, sizeof(*m));
    m->host = (struct host){ .now_ns = fake_now,
        .sleep_ns = fake_sleep,
        .interruptions = fake_interruptions,
        .sample = fake_sample,
        .ctx = m };
    m->read_cost_ns = 20;
    m->resolution_ns = 1;
    m->slowdown = 1;
    m->sample.temp_c = m->sample.freq_khz = NAN;
    m->sample.throttle_count = -1;
}

static enum status
fake_run(void *ctx, int64_t n, struct err *err)
{
    struct fake_work *w = ctx;
    struct fake_machine *m = w->machine;
    double factor, ns;

    if (w->broken)
        return err_set(err, ST_UNPROCESSABLE, "model.run", "broken");
    w->last = w->memory * w->last + w->noise * (2 * rng_unit(&w->rng) - 1);
    factor = 1 + w->last;
    if (w->second > 0 && rng_unit(&w->rng) < w->second_odds)
        factor *= w->second;
    if (w->interrupt_odds > 0 && rng_unit(&w->rng) < w->interrupt_odds)
        m->interruptions++;
    ns = (double)n * w->cost_ns * factor * m->slowdown;
    for (int64_t i = 0; i < n && i < 64; i++)
        ns += w->settle * w->cost_ns * exp2(-(double)(w->executions + i));
    m->now_ns += ns;
    m->busy_ns += ns;
    m->slowdown *= 1 + m->creep * ns / 1e9;
    w->executions += n;
    w->calls++;
    return ST_OK;
}

void
fake_work_init(struct fake_work *w, struct fake_machine *m, double cost_ns,
    struct subject *s)
{
    memset(w, 0, sizeof(*w));
    w->machine = m;
    w->rng.state = 7;
    w->cost_ns = cost_ns;
    *s = (struct subject){ .run = fake_run, .ctx = w, .first_ns = NAN };
}
