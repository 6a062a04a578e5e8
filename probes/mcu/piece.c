/* SPDX-License-Identifier: MIT */
#include "probes/mcu/piece.h"

#include <stdlib.h>
#include <string.h>

#include "probes/nn/pack.h"

struct pieces {
    const uint8_t *image; /* borrowed */
    uint32_t n_layers;
    struct pack_ends ends[NN_LAYERS_MAX];
    uint8_t *value[PACK_TENSORS_MAX]; /* owned: every tensor of the run */
    size_t bytes[PACK_TENSORS_MAX];
};

static const struct nn_layer *
layer_at(const struct pieces *p, uint32_t i)
{
    return nn_image_layers(p->image) + i;
}

static enum status
misfit(struct err *err, const char *what)
{
    return err_set(err, ST_UNPROCESSABLE, "model.image",
        "the image's document does not fit it: %s; quantise the network again",
        what);
}

/* ---- the run here ---- */

static enum status
keep_value(struct pieces *p, int tensor, const uint8_t *from, uint64_t n,
    struct err *err)
{
    free(p->value[tensor]);
    p->bytes[tensor] = (size_t)n;
    if ((p->value[tensor] = malloc((size_t)n)) == NULL)
        return err_nomem(err);
    memcpy(p->value[tensor], from, (size_t)n);
    return ST_OK;
}

static enum status
read_ends(struct pieces *p, const json_t *doc, struct err *err)
{
    const json_t *layers = json_object_get(doc, "layers");

    if (json_array_size(layers) != p->n_layers)
        return misfit(err, "layers");
    for (uint32_t i = 0; i < p->n_layers; i++) {
        const json_t *ends = json_object_get(json_array_get(layers, i), "ends");
        int64_t v[3];
        size_t n = 0;

        if (ends == NULL ||
            json_read_ints(ends, "layers[].ends", v, 3, &n, err) != ST_OK ||
            n != 3 || v[0] < 0 || v[1] < -1 || v[2] < 0 ||
            v[0] >= PACK_TENSORS_MAX || v[1] >= PACK_TENSORS_MAX ||
            v[2] >= PACK_TENSORS_MAX)
            return misfit(err, "layers[].ends");
        p->ends[i] = (struct pack_ends){ (int)v[0], (int)v[1], (int)v[2] };
    }
    return ST_OK;
}

static enum status
read_feeds(
    struct pieces *p, const json_t *doc, const uint8_t *sample, struct err *err)
{
    const struct nn_image *head = (const void *)p->image;
    const json_t *feed;
    enum status st = ST_OK;
    size_t i;

    json_array_foreach(json_object_get(doc, "feeds"), i, feed)
    {
        int64_t tensor = -1, at = -1, bytes = 0;
        const struct json_field fields[] = {
            { "tensor", JF_INT, true, &tensor, 0, PACK_TENSORS_MAX - 1 },
            { "at", JF_INT, true, &at, 0, head->in_bytes },
            { "bytes", JF_INT, true, &bytes, 1, head->in_bytes },
        };

        if (st == ST_OK)
            st = JSON_PICK(feed, "feeds[]", fields, err);
        if (st == ST_OK && at + bytes > head->in_bytes)
            st = misfit(err, "feeds");
        if (st == ST_OK)
            st = keep_value(p, (int)tensor, sample + at, (uint64_t)bytes, err);
    }
    return st;
}

static uint64_t
out_bytes(const struct nn_layer *l)
{
    return nn_out_count(l) * nn_type_bytes(l->type);
}

static uint64_t
in_bytes(const struct nn_layer *l)
{
    return nn_in_count(l) * nn_type_bytes(l->type);
}

static bool
has_value(const struct pieces *p, int tensor, const struct nn_layer *l)
{
    return tensor < 0 ||
           (p->value[tensor] != NULL && p->bytes[tensor] == in_bytes(l));
}

static enum status
run_all(struct pieces *p, const uint8_t *sample, struct err *err)
{
    const struct nn_image *head = (const void *)p->image;
    uint8_t *arena = calloc(1, head->arena_bytes);
    struct nn_run r = { .image = p->image, .arena = arena };
    enum status st = arena ? ST_OK : err_nomem(err);

    if (st == ST_OK)
        memcpy(arena + head->in, sample, head->in_bytes);
    for (uint32_t i = 0; st == ST_OK && i < p->n_layers; i++) {
        const struct nn_layer *l = layer_at(p, i);
        const struct pack_ends *e = &p->ends[i];

        if (!has_value(p, e->in, l) || !has_value(p, e->in2, l))
            st = misfit(err, "a layer reads what none before it makes");
        if (st != ST_OK)
            break;
        r.layer = l;
        nn_run(&r);
        st = keep_value(p, e->out, arena + l->out, out_bytes(l), err);
    }
    free(arena);
    return st;
}

enum status
pieces_open(struct pieces **out, const void *image, size_t len,
    const uint8_t *sample, const json_t *doc, struct err *err)
{
    struct pieces *p = calloc(1, sizeof(*p));
    struct nn_fault fault = { 0 };
    enum status st = p ? ST_OK : err_nomem(err);

    *out = NULL;
    if (st == ST_OK && !nn_image_check(image, len, SIZE_MAX, &fault))
        st = misfit(err, fault.what);
    if (st == ST_OK) {
        p->image = image;
        p->n_layers = ((const struct nn_image *)image)->n_layers;
        st = read_ends(p, doc, err);
    }
    if (st == ST_OK)
        st = read_feeds(p, doc, sample, err);
    if (st == ST_OK)
        st = run_all(p, sample, err);
    if (st != ST_OK) {
        pieces_close(p);
        return st;
    }
    *out = p;
    return ST_OK;
}

void
pieces_close(struct pieces *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < PACK_TENSORS_MAX; i++)
        free(p->value[i]);
    free(p);
}

/* ---- one piece ---- */

/* Which of the piece's tensors it makes itself, and which others read. */
struct border {
    bool made[PACK_TENSORS_MAX], fed[PACK_TENSORS_MAX];
    bool leaves[PACK_TENSORS_MAX];
};

static void
find_border(const struct pieces *p, const bool *in, struct border *b)
{
    *b = (struct border){ 0 };
    for (uint32_t i = 0; i < p->n_layers; i++)
        if (in[i])
            b->made[p->ends[i].out] = true;
    for (uint32_t i = 0; i < p->n_layers; i++) {
        const int reads[] = { p->ends[i].in, p->ends[i].in2 };

        for (size_t k = 0; k < 2; k++) {
            if (reads[k] < 0)
                continue;
            if (in[i] && !b->made[reads[k]])
                b->fed[reads[k]] = true;
            if (!in[i] && b->made[reads[k]])
                b->leaves[reads[k]] = true;
        }
    }
}

/* A layer's numbers, as they lie in the whole image. */
static enum status
add_layer(const struct pieces *p, struct pack *k, uint32_t i, struct err *err)
{
    const struct nn_layer *from = layer_at(p, i);
    struct nn_layer l = *from;
    const struct {
        uint32_t from, *to;
        uint64_t bytes;
    } data[] = {
        { from->weights, &l.weights,
            nn_weight_bytes(from) - (nn_bias_bytes(from) > 0 ? NN_PAST : 0) },
        { from->bias, &l.bias, nn_bias_bytes(from) },
        { from->scales, &l.scales, nn_scales_bytes(from) },
    };
    enum status st = ST_OK;

    l.weights = l.bias = l.scales = 0;
    for (size_t d = 0; st == ST_OK && d < 3; d++)
        if (data[d].bytes > 0)
            st = pack_data(k, p->image + data[d].from, (size_t)data[d].bytes,
                data[d].to, err);
    return st == ST_OK ? pack_layer(k, &l, p->ends[i], err) : st;
}

static enum status
pack_all(const struct pieces *p, const bool *in, const struct border *b,
    struct piece *out, struct err *err)
{
    struct pack *k = malloc(sizeof(*k));
    enum status st = ST_OK;
    int feeds = 0;

    if (k == NULL)
        return err_nomem(err);
    pack_init(k);
    for (int t = 0; t < PACK_TENSORS_MAX; t++)
        feeds += b->fed[t];
    for (int t = 0; feeds > 1 && t < PACK_TENSORS_MAX; t++)
        if (b->fed[t])
            pack_feed(k, t, p->bytes[t]);
    for (uint32_t i = 0; st == ST_OK && i < p->n_layers; i++)
        if (in[i])
            st = add_layer(p, k, i, err);
    for (int t = 0; t < PACK_TENSORS_MAX; t++)
        if (b->leaves[t])
            pack_keep(k, t);
    if (st == ST_OK)
        st = pack_finish(k, &out->image, &out->len, err);
    pack_clear(k);
    free(k);
    return st;
}

/* What it is fed, where it reads it. */
static void
put_inputs(const struct pieces *p, const bool *in, const struct border *b,
    struct piece *out)
{
    const struct nn_image *head = out->image;
    const struct nn_layer *l = nn_image_layers(out->image);

    for (uint32_t i = 0; i < p->n_layers; i++) {
        const struct pack_ends *e = &p->ends[i];

        if (!in[i])
            continue;
        if (b->fed[e->in])
            memcpy(out->input + l->in - head->in, p->value[e->in],
                p->bytes[e->in]);
        if (e->in2 >= 0 && b->fed[e->in2])
            memcpy(out->input + l->in2 - head->in, p->value[e->in2],
                p->bytes[e->in2]);
        l++;
    }
}

enum status
piece_make(
    const struct pieces *p, const bool *in, struct piece *out, struct err *err)
{
    struct border b;
    enum status st;

    *out = (struct piece){ 0 };
    find_border(p, in, &b);
    if ((st = pack_all(p, in, &b, out, err)) != ST_OK)
        return st;
    out->n_layers = ((struct nn_image *)out->image)->n_layers;
    out->input = calloc(1, ((struct nn_image *)out->image)->in_bytes);
    if (out->input == NULL) {
        piece_clear(out);
        return err_nomem(err);
    }
    put_inputs(p, in, &b, out);
    return ST_OK;
}

void
piece_clear(struct piece *p)
{
    free(p->image);
    free(p->input);
    *p = (struct piece){ 0 };
}
