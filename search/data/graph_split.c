/* SPDX-License-Identifier: MIT */
/* Plans over graphs, as documents. */
#include <math.h>
#include <stdlib.h>

#include "search/data/graph_link.h"
#include "search/partition/split.h"

/* Two graphs as one with two processors. */
struct pair {
    struct dag dag;
    struct dag_layer *layer; /* owned */
    uint8_t *on_first;       /* owned, [n] */
    struct dag_link link;
};

static void
pair_clear(struct pair *p)
{
    free(p->layer);
    free(p->on_first);
    *p = (struct pair){ 0 };
}

static enum status
pair_init(struct pair *p, const struct graph *a, const struct graph *b,
    const struct graph_link *l, struct err *err)
{
    enum status st;

    *p = (struct pair){ 0 };
    if ((st = graph_same(a, b, err)) != ST_OK ||
        (st = graph_link_ps(l, &p->link, err)) != ST_OK)
        return st;
    p->layer = malloc(a->n * sizeof(*p->layer));
    p->on_first = malloc(a->n);
    if (p->layer == NULL || p->on_first == NULL) {
        pair_clear(p);
        return err_nomem(err);
    }
    for (size_t i = 0; i < a->n; i++)
        p->layer[i] = (struct dag_layer){ a->time_ps[i], b->time_ps[i],
            a->bytes[i], a->reads + a->first_read[i],
            a->first_read[i + 1] - a->first_read[i] };
    p->dag = (struct dag){ p->layer, a->n, a->input_bytes };
    return ST_OK;
}

/* The layers on the first device, by number. */
static json_t *
layers_json(const uint8_t *on_first, size_t n)
{
    json_t *list = json_array();
    int rc = 0;

    for (size_t i = 0; i < n; i++)
        if (on_first[i])
            rc |= json_array_append_new(list, json_integer((json_int_t)i));
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* Everything on one device, for comparison. */
static double
alone_ns(const struct graph *g)
{
    double ns = 0;

    for (size_t i = 0; i < g->n; i++)
        ns += (double)g->time_ps[i] / 1e3;
    return ns;
}

json_t *
graph_link_json(const struct graph_link *l)
{
    return json_pack("{s:f,s:f,s:s,s:o}", "base_ms", l->base_ms, "bytes_per_s",
        l->bytes_per_s, "source", l->measured ? "measured" : "given", "id",
        l->measured ? json_integer(l->measured) : json_null());
}

static json_t *
head(const char *plan, const struct graph *a, const struct graph *b,
    const struct graph_link *l)
{
    return json_pack("{s:s,s:s,s:{s:s,s:f},s:{s:s,s:f},s:o}", "schema",
        "offramp.partition/1", "plan", plan, "first", "device", a->device,
        "alone_ns", alone_ns(a), "second", "device", b->device, "alone_ns",
        alone_ns(b), "link", graph_link_json(l));
}

static enum status
with_bill(json_t *doc, const struct pair *p, const struct dag_bill *b,
    json_t **out, struct err *err)
{
    json_t *bill = json_pack("{s:o,s:f,s:f,s:f,s:I,s:I}", "on_first",
        layers_json(p->on_first, p->dag.n), "first_ns",
        (double)b->first_ps / 1e3, "link_ns", (double)b->link_ps / 1e3,
        "second_ns", (double)b->second_ps / 1e3, "bytes", (json_int_t)b->bytes,
        "tensors", (json_int_t)b->sent);

    if (doc == NULL || bill == NULL || json_object_update(doc, bill) < 0) {
        json_decref(doc);
        json_decref(bill);
        return err_nomem(err);
    }
    json_decref(bill);
    *out = doc;
    return ST_OK;
}

enum status
graph_light(const struct graph *a, const struct graph *b,
    const struct graph_link *l, json_t **out, struct err *err)
{
    struct dag_bill bill;
    struct pair p;
    enum status st = pair_init(&p, a, b, l, err);

    if (st != ST_OK)
        return st;
    if ((st = split_light(&p.dag, &p.link, p.on_first, &bill, err)) == ST_OK)
        st = with_bill(head("light", a, b, l), &p, &bill, out, err);
    if (st == ST_OK &&
        json_object_set_new(*out, "latency_ns",
            json_real((double)(bill.first_ps + bill.link_ps + bill.second_ps) /
                      1e3)) < 0)
        st = err_nomem(err);
    pair_clear(&p);
    return st;
}

enum status
graph_heavy(const struct graph *a, const struct graph *b,
    const struct graph_link *l, json_t **out, struct err *err)
{
    struct dag_bill bill;
    struct pair p;
    int64_t bound, slowest;
    enum status st = pair_init(&p, a, b, l, err);

    if (st != ST_OK)
        return st;
    st = split_heavy(&p.dag, &p.link, p.on_first, &bill, &bound, err);
    if (st == ST_OK)
        st = with_bill(head("heavy", a, b, l), &p, &bill, out, err);
    if (st == ST_OK) {
        slowest = bill.first_ps > bill.link_ps ? bill.first_ps : bill.link_ps;
        slowest = slowest > bill.second_ps ? slowest : bill.second_ps;
        if (json_object_set_new(
                *out, "stage_ns", json_real((double)slowest / 1e3)) < 0 ||
            json_object_set_new(
                *out, "bound_ns", json_real((double)bound / 1e3)) < 0 ||
            json_object_set_new(*out, "status",
                json_string(bound == slowest ? "optimal" : "feasible")) < 0)
            st = err_nomem(err);
    }
    pair_clear(&p);
    return st;
}

static json_t *
row_json(const struct split_row *r, int64_t from_byte_ps, size_t n)
{
    /* a rate is 1e12 / (ps a byte): the row holds from slow to fast */
    double slow =
        r->upto_byte_ps == INT64_MAX ? 0 : 1e12 / (double)r->upto_byte_ps;

    return json_pack("{s:f,s:o,s:f,s:I,s:o}", "from_bytes_per_s", slow,
        "to_bytes_per_s",
        json_number_or_null(
            from_byte_ps > 0 ? 1e12 / (double)from_byte_ps : NAN),
        "fixed_ns", (double)r->fixed_ps / 1e3, "bytes", (json_int_t)r->bytes,
        "on_first", layers_json(r->on_first, n));
}

static double
row_ns(const struct split_row *r, int64_t byte_ps)
{
    return ((double)r->fixed_ps + (double)r->bytes * (double)byte_ps) / 1e3;
}

/* What the table does for rates that come one after the other. */
static enum status
add_choices(json_t *doc, const struct split_table *t,
    const struct graph_link *l, const struct graph_seen *seen, struct err *err)
{
    struct dag_link slowest, link;
    json_t *choices = json_array();
    size_t now = t->n, changes = 0;
    enum status st = graph_link_ps(l, &slowest, err);

    for (size_t i = 0; st == ST_OK && i < seen->n; i++) {
        struct graph_link at = { l->base_ms, seen->bytes_per_s[i], 0 };
        size_t before = now, best;

        if ((st = graph_link_ps(&at, &link, err)) != ST_OK)
            break;
        if (link.byte_ps > slowest.byte_ps) {
            st = err_set(err, ST_INVALID, "partition.link",
                "rate %zu is %g bytes a second: the table begins at %g", i + 1,
                seen->bytes_per_s[i], l->bytes_per_s);
            break;
        }
        now = split_table_choose(t, now, link.byte_ps, seen->slack);
        best = split_table_choose(t, t->n, link.byte_ps, 0);
        changes += before < t->n && now != before;
        (void)json_array_append_new(
            choices, json_pack("{s:f,s:I,s:f,s:f}", "bytes_per_s",
                         seen->bytes_per_s[i], "row", (json_int_t)now,
                         "latency_ns", row_ns(&t->row[now], link.byte_ps),
                         "best_ns", row_ns(&t->row[best], link.byte_ps)));
    }
    if (json_object_set_new(doc, "choices", choices) < 0 ||
        json_object_set_new(doc, "changes", json_integer((json_int_t)changes)) <
            0)
        return err_nomem(err);
    return st;
}

enum status
graph_rates(const struct graph *a, const struct graph *b,
    const struct graph_link *l, json_t **out, struct err *err)
{
    return graph_rates_seen(a, b, l, NULL, out, err);
}

enum status
graph_rates_seen(const struct graph *a, const struct graph *b,
    const struct graph_link *l, const struct graph_seen *seen, json_t **out,
    struct err *err)
{
    struct split_table t = { 0 };
    struct pair p;
    json_t *rows, *doc;
    enum status st = pair_init(&p, a, b, l, err);

    if (st != ST_OK)
        return st;
    st = split_table_init(&t, &p.dag, p.link.base_ps, p.link.byte_ps, err);
    if (st == ST_OK) {
        int64_t from = 0;

        doc = head("rates", a, b, l);
        rows = json_array();
        for (size_t i = 0; i < t.n; i++) {
            if (json_array_append_new(rows, row_json(&t.row[i], from, a->n)) <
                0)
                st = err_nomem(err);
            from = t.row[i].upto_byte_ps;
        }
        if (doc == NULL || json_object_set_new(doc, "rows", rows) < 0)
            st = err_nomem(err);
        if (st == ST_OK && seen != NULL)
            st = add_choices(doc, &t, l, seen, err);
        if (st == ST_OK)
            *out = doc;
        else
            json_decref(doc);
    }
    split_table_clear(&t);
    pair_clear(&p);
    return st;
}
