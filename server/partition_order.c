/* SPDX-License-Identifier: MIT */
#include "server/partition_order.h"

#include <math.h>
#include <string.h>

#include "server/api_input.h"
#include "server/link_cost.h"
#include "server/order_input.h"
#include "server/profile_doc.h"

enum { PROFILES_MAX = 64, BITS_MAX = 7, JSON_TEXT_MAX = 1 << 26 };

#define BAD(err, ...) err_set(err, ST_INVALID, "request.field", __VA_ARGS__)

void
policy_task_clear(struct policy_task *t)
{
    json_decref(t->payload);
    json_decref(t->blobs);
    *t = (struct policy_task){ 0 };
}

/* Members as they were sent. */
struct ask {
    const char *plan, *reference;
    json_t *profiles, *link, *seen, *ways, *bits, *codings;
    int64_t jobs, records;
    double slack, max_drop, limit_ms;
};

static enum status
read_ask(const json_t *doc, struct ask *a, struct err *err)
{
    const struct json_field fields[] = {
        { "plan", JF_STR, false, &a->plan, 0, 32 },
        { "profiles", JF_ARR, true, &a->profiles, 0, 0 },
        { "link", JF_ANY, true, &a->link, 0, 0 },
        { "seen", JF_ARR, false, &a->seen, 0, 0 },
        { "slack", JF_REAL, false, &a->slack, 0, 10 },
        { "ways", JF_ARR, false, &a->ways, 0, 0 },
        { "codings", JF_OBJ, false, &a->codings, 0, 0 },
        { "jobs", JF_INT, false, &a->jobs, 1, 64 },
        { "records", JF_INT, false, &a->records, 1, 9e15 },
        { "bits", JF_ARR, false, &a->bits, 0, 0 },
        { "max_drop", JF_REAL, false, &a->max_drop, 0, 1 },
        { "limit_ms", JF_REAL, false, &a->limit_ms, 0, 1e9 },
        { "reference", JF_STR, false, &a->reference, 0, 8 },
    };

    *a = (struct ask){ .plan = "light",
        .reference = "label",
        .slack = 0.05,
        .jobs = 2,
        .max_drop = NAN,
        .limit_ms = NAN };
    return JSON_READ(doc, "partition", fields, err);
}

/* Given as numbers, or measured and given by its number. */
static enum status
link_document(struct db *db, const json_t *link, json_t **out, struct err *err)
{
    double rate = NAN, base_ns = 0, byte_ns;
    const struct json_field fields[] = {
        { "bytes_per_s", JF_REAL, true, &rate, 1e-3, 1e12 },
        { "base_ns", JF_REAL, false, &base_ns, 0, 1e12 },
    };
    bool measured = json_is_integer(link);
    enum status st = ST_OK;

    if (!measured && !json_is_object(link))
        return BAD(err,
            "partition.link must be the number of a measured link, or "
            "{bytes_per_s, base_ns}");
    if (measured) {
        st = link_cost(
            db, json_integer_value(link), false, &base_ns, &byte_ns, err);
        if (st == ST_OK && !(byte_ns > 0))
            st = err_set(err, ST_CONFLICT, "link.not_ready",
                "link %lld has no rate that is above 0",
                (long long)json_integer_value(link));
        rate = st == ST_OK ? 1e9 / byte_ns : NAN;
    } else {
        st = JSON_READ(link, "partition.link", fields, err);
    }
    if (st != ST_OK)
        return st;
    *out = json_pack("{s:f,s:f,s:O*}", "bytes_per_s", rate, "base_ms",
        base_ns / 1e6, "id", measured ? link : NULL);
    return *out ? ST_OK : err_nomem(err);
}

/* The layers of a profile as offramp.graph/1. */
static enum status
graph_document(const struct export_input *in, json_t **out, struct err *err)
{
    struct buf text;
    enum status st;

    buf_init(&text, JSON_TEXT_MAX);
    if ((st = export_graph(in, &text, err)) == ST_OK)
        st = json_parse(text.data, text.len, out, err);
    buf_clear(&text);
    return st;
}

typedef enum status document_fn(
    const struct export_input *in, json_t **out, struct err *err);

/* What `make` makes of each profile, all of one model. */
static enum status
of_profiles(struct db *db, const json_t *ids, document_fn *make, json_t *list,
    struct err *err)
{
    char model[80] = "";
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        struct export_input in;
        json_t *doc = NULL;

        if (!json_is_integer(id))
            return BAD(
                err, "partition.profiles[%zu] must be a profile's number", i);
        if ((st = profile_export_input(
                 db, json_integer_value(id), 'X', &in, err)) != ST_OK)
            break;
        if (i == 0)
            snprintf(
                model, sizeof(model), "%s", export_text(in.profile, "model"));
        if (strcmp(export_text(in.profile, "model"), model) != 0)
            st = err_set(err, ST_UNPROCESSABLE, "partition.profiles",
                "partition.profiles[%zu]: profile %lld is of another model "
                "than the first one",
                i, (long long)json_integer_value(id));
        else
            st = make(&in, &doc, err);
        export_input_clear(&in);
        if (st == ST_OK && json_array_append_new(list, doc) < 0)
            st = err_nomem(err);
    }
    return st;
}

static enum status
records_blob(
    struct db *db, int64_t id, json_t *blobs, json_t **hex, struct err *err)
{
    struct order_input in = { 0 };
    enum status st = order_input_records(db, &in, id, err);

    if (st == ST_OK && ((*hex = json_string(in.records.csv)) == NULL ||
                           json_array_append(blobs, *hex) < 0))
        st = err_nomem(err);
    order_input_clear(&in);
    return st;
}

/* Ways of sending with fewer bits, each with records that were made so. */
static enum status
bits_document(struct db *db, const json_t *bits, json_t *blobs, json_t *out,
    struct err *err)
{
    enum status st = ST_OK;

    if (json_array_size(bits) > BITS_MAX)
        return BAD(err, "partition.bits has more than %d ways", BITS_MAX);
    for (size_t i = 0; st == ST_OK && i < json_array_size(bits); i++) {
        int64_t n = 0, records = 0;
        double encode = 0, decode = 0;
        json_t *hex = NULL;
        const struct json_field fields[] = {
            { "bits", JF_INT, true, &n, 1, 32 },
            { "records", JF_INT, true, &records, 1, 9e15 },
            { "encode_ns", JF_REAL, false, &encode, 0, 1e6 },
            { "decode_ns", JF_REAL, false, &decode, 0, 1e6 },
        };

        if ((st = JSON_READ(json_array_get(bits, i), "partition.bits[]", fields,
                 err)) != ST_OK ||
            (st = records_blob(db, records, blobs, &hex, err)) != ST_OK)
            return st;
        if (json_array_append_new(out,
                json_pack("{s:I,s:o,s:f,s:f}", "bits", (json_int_t)n, "records",
                    hex, "encode_ns", encode, "decode_ns", decode)) < 0)
            st = err_nomem(err);
    }
    return st;
}

/* One exit, one cut, so many bits: from records and two devices' costs. */
static enum status
exit_task(struct db *db, const struct ask *a, json_t *link,
    struct policy_task *out, struct err *err)
{
    json_t *costs = json_array(), *bits = json_array(), *hex = NULL;
    enum status st;

    if (json_array_size(a->profiles) != 2 || a->records == 0)
        st = BAD(err, "plan exit needs `records` and two `profiles`");
    else if (isnan(a->max_drop) == isnan(a->limit_ms))
        st = BAD(err, "plan exit needs max_drop or limit_ms, not both");
    else if ((st = of_profiles(db, a->profiles, export_costs_document, costs,
                  err)) == ST_OK &&
             (st = records_blob(db, a->records, out->blobs, &hex, err)) ==
                 ST_OK)
        st = bits_document(db, a->bits, out->blobs, bits, err);
    if (st == ST_OK &&
        (out->payload = json_pack("{s:s,s:O,s:O,s:{s:O,s:s,s:o,s:o,s:O}}",
             "kind", "exit", "costs", costs, "records", hex, "ask", "link",
             link, "reference", a->reference, "max_drop",
             json_number_or_null(a->max_drop), "limit_ms",
             json_number_or_null(a->limit_ms), "bits", bits)) == NULL)
        st = err_nomem(err);
    json_decref(costs);
    json_decref(bits);
    json_decref(hex);
    return st;
}

/* The model of the profiles and a data set, on whose tensors the worker tries
 * every way of coding; *out stays NULL where nobody asked. */
static enum status
codings_document(struct db *db, const struct ask *a, struct policy_task *t,
    double *max_disagree, json_t **out, struct err *err)
{
    int64_t dataset = 0, rows = 32;
    double budget_s = 60;
    const struct json_field fields[] = {
        { "dataset", JF_INT, true, &dataset, 1, 9e15 },
        { "rows", JF_INT, false, &rows, 4, 1024 },
        { "budget_s", JF_REAL, false, &budget_s, 1, 600 },
        { "max_disagree", JF_REAL, false, max_disagree, 0, 1 },
    };
    struct profile profile = { 0 };
    struct input_model m = { 0 };
    struct dataset d = { 0 };
    enum status st;

    if (a->codings == NULL)
        return ST_OK;
    if (strcmp(a->plan, "pipeline") != 0)
        return BAD(err, "partition.codings is for plan pipeline");
    if ((st = JSON_READ(a->codings, "partition.codings", fields, err)) ==
            ST_OK &&
        (st = db_profile_get(db,
             json_integer_value(json_array_get(a->profiles, 0)), &profile,
             err)) == ST_OK &&
        (st = input_model_single(db, profile.model, &m, err)) == ST_OK &&
        (st = input_dataset_get(db, dataset, &d, err)) == ST_OK) {
        json_t *preprocess = NULL;

        if (d.preprocess != NULL)
            st = json_parse(
                d.preprocess, strlen(d.preprocess), &preprocess, err);
        if (st == ST_OK &&
            ((*out = json_pack("{s:{s:s},s:{s:s,s:o*},s:I,s:f}", "model",
                  "blob", m.blob, "dataset", "inputs", d.inputs, "preprocess",
                  preprocess, "rows", (json_int_t)rows, "budget_s",
                  budget_s)) == NULL ||
                json_array_append_new(t->blobs, json_string(m.blob)) < 0 ||
                json_array_append_new(t->blobs, json_string(d.inputs)) < 0))
            st = err_nomem(err);
    }
    profile_clear(&profile);
    input_model_clear(&m);
    dataset_clear(&d);
    return st;
}

static enum status
graphs_task(struct db *db, const struct ask *a, json_t *link,
    struct policy_task *out, struct err *err)
{
    json_t *graphs = json_array(), *codings = NULL;
    double max_disagree = 0;
    enum status st = of_profiles(db, a->profiles, graph_document, graphs, err);

    if (st == ST_OK)
        st = codings_document(db, a, out, &max_disagree, &codings, err);
    if (st == ST_OK &&
        (out->payload =
                json_pack("{s:s,s:O,s:O*,s:f,s:{s:s,s:O,s:O*,s:f,s:O*,s:I}}",
                    "kind", "partition", "graphs", graphs, "codings", codings,
                    "max_disagree", max_disagree, "ask", "plan", a->plan,
                    "link", link, "seen", a->seen, "slack", a->slack, "ways",
                    a->ways, "jobs", (json_int_t)a->jobs)) == NULL)
        st = err_nomem(err);
    json_decref(codings);
    json_decref(graphs);
    return st;
}

static enum status
check_plan(const struct ask *a, struct err *err)
{
    static const struct {
        const char *name;
        size_t least, most;
    } plans[] = { { "light", 2, 2 }, { "heavy", 2, 2 }, { "rates", 2, 2 },
        { "pipeline", 2, PROFILES_MAX }, { "jobs", 1, 1 }, { "exit", 2, 2 } };
    size_t n = json_array_size(a->profiles);

    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        if (strcmp(a->plan, plans[i].name) != 0)
            continue;
        if (n >= plans[i].least && n <= plans[i].most)
            return ST_OK;
        return BAD(err, "partition.profiles: plan %s takes %zu to %zu, not %zu",
            a->plan, plans[i].least, plans[i].most, n);
    }
    return BAD(err,
        "partition.plan '%.32s': give light, heavy, rates, "
        "pipeline, jobs or exit",
        a->plan);
}

enum status
partition_order_read(
    struct db *db, const json_t *doc, struct policy_task *out, struct err *err)
{
    json_t *link = NULL;
    struct ask a;
    enum status st;

    *out = (struct policy_task){ .blobs = json_array() };
    if ((st = read_ask(doc, &a, err)) != ST_OK ||
        (st = check_plan(&a, err)) != ST_OK ||
        (st = link_document(db, a.link, &link, err)) != ST_OK)
        return st;
    st = strcmp(a.plan, "exit") == 0 ? exit_task(db, &a, link, out, err)
                                     : graphs_task(db, &a, link, out, err);
    json_decref(link);
    return st;
}
