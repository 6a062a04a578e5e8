/* SPDX-License-Identifier: MIT */
#include "search/data/partition_ask.h"

#include <string.h>

#include "search/data/graph_jobs.h"

void
partition_ask_init(struct partition_ask *a)
{
    *a = (struct partition_ask){ .plan = "light", .slack = 0.05, .jobs = 2 };
}

static enum status
light(const struct partition_ask *a, const struct graph *g, size_t n,
    json_t **out, struct err *err)
{
    (void)n;
    return graph_light(&g[0], &g[1], &a->link, out, err);
}

static enum status
heavy(const struct partition_ask *a, const struct graph *g, size_t n,
    json_t **out, struct err *err)
{
    (void)n;
    return graph_heavy(&g[0], &g[1], &a->link, out, err);
}

static enum status
rates(const struct partition_ask *a, const struct graph *g, size_t n,
    json_t **out, struct err *err)
{
    const struct graph_seen had = { a->seen, a->n_seen, a->slack };

    (void)n;
    return graph_rates_seen(
        &g[0], &g[1], &a->link, a->n_seen ? &had : NULL, out, err);
}

static enum status
pipeline(const struct partition_ask *a, const struct graph *g, size_t n,
    json_t **out, struct err *err)
{
    return graph_pipeline_coded(
        g, n, &a->link, a->way, a->ways, a->coded, out, err);
}

static enum status
jobs(const struct partition_ask *a, const struct graph *g, size_t n,
    json_t **out, struct err *err)
{
    (void)n;
    return graph_jobs(&g[0], &a->link, a->jobs, out, err);
}

static const struct {
    const char *name;
    size_t least, most; /* graphs */
    enum status (*answer)(const struct partition_ask *a, const struct graph *g,
        size_t n, json_t **out, struct err *err);
} plans[] = {
    { "light", 2, 2, light },
    { "heavy", 2, 2, heavy },
    { "rates", 2, 2, rates },
    { "pipeline", 2, PARTITION_GRAPHS_MAX, pipeline },
    { "jobs", 1, PARTITION_GRAPHS_MAX, jobs },
};
enum { PLANS = sizeof(plans) / sizeof(plans[0]) };

enum status
partition_ask_check(const char *plan, size_t graphs, struct err *err)
{
    for (size_t i = 0; i < PLANS; i++) {
        if (strcmp(plan, plans[i].name) != 0)
            continue;
        if (graphs >= plans[i].least && graphs <= plans[i].most)
            return ST_OK;
        return err_set(err, ST_INVALID, "partition.plan",
            "plan %s takes %zu to %zu graphs and %zu were given: "
            "'offramp export graph PROFILE' writes that of a device",
            plan, plans[i].least, plans[i].most, graphs);
    }
    return err_set(err, ST_INVALID, "partition.plan",
        "plan '%.32s': give light, heavy, rates, pipeline, jobs or exit", plan);
}

enum status
partition_answer(const struct partition_ask *a, const struct graph *g, size_t n,
    json_t **out, struct err *err)
{
    enum status st = partition_ask_check(a->plan, n, err);

    *out = NULL;
    for (size_t i = 0; st == ST_OK && *out == NULL && i < PLANS; i++)
        if (strcmp(a->plan, plans[i].name) == 0)
            st = plans[i].answer(a, g, n, out, err);
    return st;
}

static enum status
read_link(const json_t *doc, struct graph_link *l, struct err *err)
{
    struct dag_link ps;
    const struct json_field fields[] = {
        { "bytes_per_s", JF_REAL, true, &l->bytes_per_s, 0, 0 },
        { "base_ms", JF_REAL, false, &l->base_ms, 0, 0 },
        { "id", JF_INT, false, &l->measured, 0, 9e15 },
    };
    enum status st = JSON_READ(doc, "link", fields, err);

    return st == ST_OK ? graph_link_ps(l, &ps, err) : st;
}

static enum status
read_seen(const json_t *list, struct partition_ask *a, struct err *err)
{
    const json_t *v;
    size_t i;

    if (json_array_size(list) > PARTITION_SEEN_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "seen has more than %d rates", PARTITION_SEEN_MAX);
    json_array_foreach(list, i, v)
    {
        if (!json_is_number(v))
            return err_set(err, ST_INVALID, "request.field",
                "seen[%zu] must be a number", i);
        a->seen[a->n_seen++] = json_number_value(v);
    }
    return ST_OK;
}

static enum status
read_ways(const json_t *list, struct partition_ask *a, struct err *err)
{
    const json_t *v;
    enum status st = ST_OK;
    size_t i;

    if (json_array_size(list) > PARTITION_WAYS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "ways has more than %d", PARTITION_WAYS_MAX);
    json_array_foreach(list, i, v)
    {
        struct graph_way *w = &a->way[a->ways++];
        const struct json_field fields[] = {
            { "share", JF_REAL, true, &w->ratio, 0, 100 },
            { "encode_ns", JF_REAL, true, &w->encode_ns, 0, 1e6 },
            { "decode_ns", JF_REAL, true, &w->decode_ns, 0, 1e6 },
        };

        if ((st = JSON_READ(v, "ways[]", fields, err)) != ST_OK)
            return st;
    }
    return st;
}

enum status
partition_ask_read(const json_t *doc, struct partition_ask *a, struct err *err)
{
    json_t *link = NULL, *seen = NULL, *ways = NULL;
    const struct json_field fields[] = {
        { "plan", JF_STR, false, &a->plan, 0, 32 },
        { "link", JF_OBJ, true, &link, 0, 0 },
        { "seen", JF_ARR, false, &seen, 0, 0 },
        { "slack", JF_REAL, false, &a->slack, 0, 10 },
        { "ways", JF_ARR, false, &ways, 0, 0 },
        { "jobs", JF_INT, false, &a->jobs, 1, 64 },
    };
    enum status st;

    partition_ask_init(a);
    if ((st = JSON_READ(doc, "partition", fields, err)) != ST_OK ||
        (st = read_link(link, &a->link, err)) != ST_OK ||
        (st = read_seen(seen, a, err)) != ST_OK)
        return st;
    return read_ways(ways, a, err);
}
