/* SPDX-License-Identifier: MIT */
#include "search/model/cut.h"

#include <stdlib.h>

#include "base/version.h"

/* The messages that describe one value; `info` points into the rest. */
struct described {
    Onnx__ValueInfoProto info;
    Onnx__TypeProto type;
    Onnx__TypeProto__Tensor tensor;
    Onnx__TensorShapeProto shape;
    Onnx__TensorShapeProto__Dimension dims[ONNX_RANK];
    Onnx__TensorShapeProto__Dimension *dim_list[ONNX_RANK];
};

static void
describe(struct described *d, const struct value *v)
{
    onnx__value_info_proto__init(&d->info);
    d->info.name = (char *)v->name;
    if (v->type == 0)
        return;
    onnx__type_proto__init(&d->type);
    onnx__type_proto__tensor__init(&d->tensor);
    onnx__tensor_shape_proto__init(&d->shape);
    d->info.type = &d->type;
    d->type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    d->type.tensor_type = &d->tensor;
    d->tensor.has_elem_type = 1;
    d->tensor.elem_type = v->type;
    d->tensor.shape = &d->shape;
    d->shape.n_dim = (size_t)v->rank;
    d->shape.dim = d->dim_list;
    for (int i = 0; i < v->rank; i++) {
        onnx__tensor_shape_proto__dimension__init(&d->dims[i]);
        d->dims[i].value_case =
            ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        d->dims[i].dim_value = v->dims[i];
        d->dim_list[i] = &d->dims[i];
    }
}

/* What a cut is put together from.  What nodes and tensors hold is borrowed
 * from the graph; only these lists are our own. */
struct parts {
    struct described *values; /* inputs, outputs, inner */
    Onnx__ValueInfoProto **infos;
    Onnx__NodeProto **nodes;
    Onnx__NodeProto *named; /* shallow copies with the graph's names */
    Onnx__TensorProto **tensors;
    int n_nodes, n_inner;
};

static void
parts_clear(struct parts *p)
{
    free(p->values);
    free(p->infos);
    free(p->nodes);
    free(p->named);
    free(p->tensors);
}

/* Values made and read inside: made there, known, and not an output. */
static size_t
made_inside(const struct graph *g, const struct region *r)
{
    size_t n = 0;

    for (int i = 0; i < r->n_nodes; i++)
        n += (size_t)g->nodes[r->nodes[i]].n_out;
    return n;
}

static void
add_info(struct parts *p, size_t *n, const struct value *v)
{
    describe(&p->values[*n], v);
    p->infos[*n] = &p->values[*n].info;
    (*n)++;
}

/* Both lists ascend except for outputs that were asked for, so membership is
 * looked up in a sorted copy. */
static int
by_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

static void
add_inner(struct parts *p, size_t *n, const struct graph *g,
    const struct region *r, const int *sorted_out)
{
    for (int i = 0; i < r->n_nodes; i++) {
        const struct node *node = &g->nodes[r->nodes[i]];

        for (int k = 0; k < node->n_out; k++) {
            const int v = node->out[k];

            if (v < 0 || g->values[v].type == 0 || g->values[v].init != NULL ||
                bsearch(&v, sorted_out, (size_t)r->n_out, sizeof(v),
                    by_number) != NULL)
                continue;
            add_info(p, n, &g->values[v]);
            p->n_inner++;
        }
    }
}

static enum status
parts_fill(struct parts *p, const struct graph *g, const struct region *r,
    struct err *err)
{
    size_t most = (size_t)(r->n_in + r->n_out) + made_inside(g, r);
    int *sorted_out = malloc(((size_t)r->n_out + 1) * sizeof(int));
    size_t n = 0;

    p->values = calloc(most + 1, sizeof(*p->values));
    p->infos = calloc(most + 1, sizeof(*p->infos));
    p->nodes = calloc((size_t)r->n_nodes + 1, sizeof(*p->nodes));
    p->named = calloc((size_t)r->n_nodes + 1, sizeof(*p->named));
    p->tensors = calloc((size_t)r->n_weights + 1, sizeof(*p->tensors));
    if (p->values == NULL || p->infos == NULL || p->nodes == NULL ||
        p->named == NULL || p->tensors == NULL || sorted_out == NULL) {
        free(sorted_out);
        return err_nomem(err);
    }
    for (int i = 0; i < r->n_in; i++)
        add_info(p, &n, &g->values[r->in[i]]);
    for (int i = 0; i < r->n_out; i++) {
        add_info(p, &n, &g->values[r->out[i]]);
        sorted_out[i] = r->out[i];
    }
    qsort(sorted_out, (size_t)r->n_out, sizeof(int), by_number);
    add_inner(p, &n, g, r, sorted_out);
    free(sorted_out);
    /* A node whose result is stored (Shape of a known shape) is replaced. */
    for (int i = 0; i < r->n_nodes; i++) {
        const struct node *node = &g->nodes[r->nodes[i]];

        if (node->kind == OP_SHAPE && g->values[node->out[0]].init != NULL)
            continue;
        p->named[i] = *node->proto;
        p->named[i].name = (char *)node->name;
        p->nodes[p->n_nodes++] = &p->named[i];
    }
    for (int i = 0; i < r->n_weights; i++)
        p->tensors[i] = (Onnx__TensorProto *)g->values[r->weights[i]].init;
    return ST_OK;
}

enum status
cut_write(const struct graph *g, const struct region *r, uint8_t **data,
    size_t *len, struct err *err)
{
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    Onnx__GraphProto p = ONNX__GRAPH_PROTO__INIT;
    struct parts parts = { 0 };
    enum status st = parts_fill(&parts, g, r, err);

    *data = NULL;
    if (st == ST_OK) {
        p.name = (char *)"offramp";
        p.node = parts.nodes;
        p.n_node = (size_t)parts.n_nodes;
        p.initializer = parts.tensors;
        p.n_initializer = (size_t)r->n_weights;
        p.input = parts.infos;
        p.n_input = (size_t)r->n_in;
        p.output = parts.infos + r->n_in;
        p.n_output = (size_t)r->n_out;
        p.value_info = p.output + r->n_out;
        p.n_value_info = (size_t)parts.n_inner;
        m.has_ir_version = 1;
        m.ir_version = g->model->ir_version > 4 ? g->model->ir_version : 4;
        m.producer_name = (char *)"offramp";
        m.producer_version = (char *)OFFRAMP_VERSION;
        m.opset_import = g->model->opset_import;
        m.n_opset_import = g->model->n_opset_import;
        m.graph = &p;
        st = onnx_write(&m, data, len, err);
    }
    parts_clear(&parts);
    return st;
}
