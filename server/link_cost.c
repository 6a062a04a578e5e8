/* SPDX-License-Identifier: MIT */
#include "server/link_cost.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "db/flow.h"

static struct link_way
read_way(const json_t *link, const char *member)
{
    const json_t *way = json_object_get(link, member);

    return (struct link_way){
        fmax(0, json_get_number(json_object_get(way, "base_ns"), "value")),
        json_get_number(json_object_get(way, "byte_ns"), "value"),
    };
}

static enum status
read_document(const struct flow *f, struct link_measured *out, struct err *err)
{
    json_t *doc = NULL;
    const json_t *link;
    enum status st;

    if (f->document == NULL || f->state != RUN_DONE)
        return err_set(err, ST_CONFLICT, "link.not_ready",
            "link %lld has not been measured: wait with GET "
            "/v1/links/%lld?wait=50, then send this again",
            (long long)f->id, (long long)f->id);
    if ((st = json_parse(f->document, strlen(f->document), &doc, err)) != ST_OK)
        return st;
    link = json_object_get(doc, "link");
    *out = (struct link_measured){ .send = read_way(link, "send"),
        .receive = read_way(link, "receive") };
    snprintf(
        out->from, sizeof(out->from), "%s", json_get_string(link, "from", ""));
    snprintf(out->to, sizeof(out->to), "%s", json_get_string(link, "to", ""));
    json_decref(doc);
    if (!(out->send.byte_ns >= 0) || !(out->receive.byte_ns >= 0))
        return err_set(err, ST_CONFLICT, "link.not_ready",
            "link %lld has no rate: measure it again", (long long)f->id);
    return ST_OK;
}

enum status
link_measured_get(
    struct db *db, int64_t id, struct link_measured *out, struct err *err)
{
    struct flow f = { 0 };
    enum status st = db_flow_get(db, FLOW_LINK, id, &f, err);

    if (st == ST_OK)
        st = read_document(&f, out, err);
    flow_clear(&f);
    return st;
}

enum status
link_cost(struct db *db, int64_t id, bool answered, double *base_ns,
    double *byte_ns, struct err *err)
{
    struct link_measured m;
    enum status st = link_measured_get(db, id, &m, err);

    if (st == ST_OK) {
        *base_ns = m.send.base_ns + (answered ? m.receive.base_ns : 0);
        *byte_ns = m.send.byte_ns;
    }
    return st;
}
