/* SPDX-License-Identifier: MIT */
#include "probes/agent/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/version.h"
#include "probes/agent/child.h"

enum { SHORT_S = 10 };

/* The host's own environment, the same for all devices that are the host. */
static enum status
fill_host(json_t *one, const json_t *answer, struct err *err)
{
    json_t *env = NULL;
    const char *fingerprint = NULL;
    const struct json_field fields[] = {
        { "stable", JF_OBJ, true, &env, 0, 0 },
        { "env_fingerprint", JF_HASH, true, &fingerprint, 0, 0 },
    };
    enum status st = JSON_PICK(answer, "env", fields, err);

    if (st == ST_OK && (json_object_set(one, "env", env) < 0 ||
                           json_object_set_new(one, "env_fingerprint",
                               json_string(fingerprint)) < 0))
        st = err_nomem(err);
    return st;
}

/* What a board says of itself goes over what the command line says of it. */
static enum status
fill_board(json_t *one, const json_t *answer, struct err *err)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    json_t *env = NULL, *labels = NULL;
    const char *fingerprint = NULL;
    const struct json_field fields[] = {
        { "env", JF_OBJ, true, &env, 0, 0 },
        { "labels", JF_OBJ, true, &labels, 0, 0 },
        { "env_fingerprint", JF_HASH, true, &fingerprint, 0, 0 },
    };
    enum status st =
        JSON_PICK(json_object_get(answer, name), name, fields, err);

    if (st == ST_OK &&
        (json_object_set(one, "env", env) < 0 ||
            json_object_set_new(
                one, "env_fingerprint", json_string(fingerprint)) < 0 ||
            json_object_update(json_object_get(one, "labels"), labels) < 0 ||
            json_object_del(one, "board") < 0))
        st = err_nomem(err);
    return st;
}

/* Two kinds of devices, each asked of a child the first time one comes. */
static const struct device_kind {
    const char *verb;
    enum status (*fill)(json_t *one, const json_t *answer, struct err *err);
} device_kinds[] = { { "env", fill_host }, { "boards", fill_board } };

/* [{name, labels, env, env_fingerprint}]: the environment is asked of a child,
 * because finding it out loads the runtime and the meters, or starts boards. */
static enum status
make_devices(const struct agent_config *c, json_t **out, struct err *err)
{
    json_t *answer[2] = { NULL, NULL }, *one;
    enum status st = ST_OK;
    size_t i;

    if ((*out = json_deep_copy(c->devices)) == NULL)
        return err_nomem(err);
    json_array_foreach(*out, i, one)
    {
        const int k = json_object_get(one, "board") != NULL;

        if (st == ST_OK && answer[k] == NULL)
            st = child_ask(device_kinds[k].verb, &answer[k], err);
        if (st == ST_OK)
            st = device_kinds[k].fill(one, answer[k], err);
    }
    json_decref(answer[0]);
    json_decref(answer[1]);
    return st;
}

static enum status
make_offer(const struct agent_config *c, json_t **out, struct err *err)
{
    json_t *kinds = json_array(), *devices = NULL;
    enum status st = make_devices(c, &devices, err);

    for (const struct task_kind *const *k = c->program->kinds; *k != NULL; k++)
        if ((*k)->offered == NULL || (*k)->offered())
            json_array_append_new(kinds, json_string((*k)->name));
    *out = json_pack("{s:s, s:o, s:O, s:o}", "version", OFFRAMP_VERSION,
        "kinds", kinds, "labels", c->labels, "devices", devices);
    if (st == ST_OK && *out == NULL)
        st = err_nomem(err);
    return st;
}

static enum status
read_session(struct session *s, const json_t *doc, struct err *err)
{
    const char *id = NULL;
    const struct json_field fields[] = {
        { "session", JF_STR, true, &id, 0, sizeof(s->id) - 1 },
        { "heartbeat_s", JF_REAL, true, &s->heartbeat_s, 0.01, 3600 },
        { "poll_s", JF_REAL, true, &s->poll_s, 0, 3600 },
    };
    enum status st = JSON_PICK(doc, "session", fields, err);

    if (st == ST_OK &&
        (id[0] == '\0' ||
            strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != strlen(id)))
        st = err_set(err, ST_INVALID, "request.field",
            "session.session has characters that cannot be");
    if (st == ST_OK)
        snprintf(s->id, sizeof(s->id), "%s", id);
    return st;
}

enum status
session_open(struct session *s, const struct agent_config *c, struct rest *rest,
    struct err *err)
{
    struct rest_call call = { .method = "POST", .stop = &c->stop->flag };
    struct rest_answer a = { 0 };
    char *id = rest_escape(c->id), *path = NULL;
    json_t *offer = NULL;
    enum status st;

    *s = (struct session){ 0 };
    if (id == NULL || asprintf(&path, "/v1/agents/%s/sessions", id) < 0) {
        free(id);
        return err_nomem(err);
    }
    if ((st = make_offer(c, &offer, err)) != ST_OK)
        goto out;
    call.path = path;
    call.json = offer;
    if ((st = rest_do(rest, &call, &a, err)) == ST_OK &&
        (st = rest_expect(&a, err)) == ST_OK &&
        (st = read_session(s, a.json, err)) == ST_OK)
        log_info("session %s with %s as %s", s->id, c->server, c->id);
out:
    rest_answer_clear(&a);
    json_decref(offer);
    free(path);
    free(id);
    return st;
}

enum status
session_lease(struct session *s, const struct agent_config *c,
    struct rest *rest, json_t **lease, struct err *err)
{
    char path[160];
    struct rest_call call = { .method = "POST",
        .path = path,
        .timeout_s = (int)s->poll_s + SHORT_S,
        .stop = &c->stop->flag };
    struct rest_answer a = { 0 };
    json_t *devices = json_array(), *body;
    const json_t *one;
    size_t i;
    enum status st;

    *lease = NULL;
    json_array_foreach(c->devices, i, one)
    {
        json_array_append(devices, json_object_get(one, "name"));
    }
    body = json_pack("{s:i, s:o}", "free", 1, "devices", devices);
    if (body == NULL)
        return err_nomem(err);
    call.json = body;
    snprintf(path, sizeof(path), "/v1/sessions/%s/lease?wait=%.0f", s->id,
        s->poll_s);
    if ((st = rest_do(rest, &call, &a, err)) != ST_OK)
        goto out;
    if (a.http == 204) {
        st = ST_WAIT;
    } else if (a.http == 404 || a.http == 410) {
        *s = (struct session){ 0 };
        st = err_set(err, ST_GONE, "session.void", "the session is over");
    } else if ((st = rest_expect(&a, err)) == ST_OK) {
        *lease = json_incref(a.json);
        if (*lease == NULL)
            st = err_set(err, ST_INVALID, NULL, "the lease is not JSON");
    }
out:
    rest_answer_clear(&a);
    json_decref(body);
    return st;
}

void
session_close(struct session *s, struct rest *rest)
{
    char path[128];
    const struct rest_call call = {
        .method = "DELETE", .path = path, .timeout_s = SHORT_S
    };
    struct rest_answer a = { 0 };
    struct err err = { 0 };

    if (s->id[0] == '\0')
        return;
    snprintf(path, sizeof(path), "/v1/sessions/%s", s->id);
    if (rest_do(rest, &call, &a, &err) != ST_OK)
        log_warn("the session could not be closed: %s", err.text);
    rest_answer_clear(&a);
    *s = (struct session){ 0 };
}
