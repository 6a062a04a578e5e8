/* SPDX-License-Identifier: MIT */
#include "search/model/shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "search/model/cut.h"
#include "search/model/shape_rank.h"

/* Shapes that follow from folded ones need another look; real models settle
 * after one or two. */
enum { ROUNDS_MAX = 8 };

struct shape_sink {
    struct graph *g;
    json_t *wanted; /* name -> value number */
};

static enum status
open_dimension(const struct graph *g, int value, int dim, struct err *err)
{
    const struct value *v = &g->values[value];

    return err_set(err, ST_UNPROCESSABLE, "model.dynamic_shape",
        "dimension %d of input %.100s is not fixed: give its shape, such as "
        "{\"shape\": {\"%.40s\": [1, ..]}} or --shape '%.40s=1x..'",
        dim, v->name, v->name, v->name);
}

/* The dimensions of an input as the file has them; -1 where open. */
static enum status
declared(const Onnx__ValueInfoProto *info, struct value *v, struct err *err)
{
    const Onnx__TypeProto *t = info->type;
    const Onnx__TensorShapeProto *s;

    if (t == NULL || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        onnx_dtype_name(t->tensor_type->elem_type) == NULL)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "input %.100s is not a tensor of a supported type", v->name);
    v->type = t->tensor_type->elem_type;
    s = t->tensor_type->shape;
    v->rank = -1;
    v->open = 0xff;
    if (s == NULL)
        return ST_OK;
    if (s->n_dim > ONNX_RANK)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "input %.100s has more than %d dimensions", v->name, ONNX_RANK);
    v->rank = (int)s->n_dim;
    for (int i = 0; i < v->rank; i++) {
        bool known = s->dim[i]->value_case ==
                         ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
                     s->dim[i]->dim_value > 0;

        v->dims[i] = known ? s->dim[i]->dim_value : -1;
        if (known)
            v->open &= (uint8_t) ~(1u << i);
    }
    return ST_OK;
}

static enum status
apply_given(struct value *v, const json_t *given, struct err *err)
{
    int64_t dims[ONNX_RANK];
    size_t n;
    enum status st = json_read_ints(given, v->name, dims, ONNX_RANK, &n, err);

    if (st != ST_OK)
        return st;
    if (v->rank >= 0 && (size_t)v->rank != n)
        return err_set(err, ST_UNPROCESSABLE, "model.shape",
            "the shape given for %.100s has %zu dimensions, the input has %d",
            v->name, n, v->rank);
    for (size_t i = 0; i < n; i++) {
        if (dims[i] < 1)
            return err_set(err, ST_UNPROCESSABLE, "model.shape",
                "dimension %zu given for %.100s must be at least 1", i,
                v->name);
        if (v->rank >= 0 && v->dims[i] > 0 && v->dims[i] != dims[i])
            return err_set(err, ST_UNPROCESSABLE, "model.shape",
                "dimension %zu of %.100s is %lld in the model and %lld in the "
                "shape given",
                i, v->name, (long long)v->dims[i], (long long)dims[i]);
    }
    memcpy(v->dims, dims, n * sizeof(dims[0]));
    v->rank = (int)n;
    return ST_OK;
}

static enum status
fix_input(struct graph *g, int value, const Onnx__ValueInfoProto *info,
    const json_t *shapes, struct err *err)
{
    struct value *v = &g->values[value];
    const json_t *given = json_object_get(shapes, v->name);
    enum status st = declared(info, v, err);

    if (st == ST_OK && given != NULL)
        st = apply_given(v, given, err);
    if (st != ST_OK)
        return st;
    if (v->rank < 0)
        return open_dimension(g, value, 0, err);
    for (int i = 0; i < v->rank; i++) {
        if (v->dims[i] > 0)
            continue;
        if (i > 0)
            return open_dimension(g, value, i, err);
        v->dims[0] = 1;
        st = graph_note(g, err,
            "dimension 0 of input %.100s is dynamic: set "
            "to 1",
            v->name);
    }
    if (st == ST_OK && onnx_elements(v->dims, v->rank) < 0)
        st = err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "input %.100s has too many elements", v->name);
    return st;
}

/* A shape given for something that is no input is a mistake worth telling. */
static enum status
check_given(const struct graph *g, const json_t *shapes, struct err *err)
{
    void *it = json_object_iter((json_t *)shapes);

    for (; it != NULL; it = json_object_iter_next((json_t *)shapes, it)) {
        const char *name = json_object_iter_key(it);
        bool found = false;

        for (int i = 0; i < g->n_inputs && !found; i++)
            found = strcmp(g->values[g->inputs[i]].name, name) == 0;
        if (!found)
            return err_set(err, ST_UNPROCESSABLE, "model.shape",
                "a shape is given for %.100s, which is not an input: the "
                "first input is %.100s",
                name,
                g->n_inputs > 0 ? g->values[g->inputs[0]].name : "absent");
    }
    return ST_OK;
}

enum status
shape_fix_inputs(struct graph *g, const json_t *shapes, struct err *err)
{
    const Onnx__GraphProto *p = g->model->graph;
    int next = 0;
    enum status st = check_given(g, shapes, err);

    /* g->inputs is p->input without stored tensors, in the same order. */
    for (size_t i = 0; i < p->n_input && next < g->n_inputs; i++) {
        int value = g->inputs[next];

        if (st != ST_OK)
            return st;
        if (strcmp(g->values[value].name, p->input[i]->name) != 0)
            continue;
        st = fix_input(g, value, p->input[i], shapes, err);
        next++;
    }
    return st;
}

/* The answer to shape_rank.h: an open dimension takes back what was said. */
static enum status
put_rank(struct shape_sink *sink, const char *name, int64_t rank)
{
    const json_t *id = json_object_get(sink->wanted, name);

    if (id != NULL && rank < 0)
        sink->g->values[json_integer_value(id)].type = 0;
    return ST_OK;
}

enum status
shape_put(struct shape_sink *sink, const char *name, const char *dtype,
    const int64_t *dims, size_t rank, struct err *err)
{
    const json_t *id = json_object_get(sink->wanted, name);
    struct value *v;
    int type = onnx_dtype_find(dtype);

    if (shape_rank_of(name) != NULL && rank == 1)
        return put_rank(sink, shape_rank_of(name), dims[0]);
    if (id == NULL)
        return ST_OK;
    v = &sink->g->values[json_integer_value(id)];
    if (type == 0 || rank > ONNX_RANK)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "tensor %.100s is of a type or rank that is not supported", name);
    for (size_t i = 0; i < rank; i++)
        if (dims[i] < 0)
            return ST_OK; /* not known yet */
    if (onnx_elements(dims, (int)rank) < 0)
        return err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "tensor %.100s has too many elements", name);
    v->type = type;
    v->rank = (int)rank;
    memcpy(v->dims, dims, rank * sizeof(dims[0]));
    return ST_OK;
}

/* A type that the file tells of a value; what is no fixed tensor stays
 * unknown. */
static void
take_info(const Onnx__ValueInfoProto *info, struct value *v)
{
    const Onnx__TypeProto *t = info->type;
    const Onnx__TensorShapeProto *s;

    if (t == NULL || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        (s = t->tensor_type->shape) == NULL || s->n_dim > ONNX_RANK ||
        v->type != 0)
        return;
    for (size_t i = 0; i < s->n_dim; i++)
        if (s->dim[i]->value_case !=
                ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ||
            s->dim[i]->dim_value < 1)
            return;
    for (size_t i = 0; i < s->n_dim; i++)
        v->dims[i] = s->dim[i]->dim_value;
    v->type = t->tensor_type->elem_type;
    v->rank = (int)s->n_dim;
}

enum status
shape_take_infos(struct graph *g, struct err *err)
{
    const Onnx__GraphProto *p = g->model->graph;
    json_t *infos = json_object();
    const json_t *at;
    int rc = infos == NULL;

    for (size_t i = 0; rc == 0 && i < p->n_value_info; i++)
        rc = json_object_set_new(
            infos, p->value_info[i]->name, json_integer((json_int_t)i));
    for (int v = 0; rc == 0 && v < g->n_values; v++)
        if ((at = json_object_get(infos, g->values[v].name)) != NULL)
            take_info(p->value_info[json_integer_value(at)], &g->values[v]);
    json_decref(infos);
    return rc == 0 ? ST_OK : err_nomem(err);
}

/* What there is to infer: nodes of the model, and all they make. */
struct question {
    int *nodes, *values;
    int n_nodes, n_values;
    json_t *wanted;
};

static enum status
question_ask(struct question *q, const struct graph *g, struct err *err)
{
    q->nodes = malloc((size_t)g->n_nodes * sizeof(int));
    q->values = malloc(((size_t)g->n_values + 1) * sizeof(int));
    q->wanted = json_object();
    if (q->nodes == NULL || q->values == NULL || q->wanted == NULL)
        return err_nomem(err);
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].live && !g->nodes[i].constant)
            q->nodes[q->n_nodes++] = i;
    for (int v = 0; v < g->n_values; v++) {
        const struct value *val = &g->values[v];

        if (val->producer < 0 || val->init != NULL ||
            !g->nodes[val->producer].live)
            continue;
        q->values[q->n_values++] = v;
        if (json_object_set_new(q->wanted, val->name, json_integer(v)) != 0)
            return err_nomem(err);
    }
    return ST_OK;
}

static enum status
infer_once(struct graph *g, shape_infer_fn infer, void *ctx, struct err *err)
{
    struct question q = { 0 };
    struct region r = { 0 };
    uint8_t *model = NULL;
    size_t len;
    enum status st = question_ask(&q, g, err);

    if (st == ST_OK)
        st = region_build(&r, g, q.nodes, q.n_nodes, q.values, q.n_values, err);
    if (st == ST_OK)
        st = cut_write(g, &r, &model, &len, err);
    if (st == ST_OK)
        st = shape_rank_ask(&model, &len, g, q.values, q.n_values, err);
    if (st == ST_OK) {
        struct shape_sink sink = { g, q.wanted };

        st = infer(ctx, model, len, &sink, err);
    }
    free(model);
    region_clear(&r);
    free(q.nodes);
    free(q.values);
    json_decref(q.wanted);
    return st;
}

/* The first value of a live node without a type, or -1.  An optional output
 * that nothing reads may stay so. */
static int
first_unknown(const struct graph *g)
{
    for (int v = 0; v < g->n_values; v++) {
        const struct value *val = &g->values[v];

        if (val->type == 0 && val->producer >= 0 &&
            g->nodes[val->producer].live && (val->n_uses > 0 || val->output))
            return v;
    }
    return -1;
}

enum status
shape_infer(struct graph *g, shape_infer_fn infer, void *ctx, struct err *err)
{
    bool changed = true;
    int unknown = -1;
    enum status st = graph_fold(g, &changed, err);

    changed = true;
    for (int round = 0; round < ROUNDS_MAX && changed && st == ST_OK; round++) {
        if ((st = infer_once(g, infer, ctx, err)) == ST_OK)
            st = graph_fold(g, &changed, err);
        unknown = first_unknown(g);
        if (unknown < 0)
            break;
    }
    if (st == ST_OK && unknown >= 0)
        st = err_set(err, ST_UNPROCESSABLE, "model.dynamic_shape",
            "the shape of tensor %.100s of node %.100s depends on data: only "
            "models with fixed shapes can be measured",
            g->values[unknown].name,
            g->nodes[g->values[unknown].producer].name);
    if (st == ST_OK)
        graph_mark_live(g); /* what only gave a shape is needed no more */
    return st;
}
