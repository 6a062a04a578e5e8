/* SPDX-License-Identifier: MIT */
/* graph_pipeline.c -- layers over any number of devices in a row, each tensor
 * sent plainly or in one of several measured ways. */
#include <math.h>
#include <stdlib.h>

#include "search/data/graph_link.h"
#include "search/partition/pipeline.h"

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

static enum status
crossing_init(struct crossing *c, const struct graph *g,
    const struct dag_link *l, const struct graph_way *way, size_t ways,
    struct err *err)
{
    const struct graph_way plain = { 1, 0, 0 };

    *c = (struct crossing){ .bytes = calloc(g->n, sizeof(int64_t)),
        .tensors = calloc(g->n, sizeof(int64_t)),
        .send = calloc(g->n * (ways + 1), sizeof(int64_t)),
        .encode = calloc(g->n * (ways + 1), sizeof(int64_t)),
        .decode = calloc(g->n * (ways + 1), sizeof(int64_t)),
        .ways = ways + 1 };
    if (!c->bytes || !c->tensors || !c->send || !c->encode || !c->decode)
        return err_nomem(err);
    count(g, c);
    for (size_t i = 0; i + 1 < g->n; i++)
        for (size_t w = 0; w < c->ways; w++) {
            const struct graph_way *x = w == 0 ? &plain : &way[w - 1];
            double bytes = (double)c->bytes[i];

            c->send[i * c->ways + w] =
                c->tensors[i] * l->base_ps +
                (int64_t)ceil(bytes * x->ratio) * l->byte_ps;
            c->encode[i * c->ways + w] = llround(bytes * x->encode_ns * 1e3);
            c->decode[i * c->ways + w] = llround(bytes * x->decode_ns * 1e3);
        }
    return ST_OK;
}

static json_t *
stages_json(const struct graph *g, const struct pipeline_plan *plan,
    const struct crossing *c)
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
            json_pack("{s:s,s:I,s:I,s:f,s:o,s:o}", "device", g[s].device,
                "from_layer", (json_int_t)begin, "to_layer",
                (json_int_t)plan->end[s] - 1, "work_ns", (double)work / 1e3,
                "send_ns",
                json_number_or_null(sends ? (double)c->send[at] / 1e3 : NAN),
                "way", sends ? json_integer(plan->way[s]) : json_null()));
        begin = plan->end[s];
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static enum status
solve(const struct graph *g, size_t n, const struct graph_link *l,
    const struct crossing *c, json_t **out, struct err *err)
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
        *out =
            json_pack("{s:s,s:s,s:f,s:o,s:o}", "schema", "offramp.partition/1",
                "plan", "pipeline", "stage_ns", (double)plan.slowest_ps / 1e3,
                "link", graph_link_json(l), "stages", stages_json(g, &plan, c));
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
graph_pipeline_ways(const struct graph *g, size_t n, const struct graph_link *l,
    const struct graph_way *way, size_t ways, json_t **out, struct err *err)
{
    struct crossing c;
    struct dag_link link;
    enum status st = graph_link_ps(l, &link, err);

    for (size_t i = 1; st == ST_OK && i < n; i++)
        st = graph_same(&g[0], &g[i], err);
    if (st != ST_OK || (st = check_ways(way, ways, err)) != ST_OK)
        return st;
    if ((st = crossing_init(&c, g, &link, way, ways, err)) == ST_OK)
        st = solve(g, n, l, &c, out, err);
    crossing_clear(&c);
    return st;
}

enum status
graph_pipeline(const struct graph *g, size_t n, const struct graph_link *l,
    json_t **out, struct err *err)
{
    return graph_pipeline_ways(g, n, l, NULL, 0, out, err);
}
