/* SPDX-License-Identifier: MIT */
#include "search/worker/image_document.h"

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

static json_t *
layer_json(const struct boardnet *b, const struct low_layer *low,
    const struct nn_layer *l, const json_t *nodes)
{
    const struct quant_scale s = scale_of(b, low->ends.out);
    const json_t *at = json_object_get(nodes, low->name);
    uint64_t in = nn_in_count(l) * nn_type_bytes(l->type);
    uint64_t out = nn_out_count(l) * nn_type_bytes(l->type);
    uint64_t need =
        in * (low->ends.in2 >= 0 ? 2 : 1) + out + nn_scratch_bytes(l);

    return json_pack("{s:s,s:s,s:o,s:I,s:I,s:I,s:[i,i,i],s:f,s:i}", "name",
        low->name, "op", nn_op_name((enum nn_op)l->op), "layer",
        at ? json_incref((json_t *)at) : json_null(), "macs",
        (json_int_t)nn_macs(l), "weight_bytes", (json_int_t)nn_weight_bytes(l),
        "need_bytes", (json_int_t)need, "ends", low->ends.in, low->ends.in2,
        low->ends.out, "scale", s.scale, "zero", (int)s.zero);
}

static json_t *
layers_json(const struct boardnet *b, const json_t *nodes)
{
    const struct nn_layer *layers = nn_image_layers(b->image);
    json_t *list = json_array();

    for (int i = 0; i < b->net->n_layers; i++)
        if (json_array_append_new(list,
                layer_json(b, &b->net->layers[i], &layers[i], nodes)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
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
