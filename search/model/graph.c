/* SPDX-License-Identifier: MIT */
#include "search/model/graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of values while the graph is built. */
struct index {
    json_t *ids; /* name -> number */
};

static int
index_find(const struct index *ix, const char *name)
{
    const json_t *id = json_object_get(ix->ids, name);

    return id != NULL ? (int)json_integer_value(id) : -1;
}

/* A new value; the name must be new as well. */
static enum status
add_value(struct graph *g, struct index *ix, const char *name, struct err *err)
{
    struct value *v = &g->values[g->n_values];

    if (name == NULL || name[0] == '\0')
        return err_set(err, ST_UNPROCESSABLE, "model.invalid",
            "an input or output has no name");
    if (index_find(ix, name) >= 0)
        return err_set(err, ST_UNPROCESSABLE, "model.duplicate_name",
            "tensor %.100s is defined twice", name);
    if (json_object_set_new(ix->ids, name, json_integer(g->n_values)) != 0)
        return err_nomem(err);
    *v = (struct value){ .name = name, .producer = -1 };
    g->n_values++;
    return ST_OK;
}

static enum status
add_initializers(struct graph *g, struct index *ix, struct err *err)
{
    const Onnx__GraphProto *p = g->model->graph;
    enum status st;

    for (size_t i = 0; i < p->n_initializer; i++) {
        const Onnx__TensorProto *t = p->initializer[i];
        struct value *v = &g->values[g->n_values];

        if ((st = add_value(g, ix, t->name, err)) != ST_OK)
            return st;
        v->init = t;
        v->constant = true;
        v->type = t->data_type;
        v->rank = (int)t->n_dims;
        if (v->rank > 0)
            memcpy(v->dims, t->dims, t->n_dims * sizeof(v->dims[0]));
    }
    return ST_OK;
}

/* In old files every initializer is listed as an input, too: those are not
 * inputs for us. */
static enum status
add_inputs(struct graph *g, struct index *ix, struct err *err)
{
    const Onnx__GraphProto *p = g->model->graph;
    int stored = g->n_values;
    enum status st;

    for (size_t i = 0; i < p->n_input; i++) {
        const char *name = p->input[i]->name;
        int id = name != NULL ? index_find(ix, name) : -1;

        if (id >= 0 && id < stored)
            continue;
        if (g->n_inputs == ONNX_MAX_INPUTS)
            return err_set(err, ST_UNPROCESSABLE, "model.too_large",
                "more than %d inputs", ONNX_MAX_INPUTS);
        g->inputs[g->n_inputs++] = g->n_values;
        if ((st = add_value(g, ix, name, err)) != ST_OK)
            return st;
        g->values[g->n_values - 1].input = true;
    }
    return ST_OK;
}

static enum status
add_nodes(struct graph *g, struct index *ix, struct err *err)
{
    const Onnx__GraphProto *p = g->model->graph;
    int *end = g->ends;
    enum status st;

    for (size_t i = 0; i < p->n_node; i++) {
        const Onnx__NodeProto *np = p->node[i];
        struct node *n = &g->nodes[g->n_nodes++];

        *n = (struct node){ .proto = np, .kind = op_kind(np) };
        n->out = end;
        n->n_out = (int)np->n_output;
        end += n->n_out;
        n->in = end;
        n->n_in = (int)np->n_input;
        end += n->n_in;
        for (int k = 0; k < n->n_out; k++) {
            n->out[k] = np->output[k][0] != '\0' ? g->n_values : -1;
            if (n->out[k] < 0)
                continue;
            if ((st = add_value(g, ix, np->output[k], err)) != ST_OK)
                return st;
            g->values[n->out[k]].producer = (int)i;
        }
    }
    return ST_OK;
}

static enum status
resolve_inputs(struct graph *g, const struct index *ix, struct err *err)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];

        for (int k = 0; k < n->n_in; k++) {
            const char *name = n->proto->input[k];

            n->in[k] = name[0] != '\0' ? index_find(ix, name) : -1;
            if (n->in[k] < 0 && name[0] != '\0')
                return err_set(err, ST_UNPROCESSABLE, "model.undefined_tensor",
                    "node %.100s reads tensor %.100s, which nothing makes",
                    onnx_node_label(n->proto), name);
        }
    }
    return ST_OK;
}

static enum status
resolve_outputs(struct graph *g, const struct index *ix, struct err *err)
{
    const Onnx__GraphProto *p = g->model->graph;

    for (size_t i = 0; i < p->n_output; i++) {
        const char *name = p->output[i]->name;
        int id = name != NULL ? index_find(ix, name) : -1;

        if (id < 0)
            return err_set(err, ST_UNPROCESSABLE, "model.undefined_tensor",
                "output %.100s is made by no node", name != NULL ? name : "");
        if (g->values[id].output)
            return err_set(err, ST_UNPROCESSABLE, "model.duplicate_name",
                "output %.100s is listed twice", name);
        g->values[id].output = true;
        g->outputs[g->n_outputs++] = id;
    }
    return ST_OK;
}

/* Every node gets a name of its own. */
static enum status
name_nodes(struct graph *g, struct err *err)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];

        n->name = n->proto->name;
        if (n->name == NULL || n->name[0] == '\0')
            continue;
        if (json_object_get(g->names, n->name) != NULL)
            return err_set(err, ST_UNPROCESSABLE, "model.duplicate_name",
                "two nodes are named %.100s", n->name);
        if (json_object_set_new(g->names, n->name, json_true()) != 0)
            return err_nomem(err);
    }
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];
        char name[128];

        if (n->name != NULL && n->name[0] != '\0')
            continue;
        snprintf(name, sizeof(name), "%.90s_%d", n->proto->op_type, i);
        while (json_object_get(g->names, name) != NULL &&
               strlen(name) + 1 < sizeof(name))
            strcat(name, "_");
        if (json_object_set_new(g->names, name, json_true()) != 0)
            return err_nomem(err);
        n->name = json_object_iter_key(json_object_iter_at(g->names, name));
    }
    return ST_OK;
}

static enum status
note_dead(struct graph *g, struct err *err)
{
    const char *first = NULL;
    int dead = 0;

    for (int i = 0; i < g->n_nodes; i++) {
        if (g->nodes[i].live)
            continue;
        dead++;
        first = first != NULL ? first : g->nodes[i].name;
    }
    if (dead == g->n_nodes)
        return err_set(
            err, ST_UNPROCESSABLE, "model.empty", "no node leads to an output");
    if (dead == 0)
        return ST_OK;
    return graph_note(g, err,
        "%d of %d nodes lead to no output and are left "
        "out, the first is %.100s",
        dead, g->n_nodes, first);
}

static enum status
allocate(struct graph *g, const Onnx__ModelProto *m, struct err *err)
{
    const Onnx__GraphProto *p = m->graph;
    size_t ends = 0, values = p->n_initializer + p->n_input;

    for (size_t i = 0; i < p->n_node; i++) {
        ends += p->node[i]->n_input + p->node[i]->n_output;
        values += p->node[i]->n_output;
    }
    g->model = m;
    g->nodes = calloc(p->n_node, sizeof(*g->nodes));
    g->values = calloc(values + 1, sizeof(*g->values));
    g->inputs = calloc(p->n_input + 1, sizeof(int));
    g->outputs = calloc(p->n_output, sizeof(int));
    g->ends = calloc(ends + 1, sizeof(int));
    g->uses = calloc(ends + 1, sizeof(int));
    g->names = json_object();
    g->notes = json_array();
    if (g->nodes == NULL || g->values == NULL || g->inputs == NULL ||
        g->outputs == NULL || g->ends == NULL || g->uses == NULL ||
        g->names == NULL || g->notes == NULL)
        return err_nomem(err);
    return ST_OK;
}

enum status
graph_build(struct graph **out, const Onnx__ModelProto *m, struct err *err)
{
    struct index ix = { json_object() };
    struct graph *g = calloc(1, sizeof(*g));
    enum status st;

    *out = NULL;
    if (g == NULL || ix.ids == NULL)
        st = err_nomem(err);
    else if ((st = allocate(g, m, err)) != ST_OK ||
             (st = add_initializers(g, &ix, err)) != ST_OK ||
             (st = add_inputs(g, &ix, err)) != ST_OK ||
             (st = add_nodes(g, &ix, err)) != ST_OK ||
             (st = resolve_inputs(g, &ix, err)) != ST_OK ||
             (st = resolve_outputs(g, &ix, err)) != ST_OK ||
             (st = name_nodes(g, err)) != ST_OK ||
             (st = graph_sort(g, err)) != ST_OK)
        ;
    else {
        graph_mark_live(g);
        st = note_dead(g, err);
    }
    json_decref(ix.ids);
    if (st != ST_OK) {
        graph_free(g);
        return st;
    }
    *out = g;
    return ST_OK;
}

void
graph_free(struct graph *g)
{
    if (g == NULL)
        return;
    for (int i = 0; i < g->n_folded; i++)
        onnx__tensor_proto__free_unpacked(g->folded[i], NULL);
    free(g->folded);
    free(g->nodes);
    free(g->values);
    free(g->inputs);
    free(g->outputs);
    free(g->ends);
    free(g->uses);
    json_decref(g->names);
    json_decref(g->notes);
    free(g);
}

enum status
graph_note(struct graph *g, struct err *err, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (json_array_append_new(g->notes, json_string(text)) != 0)
        return err_nomem(err);
    return ST_OK;
}
