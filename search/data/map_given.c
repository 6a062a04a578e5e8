/* SPDX-License-Identifier: MIT */
/* map_given.c -- a system of processors and links from its document. */
#include <math.h>
#include <stdio.h>

#include "search/data/map.h"

enum { PATH_BYTES = 40 };

#define BAD(err, ...) err_set(err, ST_INVALID, "search.mapping", __VA_ARGS__)

static enum status
read_processor(struct map_given *g, const json_t *doc, struct err *err)
{
    int p = g->sys.processors;
    struct map_processor *x = &g->processor[p];
    json_t *costs = NULL;
    int64_t profile; /* where they come from, which only the server reads */
    const struct json_field fields[] = {
        { "costs", JF_OBJ, true, &costs, 0, 0 },
        { "wake", JF_REAL, false, &x->wake, 0, 1e18 },
        { "memory_bytes", JF_REAL, false, &x->memory_bytes, 0, 1e15 },
        { "profile", JF_INT, false, &profile, 1, 9e15 },
    };
    char path[PATH_BYTES];
    enum status st;

    snprintf(path, sizeof(path), "processors[%d]", p);
    *x = (struct map_processor){ &g->costs[p], 0, INFINITY };
    if ((st = JSON_READ(doc, path, fields, err)) != ST_OK)
        return st;
    g->sys.processors++;
    return costs_read(costs, &g->costs[p], err);
}

static enum status
read_link(struct map_given *g, const json_t *doc, struct err *err)
{
    struct map_link *l = &g->link[g->sys.links];
    int64_t from = 0, to = 0;
    const struct json_field fields[] = {
        { "from", JF_INT, true, &from, 0, MAPPING_PROCESSORS_MAX },
        { "to", JF_INT, true, &to, 0, MAPPING_PROCESSORS_MAX },
        { "base", JF_REAL, true, &l->base, 0, 1e18 },
        { "per_byte", JF_REAL, true, &l->per_byte, 0, 1e18 },
    };
    char path[PATH_BYTES];
    enum status st;

    snprintf(path, sizeof(path), "links[%d]", g->sys.links);
    if ((st = JSON_READ(doc, path, fields, err)) != ST_OK)
        return st;
    l->from = (int)from;
    l->to = (int)to;
    g->sys.links++;
    return ST_OK;
}

static enum status
read_all(struct map_given *g, const json_t *doc, struct err *err)
{
    json_t *processors = NULL, *links = NULL;
    const struct json_field fields[] = {
        { "processors", JF_ARR, true, &processors, 0, 0 },
        { "links", JF_ARR, true, &links, 0, 0 },
    };
    const size_t most = sizeof(g->link) / sizeof(g->link[0]);
    enum status st = JSON_READ(doc, "system", fields, err);

    if (st != ST_OK)
        return st;
    if (json_array_size(processors) > MAPPING_PROCESSORS_MAX ||
        json_array_size(links) > most)
        return BAD(err, "system: at most %d processors and %zu links",
            MAPPING_PROCESSORS_MAX, most);
    for (size_t i = 0; st == ST_OK && i < json_array_size(processors); i++)
        st = read_processor(g, json_array_get(processors, i), err);
    for (size_t i = 0; st == ST_OK && i < json_array_size(links); i++)
        st = read_link(g, json_array_get(links, i), err);
    return st;
}

enum status
map_given_read(const json_t *doc, struct map_given *out, struct err *err)
{
    enum status st;

    *out = (struct map_given){ 0 };
    out->sys.processor = out->processor;
    out->sys.link = out->link;
    if ((st = read_all(out, doc, err)) != ST_OK)
        map_given_clear(out);
    return st;
}

void
map_given_clear(struct map_given *g)
{
    for (int p = 0; p < g->sys.processors; p++)
        costs_clear(&g->costs[p]);
    *g = (struct map_given){ 0 };
}
