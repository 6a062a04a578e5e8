/* SPDX-License-Identifier: MIT */
#include "server/search_system.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/costs_check.h"
#include "server/link_cost.h"

enum {
    PROCESSORS_MIN = 2,
    PROCESSORS_MAX = 8,
    LINKS_MAX = 28,
    PATH_BYTES = 40
};

struct reading {
    struct db *db;
    const char *objective;
    struct order_input *in;     /* of the first processor */
    json_t *processors, *links; /* owned: for the worker */
};

static enum status
same_network(const struct reading *r, const struct order_input *x, size_t i,
    struct err *err)
{
    size_t have = json_array_size(json_object_get(x->costs, "exits"));
    size_t want = json_array_size(json_object_get(r->in->costs, "exits"));

    if (x->model && r->in->model && strcmp(x->model, r->in->model) != 0)
        return err_set(err, ST_UNPROCESSABLE, "search.model_mismatch",
            "system.processors[%zu]: profile %lld is of another model than the "
            "first processor's",
            i, (long long)x->profile);
    if (have != want)
        return err_set(err, ST_UNPROCESSABLE, "search.exits_mismatch",
            "system.processors[%zu] has %zu exits, the first one %zu: give "
            "costs of one network",
            i, have, want);
    return costs_check_partly(x->costs, r->objective, err);
}

static enum status
read_processor(struct reading *r, const json_t *doc, size_t i, struct err *err)
{
    struct order_input x = { 0 }, *in = i == 0 ? r->in : &x;
    json_t *costs = NULL, *o;
    double wake = 0, memory = NAN;
    const struct json_field fields[] = {
        { "profile", JF_INT, false, &in->profile, 1, 9e15 },
        { "source", JF_STR, false, &in->source, 0, 16 },
        { "costs", JF_OBJ, false, &costs, 0, 0 },
        { "wake", JF_REAL, false, &wake, 0, 1e18 },
        { "memory_bytes", JF_REAL, false, &memory, 1, 1e15 },
    };
    char path[PATH_BYTES];
    enum status st;

    snprintf(path, sizeof(path), "system.processors[%zu]", i);
    if ((st = JSON_READ(doc, path, fields, err)) == ST_OK &&
        (st = order_input_costs(r->db, in, costs, false, err)) == ST_OK &&
        (st = same_network(r, in, i, err)) == ST_OK) {
        o = json_pack("{s:O,s:f}", "costs", in->costs, "wake", wake);
        if (in->profile != 0 &&
            json_object_set_new(o, "profile", json_integer(in->profile)) != 0)
            st = err_nomem(err);
        if ((!isnan(memory) && json_object_set_new(o, "memory_bytes",
                                   json_real(memory)) != 0) ||
            json_array_append_new(r->processors, o) != 0)
            st = err_nomem(err);
    }
    order_input_clear(&x);
    return st;
}

/* What a hand-over was measured to take: the tensors there, and the answer
 * back, for a sample's time ends where it began (and only there it can be
 * taken with one clock). */
static enum status
measured(struct reading *r, int64_t id, double *base, double *per_byte,
    struct err *err)
{
    if (strcmp(r->objective, "latency_ns") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "link %lld tells time, the objective is %.64s: give base and "
            "per_byte",
            (long long)id, r->objective);
    return link_cost(r->db, id, true, base, per_byte, err);
}

static enum status
read_link(struct reading *r, const json_t *doc, size_t i, struct err *err)
{
    double last = (double)json_array_size(r->processors) - 1;
    double base = NAN, per_byte = NAN;
    int64_t from = -1, to = -1, link = 0;
    const struct json_field fields[] = {
        { "from", JF_INT, true, &from, 0, last },
        { "to", JF_INT, true, &to, 0, last },
        { "link", JF_INT, false, &link, 1, 9e15 },
        { "base", JF_REAL, false, &base, 0, 1e18 },
        { "per_byte", JF_REAL, false, &per_byte, 0, 1e18 },
    };
    char path[PATH_BYTES];
    enum status st;

    snprintf(path, sizeof(path), "system.links[%zu]", i);
    if ((st = JSON_READ(doc, path, fields, err)) != ST_OK)
        return st;
    if (from >= to)
        return err_set(err, ST_INVALID, "request.field",
            "%s: data flows from a processor to a later one", path);
    if ((link != 0) == !isnan(per_byte) || (link != 0 && !isnan(base)))
        return err_set(err, ST_INVALID, "request.field",
            "%s: give link (the number of a measured one) or per_byte and "
            "base, in the objective's unit",
            path);
    if (link != 0 && (st = measured(r, link, &base, &per_byte, err)) != ST_OK)
        return st;
    if (json_array_append_new(
            r->links, json_pack("{s:I,s:I,s:f,s:f}", "from", (json_int_t)from,
                          "to", (json_int_t)to, "base", isnan(base) ? 0 : base,
                          "per_byte", per_byte)) != 0)
        return err_nomem(err);
    return ST_OK;
}

static enum status
read_all(struct reading *r, const json_t *processors, const json_t *links,
    struct err *err)
{
    size_t n = json_array_size(processors), m = json_array_size(links);
    enum status st = ST_OK;

    if (n < PROCESSORS_MIN || n > PROCESSORS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "system.processors must be %d to %d", PROCESSORS_MIN,
            PROCESSORS_MAX);
    if (m < 1 || m > LINKS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "system.links must be 1 to %d", LINKS_MAX);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = read_processor(r, json_array_get(processors, i), i, err);
    for (size_t i = 0; st == ST_OK && i < m; i++)
        st = read_link(r, json_array_get(links, i), i, err);
    return st;
}

enum status
search_system_read(struct db *db, const json_t *system, const char *objective,
    struct order_input *in, json_t **out, struct err *err)
{
    struct reading r = { db, objective, in, json_array(), json_array() };
    json_t *processors = NULL, *links = NULL;
    const struct json_field fields[] = {
        { "processors", JF_ARR, true, &processors, 0, 0 },
        { "links", JF_ARR, true, &links, 0, 0 },
    };
    enum status st = JSON_READ(system, "system", fields, err);

    *out = NULL;
    if (st == ST_OK && (st = read_all(&r, processors, links, err)) == ST_OK) {
        *out = json_pack(
            "{s:O,s:O}", "processors", r.processors, "links", r.links);
        st = *out ? ST_OK : err_nomem(err);
    }
    json_decref(r.processors);
    json_decref(r.links);
    return st;
}
