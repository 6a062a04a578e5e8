/* SPDX-License-Identifier: MIT */
#include "make_onnx.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/model/onnx_tensor.h"

static void *
need(void *p)
{
    if (p == NULL) {
        fputs("make_onnx: out of memory or a bad line\n", stderr);
        abort();
    }
    return p;
}

static char *
copy(const char *s)
{
    return need(strdup(s));
}

/* Append a pointer to a repeated field. */
#define PUSH(list, n, item)                                                    \
    do {                                                                       \
        (list) = need(realloc((list), ((n) + 1) * sizeof(*(list))));           \
        (list)[(n)++] = (item);                                                \
    } while (0)

static size_t
read_ints(const char *s, int64_t **out)
{
    size_t n = 0;

    *out = NULL;
    for (char *copied = copy(s), *save = NULL,
              *w = strtok_r(copied, ",", &save);
         ; w = strtok_r(NULL, ",", &save)) {
        if (w == NULL) {
            free(copied);
            return n;
        }
        PUSH(*out, n, (int64_t)strtoll(w, NULL, 10));
    }
}

static Onnx__TensorProto *
make_tensor(const char *name, int type, const char *dims)
{
    Onnx__TensorProto *t = need(malloc(sizeof(*t)));

    onnx__tensor_proto__init(t);
    t->name = copy(name);
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = dims != NULL ? read_ints(dims, &t->dims) : 0;
    return t;
}

static void
add_init(Onnx__GraphProto *g, char *words[], int n, unsigned *seed)
{
    Onnx__TensorProto *t = make_tensor(words[1], onnx_dtype_find(words[2]),
        n > 3 && strcmp(words[3], "scalar") != 0 ? words[3] : NULL);
    int64_t count = onnx_elements(t->dims, (int)t->n_dims);

    t->has_raw_data = 1;
    t->raw_data.len = (size_t)onnx_bytes(t->data_type, count);
    t->raw_data.data = need(calloc(1, t->raw_data.len + 1));
    for (int64_t i = 0; i < count && n < 5; i++) {
        float f = (float)rand_r(seed) / (float)RAND_MAX - 0.5f;

        if (t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
            memcpy(t->raw_data.data + i * 4, &f, 4);
        else
            t->raw_data.data[(size_t)i % t->raw_data.len] = (uint8_t)(i + 1);
    }
    PUSH(g->initializer, g->n_initializer, t);
}

static void
add_int_tensor(Onnx__GraphProto *g, char *words[])
{
    Onnx__TensorProto *t =
        make_tensor(words[1], ONNX__TENSOR_PROTO__DATA_TYPE__INT64, NULL);

    t->n_int64_data = read_ints(words[2], &t->int64_data);
    t->n_dims = 1;
    t->dims = need(malloc(sizeof(*t->dims)));
    t->dims[0] = (int64_t)t->n_int64_data;
    PUSH(g->initializer, g->n_initializer, t);
}

static Onnx__ValueInfoProto *
make_info(const char *name)
{
    Onnx__ValueInfoProto *v = need(malloc(sizeof(*v)));

    onnx__value_info_proto__init(v);
    v->name = copy(name);
    return v;
}

static void
add_dim(Onnx__TensorShapeProto *s, const char *word)
{
    Onnx__TensorShapeProto__Dimension *d = need(malloc(sizeof(*d)));

    onnx__tensor_shape_proto__dimension__init(d);
    if (isalpha((unsigned char)word[0])) {
        d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        d->dim_param = copy(word);
    } else {
        d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        d->dim_value = strtoll(word, NULL, 10);
    }
    PUSH(s->dim, s->n_dim, d);
}

static void
add_input(Onnx__GraphProto *g, char *words[], int n)
{
    Onnx__ValueInfoProto *v = make_info(words[1]);
    Onnx__TypeProto *type = need(malloc(sizeof(*type)));
    Onnx__TypeProto__Tensor *tensor = need(malloc(sizeof(*tensor)));
    char *save = NULL;

    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    v->type = type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = onnx_dtype_find(words[2]);
    if (n > 3) { /* else an input of unknown rank */
        tensor->shape = need(malloc(sizeof(*tensor->shape)));
        onnx__tensor_shape_proto__init(tensor->shape);
        for (char *w = strtok_r(words[3], ",", &save); w != NULL;
             w = strtok_r(NULL, ",", &save))
            add_dim(tensor->shape, w);
    }
    PUSH(g->input, g->n_input, v);
}

static void
add_names(char ***list, size_t *n, char *words)
{
    char *save = NULL;

    for (char *w = strtok_r(words, ",", &save); w != NULL;
         w = strtok_r(NULL, ",", &save))
        PUSH(*list, *n, copy(strcmp(w, "-") == 0 ? "" : w));
}

static void
add_attribute(Onnx__NodeProto *node, char *word)
{
    char *value = need(strchr(word, '='));
    Onnx__AttributeProto *a;

    *value++ = '\0';
    if (strcmp(word, "name") == 0 || strcmp(word, "domain") == 0) {
        *(word[0] == 'n' ? &node->name : &node->domain) = copy(value);
        return;
    }
    a = need(malloc(sizeof(*a)));
    onnx__attribute_proto__init(a);
    a->name = copy(word);
    a->has_type = 1;
    if ((strchr(value, ',') != NULL && !isalpha((unsigned char)value[0])) ||
        strcmp(word, "axes") == 0 || strcmp(word, "value_ints") == 0 ||
        strstr(word, "shape") != NULL) {
        a->n_ints = read_ints(value, &a->ints);
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    } else if (value[strlen(value) - 1] == 'f') {
        a->has_f = 1;
        a->f = strtof(value, NULL);
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    } else if (isalpha((unsigned char)value[0])) {
        a->has_s = 1;
        a->s.len = strlen(value);
        a->s.data = (uint8_t *)copy(value);
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    } else {
        a->has_i = 1;
        a->i = strtoll(value, NULL, 10);
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    }
    PUSH(node->attribute, node->n_attribute, a);
}

/* node Op in,in -> out attr=.. ; "node Op -> out" has no inputs. */
static void
add_node(Onnx__GraphProto *g, char *words[], int n)
{
    Onnx__NodeProto *node = need(malloc(sizeof(*node)));
    int at = 2;

    onnx__node_proto__init(node);
    node->op_type = copy(words[1]);
    if (strcmp(words[at], "->") != 0)
        add_names(&node->input, &node->n_input, words[at++]);
    add_names(&node->output, &node->n_output, words[at + 1]);
    for (at += 2; at < n; at++)
        add_attribute(node, words[at]);
    PUSH(g->node, g->n_node, node);
}

static void
add_opset(Onnx__ModelProto *m, const char *domain, const char *version)
{
    Onnx__OperatorSetIdProto *o = need(malloc(sizeof(*o)));

    onnx__operator_set_id_proto__init(o);
    o->domain = copy(domain);
    o->has_version = 1;
    o->version = atoi(version);
    PUSH(m->opset_import, m->n_opset_import, o);
}

static void
add_line(Onnx__ModelProto *m, char *words[], int n, unsigned *seed)
{
    if (strcmp(words[0], "ir") == 0)
        m->ir_version = atoi(words[1]);
    else if (strcmp(words[0], "opset") == 0)
        add_opset(m, n > 2 ? words[2] : "", words[1]);
    else if (strcmp(words[0], "input") == 0)
        add_input(m->graph, words, n);
    else if (strcmp(words[0], "init") == 0)
        add_init(m->graph, words, n, seed);
    else if (strcmp(words[0], "ints") == 0)
        add_int_tensor(m->graph, words);
    else if (strcmp(words[0], "node") == 0)
        add_node(m->graph, words, n);
    else if (strcmp(words[0], "output") == 0)
        PUSH(m->graph->output, m->graph->n_output, make_info(words[1]));
    else
        need(NULL);
}

Onnx__ModelProto *
make_onnx(const char *text)
{
    Onnx__ModelProto *m = need(malloc(sizeof(*m)));
    char *copied = copy(text), *save = NULL;
    unsigned seed = 1;

    onnx__model_proto__init(m);
    m->has_ir_version = 1;
    m->ir_version = 8;
    m->graph = need(malloc(sizeof(*m->graph)));
    onnx__graph_proto__init(m->graph);
    m->graph->name = copy("test");
    for (char *line = strtok_r(copied, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char *words[16], *rest = NULL;
        int n = 0;

        for (char *w = strtok_r(line, " ", &rest); w != NULL && n < 16;
             w = strtok_r(NULL, " ", &rest))
            words[n++] = w;
        if (n > 0)
            add_line(m, words, n, &seed);
    }
    if (m->n_opset_import == 0)
        add_opset(m, "", "13");
    free(copied);
    return m;
}

uint8_t *
make_onnx_bytes(const char *text, size_t *len)
{
    Onnx__ModelProto *m = make_onnx(text);
    uint8_t *data = need(malloc(onnx__model_proto__get_packed_size(m) + 1));

    *len = onnx__model_proto__pack(m, data);
    onnx_free(m);
    return data;
}
