/* SPDX-License-Identifier: MIT */
#include "server/link_cost.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "db/flow.h"

static double
median(const json_t *way, const char *member)
{
    return json_get_number(json_object_get(way, member), "value");
}

enum status
link_cost(struct db *db, int64_t id, double *base_ns, double *byte_ns,
    struct err *err)
{
    struct flow flow = { 0 };
    json_t *doc = NULL, *send;
    enum status st = db_flow_get(db, FLOW_LINK, id, &flow, err);

    if (st != ST_OK)
        return st;
    if (flow.document == NULL || flow.state != RUN_DONE)
        st = err_set(err, ST_CONFLICT, "link.not_ready",
            "link %lld has not been measured: wait with GET "
            "/v1/links/%lld?wait=50, then send this again",
            (long long)id, (long long)id);
    else
        st = json_parse(flow.document, strlen(flow.document), &doc, err);
    send = json_object_get(doc, "send");
    *base_ns = fmax(0, median(send, "base_ns"));
    *byte_ns = median(send, "byte_ns");
    if (st == ST_OK && !(*byte_ns >= 0))
        st = err_set(err, ST_CONFLICT, "link.not_ready",
            "link %lld has no rate", (long long)id);
    json_decref(doc);
    flow_clear(&flow);
    return st;
}
