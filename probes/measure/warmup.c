/* SPDX-License-Identifier: MIT */
#include "probes/measure/warmup.h"

#include <math.h>

enum { LEAST_RUNS = 3, BATCHES = 64 };
static const double STEADY = 0.02;

struct warmup
warmup_for(double warmup_s, int64_t share_ns)
{
    struct warmup w = { .least_ns = (int64_t)(warmup_s * 1e9) };

    w.window_ns = w.least_ns / 10;
    w.cap_ns = w.least_ns * 20;
    if (w.window_ns < 5000000)
        w.window_ns = 5000000;
    if (w.cap_ns > share_ns)
        w.cap_ns = share_ns;
    return w;
}

struct warmup
warmup_next(struct warmup w)
{
    w.least_ns = 0;
    return w;
}

/* At least three executions and the least time.  *each_ns: about one. */
static enum status
settle(struct subject *s, const struct host *host, const struct warmup *w,
    int64_t *each_ns, struct err *err)
{
    int64_t start = host->now_ns(host->ctx), ns;
    enum status st = ST_OK;

    for (int i = 0;
         st == ST_OK &&
         (i < LEAST_RUNS || host->now_ns(host->ctx) - start < w->least_ns);
         i++) {
        st = subject_time(s, host, 1, &ns, err);
        if (i == 0)
            s->first_ns = (double)ns;
        if (i == 0 || ns < *each_ns)
            *each_ns = ns;
    }
    return st;
}

/* The median of batches that fill one window. */
static enum status
window(struct subject *s, const struct host *host, const struct warmup *w,
    int64_t batch, double *median, struct err *err)
{
    double v[BATCHES];
    int64_t start = host->now_ns(host->ctx), ns;
    size_t n = 0;

    while (n < BATCHES &&
           (n == 0 || host->now_ns(host->ctx) - start < w->window_ns)) {
        enum status st = subject_time(s, host, batch, &ns, err);

        if (st != ST_OK)
            return st;
        v[n++] = (double)ns / (double)batch;
    }
    stats_sort(v, n);
    *median = stats_quantile(v, n, 0.5);
    return ST_OK;
}

static bool
steady(const double m[3])
{
    double low = fmin(m[0], fmin(m[1], m[2]));
    double high = fmax(m[0], fmax(m[1], m[2]));
    bool rises = m[0] < m[1] && m[1] < m[2];
    bool falls = m[0] > m[1] && m[1] > m[2];

    return high - low < STEADY * low && !rises && !falls;
}

enum status
warmup_run(struct subject *s, const struct host *host, const struct warmup *w,
    struct err *err)
{
    int64_t start = host->now_ns(host->ctx), each_ns = 1, batch;
    double m[3] = { 0 };
    int windows = 0;
    enum status st = settle(s, host, w, &each_ns, err);

    /* A batch is a fortieth of a window, so a median has some to choose. */
    batch = w->window_ns / 40 / (each_ns > 0 ? each_ns : 1);
    if (batch < 1)
        batch = 1;
    s->not_steady = false;
    while (st == ST_OK && (windows < 3 || !steady(m))) {
        if (host->now_ns(host->ctx) - start >= w->cap_ns) {
            s->not_steady = true;
            break;
        }
        m[0] = m[1];
        m[1] = m[2];
        st = window(s, host, w, batch, &m[2], err);
        windows++;
    }
    return st;
}
