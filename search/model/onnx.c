/* SPDX-License-Identifier: MIT */
#include "search/model/onnx.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "search/model/onnx_foreign.h"

static void *
alloc_or_note(void *data, size_t size)
{
    bool *failed = data;
    void *p = malloc(size);

    if (p == NULL)
        *failed = true;
    return p;
}

static void
alloc_free(void *data, void *p)
{
    (void)data;
    free(p);
}

/* Say what it is, where that can be told, rather than what is wrong with it. */
static enum status
refuse(const void *data, size_t len, const struct err *why, struct err *err)
{
    const char *what = onnx_foreign(data, len);

    if (what == NULL || why->status == ST_NOMEM)
        return err_set(err, why->status, why->code, "%s", why->text);
    return err_set(err, ST_UNPROCESSABLE, "model.format",
        "not an ONNX model, but %s", what);
}

enum status
onnx_read(const void *data, size_t len, Onnx__ModelProto **out, json_t *nodes,
    struct err *err)
{
    struct err why = { 0 };
    bool no_memory = false;
    ProtobufCAllocator alloc = { alloc_or_note, alloc_free, &no_memory };
    enum status st;

    *out = NULL;
    if (len == 0)
        return err_set(
            err, ST_UNPROCESSABLE, "model.empty", "the file has no bytes");
    if (len > ONNX_MAX_BYTES)
        return err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "the file is larger than 2 GiB");
    if ((st = onnx_scan(data, len, &why)) != ST_OK)
        return refuse(data, len, &why, err);
    *out = onnx__model_proto__unpack(&alloc, len, data);
    if (*out == NULL)
        return no_memory ? err_nomem(err)
                         : err_set(err, ST_UNPROCESSABLE, "model.parse",
                               "not an ONNX model, or damaged");
    if ((st = onnx_verify(*out, nodes, err)) != ST_OK) {
        onnx_free(*out);
        *out = NULL;
    }
    return st;
}

void
onnx_free(Onnx__ModelProto *m)
{
    if (m != NULL)
        onnx__model_proto__free_unpacked(m, NULL);
}

enum status
onnx_write(
    const Onnx__ModelProto *m, uint8_t **data, size_t *len, struct err *err)
{
    size_t need = onnx__model_proto__get_packed_size(m);

    *data = NULL;
    if (need > ONNX_MAX_BYTES)
        return err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "a part of the model is larger than 2 GiB");
    if ((*data = malloc(need + 1)) == NULL)
        return err_nomem(err);
    *len = onnx__model_proto__pack(m, *data);
    return ST_OK;
}

const Onnx__AttributeProto *
onnx_attr(const Onnx__NodeProto *n, const char *name)
{
    for (size_t i = 0; i < n->n_attribute; i++) {
        const Onnx__AttributeProto *a = n->attribute[i];

        if (a->name != NULL && strcmp(a->name, name) == 0)
            return a;
    }
    return NULL;
}

int64_t
onnx_attr_int(const Onnx__NodeProto *n, const char *name, int64_t fallback)
{
    const Onnx__AttributeProto *a = onnx_attr(n, name);

    return a != NULL && a->has_i ? a->i : fallback;
}

int
onnx_domain_is_standard(const char *domain)
{
    return domain == NULL || domain[0] == '\0' ||
           strcmp(domain, "ai.onnx") == 0;
}

const char *
onnx_node_label(const Onnx__NodeProto *n)
{
    if (n->name != NULL && n->name[0] != '\0')
        return n->name;
    for (size_t i = 0; i < n->n_output; i++)
        if (n->output[i][0] != '\0')
            return n->output[i];
    return "(unnamed)";
}
