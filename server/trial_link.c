/* SPDX-License-Identifier: MIT */
#include "server/trial_link.h"

#include <math.h>
#include <string.h>

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
    double rate, base;
    int64_t server;
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
                out, json_real(link->base + bytes / link->rate * 1e9 +
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

enum status
trial_link_offload(struct db *db, int64_t profile, const json_t *doc,
    json_t **out, struct err *err)
{
    struct link link = { 0 };
    const struct json_field fields[] = {
        { "bytes_per_s", JF_REAL, true, &link.rate, 1e-3, 1e18 },
        { "base_ns", JF_REAL, false, &link.base, 0, 1e15 },
        { "server", JF_INT, false, &link.server, 1, 9e15 },
    };
    struct export_input in;
    enum status st;

    *out = NULL;
    if (profile == 0)
        return err_set(err, ST_INVALID, "request.field",
            "link needs profile, which knows the bytes of each exit's tensor: "
            "with costs of your own give offload");
    if ((st = JSON_READ(doc, "link", fields, err)) != ST_OK ||
        (st = profile_export_input(db, profile, 'X', &in, err)) != ST_OK)
        return st;
    st = offload(db, &in, &link, out, err);
    export_input_clear(&in);
    return st;
}
