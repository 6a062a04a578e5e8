/* SPDX-License-Identifier: MIT */
#include "server/chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"
#include "base/log.h"
#include "db/device.h"
#include "db/measure.h"
#include "db/profile.h"
#include "server/view.h"

static const double limit_rel = 0.05;

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
centre_of(const struct chart *c)
{
    double v[CHART_POINTS];

    memcpy(v, c->first, sizeof(v));
    qsort(v, CHART_POINTS, sizeof(v[0]), by_size);
    return v[CHART_POINTS / 2];
}

/* Note a point that is out; a run of them becomes the new beginning. */
static void
run_on(struct chart *c, double median_ns, bool above)
{
    if (c->n_off > 0 && c->above != above)
        c->n_off = 0;
    c->above = above;
    c->off[c->n_off++] = median_ns;
    if (c->n_off < CHART_POINTS)
        return;
    memcpy(c->first, c->off, sizeof(c->first));
    c->n_off = 0;
}

/* Hold a point against the centre of a chart that has one. */
static struct chart_mark
judge(struct chart *c, double v, double lo, double hi, double limit)
{
    struct chart_mark m = { .centre = centre_of(c) };

    m.low = m.centre * (1 - limit);
    m.high = m.centre * (1 + limit);
    m.out = lo > m.high || hi < m.low;
    if (m.out)
        run_on(c, v, lo > m.high);
    else
        c->n_off = 0;
    return m;
}

struct chart_mark
chart_next(struct chart *c, double median_ns, double lo_ns, double hi_ns)
{
    if (c->n_first < CHART_POINTS) {
        c->first[c->n_first++] = median_ns;
        return (struct chart_mark){ NAN, NAN, NAN, false };
    }
    return judge(c, median_ns, isnan(lo_ns) ? median_ns : lo_ns,
        isnan(hi_ns) ? median_ns : hi_ns, limit_rel);
}

struct chart_mark
chart_next_count(struct chart *c, double count)
{
    if (c->n_first == CHART_POINTS)
        return judge(c, count, count, count, 0);
    while (c->n_first < CHART_POINTS)
        c->first[c->n_first++] = count;
    return (struct chart_mark){ NAN, NAN, NAN, false };
}

/* ---- all charts of a device ---- */

struct walk {
    struct chart chart;
    char kernel[256], env[80]; /* whose it is */
};

/* Rows come chart by chart: start anew where the next one begins. */
static struct chart_mark
walk_on(struct walk *w, const struct chart_row *r)
{
    if (strcmp(w->env, r->env_fingerprint) != 0 ||
        strncmp(w->kernel, r->kernel, sizeof(w->kernel) - 1) != 0) {
        w->chart = (struct chart){ 0 };
        snprintf(w->env, sizeof(w->env), "%s", r->env_fingerprint);
        snprintf(w->kernel, sizeof(w->kernel), "%s", r->kernel);
    }
    return isnan(r->median_ns)
               ? chart_next_count(&w->chart, r->instructions)
               : chart_next(&w->chart, r->median_ns, r->lo_ns, r->hi_ns);
}

struct listing {
    struct walk walk;
    json_t *items; /* owned */
};

static enum status
list_one(const struct chart_row *r, void *ctx)
{
    struct listing *l = ctx;
    struct chart_mark m = walk_on(&l->walk, r);
    json_t *o = json_pack(
        "{s:o,s:o,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "profile",
        view_id(r->profile), "reason", view_text(r->reason), "created_at",
        view_time(r->created_ms), "kernel", r->kernel, "env_fingerprint",
        r->env_fingerprint, "median_ns", json_number_or_null(r->median_ns),
        "instructions", json_number_or_null(r->instructions), "lo",
        json_number_or_null(r->lo_ns), "hi", json_number_or_null(r->hi_ns),
        "centre", json_number_or_null(m.centre), "low_limit",
        json_number_or_null(m.low), "high_limit", json_number_or_null(m.high),
        "out", (int)m.out);

    return json_array_append_new(l->items, o) == 0 ? ST_OK : ST_NOMEM;
}

enum status
chart_document(struct db *db, const char *device, json_t **out, struct err *err)
{
    struct listing l = { .items = json_array() };
    enum status st =
        l.items ? db_chart_list(db, device, NULL, list_one, &l, err) : ST_NOMEM;

    *out = st == ST_OK ? json_pack("{s:O}", "items", l.items) : NULL;
    json_decref(l.items);
    if (st == ST_NOMEM || (st == ST_OK && *out == NULL))
        return err_nomem(err);
    return st;
}

/* ---- watching ---- */

struct watch {
    struct walk walk;
    const struct chart_run *run;
    bool out;
};

static enum status
watch_one(const struct chart_row *r, void *ctx)
{
    struct watch *w = ctx;
    struct chart_mark m = walk_on(&w->walk, r);

    if (!m.out || r->profile != w->run->profile || r->golden != w->run->golden)
        return ST_OK;
    w->out = true;
    log_warn("%s: %s takes %.6g %s, %+.1f %% off its chart's centre",
        w->run->device, r->kernel,
        isnan(r->median_ns) ? r->instructions : r->median_ns,
        isnan(r->median_ns) ? "instructions" : "ns",
        100 *
            ((isnan(r->median_ns) ? r->instructions : r->median_ns) / m.centre -
                1));
    return ST_OK;
}

enum status
chart_watch(struct db *db, const struct chart_run *run, struct err *err)
{
    struct watch w = { .run = run };
    const struct cache_query q = { .device = run->device,
        .env_fingerprint = run->env_fingerprint };
    int64_t n = 0, before = run->profile != 0 ? run->profile : INT64_MAX;
    enum status st = db_chart_list(
        db, run->device, run->env_fingerprint, watch_one, &w, err);

    if (st != ST_OK || !w.out)
        return st;
    if ((st = db_device_set_health(db, run->device, DEVICE_SUSPECT, err)) ==
            ST_OK &&
        (st = db_cache_expire_before(db, &q, before, &n, err)) == ST_OK &&
        run->profile != 0)
        st = db_profile_flag(db, run->profile, FLAG(out_of_control), err);
    log_warn("%s is suspect: %lld earlier rows are stale", run->device,
        (long long)n);
    return st;
}
