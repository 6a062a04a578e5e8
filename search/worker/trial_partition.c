/* SPDX-License-Identifier: MIT */
/* trial_partition.c -- where to cut a network between measured devices. */
#include <math.h>
#include <stdlib.h>

#include "search/data/action_plan.h"
#include "search/data/partition_ask.h"
#include "search/worker/edge_codings.h"
#include "search/worker/trial_kinds.h"

/* Stolen; NULL: out of memory. */
static enum status
give(json_t *doc, json_t **result, struct err *err)
{
    *result = json_pack("{s:o}", "partition", doc);
    return *result ? ST_OK : err_nomem(err);
}

static json_t *
reads_json(const struct graph *g, size_t i)
{
    json_t *a = json_array();

    for (size_t k = g->first_read[i]; a && k < g->first_read[i + 1]; k++)
        if (g->reads[k] != DAG_INPUT)
            (void)json_array_append_new(a, json_integer(g->reads[k]));
    return a;
}

/* The network, so that a cut can be drawn: of each layer its time on every
 * device. */
static enum status
add_layers(json_t *doc, const struct graph *g, size_t n, struct err *err)
{
    json_t *layers = json_array(), *devices = json_array();

    for (size_t i = 0; layers != NULL && i < g[0].n; i++) {
        json_t *times = json_array();

        for (size_t d = 0; times != NULL && d < n; d++)
            (void)json_array_append_new(
                times, json_real((double)g[d].time_ps[i] / 1e3));
        (void)json_array_append_new(
            layers, json_pack("{s:s,s:I,s:o,s:o}", "name", g[0].name[i],
                        "bytes", (json_int_t)g[0].bytes[i], "reads",
                        reads_json(&g[0], i), "times_ns", times));
    }
    for (size_t d = 0; devices != NULL && d < n; d++)
        (void)json_array_append_new(devices, json_string(g[d].device));
    return json_object_set_new(doc, "layers", layers) < 0 ||
                   json_object_set_new(doc, "devices", devices) < 0
               ? err_nomem(err)
               : ST_OK;
}

/* Graphs of the payload, and what was measured of the first one's edges. */
struct graphs {
    struct graph *g; /* owned, [n] */
    size_t n;
    json_t *codings; /* owned; NULL: not asked for */
    struct graph_coded coded;
};

static void
graphs_clear(struct graphs *p)
{
    while (p->n-- > 0)
        graph_clear(&p->g[p->n]);
    free(p->g);
    graph_coded_clear(&p->coded);
    json_decref(p->codings);
}

static enum status
read_graphs(const json_t *list, struct graphs *p, struct err *err)
{
    size_t n = json_array_size(list);
    enum status st = ST_OK;

    if ((p->g = calloc(n, sizeof(*p->g))) == NULL)
        return err_nomem(err);
    while (st == ST_OK && p->n < n)
        if ((st = graph_read(json_array_get(list, p->n), &p->g[p->n], err)) ==
            ST_OK)
            p->n++;
    return st;
}

static enum status
measure_codings(struct task *t, const json_t *doc, double max_disagree,
    struct partition_ask *a, struct graphs *p, struct err *err)
{
    enum status st;

    if (doc == NULL)
        return ST_OK;
    if ((st = edge_codings(t, doc, &p->codings, err)) == ST_OK &&
        (st = graph_coded_read(p->codings, max_disagree, &p->coded, err)) ==
            ST_OK)
        a->coded = &p->coded;
    return st;
}

static enum status
answer(const struct partition_ask *a, const struct graphs *p, json_t **result,
    struct err *err)
{
    json_t *doc;
    enum status st = partition_answer(a, p->g, p->n, &doc, err);

    if (st == ST_OK)
        st = add_layers(doc, p->g, p->n, err);
    if (st == ST_OK && p->codings != NULL &&
        json_object_set(doc, "codings", p->codings) < 0)
        st = err_nomem(err);
    if (st == ST_OK)
        st = give(json_incref(doc), result, err);
    json_decref(doc);
    return st;
}

enum status
trial_partition(struct task *t, json_t **result, struct err *err)
{
    json_t *graphs = NULL, *ask = NULL, *codings = NULL;
    double max_disagree = 0;
    const struct json_field fields[] = {
        { "graphs", JF_ARR, true, &graphs, 0, 0 },
        { "ask", JF_OBJ, true, &ask, 0, 0 },
        { "codings", JF_OBJ, false, &codings, 0, 0 },
        { "max_disagree", JF_REAL, false, &max_disagree, 0, 1 },
    };
    struct partition_ask a;
    struct graphs p = { 0 };
    enum status st;

    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK ||
        (st = partition_ask_read(ask, &a, err)) != ST_OK ||
        (st = partition_ask_check(a.plan, json_array_size(graphs), err)) !=
            ST_OK)
        return st;
    if ((st = read_graphs(graphs, &p, err)) == ST_OK &&
        (st = measure_codings(t, codings, max_disagree, &a, &p, err)) == ST_OK)
        st = answer(&a, &p, result, err);
    graphs_clear(&p);
    return st;
}

/* ---- one exit, one cut, so many bits ---- */

struct inputs {
    struct records records, coarse[ACTION_BITS_MAX]; /* owned */
    struct costs device[2];                          /* owned */
    struct action_way way[ACTION_BITS_MAX];
    struct action_wish wish;
};

static void
inputs_clear(struct inputs *in)
{
    records_clear(&in->records);
    for (int k = 0; k < ACTION_BITS_MAX; k++)
        records_clear(&in->coarse[k]);
    costs_clear(&in->device[0]);
    costs_clear(&in->device[1]);
}

static enum status
load_records(
    struct task *t, const char *hex, struct records *r, struct err *err)
{
    char path[PATH_MAX];
    enum status st = task_blob_path(t, hex, path, err);

    return st == ST_OK ? records_load(path, r, err) : st;
}

static enum status
read_bits(
    struct task *t, const json_t *list, struct inputs *in, struct err *err)
{
    size_t n = json_array_size(list);

    if (n >= ACTION_BITS_MAX)
        return err_set(err, ST_INVALID, "partition.exit",
            "%zu ways of sending: give %d at most", n, ACTION_BITS_MAX - 1);
    in->way[0] = (struct action_way){ .bits = 32, .records = &in->records };
    for (size_t i = 0; i < n; i++) {
        struct action_way *w = &in->way[i + 1];
        const char *hex = NULL;
        int64_t bits = 0;
        const struct json_field fields[] = {
            { "bits", JF_INT, true, &bits, 1, 32 },
            { "records", JF_HASH, true, &hex, 0, 0 },
            { "encode_ns", JF_REAL, true, &w->encode_ns, 0, 1e6 },
            { "decode_ns", JF_REAL, true, &w->decode_ns, 0, 1e6 },
        };
        enum status st =
            JSON_READ(json_array_get(list, i), "ask.bits[]", fields, err);

        if (st != ST_OK ||
            (st = load_records(t, hex, &in->coarse[i], err)) != ST_OK)
            return st;
        w->bits = (int)bits;
        w->records = &in->coarse[i];
    }
    in->wish.ways = (int)n + 1;
    return ST_OK;
}

static enum status
read_ask(struct task *t, const json_t *ask, struct inputs *in, struct err *err)
{
    struct action_wish *w = &in->wish;
    const char *reference = "label";
    json_t *link = NULL, *bits = NULL;
    const struct json_field fields[] = {
        { "link", JF_OBJ, true, &link, 0, 0 },
        { "reference", JF_STR, true, &reference, 0, 8 },
        { "max_drop", JF_REAL, false, &w->max_drop, 0, 1 },
        { "limit_ms", JF_REAL, false, &w->limit_ms, 0, 1e9 },
        { "bits", JF_ARR, true, &bits, 0, 0 },
    };
    struct partition_ask plain;
    json_t *only;
    enum status st = JSON_READ(ask, "ask", fields, err);

    if (st != ST_OK ||
        (st = search_reference_read(reference, &w->reference, err)) != ST_OK)
        return st;
    if ((only = json_pack("{s:O}", "link", link)) == NULL)
        return err_nomem(err);
    st = partition_ask_read(only, &plain, err);
    json_decref(only);
    w->link = plain.link;
    return st == ST_OK ? read_bits(t, bits, in, err) : st;
}

static enum status
load(struct task *t, struct inputs *in, struct err *err)
{
    const char *hex = NULL;
    json_t *costs = NULL, *ask = NULL;
    const struct json_field fields[] = {
        { "costs", JF_ARR, true, &costs, 0, 0 },
        { "records", JF_HASH, true, &hex, 0, 0 },
        { "ask", JF_OBJ, true, &ask, 0, 0 },
    };
    enum status st = JSON_PICK(t->payload, "payload", fields, err);

    for (size_t d = 0; st == ST_OK && d < 2; d++)
        st = costs_read(json_array_get(costs, d), &in->device[d], err);
    if (st != ST_OK || (st = load_records(t, hex, &in->records, err)) != ST_OK)
        return st;
    return read_ask(t, ask, in, err);
}

enum status
trial_exit(struct task *t, json_t **result, struct err *err)
{
    struct inputs *in = calloc(1, sizeof(*in));
    json_t *doc = NULL;
    enum status st;

    if (in == NULL)
        return err_nomem(err);
    in->wish = (struct action_wish){ .records = &in->records,
        .first = &in->device[0],
        .second = &in->device[1],
        .way = in->way,
        .max_drop = NAN,
        .limit_ms = NAN,
        .seed = 1 };
    if ((st = load(t, in, err)) == ST_OK &&
        (st = action_plan(&in->wish, &doc, err)) == ST_OK)
        st = give(doc, result, err);
    inputs_clear(in);
    free(in);
    return st;
}
