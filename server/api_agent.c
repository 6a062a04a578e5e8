/* SPDX-License-Identifier: MIT */
/* Agents: the sessions they open and close. */
#include "server/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "db/agent.h"
#include "server/api_agent.h"
#include "server/auth.h"
#include "server/server.h"
#include "server/work_call.h"

enum { DEVICES_MAX = AGENT_DEVICES_MAX };

/* The oldest agent that speaks this protocol. */
static const char min_version[] = "0.1.0";

/* What a session is opened with; text is borrowed but for owned[]. */
struct opening {
    struct session_offer offer;
    struct device_offer devices[DEVICES_MAX];
    char *owned[1 + 2 * DEVICES_MAX];
    size_t n_owned;
};

static void
opening_clear(struct opening *o)
{
    for (size_t i = 0; i < o->n_owned; i++)
        free(o->owned[i]);
}

/* The canonical text of a document, kept until opening_clear(); "{}" where
 * there is none. */
static const char *
keep_text(struct opening *o, const json_t *doc)
{
    char *text = doc ? json_canonical(doc) : strdup("{}");

    o->owned[o->n_owned++] = text;
    return text;
}

static bool
version_parse(const char *text, int v[3])
{
    char end;

    return sscanf(text, "%d.%d.%d%c", &v[0], &v[1], &v[2], &end) == 3;
}

/* Agents of the same major version and not older than min_version will do. */
static enum status
check_version(const char *text, struct err *err)
{
    int theirs[3], oldest[3], ours[3];

    version_parse(min_version, oldest);
    version_parse(OFFRAMP_VERSION, ours);
    if (!version_parse(text, theirs))
        return err_set(err, ST_INVALID, "request.field",
            "version must be like %s", OFFRAMP_VERSION);
    if (theirs[0] == ours[0] &&
        (theirs[1] > oldest[1] ||
            (theirs[1] == oldest[1] && theirs[2] >= oldest[2])))
        return ST_OK;
    return err_set(err, ST_CONFLICT, "agent.version",
        "version %s does not go with this server (%s): agents from %s on do",
        text, OFFRAMP_VERSION, min_version);
}

static enum status
read_kinds(const json_t *kinds, unsigned *out, struct err *err)
{
    const json_t *v;
    size_t i;

    json_array_foreach(kinds, i, v)
    {
        int kind = word_find(task_kind_words, json_string_value(v));

        if (kind < 0)
            return err_set(err, ST_INVALID, "request.field",
                "kinds[%zu] is no kind of task: analyse, dataset, records, "
                "search, profile, golden, deploy, validate, augment and trial "
                "are",
                i);
        *out |= KIND_BIT(kind);
    }
    return ST_OK;
}

static enum status
read_device(const json_t *o, const char *path, struct opening *op,
    struct device_offer *out, struct err *err)
{
    json_t *labels = NULL, *env = NULL;
    const struct json_field fields[] = {
        { "name", JF_STR, true, &out->name, 0, 63 },
        { "labels", JF_OBJ, false, &labels, 0, 0 },
        { "env", JF_OBJ, false, &env, 0, 0 },
        { "env_fingerprint", JF_HASH, true, &out->env_fingerprint, 0, 0 },
    };
    enum status st;

    if ((st = JSON_READ(o, path, fields, err)) != ST_OK)
        return st;
    if (!auth_name_valid(out->name))
        return err_set(err, ST_INVALID, "request.field",
            "%s.name must be 1 to 63 letters, digits, '.', '_' or '-'", path);
    if ((out->labels = keep_text(op, labels)) == NULL ||
        (out->env = keep_text(op, env)) == NULL)
        return err_nomem(err);
    return ST_OK;
}

static enum status
read_devices(const json_t *devices, struct opening *o, struct err *err)
{
    const json_t *v;
    char path[32];
    size_t i;
    enum status st;

    if (json_array_size(devices) > DEVICES_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "devices: at most %d for one agent", DEVICES_MAX);
    json_array_foreach(devices, i, v)
    {
        snprintf(path, sizeof(path), "devices[%zu]", i);
        if ((st = read_device(v, path, o, &o->devices[i], err)) != ST_OK)
            return st;
    }
    o->offer.devices = o->devices;
    o->offer.n_devices = json_array_size(devices);
    return ST_OK;
}

static enum status
read_opening(struct request *rq, struct opening *o)
{
    json_t *kinds = NULL, *labels = NULL, *devices = NULL;
    const struct json_field fields[] = {
        { "version", JF_STR, true, &o->offer.version, 0, 32 },
        { "kinds", JF_ARR, true, &kinds, 0, 0 },
        { "labels", JF_OBJ, false, &labels, 0, 0 },
        { "devices", JF_ARR, false, &devices, 0, 0 },
    };
    enum status st;

    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK ||
        (st = check_version(o->offer.version, &rq->err)) != ST_OK ||
        (st = read_kinds(kinds, &o->offer.kinds, &rq->err)) != ST_OK ||
        (st = read_devices(devices, o, &rq->err)) != ST_OK)
        return st;
    o->offer.agent = rq->arg[0];
    o->offer.ttl_ms = server_config(rq->server)->lease_ttl_ms;
    o->offer.now_ms = rq->now_ms;
    o->offer.labels = keep_text(o, labels);
    return o->offer.labels ? ST_OK : err_nomem(&rq->err);
}

/* POST /v1/agents/{id}/sessions */
enum status
api_agent_open(struct request *rq, struct reply *rp)
{
    const struct server_config *c = server_config(rq->server);
    struct opening o = { 0 };
    struct session s = { 0 };
    enum status st;

    if (!auth_name_valid(rq->arg[0]))
        return err_set(&rq->err, ST_INVALID, "request.id",
            "an agent's name is 1 to 63 letters, digits, '.', '_' or '-'");
    if ((st = auth_agent(rq, rq->arg[0])) != ST_OK)
        return st;
    if ((st = read_opening(rq, &o)) == ST_OK &&
        (st = db_session_open(rq->db, &o.offer, &s, &rq->err)) == ST_OK) {
        work_announce(rq); /* what its old session had goes back */
        st = reply_json(rp, 201,
            json_pack("{s:s, s:I, s:f, s:f, s:f, s:s}", "session", s.id,
                "epoch", (json_int_t)s.epoch, "heartbeat_s",
                (double)c->heartbeat_ms / 1000, "lease_ttl_s",
                (double)c->lease_ttl_ms / 1000, "poll_s",
                (double)c->poll_ms / 1000, "min_agent_version", min_version));
    }
    session_clear(&s);
    opening_clear(&o);
    return st;
}

enum status
agent_session_kinds(struct request *rq, unsigned *kinds)
{
    struct session s = { 0 };
    enum status st = db_session_get(rq->db, rq->arg[0], &s, &rq->err);

    if (st == ST_OK)
        st = auth_agent(rq, s.agent);
    *kinds = (unsigned)s.kinds;
    session_clear(&s);
    return st;
}

enum status
agent_session_check(struct request *rq)
{
    unsigned kinds;

    return agent_session_kinds(rq, &kinds);
}

/* DELETE /v1/sessions/{sid} */
enum status
api_agent_close(struct request *rq, struct reply *rp)
{
    enum status st;

    if ((st = agent_session_check(rq)) != ST_OK ||
        (st = db_session_close(rq->db, rq->arg[0], rq->now_ms, &rq->err)) !=
            ST_OK)
        return st;
    server_ring(rq->server);
    return reply_json(rp, 200, json_pack("{s:s}", "session", rq->arg[0]));
}
