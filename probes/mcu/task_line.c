/* SPDX-License-Identifier: MIT */
/*
 * task_line.c -- the task `link` of a board: its line to its host, swept as
 * links between machines are.  A real line is measured, and has energy where
 * the board has a meter; an emulated one has no time, and tells what goes over
 * it.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/flag.h"
#include "probes/mcu/golden_image.h"
#include "probes/mcu/line.h"
#include "probes/mcu/rig.h"
#include "probes/mcu/site.h"
#include "probes/mcu/task_board.h"
#include "probes/meters/external.h"
#include "probes/transfer/link_energy.h"
#include "probes/transfer/report.h"

static const int64_t IDLE_NS = 5000000000;

/* One task; everything is owned but what is borrowed of `t`. */
struct work {
    struct task *t;
    const char *device;
    struct site_board site;
    struct rig rig;
    struct golden_image golden;
    struct board_line line;
    struct sweep_policy policy;
    struct clock_start start;
    char fingerprint[HASH_HEX];
};

static void
tick(void *ctx, size_t rounds)
{
    task_progress(ctx, "rounds", (int64_t)rounds, SWEEP_ROUNDS_MAX, NULL);
}

static enum status
read_policy(struct work *w, struct err *err)
{
    double ci_rel = 0.03, budget_s = 20;
    int64_t rounds = SWEEP_ROUNDS_MAX, bytes = 4096, seed = 1, work_us;
    const json_t *policy = json_object_get(w->t->payload, "policy");
    const struct json_field fields[] = {
        { "ci_rel", JF_REAL, false, &ci_rel, 1e-6, 1 },
        { "budget_s", JF_REAL, false, &budget_s, 0.01, 3600 },
        { "max_rounds", JF_INT, false, &rounds, 1, SWEEP_ROUNDS_MAX },
        { "max_bytes", JF_INT, false, &bytes, 64, 64 << 20 },
        { "work_us", JF_INT, false, &work_us, 0, 100000 }, /* of two agents */
    };
    const struct json_field seeds[] = {
        { "seed", JF_INT, false, &seed, 0, 9e15 },
    };
    enum status st = JSON_PICK(w->t->payload, "payload", seeds, err);

    if (st == ST_OK && json_is_object(policy))
        st = JSON_PICK(policy, "policy", fields, err);
    w->policy = (struct sweep_policy){ .ci_rel = ci_rel,
        .max_rounds = (size_t)rounds,
        .budget_ns = (int64_t)(budget_s * 1e9),
        .max_bytes = (size_t)bytes,
        .seed = (uint64_t)seed,
        .tick = tick,
        .tick_ctx = w->t };
    return st;
}

/* A network on the board, so that there is a place for bytes. */
static enum status
start(struct work *w, struct err *err)
{
    struct board *b = NULL;
    json_t *stable = NULL;
    enum status st;

    w->start = clock_start();
    w->device = json_get_string(w->t->lease, "device", "");
    if ((st = read_policy(w, err)) != ST_OK ||
        (st = site_find(w->device, &w->site, err)) != ST_OK ||
        (st = site_open(&w->site, &b, err)) != ST_OK ||
        (st = rig_init(&w->rig, b, site_emulated(&w->site), err)) != ST_OK ||
        (st = golden_image_make(&w->golden, err)) != ST_OK ||
        (st = rig_load(&w->rig, w->golden.image, w->golden.len, w->golden.input,
             err)) != ST_OK)
        return st;
    board_line_begin(&w->line, b, w->golden.image);
    st = site_stable(&w->site, b, NULL, &stable, w->fingerprint, err);
    json_decref(stable);
    return st;
}

/* ---- an emulated line ---- */

static enum status
count(struct work *w, json_t **result, struct err *err)
{
    char begun[CLOCK_TEXT], ended[CLOCK_TEXT];
    json_t *send = NULL, *receive = NULL;
    enum status st =
        board_line_count(&w->line, true, w->policy.max_bytes, &send, err);

    if (st == ST_OK)
        st = board_line_count(
            &w->line, false, w->policy.max_bytes, &receive, err);
    clock_utc_text(w->start.utc_ms, begun);
    clock_utc_text(clock_utc_since(&w->start), ended);
    if (st == ST_OK &&
        (*result = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:i,s:n,s:O,"
                             "s:O,s:n,s:o,s:s}",
             "schema", "offramp.link/1", "from", w->device, "to", "host",
             "transport", "serial", "source", "emulated", "started_at", begun,
             "finished_at", ended, "env_fingerprint", w->fingerprint, "seed",
             (json_int_t)w->policy.seed, "rounds", 1, "stop_reason", "send",
             send, "receive", receive, "energy", "flags",
             flag_json(FLAG(emulated)), "grade", "A")) == NULL)
        st = err_nomem(err);
    json_decref(send);
    json_decref(receive);
    return st;
}

/* ---- a real one ---- */

/* Energy where the board has a meter; null where it has none. */
static enum status
energy(struct work *w, const struct exchange *x, const struct sweep *s,
    json_t **out, int64_t *flags, struct err *err)
{
    struct meter_handle meter;
    const struct link_energy_plan plan = { .meter = &meter,
        .device = w->device,
        .bytes = s->bytes[s->n - 1],
        .idle_ns = IDLE_NS,
        .host = &host_real };
    enum status st = meter_external_open(&meter, w->device, NULL);

    *out = NULL;
    *flags = FLAG(no_energy_sensor);
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return err_nomem(err);
    task_progress(w->t, "energy", 0, 1, NULL);
    st = link_energy(x, &plan, out, flags, err);
    meter_close(&meter);
    return st;
}

static enum status
measure(struct work *w, json_t **result, struct err *err)
{
    const struct exchange x = board_line_exchange(&w->line);
    struct report_facts facts = { .from = w->device,
        .to = "host",
        .transport = x.transport,
        .env_fingerprint = w->fingerprint,
        .utc_start_ms = w->start.utc_ms,
        .seed = w->policy.seed };
    json_t *joules = NULL;
    struct sweep s;
    enum status st;

    if ((st = sweep_run(&x, &w->policy, &s, err)) != ST_OK ||
        (st = energy(w, &x, &s, &joules, &facts.flags, err)) != ST_OK)
        return st;
    facts.utc_end_ms = clock_utc_since(&w->start);
    facts.energy = joules;
    *result = report_link(&s, &facts);
    json_decref(joules);
    return *result != NULL ? ST_OK : err_nomem(err);
}

enum status
task_board_link(struct task *t, json_t **result, struct err *err)
{
    struct work w = { .t = t };
    enum status st;

    *result = NULL;
    if (strcmp(json_get_string(t->payload, "role", ""), "line") != 0)
        return err_set(err, ST_UNPROCESSABLE, "link.board",
            "a microcontroller board has a line to its host and no other "
            "link: ask for to=host");
    if ((st = start(&w, err)) == ST_OK)
        st = w.rig.emulated ? count(&w, result, err) : measure(&w, result, err);
    if (w.line.board != NULL)
        board_line_end(&w.line);
    golden_image_clear(&w.golden);
    rig_clear(&w.rig);
    return st;
}
