/* SPDX-License-Identifier: MIT */
#include "search/model/shape_rank.h"

#include <stdlib.h>
#include <string.h>

static const char prefix[] = "offramp-rank-of:";

/* One Shape node and its output. */
struct ask {
    Onnx__NodeProto node;
    Onnx__ValueInfoProto info;
    char *in[1], *out[1]; /* `out` is owned */
};

struct asks {
    struct ask *item;
    Onnx__NodeProto **nodes;
    Onnx__ValueInfoProto **infos;
    int n;
};

static bool
fill(struct asks *a, const struct graph *g, const int *values, int n)
{
    a->item = calloc((size_t)n + 1, sizeof(*a->item));
    a->nodes = calloc((size_t)n + 1, sizeof(*a->nodes));
    a->infos = calloc((size_t)n + 1, sizeof(*a->infos));
    if (a->item == NULL || a->nodes == NULL || a->infos == NULL)
        return false;
    for (; a->n < n; a->n++) {
        struct ask *k = &a->item[a->n];
        const char *name = g->values[values[a->n]].name;
        size_t len = strlen(name) + sizeof(prefix);

        if ((k->out[0] = malloc(len)) == NULL)
            return false;
        memcpy(k->out[0], prefix, sizeof(prefix) - 1);
        memcpy(
            k->out[0] + sizeof(prefix) - 1, name, len - (sizeof(prefix) - 1));
        onnx__node_proto__init(&k->node);
        onnx__value_info_proto__init(&k->info);
        k->in[0] = (char *)name;
        k->node.op_type = (char *)"Shape";
        k->node.input = k->in;
        k->node.output = k->out;
        k->node.n_input = k->node.n_output = 1;
        k->info.name = k->out[0];
        a->nodes[a->n] = &k->node;
        a->infos[a->n] = &k->info;
    }
    return true;
}

static void
clear(struct asks *a)
{
    for (int i = 0; i < a->n; i++)
        free(a->item[i].out[0]);
    free(a->item);
    free(a->nodes);
    free(a->infos);
}

static bool
has_standard_operators(const struct graph *g)
{
    for (size_t i = 0; i < g->model->n_opset_import; i++)
        if (onnx_domain_is_standard(g->model->opset_import[i]->domain))
            return true;
    return false;
}

/* Bytes of two messages one after the other are the message that has the
 * repeated parts of both: so the nodes are appended without touching the
 * model. */
static enum status
join(uint8_t **data, size_t *len, const Onnx__ModelProto *more, struct err *err)
{
    size_t extra = onnx__model_proto__get_packed_size(more);
    uint8_t *grown;

    if (*len + extra > ONNX_MAX_BYTES)
        return err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "the model is too close to 2 GiB");
    if ((grown = realloc(*data, *len + extra)) == NULL)
        return err_nomem(err);
    *data = grown;
    *len += onnx__model_proto__pack(more, grown + *len);
    return ST_OK;
}

enum status
shape_rank_ask(uint8_t **data, size_t *len, const struct graph *g,
    const int *values, int n, struct err *err)
{
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    Onnx__GraphProto p = ONNX__GRAPH_PROTO__INIT;
    struct asks a = { 0 };
    enum status st;

    if (!has_standard_operators(g))
        return ST_OK;
    if (fill(&a, g, values, n)) {
        p.node = a.nodes;
        p.output = a.infos;
        p.n_node = p.n_output = (size_t)n;
        m.graph = &p;
        st = join(data, len, &m, err);
    } else {
        st = err_nomem(err);
    }
    clear(&a);
    return st;
}

const char *
shape_rank_of(const char *output)
{
    size_t n = sizeof(prefix) - 1;

    return strncmp(output, prefix, n) == 0 ? output + n : NULL;
}
