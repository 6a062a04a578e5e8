/* SPDX-License-Identifier: MIT */
#include "search/model/attach.h"

#include <stdlib.h>
#include <string.h>

#include "search/model/onnx_tensor.h"

/* The first IR version that allows stored tensors which are no inputs. */
enum { IR_MIN = 4 };

static bool
starts(const char *name, const char *prefix)
{
    return name != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Whether any name of the model starts so. */
static bool
is_taken(const Onnx__GraphProto *g, const char *prefix)
{
    bool taken = false;

    for (size_t i = 0; i < g->n_node && !taken; i++) {
        const Onnx__NodeProto *n = g->node[i];

        taken = starts(n->name, prefix);
        for (size_t k = 0; k < n->n_output && !taken; k++)
            taken = starts(n->output[k], prefix);
    }
    for (size_t i = 0; i < g->n_initializer && !taken; i++)
        taken = starts(g->initializer[i]->name, prefix);
    for (size_t i = 0; i < g->n_input && !taken; i++)
        taken = starts(g->input[i]->name, prefix);
    return taken;
}

void
attach_begin(struct attach *a, Onnx__ModelProto *m)
{
    char next = 'a';

    *a = (struct attach){
        .m = m, .prefix = "exit", .n_original = m->graph->n_output
    };
    /* "exit", else "a_exit", "b_exit", ..: a model would have to hold all. */
    while (is_taken(m->graph, a->prefix) && next <= 'z') {
        memcpy(a->prefix, "?_exit", 7);
        a->prefix[0] = next++;
    }
    a->failed = next > 'z';
    if (!m->has_ir_version || m->ir_version < IR_MIN)
        m->ir_version = IR_MIN;
    m->has_ir_version = 1;
}

/* Put `item` at place `at` of a list of pointers; frees nothing. */
static bool
insert(void *list, size_t *n, size_t at, void *item)
{
    void ***v = list;
    void **grown = realloc(*v, (*n + 1) * sizeof(*grown));

    if (grown == NULL)
        return false;
    memmove(grown + at + 1, grown + at, (*n - at) * sizeof(*grown));
    grown[at] = item;
    *v = grown;
    (*n)++;
    return true;
}

static bool
name_list(char ***out, const char *const *names, size_t n)
{
    *out = calloc(n + 1, sizeof(**out));
    for (size_t i = 0; *out != NULL && i < n; i++)
        if (((*out)[i] = strdup(names[i])) == NULL)
            return false;
    return *out != NULL;
}

Onnx__NodeProto *
attach_node(struct attach *a, const char *op, const char *const *in,
    size_t n_in, const char *out)
{
    Onnx__GraphProto *g = a->m->graph;
    Onnx__NodeProto *n = a->failed ? NULL : malloc(sizeof(*n));

    a->failed = n == NULL;
    if (a->failed)
        return NULL;
    onnx__node_proto__init(n);
    n->op_type = strdup(op);
    n->name = strdup(out);
    if (n->op_type != NULL && n->name != NULL && name_list(&n->input, in, n_in))
        n->n_input = n_in;
    if (n->n_input == n_in && name_list(&n->output, &out, 1))
        n->n_output = 1;
    if (n->n_output == 1 && insert(&g->node, &g->n_node, g->n_node, n))
        return n;
    onnx__node_proto__free_unpacked(n, NULL);
    a->failed = true;
    return NULL;
}

/* A new attribute of a node; NULL if that or anything before failed. */
static Onnx__AttributeProto *
attribute(struct attach *a, Onnx__NodeProto *n, const char *name)
{
    Onnx__AttributeProto *x = n != NULL ? malloc(sizeof(*x)) : NULL;

    a->failed |= x == NULL;
    if (x == NULL)
        return NULL;
    onnx__attribute_proto__init(x);
    x->name = strdup(name);
    if (x->name != NULL &&
        insert(&n->attribute, &n->n_attribute, n->n_attribute, x))
        return x;
    onnx__attribute_proto__free_unpacked(x, NULL);
    a->failed = true;
    return NULL;
}

void
attach_int(struct attach *a, Onnx__NodeProto *n, const char *name, int64_t v)
{
    Onnx__AttributeProto *x = attribute(a, n, name);

    if (x == NULL)
        return;
    x->has_type = x->has_i = 1;
    x->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    x->i = v;
}

void
attach_ints(struct attach *a, Onnx__NodeProto *n, const char *name,
    const int64_t *values, size_t count)
{
    Onnx__AttributeProto *x = attribute(a, n, name);

    if (x == NULL)
        return;
    x->has_type = 1;
    x->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    x->ints = malloc(count * sizeof(*x->ints));
    a->failed |= x->ints == NULL;
    if (x->ints == NULL)
        return;
    memcpy(x->ints, values, count * sizeof(*x->ints));
    x->n_ints = count;
}

void
attach_tensor(struct attach *a, const char *name, const int64_t *dims,
    size_t rank, const float *data)
{
    Onnx__GraphProto *g = a->m->graph;
    size_t bytes = (size_t)onnx_elements(dims, (int)rank) * sizeof(float);
    Onnx__TensorProto *t = a->failed ? NULL : malloc(sizeof(*t));

    a->failed = t == NULL;
    if (a->failed)
        return;
    onnx__tensor_proto__init(t);
    t->name = strdup(name);
    t->has_data_type = 1;
    t->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t->dims = malloc(rank * sizeof(*t->dims));
    t->raw_data.data = malloc(bytes);
    if (t->name != NULL && t->dims != NULL && t->raw_data.data != NULL &&
        insert(&g->initializer, &g->n_initializer, g->n_initializer, t)) {
        memcpy(t->dims, dims, rank * sizeof(*dims));
        t->n_dims = rank;
        memcpy(t->raw_data.data, data, bytes);
        t->raw_data.len = bytes;
        t->has_raw_data = 1;
        return;
    }
    free(t->dims);
    free(t->raw_data.data);
    t->dims = NULL;
    t->raw_data.data = NULL;
    onnx__tensor_proto__free_unpacked(t, NULL);
    a->failed = true;
}

/* The shape as messages; on failure what there is of it. */
static bool
fill_shape(Onnx__TensorShapeProto *s, const int64_t *dims, size_t rank)
{
    for (size_t i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *d = malloc(sizeof(*d));

        if (d == NULL || !insert(&s->dim, &s->n_dim, s->n_dim, d)) {
            free(d);
            return false;
        }
        onnx__tensor_shape_proto__dimension__init(d);
        d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        d->dim_value = dims[i];
    }
    return true;
}

static bool
fill_info(
    Onnx__ValueInfoProto *v, const char *name, const int64_t *dims, size_t rank)
{
    Onnx__TypeProto *type = malloc(sizeof(*type));
    Onnx__TypeProto__Tensor *tensor = malloc(sizeof(*tensor));
    Onnx__TensorShapeProto *shape = malloc(sizeof(*shape));

    if (type == NULL || tensor == NULL || shape == NULL) {
        free(type);
        free(tensor);
        free(shape);
        return false;
    }
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    v->type = type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    v->name = strdup(name);
    return v->name != NULL && fill_shape(shape, dims, rank);
}

void
attach_output(
    struct attach *a, const char *name, const int64_t *dims, size_t rank)
{
    Onnx__GraphProto *g = a->m->graph;
    Onnx__ValueInfoProto *v = a->failed ? NULL : malloc(sizeof(*v));

    a->failed = v == NULL;
    if (a->failed)
        return;
    onnx__value_info_proto__init(v);
    if (fill_info(v, name, dims, rank) &&
        insert(&g->output, &g->n_output, g->n_output - a->n_original, v))
        return;
    onnx__value_info_proto__free_unpacked(v, NULL);
    a->failed = true;
}

enum status
attach_end(struct attach *a, struct err *err)
{
    return a->failed ? err_nomem(err) : ST_OK;
}
