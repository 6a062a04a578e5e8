/* SPDX-License-Identifier: MIT */
#include "search/model/deploy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "search/model/count.h"
#include "search/model/cut.h"
#include "search/model/exit.h"

/* A model that was read, with its shapes and exits. */
struct network {
    Onnx__ModelProto *proto;
    struct graph *g;
    struct exits exits;
    int *nodes; /* room for all of its nodes */
};

static void
network_close(struct network *w)
{
    free(w->nodes);
    graph_free(w->g);
    onnx_free(w->proto);
    *w = (struct network){ 0 };
}

static enum status
network_open(struct network *w, const void *data, size_t len,
    const struct analyse_env *env, struct err *err)
{
    enum status st;

    *w = (struct network){ 0 };
    if ((st = onnx_read(data, len, &w->proto, env->nodes, err)) != ST_OK ||
        (st = graph_build(&w->g, w->proto, err)) != ST_OK ||
        (st = shape_fix_inputs(w->g, NULL, err)) != ST_OK ||
        (st = shape_infer(w->g, env->infer, env->ctx, err)) != ST_OK ||
        (st = exits_find(&w->exits, w->g, err)) != ST_OK)
        return st;
    w->nodes = malloc(((size_t)w->g->n_nodes + 1) * sizeof(*w->nodes));
    return w->nodes != NULL ? ST_OK : err_nomem(err);
}

static const char *
exit_name(const struct network *w, int e)
{
    return w->g->values[w->exits.item[e].output].name;
}

/* The model's exits must be those the plan was made for. */
static enum status
check_exits(
    const struct network *w, const struct deploy_exits *x, struct err *err)
{
    if (w->exits.n != x->n)
        return err_set(err, ST_UNPROCESSABLE, "plan.model",
            "the model has %d exits, the plan %d: give the model that the plan "
            "was made for",
            w->exits.n, x->n);
    for (int e = 0; e < x->n; e++)
        if (strcmp(exit_name(w, e), x->name[e]) != 0)
            return err_set(err, ST_UNPROCESSABLE, "plan.model",
                "exit %d of the model is %.100s, of the plan %.100s: give the "
                "model that the plan was made for",
                e, exit_name(w, e), x->name[e]);
    return ST_OK;
}

/* The model that has only these outputs.  The caller frees *data. */
static enum status
keep_outputs(struct network *w, const int *out, int n_out, uint8_t **data,
    size_t *len, struct err *err)
{
    struct region r = { 0 };
    enum status st;
    int n;

    *data = NULL;
    if ((st = region_before(w->g, out, n_out, w->nodes, &n, err)) != ST_OK ||
        (st = region_build(&r, w->g, w->nodes, n, out, n_out, err)) != ST_OK)
        return st;
    st = cut_write(w->g, &r, data, len, err);
    region_clear(&r);
    return st;
}

static enum status
emit(json_t *doc, const char *member, const struct analyse_env *env,
    const uint8_t *data, size_t len, struct err *err)
{
    char hex[HASH_HEX];
    enum status st = env->emit(env->ctx, data, len, hex, err);

    if (st == ST_OK && json_object_set_new(doc, member, json_string(hex)) != 0)
        st = err_nomem(err);
    return st;
}

static json_t *
values_json(const struct graph *g, const int *v, int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++)
        if (json_array_append_new(list,
                json_pack("{s:s, s:I}", "name", g->values[v[i]].name, "bytes",
                    (json_int_t)count_value_bytes(&g->values[v[i]]))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The tensors that a part joins. */
static enum status
tell_border(json_t *doc, const char *member, const struct graph *g,
    const struct region *r, struct err *err)
{
    char name[32];

    snprintf(name, sizeof(name), "%s_io", member);
    return json_object_set_new(doc, name,
               json_pack("{s:o, s:o}", "reads", values_json(g, r->in, r->n_in),
                   "makes", values_json(g, r->out, r->n_out))) == 0
               ? ST_OK
               : err_nomem(err);
}

/* One part of the backbone, or one head: a file of its own, or null. */
static enum status
emit_part(json_t *doc, const char *member, struct network *w, int part,
    const struct analyse_env *env, struct err *err)
{
    struct region r = { 0 };
    uint8_t *data;
    size_t len;
    int n = 0;
    enum status st;

    for (int i = 0; i < w->g->n_nodes; i++) {
        const struct node *node = &w->g->nodes[i];

        if (node->live && !node->constant && node->part == part)
            w->nodes[n++] = i;
    }
    if (n == 0)
        return json_object_set_new(doc, member, json_null()) == 0
                   ? ST_OK
                   : err_nomem(err);
    if ((st = region_build(&r, w->g, w->nodes, n, NULL, 0, err)) != ST_OK)
        return st;
    if ((st = cut_write(w->g, &r, &data, &len, err)) == ST_OK) {
        st = emit(doc, member, env, data, len, err);
        free(data);
    }
    if (st == ST_OK && json_object_get(doc, "kept") != NULL)
        st = tell_border(doc, member, w->g, &r, err);
    region_clear(&r);
    return st;
}

/* An exit of the model that is cut. */
static json_t *
exit_json(
    const struct network *w, int e, int index, const struct deploy_exits *x)
{
    json_t *o =
        json_pack("{s:i, s:s}", "index", index, "name", exit_name(w, e));

    if (x->cut != NULL &&
        json_object_set_new(o, "kept", json_boolean(x->kept[index])) != 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* Cut the kept model; `index` are its exits' numbers in the plan. */
static enum status
emit_parts(json_t *list, struct network *kept, const int *index,
    const struct deploy_exits *x, const struct analyse_env *env,
    struct err *err)
{
    enum status st = ST_OK;

    for (int e = 0; st == ST_OK && e < kept->exits.n; e++) {
        json_t *o = exit_json(kept, e, index[e], x);

        if (o == NULL || json_array_append_new(list, o) != 0)
            return err_nomem(err);
        st = emit_part(o, "segment", kept, part_segment(e), env, err);
        if (st == ST_OK && x->kept[index[e]])
            st = emit_part(o, "head", kept, part_head(e), env, err);
        else if (st == ST_OK && json_object_set_new(o, "head", json_null()))
            st = err_nomem(err);
        if (env->progress != NULL)
            env->progress(env->ctx, "exits", e + 1, kept->exits.n);
    }
    return st;
}

static enum status
add_input(json_t *doc, const struct network *w, struct err *err)
{
    const struct value *v;

    if (w->g->n_inputs != 1)
        return err_set(err, ST_UNPROCESSABLE, "model.inputs",
            "the model has %d inputs; running a plan takes a model with one",
            w->g->n_inputs);
    v = &w->g->values[w->g->inputs[0]];
    if (json_object_set_new(doc, "input",
            json_pack("{s:s, s:o}", "name", v->name, "shape",
                json_int_array(v->dims, (size_t)v->rank))) != 0)
        return err_nomem(err);
    return ST_OK;
}

/* The model with those of its exits.  The caller frees *data. */
static enum status
keep_exits(struct network *whole, const int *index, int n, uint8_t **data,
    size_t *len, struct err *err)
{
    int out[EXITS_MAX];

    for (int i = 0; i < n; i++)
        out[i] = whole->exits.item[index[i]].output;
    return keep_outputs(whole, out, n, data, len, err);
}

static int
list_exits(const struct deploy_exits *x, bool cuts, int index[EXITS_MAX])
{
    int n = 0;

    for (int e = 0; e < x->n; e++)
        if (x->kept[e] || (cuts && x->cut != NULL && x->cut[e]))
            index[n++] = e;
    return n;
}

static enum status
emit_kept(json_t *doc, struct network *whole, const struct deploy_exits *x,
    const struct analyse_env *env, struct err *err)
{
    int index[EXITS_MAX], n = list_exits(x, false, index);
    uint8_t *data = NULL;
    size_t len;
    enum status st = keep_exits(whole, index, n, &data, &len, err);

    if (st == ST_OK)
        st = emit(doc, "onnx", env, data, len, err);
    free(data);
    return st;
}

/* Write the model with the exits where it is cut, read it again and cut it:
 * its own exits decide where its segments end. */
static enum status
cut_kept(json_t *doc, struct network *whole, const struct deploy_exits *x,
    const struct analyse_env *env, struct err *err)
{
    int index[EXITS_MAX], n = list_exits(x, true, index);
    struct network kept = { 0 };
    uint8_t *data = NULL;
    size_t len;
    enum status st;

    if ((st = keep_exits(whole, index, n, &data, &len, err)) == ST_OK &&
        (st = network_open(&kept, data, len, env, err)) == ST_OK &&
        kept.exits.n != n)
        st = err_set(err, ST_UNPROCESSABLE, "plan.model",
            "of %d kept exits %d are classifiers of the same classes", n,
            kept.exits.n);
    if (st == ST_OK)
        st = emit_parts(
            json_object_get(doc, "exits"), &kept, index, x, env, err);
    network_close(&kept);
    free(data);
    return st;
}

static enum status
cut_full(json_t *doc, struct network *whole, const struct analyse_env *env,
    struct err *err)
{
    const int out = whole->exits.item[whole->exits.n - 1].output;
    uint8_t *data;
    size_t len;
    enum status st = keep_outputs(whole, &out, 1, &data, &len, err);

    if (st == ST_OK)
        st = emit(doc, "full", env, data, len, err);
    free(data);
    return st;
}

enum status
deploy_cut(json_t **out, const void *data, size_t len,
    const struct deploy_exits *exits, const struct analyse_env *env,
    struct err *err)
{
    struct network whole;
    json_t *doc = json_pack("{s:[]}", "exits");
    enum status st = doc != NULL ? ST_OK : err_nomem(err);

    *out = NULL;
    if (st == ST_OK)
        st = network_open(&whole, data, len, env, err);
    else
        whole = (struct network){ 0 };
    if (st == ST_OK && (st = check_exits(&whole, exits, err)) == ST_OK &&
        (st = add_input(doc, &whole, err)) == ST_OK &&
        (st = cut_full(doc, &whole, env, err)) == ST_OK &&
        (st = emit_kept(doc, &whole, exits, env, err)) == ST_OK)
        st = cut_kept(doc, &whole, exits, env, err);
    network_close(&whole);
    if (st == ST_OK)
        *out = doc;
    else
        json_decref(doc);
    return st;
}
