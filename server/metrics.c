/* SPDX-License-Identifier: MIT */
#include "server/metrics.h"

#include <string.h>

#include "db/agent.h"
#include "db/stat.h"
#include "server/metrics_lab.h"
#include "server/server.h"
#include "server/wait.h"

enum { METRICS_MAX_BYTES = 4 << 20 };

/* One metric without labels, read from `struct stats`. */
static const struct {
    const char *name, *type, *help;
    size_t offset;
} plain[] = {
#define STAT(member) offsetof(struct stats, member)
    { "offramp_tasks_queued", "gauge", "Tasks that wait for an agent.",
        STAT(tasks_queued) },
    { "offramp_tasks_leased", "gauge", "Tasks that an agent works on.",
        STAT(tasks_leased) },
    { "offramp_devices_online", "gauge", "Devices whose agent is there.",
        STAT(devices_online) },
    { "offramp_leases_expired", "counter", "Leases that ended in silence.",
        STAT(leases_expired) },
    { "offramp_results_late", "counter",
        "Results kept as evidence only: their lease had ended.",
        STAT(results_late) },
    { "offramp_cache_hits", "counter",
        "Rows of layers taken from an earlier measurement.", STAT(reuse.hits) },
    { "offramp_cache_misses", "counter", "Rows of layers measured.",
        STAT(reuse.misses) },
#undef STAT
};

static enum status
head(struct buf *b, const char *name, const char *type, const char *help,
    struct err *err)
{
    return buf_addf(
        b, err, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static enum status
add_plain(struct buf *b, const struct stats *s, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof(plain) / sizeof(plain[0]);
         i++) {
        bool counter = strcmp(plain[i].type, "counter") == 0;
        int64_t v;

        memcpy(&v, (const char *)s + plain[i].offset, sizeof(v));
        if ((st = head(b, plain[i].name, plain[i].type, plain[i].help, err)) ==
            ST_OK)
            st = buf_addf(b, err, "%s%s %lld\n", plain[i].name,
                counter ? "_total" : "", (long long)v);
    }
    return st;
}

static enum status
add_jobs(struct buf *b, const struct stats *s, struct err *err)
{
    enum status st = head(b, "offramp_jobs", "gauge", "Jobs by state.", err);

    for (int i = 0; st == ST_OK && i < RUN_STATE_COUNT; i++)
        st = buf_addf(b, err, "offramp_jobs{state=\"%s\"} %lld\n",
            run_state_words[i], (long long)s->jobs[i]);
    return st;
}

static enum status
add_http(struct buf *b, struct server *s, struct err *err)
{
    int64_t n[SERVER_CLASSES];
    enum status st = head(b, "offramp_http_requests", "counter",
        "Answers since the start, by class of status.", err);

    server_counts(s, n);
    for (int i = 2; st == ST_OK && i < SERVER_CLASSES; i++)
        st = buf_addf(b, err,
            "offramp_http_requests_total{status=\"%dxx\"} %lld\n", i,
            (long long)n[i]);
    if (st == ST_OK)
        st = head(b, "offramp_http_waiting", "gauge",
            "Long polls that wait now.", err);
    if (st == ST_OK)
        st = buf_addf(
            b, err, "offramp_http_waiting %d\n", waits_count(server_waits(s)));
    if (st == ST_OK)
        st = head(b, "offramp_agents_woken", "counter",
            "How often a waiting agent was called to look for a task.", err);
    if (st == ST_OK)
        st = buf_addf(b, err, "offramp_agents_woken_total %lld\n",
            (long long)waits_woken(server_waits(s)));
    return st;
}

struct agents {
    struct buf *b;
    struct err *err;
};

/* Names of devices need no escaping either. */
static enum status
add_use(const struct device_use *u, void *ctx)
{
    const struct agents *a = ctx;
    const struct {
        const char *use;
        double s;
    } uses[] = { { "done", u->done_s }, { "lost", u->lost_s },
        { "saved", u->saved_s } };
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof(uses) / sizeof(uses[0]); i++)
        st = buf_addf(a->b, a->err,
            "offramp_board_seconds_total{device=\"%s\",use=\"%s\"} %.3f\n",
            u->device, uses[i].use, uses[i].s);
    return st;
}

/* Names of agents need no escaping: they are [A-Za-z0-9._-] only. */
static enum status
add_agent(const struct session *s, void *ctx)
{
    struct agents *a = ctx;

    return buf_addf(a->b, a->err,
        "offramp_agent_last_seen_seconds{agent=\"%s\"} %.3f\n", s->agent,
        (double)s->last_seen_ms / 1000);
}

enum status
metrics_text(struct server *s, struct db *db, int64_t now_ms, struct buf *out,
    struct err *err)
{
    struct agents agents = { out, err };
    struct stats stats;
    enum status st;

    buf_init(out, METRICS_MAX_BYTES);
    if ((st = db_stats(db, now_ms, &stats, err)) == ST_OK &&
        (st = add_jobs(out, &stats, err)) == ST_OK &&
        (st = add_plain(out, &stats, err)) == ST_OK &&
        (st = add_http(out, s, err)) == ST_OK &&
        (st = head(out, "offramp_board_seconds", "counter",
             "Time of devices in leases that ended well (done) or not (lost), "
             "and in measured loops that copies made unnecessary (saved).",
             err)) == ST_OK &&
        (st = db_device_use(db, add_use, &agents, err)) == ST_OK &&
        (st = head(out, "offramp_agent_last_seen_seconds", "gauge",
             "When each agent last spoke (Unix time).", err)) == ST_OK &&
        (st = db_agent_list(db, add_agent, &agents, err)) == ST_OK &&
        (st = metrics_lab(db, now_ms, out, err)) == ST_OK)
        st = buf_addstr(out, "# EOF\n", err);
    if (st != ST_OK)
        buf_clear(out);
    return st;
}
