/* SPDX-License-Identifier: MIT */
#include "server/trial_link.h"

#include <math.h>
#include <string.h>

#include "server/link_cost.h"
#include "server/profile_doc.h"

/* Bytes of the tensor that an exit hangs on, or NaN. */
static double
tensor_bytes(const json_t *analysis, const json_t *exit)
{
    const char *tensor = json_string_value(json_object_get(exit, "tensor"));
    const json_t *b;
    size_t i;

    json_array_foreach(json_object_get(analysis, "boundaries"), i, b)
    {
        const char *name = json_string_value(json_object_get(b, "tensor"));

        if (tensor != NULL && name != NULL && strcmp(tensor, name) == 0)
            return json_get_number(b, "bytes");
    }
    return NAN;
}

static double
median(const json_t *exit, const char *part)
{
    const json_t *cost =
        json_object_get(json_object_get(exit, part), "latency_ns");

    return json_number_value(
        json_is_array(cost) ? json_array_get(cost, 0) : cost);
}

/* The backbone behind exit `from`, and the network's own head. */
static double
rest_ns(const json_t *costs, size_t from)
{
    const json_t *exits = json_object_get(costs, "exits"), *x;
    double sum = 0;
    size_t i, last = json_array_size(exits) - 1;

    json_array_foreach(exits, i, x)
    {
        if (i > from)
            sum += median(x, "segment");
        if (i == last)
            sum += median(x, "head");
    }
    return sum;
}

static enum status
server_costs(struct db *db, int64_t server, const char *model, json_t **out,
    struct err *err)
{
    struct export_input in;
    enum status st = profile_export_input(db, server, 'X', &in, err);

    if (st != ST_OK)
        return st;
    if (strcmp(export_text(in.profile, "model"), model) != 0)
        st = err_set(err, ST_UNPROCESSABLE, "trial.link",
            "link.server: profile %lld is of another model: profile the same "
            "one there",
            (long long)server);
    else
        st = export_costs_document(&in, out, err);
    export_input_clear(&in);
    return st;
}

struct link {
    double byte_ns, base_ns;
    int64_t measured, server;
};

static enum status
add_exits(const json_t *analysis, const struct link *link,
    const json_t *elsewhere, json_t *out, struct err *err)
{
    const json_t *exits = json_object_get(analysis, "exits"), *x;
    size_t i, n = json_array_size(exits);

    json_array_foreach(exits, i, x)
    {
        double bytes = tensor_bytes(analysis, x);

        if (i + 1 == n)
            break;
        if (isnan(bytes))
            return err_set(err, ST_UNPROCESSABLE, "trial.link",
                "exit %zu (%s) hangs on no tensor that can be handed over "
                "alone: give offload as numbers instead of link",
                i, json_get_string(x, "name", "?"));
        if (json_array_append_new(
                out, json_real(link->base_ns + bytes * link->byte_ns +
                               (elsewhere ? rest_ns(elsewhere, i) : 0))) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

static enum status
offload(struct db *db, const struct export_input *in, const struct link *link,
    json_t **out, struct err *err)
{
    json_t *elsewhere = NULL;
    enum status st = ST_OK;

    if (link->server != 0)
        st = server_costs(db, link->server, export_text(in->profile, "model"),
            &elsewhere, err);
    if (st == ST_OK && (*out = json_array()) == NULL)
        st = err_nomem(err);
    if (st == ST_OK)
        st = add_exits(
            json_object_get(in->model, "analysis"), link, elsewhere, *out, err);
    json_decref(elsewhere);
    if (st != ST_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return st;
}

/* There with the tensor, and back with the answer. */
static enum status
take_measured(
    struct db *db, struct link *link, const char *from, struct err *err)
{
    struct link_measured m;
    enum status st = link_measured_get(db, link->measured, &m, err);
    bool back;

    if (st != ST_OK)
        return st;
    back = from != NULL && strcmp(from, m.to) == 0;
    link->base_ns = m.send.base_ns + m.receive.base_ns;
    link->byte_ns = back ? m.receive.byte_ns : m.send.byte_ns;
    return ST_OK;
}

static enum status
read_link(struct db *db, const json_t *doc, const char *from, struct link *link,
    struct err *err)
{
    double rate = NAN, base = NAN; /* bytes a second, ns */
    const struct json_field fields[] = {
        { "bytes_per_s", JF_REAL, false, &rate, 1e-3, 1e18 },
        { "base_ns", JF_REAL, false, &base, 0, 1e15 },
        { "measured", JF_INT, false, &link->measured, 1, 9e15 },
        { "server", JF_INT, false, &link->server, 1, 9e15 },
    };
    enum status st;

    *link = (struct link){ 0 };
    if ((st = JSON_READ(doc, "link", fields, err)) != ST_OK)
        return st;
    if ((link->measured != 0) == !isnan(rate) ||
        (link->measured != 0 && !isnan(base)))
        return err_set(err, ST_INVALID, "request.field",
            "give link.bytes_per_s (with base_ns), or link.measured (the "
            "number of a measured link), and only one of them");
    if (link->measured != 0)
        return take_measured(db, link, from, err);
    link->byte_ns = 1e9 / rate;
    link->base_ns = isnan(base) ? 0 : base;
    return ST_OK;
}

enum status
trial_link_offload(struct db *db, int64_t profile, const json_t *doc,
    const char *from, json_t **out, struct err *err)
{
    struct link link;
    struct export_input in;
    enum status st;

    *out = NULL;
    if (profile == 0)
        return err_set(err, ST_INVALID, "request.field",
            "link needs profile, which knows the bytes of each exit's tensor: "
            "with costs of your own give offload");
    if ((st = read_link(db, doc, from, &link, err)) != ST_OK ||
        (st = profile_export_input(db, profile, 'X', &in, err)) != ST_OK)
        return st;
    st = offload(db, &in, &link, out, err);
    export_input_clear(&in);
    return st;
}
