/* SPDX-License-Identifier: MIT */
#include "probes/transfer/task_link.h"

#include <string.h>

#include "base/clock.h"
#include "base/flag.h"
#include "probes/emulated/count.h"
#include "probes/measure/kit.h"
#include "probes/transfer/link_energy.h"
#include "probes/transfer/peer.h"
#include "probes/transfer/report.h"

static const int64_t IDLE_NS = 5000000000;

/* Both ends run where a plan's parts do (../relay/stretch_host.c). */
static void
pin(void)
{
    char mask[64];

    host_pin(true, mask, sizeof(mask));
}

/* ---- the end that answers ---- */

static enum status
run_answer(struct task *t, json_t **result, struct err *err)
{
    int64_t wait_s = 600, exchanges = 0;
    const struct json_field fields[] = {
        { "wait_s", JF_INT, false, &wait_s, 1, 3600 },
    };
    struct tcp_door *door = NULL;
    enum status st = JSON_PICK(t->payload, "payload", fields, err);

    pin();
    if (st == ST_OK && (st = peer_open_door(t, &door, err)) == ST_OK) {
        task_progress(t, "waiting", 0, 1, peer_own_address());
        st = tcp_answer(door, (int)wait_s * 1000, &exchanges, err);
    }
    tcp_close(door);
    if (st == ST_OK &&
        (*result = json_pack("{s:s,s:I}", "schema", "offramp.link_answer/1",
             "exchanges", (json_int_t)exchanges)) == NULL)
        st = err_nomem(err);
    return st;
}

/* ---- the end that asks ---- */

struct ask {
    struct peer peer;
    int64_t seed, max_rounds, max_bytes, work_us;
    double ci_rel, budget_s;
};

static enum status
read_ask(const struct task *t, struct ask *a, struct err *err)
{
    json_t *policy = NULL;
    const struct json_field fields[] = {
        { "policy", JF_OBJ, false, &policy, 0, 0 },
        { "seed", JF_INT, false, &a->seed, 0, 9e15 },
    };
    const struct json_field in_policy[] = {
        { "ci_rel", JF_REAL, false, &a->ci_rel, 1e-6, 1 },
        { "budget_s", JF_REAL, false, &a->budget_s, 0.01, 3600 },
        { "max_rounds", JF_INT, false, &a->max_rounds, 1, SWEEP_ROUNDS_MAX },
        { "max_bytes", JF_INT, false, &a->max_bytes, 64, TCP_MESSAGE_MAX },
        { "work_us", JF_INT, false, &a->work_us, 0, TCP_WORK_MAX_NS / 1000 },
    };
    enum status st;

    *a = (struct ask){ .seed = 1,
        .max_rounds = SWEEP_ROUNDS_MAX,
        .max_bytes = 4 << 20,
        .work_us = 300,
        .ci_rel = 0.03,
        .budget_s = 20 };
    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK ||
        (st = peer_read(t, &a->peer, err)) != ST_OK || policy == NULL)
        return st;
    return JSON_PICK(policy, "policy", in_policy, err);
}

static void
tick(void *ctx, size_t rounds)
{
    task_progress(ctx, "rounds", (int64_t)rounds, SWEEP_ROUNDS_MAX, NULL);
}

/* Energy where this machine has a meter; null where it has none. */
static enum status
measure_energy(struct task *t, const struct kit *kit, struct tcp_line *line,
    const struct sweep *s, struct report_facts *facts, json_t **out,
    struct err *err)
{
    const struct link_energy_plan plan = { .meter = &kit->energy,
        .device = facts->from,
        .bytes = s->bytes[s->n - 1],
        .idle_ns = IDLE_NS,
        .host = &host_real };
    const struct exchange x = tcp_exchange(line, 0);
    enum status st;

    *out = NULL;
    facts->flags = FLAG(no_energy_sensor);
    if (kit->energy.self == NULL)
        return ST_OK;
    task_progress(t, "energy", 0, 1, NULL);
    st = link_energy(&x, &plan, out, &facts->flags, err);
    facts->energy = *out;
    return st;
}

static enum status
measure(struct task *t, const struct ask *a, struct tcp_line *line,
    json_t **result, struct err *err)
{
    const struct sweep_policy policy = { .ci_rel = a->ci_rel,
        .max_rounds = (size_t)a->max_rounds,
        .budget_ns = (int64_t)(a->budget_s * 1e9),
        .max_bytes = (size_t)a->max_bytes,
        .seed = (uint64_t)a->seed,
        .tick = tick,
        .tick_ctx = t };
    const struct exchange x = tcp_exchange(line, a->work_us * 1000);
    char fingerprint[HASH_HEX];
    const struct clock_start began = clock_start();
    struct report_facts facts = {
        .from = json_get_string(t->lease, "device", "?"),
        .to = a->peer.name,
        .transport = x.transport,
        .work_ns = x.work_ns,
        .env_fingerprint = fingerprint,
        .utc_start_ms = began.utc_ms,
        .seed = policy.seed,
    };
    struct sweep s;
    struct kit kit;
    json_t *stable = NULL, *energy = NULL;
    enum status st;

    if ((st = sweep_run(&x, &policy, &s, err)) != ST_OK ||
        (st = kit_open(&kit, NULL, err)) != ST_OK)
        return st;
    st = measure_energy(t, &kit, line, &s, &facts, &energy, err);
    facts.flags |= tcp_place_flags(tcp_place(line));
    facts.utc_end_ms = clock_utc_since(&began);
    if (st == ST_OK &&
        (st = kit_announce(&kit, &stable, fingerprint, err)) == ST_OK &&
        (*result = report_link(&s, &facts)) == NULL)
        st = err_nomem(err);
    json_decref(energy);
    json_decref(stable);
    kit_close(&kit);
    return st;
}

static enum status
run_ask(struct task *t, json_t **result, struct err *err)
{
    struct tcp_line *line = NULL;
    struct ask a;
    enum status st;

    pin();
    if ((st = read_ask(t, &a, err)) != ST_OK ||
        (st = tcp_visit(&line, a.peer.host, a.peer.port, a.peer.secret, err)) !=
            ST_OK)
        return st;
    st = measure(t, &a, line, result, err);
    tcp_leave(line);
    return st;
}

/* ---- both ---- */

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    const char *role = json_get_string(t->payload, "role", "");

    if (strcmp(role, "answer") == 0)
        return run_answer(t, result, err);
    if (strcmp(role, "ask") == 0)
        return run_ask(t, result, err);
    return err_set(
        err, ST_INVALID, "request.field", "payload.role must be answer or ask");
}

static bool
has_address(void)
{
    return peer_own_address() != NULL;
}

const struct task_kind task_link = { .name = "link",
    .run = run,
    .blame = TASK_MEASURE,
    .offered = count_real_machine };

const struct task_kind task_link_answer = { .name = "link",
    .run = run_answer,
    .blame = TASK_INFRA,
    .offered = has_address };
