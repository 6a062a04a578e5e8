/* SPDX-License-Identifier: MIT */
#include "search/worker/image_document.h"

#include <stdlib.h>

/* {node name: index of its layer in the analysis}; NULL: out of memory. */
static json_t *
map_nodes(const json_t *analysis)
{
    json_t *map = json_object(), *layer, *node;
    size_t i, k;

    json_array_foreach(json_object_get(analysis, "layers"), i, layer)
    {
        json_array_foreach(json_object_get(layer, "onnx_nodes"), k, node)
        {
            if (json_object_set_new(map, json_string_value(node),
                    json_integer((json_int_t)i)) < 0) {
                json_decref(map);
                return NULL;
            }
        }
    }
    return map;
}

/* How a tensor's numbers stand for reals. */
static struct quant_scale
scale_of(const struct boardnet *b, int tensor)
{
    return b->type == NN_I8 ? quant_scale_of(b->quant, tensor)
                            : (struct quant_scale){ 1, 0 };
}

/* All that a layer takes of the image: itself, weights, and per channel its
 * bias and scale. */
static uint64_t
image_bytes(const struct nn_layer *l)
{
    return sizeof(*l) + nn_weight_bytes(l) + nn_bias_bytes(l) +
           nn_scales_bytes(l);
}

static uint64_t
out_bytes(const struct nn_layer *l)
{
    return nn_out_count(l) * nn_type_bytes(l->type);
}

/* What the arena holds while each layer runs: its scratch, its output, and
 * every tensor that was made before and is still read.  Owned by the caller;
 * NULL: out of memory. */
static uint64_t *
live_bytes(const struct boardnet *b)
{
    const struct low_net *net = b->net;
    const struct nn_layer *layers = nn_image_layers(b->image);
    int *last = calloc((size_t)net->n_tensors + 1, sizeof(*last));
    uint64_t *live = calloc((size_t)net->n_layers + 1, sizeof(*live));

    for (int i = 0; last && live && i < net->n_layers; i++) {
        const struct pack_ends *e = &net->layers[i].ends;

        last[e->in] = i;
        if (e->in2 >= 0)
            last[e->in2] = i;
    }
    for (int k = 0; last && live && k < net->n_feeds; k++)
        for (int i = 0; i <= last[net->feeds[k].tensor]; i++)
            live[i] += low_feed_count(&net->feeds[k]) * nn_type_bytes(b->type);
    for (int k = 0; last && live && k < net->n_layers; k++) {
        live[k] += nn_scratch_bytes(&layers[k]) + out_bytes(&layers[k]);
        for (int i = k + 1; i <= last[net->layers[k].ends.out]; i++)
            live[i] += out_bytes(&layers[k]);
    }
    if (last == NULL) {
        free(live);
        live = NULL;
    }
    free(last);
    return live;
}

static json_t *
layer_json(const struct boardnet *b, int i, uint64_t live, const json_t *nodes)
{
    const struct low_layer *low = &b->net->layers[i];
    const struct nn_layer *l = nn_image_layers(b->image) + i;
    const struct quant_scale s = scale_of(b, low->ends.out);
    const json_t *at = json_object_get(nodes, low->name);
    uint64_t in = nn_in_count(l) * nn_type_bytes(l->type);
    uint64_t need =
        in * (low->ends.in2 >= 0 ? 2 : 1) + out_bytes(l) + nn_scratch_bytes(l);

    return json_pack("{s:s,s:s,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:[i,i,i],s:f,s:i}",
        "name", low->name, "op", nn_op_name((enum nn_op)l->op), "layer",
        at ? json_incref((json_t *)at) : json_null(), "macs",
        (json_int_t)nn_macs(l), "weight_bytes", (json_int_t)nn_weight_bytes(l),
        "image_bytes", (json_int_t)image_bytes(l), "need_bytes",
        (json_int_t)need, "out_bytes", (json_int_t)out_bytes(l), "live_bytes",
        (json_int_t)live, "ends", low->ends.in, low->ends.in2, low->ends.out,
        "scale", s.scale, "zero", (int)s.zero);
}

static json_t *
layers_json(const struct boardnet *b, const json_t *nodes)
{
    uint64_t *live = live_bytes(b);
    json_t *list = live != NULL ? json_array() : NULL;
    int rc = list == NULL;

    for (int i = 0; rc == 0 && i < b->net->n_layers; i++)
        rc = json_array_append_new(list, layer_json(b, i, live[i], nodes));
    free(live);
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *
output_json(const struct boardnet *b, int k)
{
    const struct low_output *o = &b->net->outputs[k];
    const struct quant_scale s = scale_of(b, o->tensor);
    int i = 0;

    while (b->net->layers[i].ends.out != o->tensor)
        i++;
    return json_pack("{s:s,s:i,s:I,s:f,s:i}", "name", o->name, "layer", i,
        "bytes",
        (json_int_t)(nn_out_count(&b->net->layers[i].l) *
                     nn_type_bytes(b->type)),
        "scale", s.scale, "zero", (int)s.zero);
}

static json_t *
outputs_json(const struct boardnet *b)
{
    json_t *list = json_array();

    for (int k = 0; k < b->net->n_outputs; k++)
        if (json_array_append_new(list, output_json(b, k)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* What the board is given, where in the sample. */
static json_t *
feeds_json(const struct boardnet *b)
{
    uint32_t start = ((const struct nn_image *)b->image)->in;
    json_t *list = json_array();

    for (int i = 0; i < b->net->n_feeds; i++) {
        const struct low_feed *f = &b->net->feeds[i];
        const struct quant_scale s = scale_of(b, f->tensor);

        if (json_array_append_new(list,
                json_pack("{s:s,s:i,s:b,s:I,s:I,s:f,s:i}", "name", f->name,
                    "tensor", f->tensor, "input", f->input, "at",
                    (json_int_t)(quant_feed_at(b->quant, i, b->image) - start),
                    "bytes",
                    (json_int_t)(low_feed_count(f) * nn_type_bytes(b->type)),
                    "scale", s.scale, "zero", (int)s.zero)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

enum status
image_document(const struct boardnet *b, const json_t *analysis, json_t **out,
    struct err *err)
{
    const struct nn_image *head = b->image;
    json_t *nodes = map_nodes(analysis);

    *out = nodes == NULL
               ? NULL
               : json_pack("{s:s,s:s,s:I,s:I,s:o,s:o,s:o,s:O}", "schema",
                     "offramp.image/1", "type",
                     b->type == NN_I8 ? "int8" : "float32", "bytes",
                     (json_int_t)b->len, "arena_bytes",
                     (json_int_t)head->arena_bytes, "layers",
                     layers_json(b, nodes), "outputs", outputs_json(b), "feeds",
                     feeds_json(b), "lacks", b->lacks);
    json_decref(nodes);
    return *out ? ST_OK : err_nomem(err);
}
