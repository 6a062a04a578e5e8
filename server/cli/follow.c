/* SPDX-License-Identifier: MIT */
#include "server/cli/follow.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_CELLS = 28, LINE_MAX_BYTES = 240 };

/* What is shown of a document: jobs have it in their tasks, others at top. */
struct glance {
    const char *state, *phase, *detail;
    const char *waits_for; /* why no device takes it; NULL */
    int64_t version, done, total, position;
    double eta_s;
};

static bool
is_final(const char *state)
{
    static const char *const final[] = { "done", "ready", "failed", "rejected",
        "cancelled" };

    for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
        if (strcmp(state, final[i]) == 0)
            return true;
    return false;
}

static bool
is_good(const char *state)
{
    return strcmp(state, "done") == 0 || strcmp(state, "ready") == 0;
}

static void
glance_progress(const json_t *progress, struct glance *g)
{
    const struct json_field fields[] = {
        { "phase", JF_STR, false, &g->phase, 0, 0 },
        { "detail", JF_STR, false, &g->detail, 0, 0 },
        { "done", JF_INT, false, &g->done, 0, 0 },
        { "total", JF_INT, false, &g->total, 0, 0 },
    };

    if (json_is_object(progress) &&
        JSON_PICK(progress, "progress", fields, NULL) != ST_OK)
        g->phase = NULL; /* only for show: an odd one is left out */
}

/* The task whose progress stands for the job's: the first unfinished one. */
static const json_t *
current_task(const json_t *doc)
{
    const json_t *task;
    size_t i;

    json_array_foreach(json_object_get(doc, "tasks"), i, task)
    {
        const char *s = json_string_value(json_object_get(task, "state"));

        if (s != NULL && !is_final(s))
            return task;
    }
    return doc;
}

static enum status
glance_at(const json_t *doc, struct glance *g, struct err *err)
{
    const struct json_field fields[] = {
        { "state", JF_STR, true, &g->state, 0, 0 },
        { "version", JF_INT, false, &g->version, 0, 0 },
        { "eta_s", JF_REAL, false, &g->eta_s, 0, 0 },
        { "position", JF_INT, false, &g->position, 0, 0 },
    };
    const json_t *task;

    *g = (struct glance){ .eta_s = -1 };
    task = current_task(doc);
    g->waits_for = json_string_value(json_object_get(task, "waits_for"));
    glance_progress(json_object_get(task, "progress"), g);
    return JSON_PICK(doc, "answer", fields, err);
}

/* ", 2 before it: left is draining" of what waits. */
static void
format_wait(const struct glance *g, char *out, size_t cap)
{
    char place[48] = "";

    if (g->position > 0)
        snprintf(
            place, sizeof(place), ", %lld before it", (long long)g->position);
    snprintf(out, cap, "%s%s%.120s", place, g->waits_for ? ": " : "",
        g->waits_for ? g->waits_for : "");
}

static void
format_line(const struct glance *g, const char *title, char *line)
{
    int64_t full = g->total > 0 ? BAR_CELLS * g->done / g->total : 0;
    char bar[BAR_CELLS + 1], eta[32] = "", wait[180] = "";

    if (full < 0 || full > BAR_CELLS)
        full = BAR_CELLS;
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', (size_t)full);
    bar[BAR_CELLS] = '\0';
    if (g->eta_s >= 0 && !is_final(g->state))
        snprintf(eta, sizeof(eta), "  ETA %d:%02d", (int)g->eta_s / 60,
            (int)g->eta_s % 60);
    if (g->total > 0 && g->phase != NULL && !is_final(g->state))
        snprintf(line, LINE_MAX_BYTES, "%s  [%s] %3d %%  %s%s%s%s", title, bar,
            (int)(100 * g->done / g->total), g->phase,
            g->detail && g->detail[0] ? ": " : "", g->detail ? g->detail : "",
            eta);
    else {
        if (!is_final(g->state))
            format_wait(g, wait, sizeof(wait));
        snprintf(line, LINE_MAX_BYTES, "%s  %s%s%s%s%s", title, g->state,
            g->phase && !is_final(g->state) ? ": " : "",
            g->phase && !is_final(g->state) ? g->phase : "", wait, eta);
    }
}

/* On a terminal the line is drawn over itself; elsewhere a new line appears
 * when the phase or the state changes. */
static void
show(const struct glance *g, const char *title, char *last)
{
    char line[LINE_MAX_BYTES], key[LINE_MAX_BYTES];
    bool terminal = isatty(STDERR_FILENO);

    fflush(stdout); /* both may go to one file: keep their order */
    format_line(g, title, line);
    if (terminal) {
        fprintf(stderr, "\r\033[K%s%s", line, is_final(g->state) ? "\n" : "");
        fflush(stderr);
        return;
    }
    snprintf(key, sizeof(key), "%s %s %lld %.120s", g->state,
        g->phase ? g->phase : "", (long long)g->position,
        g->waits_for ? g->waits_for : "");
    if (strcmp(key, last) != 0)
        fprintf(stderr, "%s\n", line);
    memcpy(last, key, sizeof(key));
}

/* Why it did not end well: `error` of the document or of one of its tasks. */
static enum status
explain(const json_t *doc, const char *state, struct err *err)
{
    const json_t *e = json_object_get(doc, "error"), *task;
    const char *code = NULL, *detail = NULL;
    size_t i;

    json_array_foreach(json_object_get(doc, "tasks"), i,
        task) if (!json_is_object(e)) e = json_object_get(task, "error");
    code = json_string_value(json_object_get(e, "code"));
    detail = json_string_value(json_object_get(e, "detail"));
    return err_set(err,
        strcmp(state, "rejected") == 0 ? ST_UNPROCESSABLE : ST_CANCELLED, code,
        "%s: %s", state, detail ? detail : "no reason was given");
}

enum status
follow(struct client *c, const char *path, const char *title, json_t **out,
    struct err *err)
{
    char url[256], last[LINE_MAX_BYTES] = "";
    struct glance g = { .version = -1 };
    enum status st;
    json_t *doc = NULL;

    *out = NULL;
    for (;;) {
        json_t *next;

        if (g.version >= 0)
            snprintf(url, sizeof(url), "%s?wait=50&since=%lld", path,
                (long long)g.version);
        else
            snprintf(url, sizeof(url), "%s", path);
        if ((st = client_call(c, "GET", url, NULL, &next, err)) != ST_OK)
            break;
        if (next == NULL)
            continue; /* 304: nothing new within the wait */
        json_decref(doc);
        doc = next;
        if ((st = glance_at(doc, &g, err)) != ST_OK)
            break;
        show(&g, title, last);
        if (is_final(g.state)) {
            if (!is_good(g.state))
                st = explain(doc, g.state, err);
            break;
        }
    }
    if (st == ST_OK)
        *out = doc;
    else
        json_decref(doc);
    return st;
}
