/* SPDX-License-Identifier: MIT */
#include "search/quant/part.h"

#include <stdlib.h>
#include <string.h>

struct making {
    const uint8_t *image;
    const struct part_order *order;
    struct pack *pack;
    int number[PACK_TENSORS_MAX]; /* of a tensor here; -1: not yet */
    int n;
    int from;
};

static bool
makes(const struct part_order *o, int tensor)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->ends[i].out == tensor)
            return true;
    return false;
}

static enum status
number_of(struct making *m, int tensor, int *out, struct err *err)
{
    if (tensor < 0) {
        *out = -1;
        return ST_OK;
    }
    if (!makes(m->order, tensor) && m->from != tensor) {
        if (m->from >= 0)
            return err_set(err, ST_UNPROCESSABLE, "model.boundary",
                "two tensors would come in from another processor, a board "
                "takes one: map the segments otherwise");
        m->from = tensor;
    }
    if (m->number[tensor] < 0)
        m->number[tensor] = m->n++;
    *out = m->number[tensor];
    return ST_OK;
}

/* What a layer reads of the image besides tensors; pack_data() adds the bytes
 * past weights itself. */
static enum status
copy_stored(struct making *m, struct nn_layer *l, struct err *err)
{
    const uint8_t *from = m->image;
    const bool weighted = l->op <= NN_DENSE;
    const uint64_t weights = nn_weight_bytes(l) - (weighted ? NN_PAST : 0);
    const uint64_t channel = weighted ? l->out_c : 0;
    const struct {
        uint32_t *at;
        uint64_t bytes;
    } stored[] = { { &l->weights, weights }, { &l->bias, channel * 4 },
        { &l->scales,
            l->type == NN_I8 ? channel * sizeof(struct nn_scale) : 0 } };
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < 3; i++) {
        const uint32_t was = *stored[i].at;

        *stored[i].at = 0;
        if (stored[i].bytes > 0)
            st = pack_data(m->pack, from + was, (size_t)stored[i].bytes,
                stored[i].at, err);
    }
    return st;
}

static enum status
add_layer(struct making *m, size_t i, struct err *err)
{
    const struct pack_ends *e = &m->order->ends[i];
    struct nn_layer l = nn_image_layers(m->image)[m->order->layer[i]];
    struct pack_ends ends;
    enum status st;

    if ((st = number_of(m, e->in, &ends.in, err)) != ST_OK ||
        (st = number_of(m, e->in2, &ends.in2, err)) != ST_OK ||
        (st = number_of(m, e->out, &ends.out, err)) != ST_OK ||
        (st = copy_stored(m, &l, err)) != ST_OK)
        return st;
    return pack_layer(m->pack, &l, ends, err);
}

enum status
part_make(const void *image, const struct part_order *o, int *from, void **out,
    size_t *len, struct err *err)
{
    struct making m = { .image = image, .order = o, .from = -1 };
    enum status st = ST_OK;

    *out = NULL;
    if ((m.pack = malloc(sizeof(*m.pack))) == NULL)
        return err_nomem(err);
    pack_init(m.pack);
    for (size_t i = 0; i < PACK_TENSORS_MAX; i++)
        m.number[i] = -1;
    for (size_t i = 0; st == ST_OK && i < o->n; i++)
        st = add_layer(&m, i, err);
    if (st == ST_OK && (o->n == 0 || m.from != o->ends[0].in))
        st = err_set(err, ST_UNPROCESSABLE, "model.boundary",
            "what another processor hands over is not what the first layer "
            "here reads: map the segments otherwise");
    if (st == ST_OK && o->keep >= 0 && m.number[o->keep] >= 0)
        pack_keep(m.pack, m.number[o->keep]);
    if (st == ST_OK)
        st = pack_finish(m.pack, out, len, err);
    *from = m.from;
    pack_clear(m.pack);
    free(m.pack);
    return st;
}
