/* SPDX-License-Identifier: MIT */
/* The two ends of a measured link: the asking one is told where the other
 * waits, and what it measured is kept in their flow. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"
#include "db/flow.h"
#include "server/accept_internal.h"
#include "server/api_util.h"
#include "server/link_order.h"
#include "server/view.h"

enum status
accept_give_peer(
    struct db *db, const struct task *task, json_t *payload, struct err *err)
{
    struct offer offer = { 0 };
    json_t *part = NULL;
    enum status st = db_part_offer(db, task->flow, &offer, err);

    if (st == ST_NOT_FOUND) /* the probe finds no peer, and says so */
        return ST_OK;
    if (st == ST_OK)
        st = json_parse(offer.body, strlen(offer.body), &part, err);
    if (st == ST_OK &&
        (json_object_set(payload, "peer", json_object_get(part, "peer")) < 0 ||
            json_object_set_new(payload, "to",
                json_string(offer.device ? offer.device : LINK_TO_SERVER)) < 0))
        st = err_nomem(err);
    json_decref(part);
    offer_clear(&offer);
    return st;
}

enum status
payload_link(struct db *db, const struct payload_ask *ask, json_t *payload,
    struct err *err)
{
    return strcmp(json_get_string(payload, "role", ""), "ask") == 0
               ? accept_give_peer(db, ask->task, payload, err)
               : ST_OK;
}

/* One way of a link, and the widest of its intervals. */
static enum status
check_value(const json_t *o, const char *path, double *widest, struct err *err)
{
    double value = NAN, lo = NAN, hi = NAN;
    const struct json_field fields[] = {
        { "value", JF_REAL, true, &value, 0, 1e18 },
        { "ci95_lo", JF_REAL, true, &lo, 0, 1e18 },
        { "ci95_hi", JF_REAL, true, &hi, 0, 1e18 },
    };
    enum status st = JSON_READ(o, path, fields, err);

    if (st == ST_OK && (value < lo || value > hi))
        return err_set(err, ST_UNPROCESSABLE, "result.interval",
            "%s: the value is outside of its interval", path);
    *widest = fmax(*widest, (hi - lo) / 2 / value);
    return st;
}

static enum status
check_way(const json_t *o, const char *path, double *widest, struct err *err)
{
    json_t *base = NULL, *byte = NULL, *exchanges = NULL;
    double residual, worst;
    const struct json_field fields[] = {
        { "base_ns", JF_OBJ, true, &base, 0, 0 },
        { "byte_ns", JF_OBJ, true, &byte, 0, 0 },
        { "residual_rel", JF_REAL, true, &residual, 0, 1e9 },
        { "worst_rel", JF_REAL, true, &worst, 0, 1e9 },
        { "exchanges", JF_ARR, true, &exchanges, 0, 0 },
    };
    enum status st = JSON_PICK(o, path, fields, err);

    if (st == ST_OK && (st = check_value(base, path, widest, err)) == ST_OK)
        st = check_value(byte, path, widest, err);
    return st;
}

/* What an emulator tells has counts, and no time at all. */
static enum status
check_counted(const json_t *way, const char *path, struct err *err)
{
    static const char *const times[] = { "base_ns", "byte_ns", "bytes_per_s" };
    const json_t *e;
    size_t i;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (!json_is_null(json_object_get(way, times[i])))
            return err_set(err, ST_UNPROCESSABLE, "result.emulated",
                "%s.%s must be null: an emulator gives counts, never time",
                path, times[i]);
    json_array_foreach(json_object_get(way, "exchanges"), i, e)
    {
        if (!json_is_null(json_object_get(e, "median_ns")) ||
            !json_is_integer(json_object_get(e, "line_bytes")))
            return err_set(err, ST_UNPROCESSABLE, "result.emulated",
                "%s.exchanges[%zu] must have line_bytes and a null median_ns",
                path, i);
    }
    return ST_OK;
}

/* Energy a byte: null, or every number with its bound. */
static enum status
check_energy(const json_t *energy, struct err *err)
{
    static const char *const ways[] = { "send", "receive" };
    double gross, idle, net, bound;
    const struct json_field fields[] = {
        { "gross_nj", JF_REAL, true, &gross, -1e18, 1e18 },
        { "idle_nj", JF_REAL, true, &idle, -1e18, 1e18 },
        { "net_nj", JF_REAL, true, &net, -1e18, 1e18 },
        { "err_nj", JF_REAL, true, &bound, 0, 1e18 },
    };
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && json_is_object(energy) && i < 2; i++)
        st = JSON_READ(
            json_object_get(energy, ways[i]), "result.energy", fields, err);
    return st;
}

static bool
is_emulated(const json_t *doc)
{
    return strcmp(json_get_string(doc, "source", ""), "emulated") == 0;
}

static enum status
check_ways(const json_t *doc, double *widest, struct err *err)
{
    const json_t *send = json_object_get(doc, "send");
    const json_t *receive = json_object_get(doc, "receive");
    enum status st;

    if (is_emulated(doc)) {
        st = check_counted(send, "result.send", err);
        return st == ST_OK ? check_counted(receive, "result.receive", err) : st;
    }
    st = check_way(send, "result.send", widest, err);
    return st == ST_OK ? check_way(receive, "result.receive", widest, err) : st;
}

/* Its grade is the server's to give, as with rows. */
static enum status
check_link(const struct task *task, json_t *doc, struct err *err)
{
    const char *from = NULL, *to = NULL;
    json_t *send = NULL, *receive = NULL, *names = NULL;
    char grade[2] = { 0 };
    double widest = 0;
    int64_t flags;
    const struct json_field fields[] = {
        { "from", JF_STR, true, &from, 0, 64 },
        { "to", JF_STR, true, &to, 0, 64 },
        { "send", JF_OBJ, true, &send, 0, 0 },
        { "receive", JF_OBJ, true, &receive, 0, 0 },
        { "flags", JF_ARR, true, &names, 0, 0 },
    };
    enum status st;

    if ((st = JSON_PICK(doc, "result", fields, err)) != ST_OK ||
        (st = check_ways(doc, &widest, err)) != ST_OK ||
        (st = check_energy(json_object_get(doc, "energy"), err)) != ST_OK ||
        (st = flag_from_json(names, &flags, err)) != ST_OK)
        return st;
    if ((st = accept_device(task, "from", from, err)) != ST_OK)
        return st;
    grade[0] = flag_grade(flags, widest);
    return json_object_set_new(doc, "grade", json_string(grade)) < 0
               ? err_nomem(err)
               : ST_OK;
}

static enum status
store(struct db *db, const struct task *task, json_t *doc, struct err *err)
{
    json_t *document = json_pack("{s:O}", "link", doc);
    char *text = NULL;
    enum status st =
        document != NULL ? api_text(document, &text, err) : err_nomem(err);

    if (st == ST_OK)
        st = db_flow_set(db, task->flow, 0, text, err);
    /* Costs cannot count with a line without time: nobody is to find it. */
    if (st == ST_OK && !is_emulated(doc))
        st = db_link_add(db, task->flow, json_get_string(doc, "from", NULL),
            json_get_string(doc, "to", NULL), err);
    free(text);
    json_decref(document);
    return st;
}

enum status
accept_link(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    json_t *payload = view_document(task->payload), *doc = NULL;
    bool asks = strcmp(json_get_string(payload, "role", ""), "answer") != 0;
    enum status st;

    (void)now_ms;
    json_decref(payload);
    if (!asks)
        return accept_schema(result, "result", "offramp.link_answer/1", err);
    st = accept_schema(result, "result", "offramp.link/1", err);
    if (st == ST_OK && (doc = json_copy((json_t *)result)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK && (st = check_link(task, doc, err)) == ST_OK)
        st = store(db, task, doc, err);
    json_decref(doc);
    return st;
}
