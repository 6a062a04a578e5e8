/* SPDX-License-Identifier: MIT */
#include "search/model/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "search/model/kernel_key.h"

/* Jansson frees what it is given either way. */
enum status
document_append(json_t *list, json_t *item, struct err *err)
{
    return json_array_append_new(list, item) == 0 ? ST_OK : err_nomem(err);
}

json_t *
document_index(int i)
{
    return i >= 0 ? json_integer(i) : json_null();
}

static json_t *
shape_json(const struct value *v)
{
    return json_int_array(v->dims, (size_t)v->rank);
}

/* [[1,3,32,32],..] of several values. */
static json_t *
shapes_json(const struct graph *g, const int *v, int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++) {
        if (json_array_append_new(list, shape_json(&g->values[v[i]])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *
node_names(const struct graph *g, const struct layer *l)
{
    json_t *list = json_array();

    for (int i = 0; i < l->n_nodes; i++) {
        if (json_array_append_new(
                list, json_string(g->nodes[l->nodes[i]].name)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Every tensor that a layer's nodes make: runtimes name fused kernels after
 * them. */
static json_t *
tensor_names(const struct graph *g, const struct layer *l)
{
    json_t *list = json_array();
    int bad = list == NULL;

    for (int i = 0; !bad && i < l->n_nodes; i++) {
        const struct node *n = &g->nodes[l->nodes[i]];

        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] >= 0)
                bad |= json_array_append_new(
                    list, json_string(g->values[n->out[k]].name));
    }
    if (bad) {
        json_decref(list);
        return NULL;
    }
    return list;
}

/* Dimensions of an input that the file leaves open. */
static json_t *
open_dimensions(const struct value *v)
{
    int64_t dims[ONNX_RANK];
    size_t n = 0;

    for (int i = 0; i < v->rank; i++)
        if (v->open >> i & 1)
            dims[n++] = i;
    return json_int_array(dims, n);
}

static enum status
add_ends(json_t *doc, const struct graph *g, struct err *err)
{
    json_t *in = json_array(), *out = json_array();
    enum status st = ST_OK;

    for (int i = 0; i < g->n_inputs && st == ST_OK; i++) {
        const struct value *v = &g->values[g->inputs[i]];

        st = document_append(in,
            json_pack("{s:s, s:s, s:o, s:o}", "name", v->name, "dtype",
                onnx_dtype_name(v->type), "shape", shape_json(v), "dynamic",
                open_dimensions(v)),
            err);
    }
    for (int i = 0; i < g->n_outputs && st == ST_OK; i++) {
        const struct value *v = &g->values[g->outputs[i]];

        st = document_append(out,
            json_pack("{s:s, s:s, s:o}", "name", v->name, "dtype",
                onnx_dtype_name(v->type), "shape", shape_json(v)),
            err);
    }
    /* Both are stolen, also on failure. */
    if (json_object_set_new(doc, "inputs", in) != 0)
        st = err_nomem(err);
    if (json_object_set_new(doc, "outputs", out) != 0)
        st = err_nomem(err);
    return st;
}

/* The whole model with fixed shapes: its blob, and the totals. */
static enum status
add_whole(json_t *doc, struct analysis *a, struct err *err)
{
    struct graph *g = a->g;
    int *nodes = malloc((size_t)g->n_nodes * sizeof(int)), n = 0;
    int *inputs = malloc(((size_t)g->n_inputs + 1) * sizeof(int));
    struct region r = { 0 };
    struct counts c;
    char hex[HASH_HEX];
    int64_t peak;
    enum status st = ST_OK;

    if (nodes == NULL || inputs == NULL)
        st = err_nomem(err);
    for (int i = 0; nodes != NULL && i < g->n_nodes; i++)
        if (g->nodes[i].live && !g->nodes[i].constant)
            nodes[n++] = i;
    if (st == ST_OK)
        st = region_build(&r, g, nodes, n, g->outputs, g->n_outputs, err);
    if (st == ST_OK) {
        /* An input that nothing reads stays one: users feed it. */
        memcpy(inputs, g->inputs, (size_t)g->n_inputs * sizeof(int));
        free(r.in);
        r.in = inputs;
        r.n_in = g->n_inputs;
        inputs = NULL;
    }
    if (st == ST_OK && (st = count_region(&c, g, &r, err)) == ST_OK &&
        (st = peak_activation_bytes(&peak, &a->layers, g, err)) == ST_OK &&
        (st = analysis_emit(a, &r, hex, err)) == ST_OK &&
        (json_object_set_new(doc, "blob", json_string(hex)) != 0 ||
            json_object_set_new(doc, "totals",
                json_pack("{s:I, s:I, s:I, s:I}", "macs", (json_int_t)c.macs,
                    "params", (json_int_t)c.params, "weight_bytes",
                    (json_int_t)c.weight_bytes, "activation_bytes_peak",
                    (json_int_t)peak)) != 0))
        st = err_nomem(err);
    region_clear(&r);
    free(nodes);
    free(inputs);
    return st;
}

static json_t *
layer_json(const struct analysis *a, int index, const char *key,
    const char *blob, const struct counts *c)
{
    const struct graph *g = a->g;
    const struct layer *l = &a->layers.item[index];
    const struct region *r = &l->region;
    const struct node *anchor = &g->nodes[l->anchor];
    bool head = l->part % 2 != 0;
    char *fusion = layer_fusion_text(l, g);
    json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:s, "
                          "s:o, s:o, s:o, s:o, "
                          "s:I, s:I, s:I, s:I, s:I, s:s}",
        "index", index, "name", anchor->name, "op_type", anchor->proto->op_type,
        "fusion_group", fusion, "onnx_nodes", node_names(g, l), "tensors",
        tensor_names(g, l), "kernel_key", key, "role",
        head ? "head" : "backbone", "exit",
        document_index(head ? l->part / 2 : -1), "dtype",
        onnx_dtype_name(g->values[r->out[0]].type), "input_shapes",
        shapes_json(g, r->in, r->n_in), "output_shapes",
        shapes_json(g, r->out, r->n_out), "attributes",
        document_attributes(g, anchor), "reads", document_reads(a, l), "macs",
        (json_int_t)c->macs, "params", (json_int_t)c->params, "weight_bytes",
        (json_int_t)c->weight_bytes, "bytes_in", (json_int_t)c->bytes_in,
        "bytes_out", (json_int_t)c->bytes_out, "blob", blob);

    free(fusion);
    return o;
}

static enum status
add_layers(json_t *doc, struct analysis *a, struct err *err)
{
    json_t *list = json_array();
    enum status st = ST_OK;

    for (int i = 0; i < a->layers.n && st == ST_OK; i++) {
        const struct region *r = &a->layers.item[i].region;
        char key[HASH_HEX], blob[HASH_HEX];
        struct counts c;

        if ((st = count_region(&c, a->g, r, err)) == ST_OK &&
            (st = kernel_key(key, a->g, r, err)) == ST_OK &&
            (st = analysis_emit(a, r, blob, err)) == ST_OK)
            st = document_append(list, layer_json(a, i, key, blob, &c), err);
        if (a->env->progress != NULL)
            a->env->progress(a->env->ctx, "layers", i + 1, a->layers.n);
    }
    if (json_object_set_new(doc, "layers", list) != 0 && st == ST_OK)
        st = err_nomem(err);
    return st;
}

static enum status
add_boundaries(json_t *doc, const struct analysis *a, struct err *err)
{
    json_t *list = json_array();
    enum status st = ST_OK;

    for (int i = 0; i < a->n_boundaries && st == ST_OK; i++) {
        const struct boundary *b = &a->boundaries[i];
        const struct value *v = &a->g->values[b->tensor];

        st = document_append(list,
            json_pack("{s:i, s:i, s:s, s:o, s:I}", "index", i, "after_layer",
                b->after_layer, "tensor", v->name, "shape", shape_json(v),
                "bytes", (json_int_t)count_value_bytes(v)),
            err);
    }
    if (json_object_set_new(doc, "boundaries", list) != 0 && st == ST_OK)
        st = err_nomem(err);
    return st;
}

/* The opset of the standard operators. */
static int64_t
opset(const Onnx__ModelProto *m)
{
    for (size_t i = 0; i < m->n_opset_import; i++)
        if (onnx_domain_is_standard(m->opset_import[i]->domain))
            return m->opset_import[i]->version;
    return 0;
}

enum status
document_make(json_t **out, struct analysis *a, struct err *err)
{
    const Onnx__ModelProto *m = a->g->model;
    json_t *doc = json_pack("{s:s, s:I, s:I, s:s}", "schema",
        "offramp.analysis/1", "ir_version", (json_int_t)m->ir_version, "opset",
        (json_int_t)opset(m), "producer",
        m->producer_name != NULL ? m->producer_name : "");
    enum status st = doc != NULL ? ST_OK : err_nomem(err);

    *out = NULL;
    if (st == ST_OK && (st = add_ends(doc, a->g, err)) == ST_OK &&
        (st = add_whole(doc, a, err)) == ST_OK &&
        (st = add_layers(doc, a, err)) == ST_OK &&
        (st = add_boundaries(doc, a, err)) == ST_OK &&
        (st = document_add_exits(doc, a, err)) == ST_OK &&
        json_object_set(doc, "notes", a->g->notes) != 0)
        st = err_nomem(err);
    if (st != ST_OK) {
        json_decref(doc);
        return st;
    }
    *out = doc;
    return ST_OK;
}
