/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "make_onnx.h"
#include "search/worker/infer.h"

/* The library keeps a few bytes for ever; leaks of ours are still found. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
    return "leak:libonnxruntime";
}

int
rig_open(struct rig *rig)
{
    struct err err = { 0 };

    *rig = (struct rig){ 0 };
    if (hash_start(&err) != ST_OK)
        return 1;
    rig->nodes = json_array();
    if (runtime_onnx_open(&rig->rt, NULL, &err) == ST_OK)
        return 0;
    json_decref(rig->nodes);
    printf("skipped: %s\n", err.text);
    return 77;
}

void
rig_close(struct rig *rig)
{
    for (size_t i = 0; i < rig->n_blobs; i++)
        free(rig->blobs[i].data);
    free(rig->blobs);
    json_decref(rig->nodes);
    runtime_close(rig->rt);
}

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    return infer_shapes(((struct rig *)ctx)->rt, model, len, sink, err);
}

static enum status
emit(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    struct rig *rig = ctx;
    struct blob *b;

    (void)err;
    hash_bytes(data, len, hex);
    if (rig_blob(rig, hex) != NULL)
        return ST_OK;
    rig->blobs = realloc(rig->blobs, (rig->n_blobs + 1) * sizeof(*rig->blobs));
    assert_non_null(rig->blobs);
    b = &rig->blobs[rig->n_blobs++];
    memcpy(b->hex, hex, HASH_HEX);
    assert_non_null(b->data = malloc(len));
    memcpy(b->data, data, len);
    b->len = len;
    return ST_OK;
}

enum status
rig_analyse(struct rig *rig, json_t **doc, const void *data, size_t len,
    const char *shapes, struct err *err)
{
    const struct analyse_env env = { rig, infer, emit, NULL, rig->nodes };
    json_t *given = shapes != NULL ? json_loads(shapes, 0, NULL) : NULL;
    enum status st = analyse(doc, data, len, given, &env, err);

    json_decref(given);
    return st;
}

json_t *
rig_doc(struct rig *rig, const char *text)
{
    struct err err = { 0 };
    size_t len;
    uint8_t *data = make_onnx_bytes(text, &len);
    json_t *doc;

    if (rig_analyse(rig, &doc, data, len, NULL, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    free(data);
    return doc;
}

const struct blob *
rig_blob(const struct rig *rig, const char *hex)
{
    for (size_t i = 0; i < rig->n_blobs; i++)
        if (strcmp(rig->blobs[i].hex, hex) == 0)
            return &rig->blobs[i];
    return NULL;
}

static struct tensor
allocate(const struct tensor_info *info)
{
    struct tensor t = { .dtype = info->dtype, .rank = info->rank };

    assert_true(tensor_elements(info) >= 0);
    memcpy(t.dims, info->dims, sizeof(t.dims));
    t.bytes = (size_t)tensor_elements(info) * dtype_size(info->dtype);
    assert_non_null(t.data = calloc(1, t.bytes + 1));
    return t;
}

static struct named *
find(const struct bag *bag, const char *name)
{
    for (size_t i = 0; i < bag->n; i++)
        if (strcmp(bag->item[i].name, name) == 0)
            return &bag->item[i];
    return NULL;
}

const struct tensor *
bag_find(const struct bag *bag, const char *name)
{
    struct named *n = find(bag, name);

    return n != NULL ? &n->t : NULL;
}

static void
put(struct bag *bag, const char *name, struct tensor t)
{
    struct named *old = find(bag, name);

    if (old != NULL) {
        free(old->t.data);
        old->t = t;
        return;
    }
    bag->item = realloc(bag->item, (bag->n + 1) * sizeof(*bag->item));
    assert_non_null(bag->item);
    bag->item[bag->n++] = (struct named){ strdup(name), t };
}

static void
fill(struct tensor *t, unsigned seed)
{
    float *f = t->data;

    for (size_t i = 0; t->dtype == DTYPE_F4 && i < t->bytes / 4; i++)
        f[i] = (float)rand_r(&seed) / (float)RAND_MAX * 2 - 1;
}

void
rig_run(struct rig *rig, const struct blob *b, struct bag *bag, unsigned seed)
{
    const struct net_source src = { .data = b->data, .len = b->len };
    const struct net_options opts = NET_OPTIONS_DEFAULT;
    struct tensor in[16], out[80];
    struct err err = { 0 };
    struct binding *binding;
    struct net *net;
    const struct tensor_info *i_info, *o_info;
    size_t n_in, n_out;

    if (net_open(&net, rig->rt, &src, &opts, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    i_info = net_inputs(net, &n_in);
    o_info = net_outputs(net, &n_out);
    assert_true(n_in <= 16 && n_out <= 80);
    for (size_t i = 0; i < n_in; i++) {
        if (bag_find(bag, i_info[i].name) == NULL) {
            struct tensor t = allocate(&i_info[i]);

            fill(&t, seed + (unsigned)i);
            put(bag, i_info[i].name, t);
        }
        in[i] = *bag_find(bag, i_info[i].name);
    }
    for (size_t i = 0; i < n_out; i++)
        out[i] = allocate(&o_info[i]);
    if (net_bind(&binding, net, in, out, &err) != ST_OK ||
        net_run(net, binding, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    for (size_t i = 0; i < n_out; i++)
        put(bag, o_info[i].name, out[i]);
    binding_free(binding);
    net_close(net);
}

void
bag_clear(struct bag *bag)
{
    for (size_t i = 0; i < bag->n; i++) {
        free(bag->item[i].name);
        free(bag->item[i].t.data);
    }
    free(bag->item);
    *bag = (struct bag){ 0 };
}

double
rig_difference(const struct tensor *a, const struct tensor *b)
{
    const float *x = a->data, *y = b->data;
    double most = 0, scale = 0;

    assert_int_equal(a->bytes, b->bytes);
    for (size_t i = 0; i < a->bytes / 4; i++) {
        most = fmax(most, fabs((double)x[i] - y[i]));
        scale = fmax(scale, fabs((double)x[i]));
    }
    return scale > 0 ? most / scale : most;
}

const json_t *
rig_at(const json_t *doc, const char *path)
{
    char *copied = strdup(path), *save = NULL;

    for (char *w = strtok_r(copied, ".", &save); w != NULL && doc != NULL;
         w = strtok_r(NULL, ".", &save))
        doc = isdigit((unsigned char)w[0])
                  ? json_array_get(doc, strtoul(w, NULL, 10))
                  : json_object_get(doc, w);
    free(copied);
    return doc;
}

const char *
rig_text(const json_t *doc, const char *path)
{
    const char *s = json_string_value(rig_at(doc, path));

    if (s == NULL)
        fail_msg("no text at %s", path);
    return s;
}

int64_t
rig_int(const json_t *doc, const char *path)
{
    const json_t *v = rig_at(doc, path);

    if (!json_is_integer(v))
        fail_msg("no integer at %s", path);
    return json_integer_value(v);
}
