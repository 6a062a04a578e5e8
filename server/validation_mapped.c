/* SPDX-License-Identifier: MIT */
#include "server/validation_mapped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/profile.h"
#include "db/queue.h"
#include "server/fleet.h"
#include "server/order_input.h"
#include "server/profile_doc.h"
#include "server/view.h"

struct reading {
    struct db *db;
    struct mapped *out;
    const json_t *devices;
    struct fleet fleet;
    const struct fleet_device **match; /* owned: room for all */
    struct err *err;
};

/* ---- the system of the search ---- */

static enum status
note_task(const struct task *t, void *ctx)
{
    if (t->kind == TASK_SEARCH)
        *(int64_t *)ctx = t->id;
    return ST_OK;
}

/* The search's task has it. */
static enum status
read_system(struct reading *r, int64_t search)
{
    struct task t = { 0 };
    int64_t id = 0;
    json_t *payload = NULL;
    enum status st = db_task_list_search(r->db, search, note_task, &id, r->err);

    if (st == ST_OK && (st = db_task_get(r->db, id, &t, r->err)) == ST_OK) {
        payload = view_document(t.payload);
        r->out->system = json_incref(json_object_get(payload, "system"));
    }
    if (st == ST_OK && r->out->system == NULL)
        st = err_set(r->err, ST_UNPROCESSABLE, "plan.mapping",
            "search %lld kept no processors: search again", (long long)search);
    json_decref(payload);
    task_clear(&t);
    return st;
}

/* The first profile among its costs, for the model. */
static enum status
find_profile(struct reading *r)
{
    const json_t *p;
    size_t i;

    json_array_foreach(json_object_get(r->out->system, "processors"), i, p)
    {
        if (r->out->profile == 0)
            r->out->profile = json_integer_value(json_object_get(p, "profile"));
    }
    return r->out->profile != 0
               ? ST_OK
               : err_set(r->err, ST_UNPROCESSABLE, "plan.no_profile",
                     "all costs of this plan's processors were sent: search "
                     "again with a profile of one at least, so that the model "
                     "is known");
}

static const json_t *
system_processor(const struct mapped *m, const char *name)
{
    const json_t *p;
    size_t i;

    json_array_foreach(json_object_get(m->system, "processors"), i, p)
    {
        if (strcmp(json_get_string(json_object_get(p, "costs"), "device", "?"),
                name) == 0)
            return p;
    }
    return NULL;
}

/* ---- one processor ---- */

/* What a board was given when it was profiled; *image stays null on a host. */
static enum status
find_image(struct reading *r, int64_t profile, json_t **image)
{
    struct profile p = { 0 };
    enum status st = ST_OK;

    *image = NULL;
    if (profile != 0 &&
        (st = db_profile_get(r->db, profile, &p, r->err)) == ST_OK)
        st = profile_image(r->db, &p, image, r->err);
    profile_clear(&p);
    if (*image == NULL)
        *image = json_null();
    return st;
}

static bool
is_emulated(const struct fleet_device *d)
{
    return strcmp(json_get_string(d->labels, "source", ""), "emulated") == 0;
}

static enum status
add_devices(struct reading *r, json_t *o, const char *path,
    const char *selector, bool board)
{
    json_t *names = json_object_get(o, "devices");
    bool emulated = false;
    size_t n = 0;
    enum status st;

    st = fleet_match(&r->fleet, path, selector,
        board ? FLEET_BOARDS : FLEET_HOSTS, r->match, &n, r->err);
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        emulated = emulated || is_emulated(r->match[i]);
        if (json_array_append_new(names, json_string(r->match[i]->name)) != 0)
            st = err_nomem(r->err);
    }
    if (st == ST_OK &&
        json_object_set_new(o, "emulated", json_boolean(emulated)) != 0)
        st = err_nomem(r->err);
    return st;
}

static enum status
add_processor(struct reading *r, const char *name)
{
    const json_t *p = system_processor(r->out, name);
    const int64_t profile = json_integer_value(json_object_get(p, "profile"));
    const char *selector = json_get_string(r->devices, name, name);
    json_t *image = NULL, *o;
    char path[96];
    enum status st;

    if (p == NULL)
        return err_set(r->err, ST_UNPROCESSABLE, "plan.mapping",
            "the plan is mapped onto %.64s, which its search does not have",
            name);
    if ((st = find_image(r, profile, &image)) != ST_OK)
        return st;
    o = json_pack("{s:s,s:s,s:[],s:o,s:o}", "name", name, "selector", selector,
        "devices", "profile", view_id(profile), "image", image);
    if (o == NULL || json_array_append_new(r->out->processors, o) != 0)
        return err_nomem(r->err);
    snprintf(path, sizeof(path), "devices.%.64s", name);
    return add_devices(r, o, path, selector, !json_is_null(image));
}

static enum status
add_processors(struct reading *r, const json_t *document)
{
    const json_t *mapping = json_object_get(document, "mapping"), *s;
    const char *last = json_get_string(
        json_array_get(json_object_get(mapping, "processors"), 0), "name", "");
    enum status st = add_processor(r, last);
    size_t i;

    json_array_foreach(json_object_get(mapping, "segments"), i, s)
    {
        const char *name = json_string_value(s);

        if (st != ST_OK || name == NULL || strcmp(name, last) == 0)
            continue;
        st = add_processor(r, name);
        last = name;
    }
    return st;
}

/* ---- together ---- */

static const char *
agent_of(const struct fleet *f, const json_t *device)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->device[i].name, json_string_value(device)) == 0)
            return f->device[i].agent;
    return "";
}

/* Could these two be devices of two agents? */
static bool
can_meet(const struct fleet *f, const json_t *a, const json_t *b)
{
    const json_t *x, *y;
    size_t i, k;

    json_array_foreach(json_object_get(a, "devices"), i, x)
    {
        json_array_foreach(json_object_get(b, "devices"), k, y)
        {
            if (strcmp(agent_of(f, x), agent_of(f, y)) != 0)
                return true;
        }
    }
    return false;
}

static enum status
check_agents(const struct reading *r)
{
    const json_t *list = r->out->processors, *a, *b;
    size_t i, k;

    json_array_foreach(list, i, a)
    {
        for (k = 0; k < i; k++) {
            b = json_array_get(list, k);
            if (!can_meet(&r->fleet, a, b))
                return err_set(r->err, ST_UNPROCESSABLE,
                    "validation.same_agent",
                    "%.64s and %.64s are devices of one agent, which does one "
                    "task at a time: name others with devices",
                    json_get_string(b, "name", "?"),
                    json_get_string(a, "name", "?"));
        }
    }
    return ST_OK;
}

static enum status
check_names(const struct reading *r)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)r->devices, name, v)
    {
        if (!json_is_string(v) || system_processor(r->out, name) == NULL)
            return err_set(r->err, ST_INVALID, "request.field",
                "devices.%.64s: give a selector for a processor of the plan",
                name);
    }
    return ST_OK;
}

static enum status
read_all(
    struct reading *r, const json_t *document, int64_t search, int64_t now_ms)
{
    enum status st;

    if ((r->out->processors = json_array()) == NULL)
        return err_nomem(r->err);
    if ((st = read_system(r, search)) != ST_OK ||
        (st = find_profile(r)) != ST_OK || (st = check_names(r)) != ST_OK ||
        (st = fleet_load(r->db, now_ms, &r->fleet, r->err)) != ST_OK)
        return st;
    if ((r->match = calloc(r->fleet.n + 1, sizeof(*r->match))) == NULL)
        return err_nomem(r->err);
    st = add_processors(r, document);
    return st == ST_OK ? check_agents(r) : st;
}

enum status
mapped_read(struct db *db, const json_t *document, int64_t search,
    const json_t *devices, int64_t now_ms, struct mapped *out, struct err *err)
{
    struct reading r = { .db = db, .out = out, .devices = devices, .err = err };
    enum status st;

    *out = (struct mapped){ 0 };
    st = read_all(&r, document, search, now_ms);
    free(r.match);
    fleet_clear(&r.fleet);
    return st;
}

/* ---- a board alone ---- */

static enum status
counted_costs(
    struct reading *r, int64_t profile, const json_t *costs, json_t **out)
{
    struct order_input in = { .profile = profile };
    enum status st = ST_OK;

    if (strcmp(json_get_string(costs, "source", ""), "modelled") == 0)
        st = order_input_costs(r->db, &in, NULL, false, r->err);
    *out = in.costs != NULL ? json_incref(in.costs) : json_deep_copy(costs);
    order_input_clear(&in);
    return st;
}

/* As a system of one processor, so that it is cut and run as others are. */
static enum status
board_alone(struct reading *r, const struct profile *p, const json_t *costs,
    const char *selector, json_t *image)
{
    json_t *own = NULL, *o;
    enum status st = counted_costs(r, p->id, costs, &own);

    r->out->profile = p->id;
    r->out->system = json_pack("{s:[{s:o,s:i,s:I}],s:[]}", "processors",
        "costs", own, "wake", 0, "profile", (json_int_t)p->id, "links");
    o = json_pack("{s:s,s:s,s:[],s:I,s:O}", "name", p->device, "selector",
        selector, "devices", "profile", (json_int_t)p->id, "image", image);
    r->out->processors = json_pack("[o]", o);
    if (st == ST_OK &&
        (r->out->system == NULL || r->out->processors == NULL ||
            (r->match = calloc(r->fleet.n + 1, sizeof(*r->match))) == NULL))
        st = err_nomem(r->err);
    return st == ST_OK ? add_devices(r, o, "device", selector, true) : st;
}

enum status
mapped_board(struct db *db, const struct profile *p, const json_t *costs,
    const char *selector, int64_t now_ms, struct mapped *out, struct err *err)
{
    struct reading r = { .db = db, .out = out, .err = err };
    json_t *image = NULL;
    enum status st;

    *out = (struct mapped){ 0 };
    if ((st = profile_image(db, p, &image, err)) == ST_OK && image != NULL &&
        (st = fleet_load(db, now_ms, &r.fleet, err)) == ST_OK)
        st = board_alone(&r, p, costs, selector, image);
    json_decref(image);
    free(r.match);
    fleet_clear(&r.fleet);
    return st;
}

void
mapped_clear(struct mapped *m)
{
    json_decref(m->system);
    json_decref(m->processors);
    *m = (struct mapped){ 0 };
}
