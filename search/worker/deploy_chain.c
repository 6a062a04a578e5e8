/* SPDX-License-Identifier: MIT */
#include "search/worker/deploy_chain.h"

#include <string.h>

enum { CHAIN_MAX = MAPPING_PROCESSORS_MAX };

void
chain_cuts(const struct plan_exits *plan, const struct map_path *m, bool *cut)
{
    for (int e = 0; e < plan->n; e++)
        cut[e] = e + 1 < plan->n && m->processor[e] != m->processor[e + 1];
}

struct chain {
    json_t *deployment;
    const struct plan_exits *plan;
    const struct map_path *m;
    json_t *link[CHAIN_MAX]; /* borrowed: of the list */
    int processor[CHAIN_MAX];
    int n;
    json_t *made; /* owned: {tensor: place in the chain that makes it} */
};

/* ---- who runs what ---- */

static enum status
add_link(struct chain *c, json_t *list, const struct map_system *sys, int p,
    struct err *err)
{
    const char *name = sys->processor[p].costs->device;
    json_t *o = json_pack("{s:s, s:i, s:[], s:[], s:[], s:n}", "name",
        name ? name : "?", "processor", p, "exits", "takes", "gives", "image");

    if (o == NULL || json_array_append_new(list, o) != 0)
        return err_nomem(err);
    c->link[c->n] = o;
    c->processor[c->n++] = p;
    return ST_OK;
}

static enum status
add_links(struct chain *c, json_t *list, const struct map_system *sys,
    struct err *err)
{
    enum status st = add_link(c, list, sys, 0, err);

    for (int e = 0; st == ST_OK && e < c->m->exits; e++)
        if (c->m->processor[e] != c->processor[c->n - 1])
            st = add_link(c, list, sys, c->m->processor[e], err);
    return st;
}

static int
place_of(const struct chain *c, const json_t *exit)
{
    const json_int_t e = json_integer_value(json_object_get(exit, "index"));

    for (int k = 0; k < c->n; k++)
        if (c->processor[k] == c->m->processor[e])
            return k;
    return c->n - 1;
}

static enum status
add_exit(struct chain *c, const json_t *exit, struct err *err)
{
    const json_int_t e = json_integer_value(json_object_get(exit, "index"));
    json_t *to = json_object_get(c->link[place_of(c, exit)], "exits");
    json_t *o = json_pack("{s:I, s:O, s:O, s:b, s:s, s:o, s:O, s:O}", "index",
        e, "name", json_object_get(exit, "name"), "kept",
        json_object_get(exit, "kept"), "last", e == c->plan->n - 1, "score",
        score_word(c->plan->score[e]), "threshold",
        json_number_or_null(c->plan->threshold[e]), "segment",
        json_object_get(exit, "segment"), "head",
        json_object_get(exit, "head"));

    return json_array_append_new(to, o) == 0 ? ST_OK : err_nomem(err);
}

/* ---- what is handed over ---- */

/* The tensors that one part of an exit "reads" or "makes". */
static const json_t *
border(const json_t *exit, int part, const char *way)
{
    static const char *const parts[] = { "segment_io", "head_io" };

    return json_object_get(json_object_get(exit, parts[part]), way);
}

static enum status
note_made(struct chain *c, const json_t *exit, struct err *err)
{
    const json_t *t;
    size_t i;

    for (int part = 0; part < 2; part++) {
        json_array_foreach(border(exit, part, "makes"), i, t)
        {
            if (json_object_set_new(c->made, json_get_string(t, "name", ""),
                    json_integer(place_of(c, exit))) != 0)
                return err_nomem(err);
        }
    }
    return ST_OK;
}

static bool
has_tensor(const json_t *list, const char *name)
{
    const json_t *t;
    size_t i;

    json_array_foreach(list, i, t)
    {
        if (strcmp(json_get_string(t, "name", ""), name) == 0)
            return true;
    }
    return false;
}

/* Everybody between who makes a tensor and who reads it takes it. */
static enum status
take(struct chain *c, const json_t *tensor, int reader, struct err *err)
{
    const char *name = json_get_string(tensor, "name", "");
    const json_t *at = json_object_get(c->made, name);
    const int maker = at != NULL ? (int)json_integer_value(at) : -1;

    for (int k = maker + 1; k <= reader; k++) {
        json_t *takes = json_object_get(c->link[k], "takes");

        if (!has_tensor(takes, name) &&
            json_array_append(takes, (json_t *)tensor) != 0)
            return err_nomem(err);
    }
    return ST_OK;
}

static enum status
add_reads(struct chain *c, const json_t *exit, struct err *err)
{
    enum status st = ST_OK;
    const json_t *t;
    size_t i;

    for (int part = 0; part < 2; part++) {
        json_array_foreach(border(exit, part, "reads"), i, t)
        {
            if (st == ST_OK)
                st = take(c, t, place_of(c, exit), err);
        }
    }
    return st;
}

/* What one gives is what the next takes. */
static enum status
add_gives(struct chain *c, struct err *err)
{
    for (int k = 0; k + 1 < c->n; k++)
        if (json_object_set(c->link[k], "gives",
                json_object_get(c->link[k + 1], "takes")) != 0)
            return err_nomem(err);
    return ST_OK;
}

static enum status
fill(struct chain *c, struct err *err)
{
    json_t *exits = json_object_get(c->deployment, "exits"), *x;
    enum status st = ST_OK;
    size_t i;

    json_array_foreach(exits, i, x)
    {
        if (st == ST_OK && (st = add_exit(c, x, err)) == ST_OK)
            st = note_made(c, x, err);
    }
    json_array_foreach(exits, i, x)
    {
        if (st == ST_OK)
            st = add_reads(c, x, err);
    }
    return st == ST_OK ? add_gives(c, err) : st;
}

static void
tidy(json_t *exits)
{
    json_t *x;
    size_t i;

    json_array_foreach(exits, i, x)
    {
        json_object_del(x, "segment_io");
        json_object_del(x, "head_io");
    }
}

enum status
chain_add(json_t *deployment, const struct plan_exits *plan,
    const struct map_path *m, const struct map_system *sys, struct err *err)
{
    struct chain c = {
        .deployment = deployment, .plan = plan, .m = m, .made = json_object()
    };
    json_t *list = json_array();
    enum status st = c.made && list ? ST_OK : err_nomem(err);

    if (st == ST_OK && (st = add_links(&c, list, sys, err)) == ST_OK)
        st = fill(&c, err);
    tidy(json_object_get(deployment, "exits"));
    if (st == ST_OK && json_object_set(deployment, "chain", list) != 0)
        st = err_nomem(err);
    json_decref(list);
    json_decref(c.made);
    return st;
}
