/* SPDX-License-Identifier: MIT */
#include "probes/transfer/task_link.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/flag.h"
#include "probes/emulated/count.h"
#include "probes/measure/kit.h"
#include "probes/transfer/report.h"
#include "probes/transfer/tcp.h"

enum { HOST_MAX = 256 };

/* ---- the end that answers ---- */

/* Of a wildcard nobody can say by which address others reach it. */
static bool
is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static enum status
tell_address(
    struct task *t, const struct tcp_door *d, const char *host, struct err *err)
{
    json_t *part = json_pack("{s:{s:s?,s:i,s:s}}", "peer", "host",
        is_wildcard(host) ? NULL : host, "port", tcp_port(d), "secret",
        tcp_secret(d));
    enum status st = part ? task_part(t, part, err) : err_nomem(err);

    json_decref(part);
    return st;
}

static enum status
run_answer(struct task *t, json_t **result, struct err *err)
{
    const char *host = getenv("OFFRAMP_LINK");
    int64_t wait_s = 600, exchanges = 0;
    const struct json_field fields[] = {
        { "wait_s", JF_INT, false, &wait_s, 1, 3600 },
    };
    struct tcp_door *door = NULL;
    enum status st = JSON_PICK(t->payload, "payload", fields, err);

    if (st == ST_OK && (host == NULL || host[0] == '\0'))
        return task_fail(t, TASK_USER, "link.closed", NULL,
            "this agent opens no port: start it with --link ADDRESS, an "
            "address of its machine that the other device reaches");
    if (st == ST_OK && (st = tcp_listen(&door, host, err)) == ST_OK &&
        (st = tell_address(t, door, host, err)) == ST_OK) {
        task_progress(t, "waiting", 0, 1, host);
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
    const char *to, *host, *secret;
    char server[HOST_MAX]; /* where the agent reaches its server */
    int64_t port, seed, max_rounds, max_bytes;
    double ci_rel, budget_s;
};

/* The host in OFFRAMP_SERVER's URL, without an IPv6 address' brackets. */
static enum status
server_host(char out[HOST_MAX], struct err *err)
{
    const char *url = getenv("OFFRAMP_SERVER");
    CURLU *u = curl_url();
    char *host = NULL;
    enum status st = ST_OK;

    if (u == NULL)
        return err_nomem(err);
    if (url == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        st = err_set(err, ST_INVALID, "link.address",
            "the other end did not say its address, and this agent's --server "
            "has none: start the other agent with --link and its address");
    else
        snprintf(out, HOST_MAX, "%.*s",
            (int)strcspn(host + (host[0] == '['), "]"),
            host + (host[0] == '['));
    curl_free(host);
    curl_url_cleanup(u);
    return st;
}

static enum status
read_ask(const struct task *t, struct ask *a, struct err *err)
{
    json_t *peer = NULL, *policy = NULL;
    const struct json_field fields[] = {
        { "to", JF_STR, false, &a->to, 0, 128 },
        { "peer", JF_OBJ, false, &peer, 0, 0 },
        { "policy", JF_OBJ, false, &policy, 0, 0 },
        { "seed", JF_INT, false, &a->seed, 0, 9e15 },
    };
    const struct json_field in_peer[] = {
        { "host", JF_STR, false, &a->host, 0, HOST_MAX - 1 },
        { "port", JF_INT, true, &a->port, 1, 65535 },
        { "secret", JF_STR, true, &a->secret, 0, TCP_SECRET - 1 },
    };
    const struct json_field in_policy[] = {
        { "ci_rel", JF_REAL, false, &a->ci_rel, 1e-6, 1 },
        { "budget_s", JF_REAL, false, &a->budget_s, 0.01, 3600 },
        { "max_rounds", JF_INT, false, &a->max_rounds, 1, SWEEP_ROUNDS_MAX },
        { "max_bytes", JF_INT, false, &a->max_bytes, 64, TCP_MESSAGE_MAX },
    };
    enum status st;

    *a = (struct ask){ .seed = 1,
        .max_rounds = SWEEP_ROUNDS_MAX,
        .max_bytes = 4 << 20,
        .ci_rel = 0.03,
        .budget_s = 20 };
    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK)
        return st;
    if (peer == NULL || a->to == NULL)
        return err_set(err, ST_UNPROCESSABLE, "link.nobody_there",
            "the other end of the link is not waiting any more: ask for the "
            "measurement again");
    if ((st = JSON_PICK(peer, "peer", in_peer, err)) != ST_OK ||
        (policy != NULL &&
            (st = JSON_PICK(policy, "policy", in_policy, err)) != ST_OK))
        return st;
    if (a->host == NULL && (st = server_host(a->server, err)) == ST_OK)
        a->host = a->server;
    return st;
}

static void
tick(void *ctx, size_t rounds)
{
    task_progress(ctx, "rounds", (int64_t)rounds, SWEEP_ROUNDS_MAX, NULL);
}

static enum status
measure(struct task *t, const struct ask *a, const struct exchange *x,
    json_t **result, struct err *err)
{
    const struct sweep_policy policy = { .ci_rel = a->ci_rel,
        .max_rounds = (size_t)a->max_rounds,
        .budget_ns = (int64_t)(a->budget_s * 1e9),
        .max_bytes = (size_t)a->max_bytes,
        .seed = (uint64_t)a->seed,
        .tick = tick,
        .tick_ctx = t };
    char fingerprint[HASH_HEX];
    const struct clock_start began = clock_start();
    struct report_facts facts = {
        .from = json_get_string(t->lease, "device", "?"),
        .to = a->to,
        .transport = x->transport,
        .env_fingerprint = fingerprint,
        .utc_start_ms = began.utc_ms,
        .seed = policy.seed,
    };
    struct sweep s;
    struct kit kit;
    json_t *stable = NULL;
    enum status st;

    if ((st = sweep_run(x, &policy, &s, err)) != ST_OK)
        return st;
    facts.utc_end_ms = clock_utc_since(&began);
    if ((st = kit_open(&kit, NULL, err)) != ST_OK)
        return st;
    if ((st = kit_announce(&kit, &stable, fingerprint, err)) == ST_OK &&
        (*result = report_link(&s, &facts)) == NULL)
        st = err_nomem(err);
    json_decref(stable);
    kit_close(&kit);
    return st;
}

static enum status
run_ask(struct task *t, json_t **result, struct err *err)
{
    struct tcp_line *line = NULL;
    struct exchange x;
    struct ask a;
    enum status st;

    if ((st = read_ask(t, &a, err)) != ST_OK ||
        (st = tcp_visit(&line, a.host, (int)a.port, a.secret, err)) != ST_OK)
        return st;
    x = tcp_exchange(line);
    st = measure(t, &a, &x, result, err);
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
    const char *host = getenv("OFFRAMP_LINK");

    return host != NULL && host[0] != '\0';
}

const struct task_kind task_link = { .name = "link",
    .run = run,
    .blame = TASK_MEASURE,
    .offered = count_real_machine };

const struct task_kind task_link_answer = { .name = "link",
    .run = run_answer,
    .blame = TASK_INFRA,
    .offered = has_address };
