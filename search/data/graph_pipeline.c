/* SPDX-License-Identifier: MIT */
/* graph_pipeline.c -- layers over any number of devices in a row, each tensor
 * sent plainly or in one of several measured ways. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "search/data/graph_coded.h"
#include "search/data/graph_link.h"
#include "search/partition/pipeline.h"

/* No stage is as long: a way that an edge does not have. */
static const int64_t never = INT64_C(1) << 52;

/* How tensors may be sent: plainly, in ways given for every edge, and in ways
 * measured edge by edge. */
struct sending {
    const struct graph_way *given; /* borrowed, [n_given] */
    size_t n_given;
    const struct graph_coded *coded; /* borrowed; NULL: none */
};

/* What crosses behind each layer, and what sending it takes in each way. */
struct crossing {
    int64_t *bytes, *tensors;        /* owned, [n - 1] */
    int64_t *send, *encode, *decode; /* owned, [n - 1][ways] */
    size_t ways;
};

static void
crossing_clear(struct crossing *c)
{
    free(c->bytes);
    free(c->tensors);
    free(c->send);
    free(c->encode);
    free(c->decode);
}

/* A tensor crosses from where it is made to its last reader. */
static void
count(const struct graph *g, struct crossing *c)
{
    for (int32_t t = DAG_INPUT; t < (int32_t)g->n; t++) {
        int64_t bytes = t == DAG_INPUT ? g->input_bytes : g->bytes[t];
        size_t last = 0;

        for (size_t i = 0; i < g->n; i++)
            for (size_t k = g->first_read[i]; k < g->first_read[i + 1]; k++)
                if (g->reads[k] == t)
                    last = i;
        for (size_t i = t < 0 ? 0 : (size_t)t; i < last; i++) {
            c->bytes[i] += bytes;
            c->tensors[i]++;
        }
    }
}

static size_t
count_ways(const struct sending *s)
{
    return 1 + s->n_given + (s->coded ? s->coded->ways : 0);
}

/* The whole edge in one way. */
static void
set_way(struct crossing *c, const struct dag_link *l, size_t edge, size_t way,
    const struct graph_way *x)
{
    double bytes = (double)c->bytes[edge];
    size_t at = edge * c->ways + way;

    c->send[at] = c->tensors[edge] * l->base_ps +
                  (int64_t)ceil(bytes * x->ratio) * l->byte_ps;
    c->encode[at] = llround(bytes * x->encode_ns * 1e3);
    c->decode[at] = llround(bytes * x->decode_ns * 1e3);
}

/* What was measured is of a single tensor. */
static void
set_coded(struct crossing *c, const struct dag_link *l, size_t edges,
    const struct sending *s)
{
    size_t first = 1 + s->n_given;

    for (size_t i = 0; i < edges; i++)
        for (size_t w = first; w < c->ways; w++)
            c->send[i * c->ways + w] = never;
    for (size_t k = 0; s->coded != NULL && k < s->coded->n; k++) {
        const struct graph_coded_row *row = &s->coded->row[k];

        if (row->edge < edges && c->tensors[row->edge] == 1)
            set_way(c, l, row->edge, first + row->way, &row->cost);
    }
}

static enum status
crossing_init(struct crossing *c, const struct graph *g,
    const struct dag_link *l, const struct sending *s, struct err *err)
{
    const struct graph_way plain = { 1, 0, 0 };
    size_t ways = count_ways(s);

    *c = (struct crossing){ .bytes = calloc(g->n, sizeof(int64_t)),
        .tensors = calloc(g->n, sizeof(int64_t)),
        .send = calloc(g->n * ways, sizeof(int64_t)),
        .encode = calloc(g->n * ways, sizeof(int64_t)),
        .decode = calloc(g->n * ways, sizeof(int64_t)),
        .ways = ways };
    if (!c->bytes || !c->tensors || !c->send || !c->encode || !c->decode)
        return err_nomem(err);
    count(g, c);
    set_coded(c, l, g->n - 1, s);
    for (size_t i = 0; i + 1 < g->n; i++) {
        set_way(c, l, i, 0, &plain);
        for (size_t w = 0; w < s->n_given; w++)
            set_way(c, l, i, w + 1, &s->given[w]);
    }
    return ST_OK;
}

/* The row that tells of an edge in a measured way; NULL: there is none. */
static const struct graph_coded_row *
find_row(const struct sending *s, size_t edge, size_t way)
{
    size_t first = 1 + s->n_given;

    for (size_t k = 0; s->coded != NULL && k < s->coded->n; k++)
        if (s->coded->row[k].edge == edge &&
            first + s->coded->row[k].way == way)
            return &s->coded->row[k];
    return NULL;
}

/* What coding the chosen way does there; null where it is plain. */
static json_t *
coding_json(const struct sending *s, size_t edge, size_t way)
{
    const struct graph_coded_row *row = find_row(s, edge, way);
    const struct graph_way *x = row       ? &row->cost
                                : way > 0 ? &s->given[way - 1]
                                          : NULL;

    if (x == NULL)
        return json_null();
    return json_pack("{s:s,s:f,s:f,s:f,s:o}", "source",
        row ? "measured" : "typed", "share", x->ratio, "encode_ns",
        x->encode_ns, "decode_ns", x->decode_ns, "agree",
        json_number_or_null(row ? row->agree : NAN));
}

/* Every way there was, by its number in a stage's `way`. */
static json_t *
ways_json(const struct sending *s, size_t edges)
{
    json_t *a = json_pack("[{s:s,s:s,s:I,s:f}]", "name", "plain", "source",
        "plain", "edges", (json_int_t)edges, "share", 1.0);

    for (size_t w = 0; a != NULL && w < s->n_given; w++) {
        char name[32];

        snprintf(name, sizeof(name), "way %zu", w + 1);
        (void)json_array_append_new(
            a, json_pack("{s:s,s:s,s:I,s:f}", "name", name, "source", "typed",
                   "edges", (json_int_t)edges, "share", s->given[w].ratio));
    }
    for (size_t w = 0; a != NULL && s->coded != NULL && w < s->coded->ways;
         w++) {
        json_int_t has = 0;

        for (size_t k = 0; k < s->coded->n; k++)
            has += s->coded->row[k].way == w;
        (void)json_array_append_new(
            a, json_pack("{s:s,s:s,s:I,s:n}", "name", s->coded->name[w],
                   "source", "measured", "edges", has, "share"));
    }
    return a;
}

static json_t *
stages_json(const struct graph *g, const struct pipeline_plan *plan,
    const struct crossing *c, const struct sending *how)
{
    json_t *list = json_array();
    size_t begin = 0;
    int rc = 0;

    for (size_t s = 0; s < plan->stages; s++) {
        bool sends = plan->way[s] >= 0;
        size_t at =
            sends ? (plan->end[s] - 1) * c->ways + (size_t)plan->way[s] : 0;
        int64_t work = 0;

        for (size_t i = begin; i < plan->end[s]; i++)
            work += g[s].time_ps[i];
        rc |= json_array_append_new(list,
            json_pack("{s:s,s:I,s:I,s:f,s:o,s:o,s:o}", "device", g[s].device,
                "from_layer", (json_int_t)begin, "to_layer",
                (json_int_t)plan->end[s] - 1, "work_ns", (double)work / 1e3,
                "send_ns",
                json_number_or_null(sends ? (double)c->send[at] / 1e3 : NAN),
                "way", sends ? json_integer(plan->way[s]) : json_null(),
                "coding",
                sends ? coding_json(how, plan->end[s] - 1, (size_t)plan->way[s])
                      : json_null()));
        begin = plan->end[s];
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static enum status
solve(const struct graph *g, size_t n, const struct graph_link *l,
    const struct crossing *c, const struct sending *how, json_t **out,
    struct err *err)
{
    int64_t *time = malloc(n * g->n * sizeof(*time));
    const struct pipeline p = { g->n, n, c->ways, time, c->send, c->encode,
        c->decode };
    struct pipeline_plan plan;
    enum status st;

    if (time == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n * g->n; i++)
        time[i] = g[i / g->n].time_ps[i % g->n];
    if ((st = pipeline_solve(&p, &plan, err)) == ST_OK) {
        *out = json_pack("{s:s,s:s,s:f,s:o,s:o,s:o}", "schema",
            "offramp.partition/1", "plan", "pipeline", "stage_ns",
            (double)plan.slowest_ps / 1e3, "link", graph_link_json(l), "ways",
            ways_json(how, g[0].n - 1), "stages",
            stages_json(g, &plan, c, how));
        st = *out ? ST_OK : err_nomem(err);
    }
    free(time);
    return st;
}

static enum status
check_ways(const struct graph_way *way, size_t ways, struct err *err)
{
    if (ways >= PIPELINE_WAYS_MAX)
        return err_set(err, ST_INVALID, "partition.way",
            "%zu ways of sending: give %d at most", ways,
            PIPELINE_WAYS_MAX - 1);
    for (size_t w = 0; w < ways; w++)
        if (!(way[w].ratio > 0 && way[w].ratio <= 100 &&
                way[w].encode_ns >= 0 && way[w].encode_ns <= 1e6 &&
                way[w].decode_ns >= 0 && way[w].decode_ns <= 1e6))
            return err_set(err, ST_INVALID, "partition.way",
                "way %zu: the share that goes over is above 0, and coding "
                "takes 0 to 1e6 ns a byte",
                w + 1);
    return ST_OK;
}

enum status
graph_pipeline_coded(const struct graph *g, size_t n,
    const struct graph_link *l, const struct graph_way *way, size_t ways,
    const struct graph_coded *coded, json_t **out, struct err *err)
{
    const struct sending how = { way, ways, coded };
    struct crossing c;
    struct dag_link link;
    enum status st = graph_link_ps(l, &link, err);

    for (size_t i = 1; st == ST_OK && i < n; i++)
        st = graph_same(&g[0], &g[i], err);
    if (st != ST_OK || (st = check_ways(way, ways, err)) != ST_OK)
        return st;
    if (count_ways(&how) > PIPELINE_WAYS_MAX)
        return err_set(err, ST_INVALID, "partition.way",
            "%zu ways of sending: %d at most, the plain one among them",
            count_ways(&how), PIPELINE_WAYS_MAX);
    if ((st = crossing_init(&c, g, &link, &how, err)) == ST_OK)
        st = solve(g, n, l, &c, &how, out, err);
    crossing_clear(&c);
    return st;
}

enum status
graph_pipeline_ways(const struct graph *g, size_t n, const struct graph_link *l,
    const struct graph_way *way, size_t ways, json_t **out, struct err *err)
{
    return graph_pipeline_coded(g, n, l, way, ways, NULL, out, err);
}

enum status
graph_pipeline(const struct graph *g, size_t n, const struct graph_link *l,
    json_t **out, struct err *err)
{
    return graph_pipeline_coded(g, n, l, NULL, 0, NULL, out, err);
}
