/* SPDX-License-Identifier: MIT */
#include "server/export/bytes.h"

#include <math.h>

/* NaN, not known, makes every sum with it unknown. */
static json_t *
bytes_or_null(double bytes)
{
    return isnan(bytes) ? json_null() : json_integer((json_int_t)bytes);
}

/* ---- the network's own ---- */

/* Weights of the layers of a part, and the most that one of them reads and
 * writes. */
static void
part_bytes(const struct export_input *in, const json_t *part, double *weights,
    double *peak)
{
    const json_t *layers =
        json_object_get(json_object_get(in->model, "analysis"), "layers");
    const json_t *index;
    size_t i;

    json_array_foreach(json_object_get(part, "layers"), i, index)
    {
        const json_t *l =
            json_array_get(layers, (size_t)json_integer_value(index));
        double live =
            export_number(l, "bytes_in") + export_number(l, "bytes_out");

        *weights += export_number(l, "weight_bytes");
        if (!(live <= *peak))
            *peak = live;
    }
}

/* What is handed to the segment after a boundary: its one tensor; null where
 * there is none such. */
static json_t *
tensor_bytes(const json_t *analysis, const json_t *exits, size_t exit)
{
    const json_t *layers = json_object_get(analysis, "layers");
    const json_t *tensor, *before, *b;
    size_t i;

    if (exit == 0)
        return bytes_or_null(
            export_number(json_array_get(layers, 0), "bytes_in"));
    before = json_array_get(exits, exit - 1);
    tensor = json_object_get(before, "tensor");
    json_array_foreach(json_object_get(analysis, "boundaries"), i, b)
    {
        if (json_equal(json_object_get(b, "tensor"), tensor))
            return bytes_or_null(export_number(b, "bytes"));
    }
    return json_null();
}

/* ---- a board's image ---- */

static bool
has_layer(const json_t *part, const json_t *layer)
{
    const json_t *v;
    size_t i;

    json_array_foreach(json_object_get(part, "layers"), i, v)
    {
        if (json_equal(v, layer))
            return true;
    }
    return false;
}

static bool
lacks_layers(const json_t *image, const json_t *part)
{
    const json_t *lacks = json_object_get(image, "lacks"), *index;
    size_t i;

    json_array_foreach(json_object_get(part, "layers"), i, index)
    {
        if (json_is_object(
                json_array_get(lacks, (size_t)json_integer_value(index))))
            return true;
    }
    return false;
}

/* A layer that the image lacks makes its part unknown. */
static void
image_part_bytes(
    const json_t *image, const json_t *part, double *stored, double *peak)
{
    const json_t *l;
    size_t i;

    if (lacks_layers(image, part)) {
        *stored = NAN;
        return;
    }
    json_array_foreach(json_object_get(image, "layers"), i, l)
    {
        const double live = export_number(l, "live_bytes");

        if (!has_layer(part, json_object_get(l, "layer")))
            continue;
        *stored += export_number(l, "image_bytes");
        if (!(live <= *peak))
            *peak = live;
    }
}

/* As the board has the tensor: that of the network's input, or what its layer
 * before the cut makes. */
static json_t *
image_input_bytes(const json_t *image, const json_t *exits, size_t exit)
{
    const json_t *before = json_array_get(exits, exit - 1), *x;
    double sum = 0, last = NAN;
    size_t i;

    json_array_foreach(json_object_get(image, "feeds"), i, x)
    {
        if (json_is_true(json_object_get(x, "input")))
            sum += export_number(x, "bytes");
    }
    if (exit == 0)
        return bytes_or_null(sum);
    json_array_foreach(json_object_get(image, "layers"), i, x)
    {
        if (json_equal(json_object_get(x, "layer"),
                json_object_get(before, "after_layer")))
            last = export_number(x, "out_bytes");
    }
    return bytes_or_null(last);
}

json_t *
export_exit_bytes(const struct export_input *in, size_t exit)
{
    static const char *const parts[] = { "segment", "head" };
    const json_t *analysis = json_object_get(in->model, "analysis");
    const json_t *exits = json_object_get(analysis, "exits");
    double stored[2] = { 0, 0 }, peak = 0;

    for (size_t i = 0; i < 2; i++) {
        const json_t *part =
            json_object_get(json_array_get(exits, exit), parts[i]);

        if (in->image != NULL)
            image_part_bytes(in->image, part, &stored[i], &peak);
        else
            part_bytes(in, part, &stored[i], &peak);
    }
    if (isnan(stored[0] + stored[1])) /* of a part that cannot run there */
        peak = NAN;
    return json_pack("{s:o,s:o,s:o,s:o}", "input_bytes",
        in->image != NULL ? image_input_bytes(in->image, exits, exit)
                          : tensor_bytes(analysis, exits, exit),
        "segment_bytes", bytes_or_null(stored[0]), "head_bytes",
        bytes_or_null(stored[1]), "peak_bytes", bytes_or_null(peak));
}
