/* SPDX-License-Identifier: MIT */
#include "probes/measure/energy.h"

#include <math.h>
#include <string.h>

#include "base/flag.h"

static const double COARSE = 0.05, IDLE_AGREE = 0.05, DROPS = 0.001;
static const int64_t STUCK_NS = 1000000000;

/* The sum of all channels' differences, in nJ. */
static enum status
sum_nj(const struct meter_facts *f, const uint64_t *from, const uint64_t *to,
    double *nj, struct err *err)
{
    uint64_t delta;

    *nj = 0;
    for (size_t c = 0; c < f->n; c++) {
        enum status st = meter_delta(f, from[c], to[c], &delta, err);

        if (st != ST_OK)
            return st;
        *nj += (double)delta * f->unit_nj;
    }
    return ST_OK;
}

/* Spin until the sensor steps, so that a window starts on a step; `at` is the
 * reading just after it. */
static enum status
align(const struct meter_handle *m, const struct host *host, uint64_t *at,
    struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);
    int64_t start = host->now_ns(host->ctx);
    uint64_t first[METER_CHANNELS];
    enum status st = m->ops->read(m->self, first, err);

    while (st == ST_OK) {
        if ((st = m->ops->read(m->self, at, err)) != ST_OK)
            return st;
        for (size_t c = 0; c < f->n; c++)
            if (at[c] != first[c])
                return ST_OK;
        if (host->now_ns(host->ctx) - start > STUCK_NS)
            return err_set(err, ST_INVALID, "measure.meter_stuck",
                "%s: the sensor did not move for a second", f->source);
    }
    return st;
}

/* A window in work. */
struct opened {
    uint64_t at[METER_CHANNELS];
    uint64_t taken, dropped; /* samples before it */
    int64_t start_ns;
};

static void
count_samples(const struct meter_handle *m, uint64_t *taken, uint64_t *dropped)
{
    *taken = *dropped = 0;
    if (m->ops->samples != NULL)
        m->ops->samples(m->self, taken, dropped);
}

/* The meter is selected already, so that work may go on up to here. */
static enum status
begin(const struct meter_handle *m, const struct host *host, struct opened *o,
    struct err *err)
{
    enum status st = ST_OK;

    count_samples(m, &o->taken, &o->dropped);
    if (m->ops->between == NULL)
        st = align(m, host, o->at, err);
    o->start_ns = host->now_ns(host->ctx);
    return st;
}

/* Too few samples came to know what was between them. */
static enum status
check_samples(
    const struct meter_handle *m, const struct opened *o, struct err *err)
{
    uint64_t taken, dropped;

    count_samples(m, &taken, &dropped);
    taken -= o->taken;
    dropped -= o->dropped;
    if ((double)dropped <= DROPS * (double)(taken + dropped))
        return ST_OK;
    return err_set(err, ST_INVALID, "measure.meter_drops",
        "%s: %llu of %llu samples did not come", m->ops->name,
        (unsigned long long)dropped, (unsigned long long)(taken + dropped));
}

static enum status
between(const struct meter_handle *m, const struct opened *o,
    struct energy_window *w, struct err *err)
{
    struct meter_window seen;
    enum status st = m->ops->between(
        m->self, o->start_ns, o->start_ns + w->window_ns, &seen, err);

    if (st == ST_OK)
        w->total_nj = seen.total_nj;
    return st;
}

static enum status
end(const struct meter_handle *m, const struct host *host,
    const struct opened *o, struct energy_window *w, struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);
    uint64_t to[METER_CHANNELS];
    enum status st = ST_OK;

    if (m->ops->between == NULL)
        st = m->ops->read(m->self, to, err);
    w->window_ns = host->now_ns(host->ctx) - o->start_ns;
    if (st == ST_OK && w->window_ns > f->longest_ns)
        return err_set(err, ST_INVALID, "measure.meter_window",
            "%s: a window of %.1f s is longer than the sensor can tell",
            f->source, (double)w->window_ns / 1e9);
    if (st == ST_OK && m->ops->between != NULL)
        return between(m, o, w, err);
    if (st == ST_OK)
        st = check_samples(m, o, err);
    return st == ST_OK ? sum_nj(f, o->at, to, &w->total_nj, err) : st;
}

enum status
energy_idle(const struct meter_handle *m, const struct host *host, int64_t ns,
    double *watts, struct err *err)
{
    struct energy_window w = { 0 };
    struct opened o;
    enum status st = m->ops->select(m->self, 0, err);

    /* What was done last is over at the meter's end too. */
    host->sleep_ns(host->ctx, m->ops->facts(m->self)->guard_ns);
    if (st != ST_OK || (st = begin(m, host, &o, err)) != ST_OK)
        return st;
    host->sleep_ns(host->ctx, ns);
    st = end(m, host, &o, &w, err);
    *watts = w.total_nj / (double)w.window_ns; /* nJ a ns is W */
    return st;
}

/* Run it for so long; *runs counts. */
static enum status
run_for(struct subject *s, const struct host *host, int64_t ns, int64_t *runs,
    struct err *err)
{
    int64_t start = host->now_ns(host->ctx);
    enum status st = ST_OK;

    *runs = 0;
    while (st == ST_OK && host->now_ns(host->ctx) - start < ns) {
        st = s->run(s->ctx, s->n, err);
        *runs += s->n;
    }
    s->spent_ns += host->now_ns(host->ctx) - start;
    return st;
}

enum status
energy_measure(const struct meter_handle *m, struct subject *s,
    const struct host *host, struct energy_window *out, struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);
    int64_t guard_runs;
    struct opened o;
    enum status st;

    *out = (struct energy_window){ 0 };
    if ((st = m->ops->select(m->self, 0, err)) != ST_OK ||
        (st = run_for(s, host, f->guard_ns, &guard_runs, err)) != ST_OK ||
        (st = begin(m, host, &o, err)) != ST_OK ||
        (st = run_for(s, host, f->window_ns, &out->runs, err)) != ST_OK ||
        (st = end(m, host, &o, out, err)) != ST_OK)
        return st;
    return run_for(s, host, f->guard_ns, &guard_runs, err);
}

int64_t
energy_failure_flag(const char *code)
{
    static const struct {
        const char *code;
        int64_t flag;
    } rows[] = {
        { "measure.meter_negative", FLAG(meter_backwards) },
        { "measure.meter_range", FLAG(meter_backwards) },
        { "measure.meter_stuck", FLAG(meter_stuck) },
        { "measure.meter_window", FLAG(meter_window) },
        { "measure.meter_lost", FLAG(meter_lost) },
        { "measure.meter_clock", FLAG(meter_clock) },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(code, rows[i].code) == 0)
            return rows[i].flag;
    return FLAG(meter_drops);
}

void
energy_account(const struct meter_facts *f, const struct energy_window *w,
    double idle_before_w, double idle_after_w, struct energy *out)
{
    double t = (double)w->window_ns, n = (double)w->runs;
    double power_w = w->total_nj / t;
    double idle_w = (idle_before_w + idle_after_w) / 2;
    double steps_nj = 2 * f->quantum_nj * (double)f->n +
                      2 * fabs(power_w) * (double)f->update_ns +
                      f->offset_w * t;
    double spread_w = fabs(idle_after_w - idle_before_w);

    out->gross_nj = w->total_nj / n;
    out->idle_nj = idle_w * t / n;
    out->net_nj = out->gross_nj - out->idle_nj;
    out->err_nj =
        (steps_nj + f->gain_error * fabs(w->total_nj) + spread_w * t) / n;
    out->quant_err_rel = steps_nj / fabs(w->total_nj);
}

int64_t
energy_flags(const struct energy *e)
{
    return e->quant_err_rel <= COARSE ? 0 : FLAG(energy_coarse);
}

int64_t
energy_idle_flags(double before_w, double after_w)
{
    return fabs(after_w - before_w) <= IDLE_AGREE * before_w ? 0
                                                             : FLAG(idle_drift);
}

json_t *
energy_json(const struct energy *e, const char *method, const char *sensor)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:s, s:s}", "gross_nj", e->gross_nj,
        "idle_nj", e->idle_nj, "net_nj", e->net_nj, "err_nj", e->err_nj,
        "method", method, "sensor", sensor);
}
