/* SPDX-License-Identifier: MIT */
#include "unit/worker/bare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

Onnx__ModelProto *
bare_read(const char *path)
{
    struct err err = { 0 };
    Onnx__ModelProto *m;
    char *data;
    size_t len;

    assert_int_equal(file_read(path, 1 << 28, &data, &len, &err), ST_OK);
    if (onnx_read(data, len, &m, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    free(data);
    return m;
}

void
bare_put(struct bare_box *p, const char *path)
{
    Onnx__ModelProto *m = bare_read(path);
    Onnx__ValueInfoProto *last = m->graph->output[m->graph->n_output - 1];
    size_t n = m->graph->n_output, len;
    char hex[HASH_HEX];
    uint8_t *data;

    m->graph->output[n - 1] = m->graph->output[0];
    m->graph->output[0] = last;
    m->graph->n_output = 1;
    assert_int_equal(onnx_write(m, &data, &len, NULL), ST_OK);
    m->graph->n_output = n;
    onnx_free(m);
    box_bytes(&p->b, data, len, hex);
    free(data);
    box_run(
        &p->b, "analyse", json_pack("{s:s, s:s}", "blob", hex, "name", "m"));
    snprintf(p->model, sizeof(p->model), "%s",
        json_string_value(json_object_get(box_done(&p->b), "blob")));
    box_reuse(&p->b, p->model);
}

void
bare_open(struct bare_box *p)
{
    box_open(&p->b);
    bare_put(p, OFFRAMP_FIXTURES "/cnn3.onnx");
    box_file(&p->b, OFFRAMP_FIXTURES "/cnn3_images_u8.npy", p->inputs);
    box_file(&p->b, OFFRAMP_FIXTURES "/cnn3_labels.npy", p->labels);
}

json_t *
bare_payload(const struct bare_box *p, json_t *options)
{
    return json_pack("{s:{s:s}, s:{s:s, s:s, s:{s:f}}, s:o}", "model", "blob",
        p->model, "dataset", "inputs", p->inputs, "labels", p->labels,
        "preprocess", "scale", 1 / 255.0, "options", options);
}

json_t *
bare_augment(struct bare_box *p, json_t *options)
{
    json_t *doc;

    box_run(&p->b, "augment", bare_payload(p, options));
    doc = json_deep_copy(box_done(&p->b));
    snprintf(p->augmented, sizeof(p->augmented), "%s",
        json_string_value(json_object_get(doc, "model")));
    box_reuse(&p->b, p->augmented);
    return doc;
}

void
bare_path(const struct bare_box *p, const char *sub, const char *hex,
    char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s/%s", p->b.dir, sub, hex);
}

double
bare_number(const json_t *doc, const char *name)
{
    const json_t *v = json_object_get(doc, name);

    return json_is_number(v) ? json_number_value(v) : NAN;
}
