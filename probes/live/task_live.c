/* SPDX-License-Identifier: MIT */
#include "probes/live/task_live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/flag.h"
#include "probes/deploy/payload.h"
#include "probes/emulated/count.h"
#include "probes/live/curve.h"
#include "probes/live/far.h"
#include "probes/live/order.h"
#include "probes/live/record.h"
#include "probes/live/report.h"
#include "probes/live/serve.h"
#include "probes/measure/kit.h"
#include "probes/transfer/peer.h"

enum { CSV_BYTES_MAX = 256 << 20 };

/* What it runs with, and what comes of it. */
struct work {
    struct task *task;
    json_t *exits;  /* borrowed */
    int64_t first;  /* row's number in its data set */
    bool elsewhere; /* another device completes what is handed over */
    struct peer peer;
    struct kit kit;
    struct runner *runner;
    struct far *far; /* owned, until the streams are over */
    struct payload_rows rows;
    struct live_order order;
    struct curve curve;
    struct stream_result result[LIVE_POLICIES_MAX]; /* owned, as are: */
    size_t n;                                       /* rows of the longest */
    json_t *stable;
    int64_t *last; /* [n]: the full network's answers */
    double full_ns;
    int64_t flags;
    char fingerprint[HASH_HEX], records[HASH_HEX];
    struct clock_start start;
};

static enum status
read_payload(struct work *w, struct err *err)
{
    json_t *rows = NULL;
    const struct json_field fields[] = {
        { "exits", JF_ARR, true, &w->exits, 0, 0 },
        { "rows", JF_OBJ, true, &rows, 0, 0 },
        { "elsewhere", JF_BOOL, false, &w->elsewhere, 0, 0 },
    };
    const struct json_field in_rows[] = {
        { "first", JF_INT, true, &w->first, 0, 9e15 },
    };
    enum status st = JSON_PICK(w->task->payload, "payload", fields, err);

    if (st != ST_OK ||
        (st = JSON_PICK(rows, "payload.rows", in_rows, err)) != ST_OK)
        return st;
    return payload_rows_read(rows, &w->rows, err);
}

/* Come to the device that completes what is handed over. */
static enum status
meet(struct work *w, struct err *err)
{
    char what[HASH_HEX];
    enum status st;

    if ((st = peer_read(w->task, &w->peer, err)) != ST_OK ||
        (st = far_what(w->exits, what, err)) != ST_OK)
        return st;
    return far_open(&w->far, w->runner,
        &(struct relay_peer){ .name = w->peer.name,
            .host = w->peer.host,
            .secret = w->peer.secret,
            .port = w->peer.port,
            .what = what,
            .answer_ms = RELAY_ANSWER_MS },
        err);
}

static enum status
open_all(struct work *w, struct err *err)
{
    char mask[64];
    size_t elements;
    enum status st;

    if ((st = read_payload(w, err)) != ST_OK ||
        (st = live_order_read(w->task->payload, (int)json_array_size(w->exits),
             &w->order, err)) != ST_OK ||
        (st = kit_open(&w->kit, NULL, err)) != ST_OK)
        return st;
    host_pin(true, mask, sizeof(mask));
    if ((st = kit_announce(&w->kit, &w->stable, w->fingerprint, err)) !=
            ST_OK ||
        (st = payload_runner(
             &w->runner, w->task, w->exits, w->kit.runtime, err)) != ST_OK)
        return st;
    (void)runner_input(w->runner, &elements);
    if ((st = payload_rows_load(&w->rows, w->task, elements, err)) != ST_OK)
        return st;
    return w->elsewhere ? meet(w, err) : ST_OK;
}

static void
close_all(struct work *w)
{
    for (size_t k = 0; k < w->order.kinds; k++)
        stream_result_clear(&w->result[k]);
    curve_clear(&w->curve);
    far_close(w->far);
    runner_close(w->runner);
    if (w->kit.runtime != NULL)
        kit_close(&w->kit);
    payload_rows_clear(&w->rows);
    json_decref(w->stable);
    free(w->last);
}

/* Every policy over the same rows; each gets its share of the time. */
static enum status
run_streams(struct work *w, struct err *err)
{
    const int64_t share =
        (int64_t)(w->order.budget_s * 1e9 / (double)w->order.kinds);
    const struct live_other other = w->far ? far_other(w->far) : live_here;
    enum status st = ST_OK;

    w->curve = (struct curve){ .task = w->task,
        .all = (size_t)w->rows.n * w->order.kinds };
    for (size_t k = 0; st == ST_OK && k < w->order.kinds; k++) {
        const struct policy_kind *kind = w->order.kind[k];
        struct stream_result *r = &w->result[k];
        const struct stream_setup setup = { .runner = w->runner,
            .kind = kind,
            .setting = live_order_setting(&w->order, kind),
            .other = &other,
            .elsewhere = w->elsewhere,
            .costs = w->order.timed ? &w->order.ns : NULL,
            .rows = payload_inputs(&w->rows),
            .labels = payload_labels(&w->rows),
            .n = (size_t)w->rows.n,
            .until_ns = clock_ns() + share,
            .watch = curve_watch,
            .ctx = &w->curve };

        curve_begin(&w->curve, kind->name, setup.n);
        if ((st = stream_run(&setup, r, err)) != ST_OK)
            break;
        st = curve_end(&w->curve, r->n, err);
        w->n = r->n > w->n ? r->n : w->n;
    }
    far_close(w->far);
    w->far = NULL;
    return st;
}

/* What a replay of the same stream needs. */
static enum status
record(struct work *w, struct err *err)
{
    const struct record_setup setup = { w->runner, payload_inputs(&w->rows),
        payload_labels(&w->rows), w->n, (size_t)w->first };
    struct buf csv;
    enum status st;

    buf_init(&csv, CSV_BYTES_MAX);
    task_progress(w->task, "record", 0, 1, NULL);
    if ((w->last = malloc((w->n + 1) * sizeof(*w->last))) == NULL)
        return err_nomem(err);
    if ((st = record_stream(&setup, &csv, w->last, &w->full_ns, err)) == ST_OK)
        st = task_out(w->task, csv.data, csv.len, w->records, err);
    buf_clear(&csv);
    return st;
}

/* Without labels the full network's own answer is what is right. */
static const int64_t *
wanted(const struct work *w)
{
    const int64_t *labels = payload_labels(&w->rows);

    return labels != NULL ? labels : w->last;
}

static enum status
add_stream(struct work *w, size_t k, json_t *list, struct err *err)
{
    const struct stream_result *r = &w->result[k];
    char hex[HASH_HEX];
    struct buf csv;
    enum status st;

    buf_init(&csv, CSV_BYTES_MAX);
    if ((st = report_steps(r, wanted(w), (size_t)w->first, &csv, err)) == ST_OK)
        st = task_out(w->task, csv.data, csv.len, hex, err);
    if (st == ST_OK &&
        json_array_append_new(
            list, report_stream(&(struct report_stream){ .order = &w->order,
                      .kind = w->order.kind[k],
                      .result = r,
                      .want = wanted(w),
                      .steps = hex,
                      .elsewhere = w->elsewhere })) < 0)
        st = err_nomem(err);
    buf_clear(&csv);
    return st;
}

static json_t *
full_json(const struct work *w)
{
    const int64_t *labels = payload_labels(&w->rows);
    const int last = w->order.own.arms - 1;
    double right = 0;

    for (size_t i = 0; i < w->n; i++)
        right += labels == NULL || labels[i] == w->last[i];
    return json_pack("{s:f,s:f,s:o}", "accuracy", right / (double)w->n,
        "mean_ns", w->full_ns, "predicted_ns",
        json_number_or_null(w->order.timed ? w->order.cost.own[last] : NAN));
}

/* Bytes that go over behind each early exit; null where none do. */
static enum status
bytes_json(const struct work *w, json_t **out, struct err *err)
{
    size_t bytes[RUNNER_EXITS_MAX], most;
    enum status st;

    *out = w->elsewhere ? json_array() : json_null();
    if (!w->elsewhere)
        return ST_OK;
    if ((st = far_bytes(w->runner, bytes, &most, err)) != ST_OK)
        return st;
    for (int e = 0; e + 1 < w->order.own.arms; e++)
        if (json_array_append_new(*out, json_integer((json_int_t)bytes[e])) < 0)
            return err_nomem(err);
    return ST_OK;
}

static enum status
compose(struct work *w, json_t **out, struct err *err)
{
    char start[CLOCK_TEXT], end[CLOCK_TEXT];
    json_t *list = json_array(), *bytes = NULL;
    enum status st = list != NULL ? bytes_json(w, &bytes, err) : err_nomem(err);

    clock_utc_text(w->start.utc_ms, start);
    clock_utc_text(clock_utc_since(&w->start), end);
    for (size_t k = 0; st == ST_OK && k < w->order.kinds; k++) {
        st = add_stream(w, k, list, err);
        if (w->result[k].n < (size_t)w->rows.n)
            w->flags |= FLAG(partial);
    }
    if (st == ST_OK)
        *out = json_pack(
            "{s:s,s:s,s:s?,s:O,s:s,s:s,s:s,s:O,s:I,s:I,s:I,s:s,s:b,s:s,s:o,"
            "s:O,s:o}",
            "schema", "offramp.live/1", "device",
            json_get_string(w->task->lease, "device", "?"), "to", w->peer.name,
            "bytes_over", bytes, "started_at", start, "finished_at", end,
            "env_fingerprint", w->fingerprint, "env", w->stable, "first",
            (json_int_t)w->first, "asked", (json_int_t)w->rows.n, "n",
            (json_int_t)w->n, "reference",
            w->rows.labels != NULL ? "label" : "final", "timed", w->order.timed,
            "records", w->records, "full", full_json(w), "policies", list,
            "flags", flag_json(w->flags));
    json_decref(list);
    json_decref(bytes);
    return st == ST_OK && *out == NULL ? err_nomem(err) : st;
}

/* Without the other device this one need not try again by itself: once that
 * waits anew, the server queues both. */
static enum status
blame(struct task *t, enum status st, const struct err *err)
{
    if (st == ST_OK || (strncmp(err->code, "relay.", 6) != 0 &&
                           strncmp(err->code, "link.", 5) != 0))
        return st;
    return task_fail(t, TASK_USER, err->code, NULL, "%s", err->text);
}

static enum status
run_policies(struct task *t, json_t **result, struct err *err)
{
    struct work w = { .task = t, .start = clock_start() };
    struct watch watch;
    enum status st;

    task_progress(t, "load", 0, 1, NULL);
    if ((st = open_all(&w, err)) == ST_OK) {
        watch_start(&watch, &host_real);
        if ((st = run_streams(&w, err)) == ST_OK &&
            (st = record(&w, err)) == ST_OK) {
            watch_look(&watch);
            w.flags = watch_flags(&watch);
            st = compose(&w, result, err);
        }
    }
    close_all(&w);
    return blame(t, st, err);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    return strcmp(json_get_string(t->payload, "role", ""), "serve") == 0
               ? live_serve(t, result, err)
               : run_policies(t, result, err);
}

const struct task_kind task_live_run = {
    .name = "live",
    .run = run,
    .blame = TASK_DEVICE,
    .offered = count_real_machine,
};
