/* SPDX-License-Identifier: MIT */
/* The same comparison, done by a server: its records, its profiles. */
#include <stdlib.h>

#include "base/hash.h"
#include "server/cli/compare.h"
#include "server/cli/follow.h"
#include "server/cli/link_find.h"

enum { COSTS_BYTES_MAX = 1 << 20 };

static enum status
read_records_id(const char *text, int64_t *id, struct err *err)
{
    char *end;

    *id = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || *id < 1)
        return err_set(err, ST_INVALID, "cli.arguments",
            "'%.64s' is not the number of records on the server; a file is "
            "given with --records",
            text);
    return ST_OK;
}

static json_t *
names_json(const struct opt_list *names)
{
    json_t *a = json_array();

    for (size_t i = 0; a != NULL && i < names->n; i++)
        (void)json_array_append_new(a, json_string(names->item[i]));
    return a;
}

/* {"offload": number or numbers} or {"link": {..}}, or neither. */
static enum status
handing_over(const struct compare_wish *w, json_t *body, struct err *err)
{
    double offload[POLICY_ARMS_MAX];
    json_t *a;
    size_t n;

    if (w->link != 0 &&
        json_object_set_new(body, "link",
            json_pack("{s:f,s:f,s:o*}", "bytes_per_s", w->link, "base_ns",
                w->link_base, "server",
                w->link_server ? json_integer(w->link_server) : NULL)) < 0)
        return err_nomem(err);
    if (w->offload == NULL)
        return ST_OK;
    if (compare_offload(w->offload, offload, &n, err) != ST_OK)
        return ST_INVALID;
    a = json_array();
    for (size_t i = 0; a != NULL && n > 1 && i < n; i++)
        (void)json_array_append_new(a, json_real(offload[i]));
    if (n == 1) {
        json_decref(a);
        a = json_real(offload[0]);
    }
    return json_object_set_new(body, "offload", a) < 0 ? err_nomem(err) : ST_OK;
}

static enum status
make_body(const struct compare_wish *w, int64_t records, json_t **out,
    struct err *err)
{
    json_t *costs = NULL;
    enum status st;

    if (w->costs_file != NULL && (st = json_file_load(w->costs_file,
                                      COSTS_BYTES_MAX, &costs, err)) != ST_OK)
        return st;
    *out = json_pack("{s:I,s:o*,s:o*,s:s*,s:s*,s:o,s:f,s:f,s:f,s:f,s:f,s:f,"
                     "s:f,s:I,s:I,s:I,s:b}",
        "records", (json_int_t)records, "costs", costs, "profile",
        w->profile ? json_integer(w->profile) : NULL, "objective", w->objective,
        "reference", w->reference, "policies", names_json(&w->names), "alpha",
        w->alpha, "beta", w->beta, "weight", w->weight, "lambda", w->lambda,
        "probes", w->probes, "memory", w->memory, "max_drop", w->max_drop,
        "steps", (json_int_t)w->steps, "shuffles", (json_int_t)w->shuffles,
        "seed", (json_int_t)w->seed, "by_group", w->by_group);
    return *out ? handing_over(w, *out, err) : err_nomem(err);
}

/* What only some tables have. */
static enum status
add_parts(struct compare_wish *w, json_t *body, struct err *err)
{
    char hex[HASH_HEX];
    enum status st;

    if (w->ordered &&
        (json_object_set_new(body, "ordered", json_true()) < 0 ||
            json_object_set_new(body, "distance", json_real(w->distance)) < 0))
        return err_nomem(err);
    if (w->features == NULL)
        return ST_OK;
    if ((st = client_upload(&w->client, w->features, hex, err)) != ST_OK)
        return st;
    return json_object_set_new(body, "features", json_string(hex)) < 0 ||
                   json_object_set_new(
                       body, "feature_cost", json_real(w->feature_cost)) < 0
               ? err_nomem(err)
               : ST_OK;
}

static enum status
post(struct compare_wish *w, const json_t *body, json_t **doc, struct err *err)
{
    json_t *made = NULL, *ended = NULL;
    char path[64];
    enum status st =
        client_call(&w->client, "POST", "/v1/policies", body, &made, err);

    if (st != ST_OK)
        return st;
    snprintf(path, sizeof(path), "/v1/policies/%lld",
        (long long)json_integer_value(json_object_get(made, "id")));
    json_decref(made);
    if ((st = follow(&w->client, path, "policies", &ended, err)) == ST_OK)
        *doc = json_incref(json_object_get(ended, "trial"));
    json_decref(ended);
    return st;
}

/* In place of what would be given, what was measured. */
static enum status
measured_link(struct compare_wish *w, struct err *err)
{
    struct link_way way;
    enum status st;

    if (w->over == NULL)
        return ST_OK;
    if (w->link != 0 || w->link_base != 0)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--over has a rate and a base of its own: leave --link and "
            "--link-base out");
    if ((st = link_find(&w->client, w->over, &way, err)) != ST_OK)
        return st;
    w->link = 1e9 / way.byte_ns;
    w->link_base = way.base_ns;
    return ST_OK;
}

enum status
compare_post(
    struct compare_wish *w, const char *records, json_t **doc, struct err *err)
{
    json_t *body = NULL;
    int64_t id;
    enum status st;

    if ((st = read_records_id(records, &id, err)) != ST_OK ||
        (st = client_open(&w->client, err)) != ST_OK)
        return st;
    if ((st = measured_link(w, err)) == ST_OK &&
        (st = make_body(w, id, &body, err)) == ST_OK &&
        (st = add_parts(w, body, err)) == ST_OK)
        st = post(w, body, doc, err);
    client_close(&w->client);
    json_decref(body);
    return st;
}
