/* SPDX-License-Identifier: MIT */
/*
 * protobuf-c unpacks without a limit on depth, and two bytes of an empty
 * message become hundreds in memory.  So the bytes are walked first, guided by
 * protobuf-c's own descriptors.
 */
#include "search/model/onnx.h"

#include <stdbool.h>
#include <string.h>

#include "base/plain.h"

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct scan {
    size_t fields; /* seen so far */
    struct err *err;
};

/* The part of the bytes that one message takes. */
struct span {
    const uint8_t *p, *end;
    int depth; /* 0: the file itself */
};

static enum status
bad(struct scan *s, const ProtobufCMessageDescriptor *d, const char *what)
{
    return err_set(s->err, ST_UNPROCESSABLE, "model.parse",
        "not an ONNX model, or damaged: %s in %s", what, d->short_name);
}

/* The bytes end too early: of the file, or of the message around. */
static enum status
short_of(struct scan *s, const ProtobufCMessageDescriptor *d,
    const struct span *m, const char *field)
{
    if (m->depth > 0)
        return bad(s, d, "a length beyond the end");
    return err_set(s->err, ST_UNPROCESSABLE, "model.truncated",
        "the file ends within %s: it is incomplete, send it again", field);
}

static bool
varint(struct span *m, uint64_t *out)
{
    uint64_t v = 0;

    for (int shift = 0; shift < 64 && m->p < m->end; shift += 7) {
        uint8_t byte = *m->p++;

        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

static enum wire
wire_of(ProtobufCType t)
{
    switch (t) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_BYTES;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return WIRE_32;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return WIRE_64;
    default:
        return WIRE_VARINT;
    }
}

static bool
wire_fits(const ProtobufCFieldDescriptor *f, enum wire w)
{
    enum wire own = wire_of(f->type);

    return w == own || (w == WIRE_BYTES && own != WIRE_BYTES &&
                           f->label == PROTOBUF_C_LABEL_REPEATED);
}

static enum status scan_message(
    struct scan *s, const ProtobufCMessageDescriptor *d, struct span m);

/* A known field of length-delimited bytes. */
static enum status
scan_bytes(struct scan *s, const ProtobufCMessageDescriptor *d,
    const ProtobufCFieldDescriptor *f, struct span body)
{
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return scan_message(s, f->descriptor, body);
    if (f->type != PROTOBUF_C_TYPE_STRING || !strcmp(f->name, "doc_string"))
        return ST_OK;
    if (!plain_text((const char *)body.p, (size_t)(body.end - body.p)))
        return bad(
            s, d, "a name that is not UTF-8 text or has control characters");
    /* Metadata, which nothing is named after, may say more. */
    if (body.end - body.p > ONNX_MAX_NAME && strcmp(f->name, "value"))
        return err_set(s->err, ST_UNPROCESSABLE, "model.too_large",
            "%s.%s is longer than %d bytes: export the model with shorter "
            "names",
            d->short_name, f->name, ONNX_MAX_NAME);
    return ST_OK;
}

/* Step over one field's content. */
static enum status
scan_field(struct scan *s, const ProtobufCMessageDescriptor *d, struct span *m,
    const ProtobufCFieldDescriptor *f, enum wire w)
{
    const char *name = f != NULL ? f->name : "an unknown field";
    uint64_t n;
    enum status st;

    if (w == WIRE_VARINT)
        return varint(m, &n) ? ST_OK : short_of(s, d, m, name);
    if (w == WIRE_64 || w == WIRE_32)
        n = w == WIRE_64 ? 8 : 4;
    else if (w != WIRE_BYTES)
        return bad(s, d, "a field of no known kind");
    else if (!varint(m, &n))
        return short_of(s, d, m, name);
    if (n > (uint64_t)(m->end - m->p))
        return f == NULL ? bad(s, d, "an unknown field beyond the end")
                         : short_of(s, d, m, name);
    if (w == WIRE_BYTES && f != NULL) {
        struct span body = { m->p, m->p + n, m->depth + 1 };

        if ((st = scan_bytes(s, d, f, body)) != ST_OK)
            return st;
    }
    m->p += n;
    return ST_OK;
}

static enum status
scan_message(struct scan *s, const ProtobufCMessageDescriptor *d, struct span m)
{
    uint64_t seen = 0; /* messages that must not come twice, by field */
    enum status st;

    if (m.depth > ONNX_MAX_DEPTH)
        return err_set(s->err, ST_UNPROCESSABLE, "model.too_large",
            "messages are nested deeper than %d", ONNX_MAX_DEPTH);
    while (m.p < m.end) {
        const ProtobufCFieldDescriptor *f;
        uint64_t tag;

        if (++s->fields > ONNX_MAX_FIELDS)
            return err_set(s->err, ST_UNPROCESSABLE, "model.too_large",
                "more than %d fields", ONNX_MAX_FIELDS);
        if (!varint(&m, &tag))
            return short_of(s, d, &m, "a field's number");
        if (tag >> 3 == 0 || tag >> 32 != 0)
            return bad(s, d, "an impossible field number");
        f = protobuf_c_message_descriptor_get_field(d, (unsigned)(tag >> 3));
        if (f != NULL && !wire_fits(f, (enum wire)(tag & 7)))
            return bad(s, d, "a field of the wrong kind");
        if (f != NULL && f->type == PROTOBUF_C_TYPE_MESSAGE &&
            f->label != PROTOBUF_C_LABEL_REPEATED) {
            uint64_t bit = UINT64_C(1) << (f - d->fields);

            if (seen & bit)
                return bad(s, d, "a part that comes twice");
            seen |= bit;
        }
        if ((st = scan_field(s, d, &m, f, (enum wire)(tag & 7))) != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status
onnx_scan(const uint8_t *data, size_t len, struct err *err)
{
    struct scan s = { .err = err };
    struct span all = { data, data + len, 0 };

    return scan_message(&s, &onnx__model_proto__descriptor, all);
}
