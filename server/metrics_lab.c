/* SPDX-License-Identifier: MIT */
#include "server/metrics_lab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "db/device.h"
#include "db/stat.h"
#include "server/chart.h"
#include "server/label.h"

/* ---- waiting ---- */

static enum status
add_waits(struct db *db, struct buf *out, struct err *err)
{
    struct queue_waits w;
    enum status st = db_queue_waits(db, &w, err);

    if (st == ST_OK)
        st = buf_addstr(out,
            "# TYPE offramp_job_queue_seconds histogram\n"
            "# UNIT offramp_job_queue_seconds seconds\n"
            "# HELP offramp_job_queue_seconds How long jobs waited for their "
            "first device.\n",
            err);
    for (int i = 0; st == ST_OK && i < STAT_WAITS; i++)
        st = buf_addf(out, err,
            "offramp_job_queue_seconds_bucket{le=\"%d.0\"} %lld\n",
            stat_wait_bounds_s[i], (long long)w.at_most[i]);
    return st != ST_OK
               ? st
               : buf_addf(out, err,
                     "offramp_job_queue_seconds_bucket{le=\"+Inf\"} %lld\n"
                     "offramp_job_queue_seconds_count %lld\n"
                     "offramp_job_queue_seconds_sum %.3f\n",
                     (long long)w.n, (long long)w.n, w.sum_s);
}

/* ---- golden kernels ---- */

/* The chart of one kernel after another; rows come in that order. */
struct golden {
    struct db *db;
    struct buf *out;
    struct err *err;
    const char *device;
    char kernel[256];
    struct chart chart;
    double ratio; /* the newest point over the centre; NaN: no centre yet */
};

static enum status
add_ratio(struct golden *g)
{
    enum status st;

    if (isnan(g->ratio))
        return ST_OK;
    st = buf_addf(g->out, g->err,
        "offramp_golden_ratio{device=\"%s\",kernel=\"", g->device);
    if (st == ST_OK)
        st = label_add(g->out, g->kernel, g->err);
    return st == ST_OK ? buf_addf(g->out, g->err, "\"} %.6g\n", g->ratio) : st;
}

static enum status
add_point(const struct chart_row *r, void *ctx)
{
    struct golden *g = ctx;
    bool counted = isnan(r->median_ns);
    double value = counted ? r->instructions : r->median_ns;
    struct chart_mark m;
    enum status st = ST_OK;

    if (strncmp(g->kernel, r->kernel, sizeof(g->kernel) - 1) != 0) {
        st = add_ratio(g);
        g->chart = (struct chart){ 0 };
        snprintf(g->kernel, sizeof(g->kernel), "%s", r->kernel);
    }
    m = counted ? chart_next_count(&g->chart, value)
                : chart_next(&g->chart, value, r->lo_ns, r->hi_ns);
    g->ratio = value / m.centre;
    return st;
}

/* In the environment that the device has now.  Names of devices need no
 * escaping: they are [A-Za-z0-9._-] only. */
static enum status
add_device(const struct device *d, void *ctx)
{
    const struct golden *all = ctx;
    struct golden g = *all;
    enum status st;

    g.device = d->name;
    g.ratio = NAN;
    if (d->env_fingerprint == NULL)
        return ST_OK;
    st = db_chart_list(g.db, d->name, d->env_fingerprint, add_point, &g, g.err);
    return st == ST_OK ? add_ratio(&g) : st;
}

static enum status
add_golden(struct db *db, int64_t now_ms, struct buf *out, struct err *err)
{
    struct golden all = { .db = db, .out = out, .err = err };
    enum status st = buf_addstr(out,
        "# TYPE offramp_golden_ratio gauge\n"
        "# HELP offramp_golden_ratio A device's golden kernels, the newest "
        "over the centre of their chart.\n",
        err);

    return st == ST_OK ? db_device_list(db, now_ms, add_device, &all, err) : st;
}

/* ---- closure ---- */

struct closures {
    struct buf *out;
    struct err *err;
};

/* By the model's digest: two may have one name. */
static enum status
add_closure(const struct closure_now *c, void *ctx)
{
    const struct closures *to = ctx;

    return buf_addf(to->out, to->err,
        "offramp_profile_closure_ratio{device=\"%s\",model=\"%s\"} %.6g\n",
        c->device, c->model, c->closure_rel);
}

static enum status
add_closures(struct db *db, struct buf *out, struct err *err)
{
    struct closures to = { out, err };
    enum status st = buf_addstr(out,
        "# TYPE offramp_profile_closure_ratio gauge\n"
        "# HELP offramp_profile_closure_ratio Layers in situ against the whole "
        "network, relative, in the newest profile of each model on each "
        "device.\n",
        err);

    return st == ST_OK ? db_closure_list(db, add_closure, &to, err) : st;
}

enum status
metrics_lab(struct db *db, int64_t now_ms, struct buf *out, struct err *err)
{
    enum status st;

    if ((st = add_waits(db, out, err)) != ST_OK ||
        (st = add_golden(db, now_ms, out, err)) != ST_OK)
        return st;
    return add_closures(db, out, err);
}
