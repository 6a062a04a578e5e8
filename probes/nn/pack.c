/* SPDX-License-Identifier: MIT */
#include "probes/nn/pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 64 << 20 };

struct nn_scale
pack_scale(double factor)
{
    int exponent;
    int64_t mult = llround(frexp(factor, &exponent) * 0x1p31);

    if (mult == INT64_C(1) << 31) {
        mult /= 2;
        exponent++;
    }
    if (exponent < -31)
        return (struct nn_scale){ 0, 0 };
    return (struct nn_scale){ (int32_t)mult, exponent };
}

void
pack_softmax_table(uint32_t table[256], double scale)
{
    for (int i = 0; i < 256; i++)
        table[i] = (uint32_t)lround(exp(-i * scale) * 0x1p23);
}

void
pack_init(struct pack *p)
{
    memset(p, 0, sizeof(*p));
    buf_init(&p->data, DATA_MAX);
}

void
pack_clear(struct pack *p)
{
    buf_clear(&p->data);
}

enum status
pack_data(
    struct pack *p, const void *data, size_t len, uint32_t *at, struct err *err)
{
    static const uint8_t zeros[NN_PAST + 3];
    enum status st;

    *at = (uint32_t)p->data.len;
    if ((st = buf_add(&p->data, data, len, err)) != ST_OK)
        return st;
    return buf_add(&p->data, zeros, NN_PAST + (4 - len % 4) % 4, err);
}

/* The weights of channel `o`, added up. */
static int32_t
weight_sum(const struct nn_layer *l, const int8_t *weights, size_t o)
{
    size_t each = nn_weight_count(l) / l->out_c;
    bool alone = l->op == NN_DEPTHWISE;
    int32_t sum = 0;

    for (size_t k = 0; k < each; k++)
        sum += weights[alone ? k * l->out_c + o : o * each + k];
    return sum;
}

enum status
pack_weights_i8(struct pack *p, struct nn_layer *l, const int8_t *weights,
    const int32_t *bias, const struct nn_scale *scales, struct err *err)
{
    const size_t n = l->out_c, bytes = 2 * n * sizeof(int32_t);
    int32_t *both = malloc(bytes), *factors = malloc(bytes);
    enum status st = both && factors ? ST_OK : err_nomem(err);

    for (size_t o = 0; st == ST_OK && o < n; o++) {
        both[o] = bias[o] - l->in_zero * weight_sum(l, weights, o);
        both[n + o] = bias[o];
        factors[o] = scales[o].mult;
        factors[n + o] = scales[o].shift;
    }
    if (st == ST_OK)
        st = pack_data(p, weights, nn_weight_count(l), &l->weights, err);
    if (st == ST_OK)
        st = pack_data(p, both, bytes, &l->bias, err);
    if (st == ST_OK)
        st = pack_data(p, factors, bytes, &l->scales, err);
    free(both);
    free(factors);
    return st;
}

static void
live(struct pack *p, int tensor, int layer, uint64_t bytes)
{
    struct pack_tensor *t = &p->tensors[tensor];

    if (!t->used)
        *t = (struct pack_tensor){ .first = layer, .used = true };
    t->last = layer;
    t->bytes = bytes > t->bytes ? bytes : t->bytes;
}

enum status
pack_layer(struct pack *p, const struct nn_layer *l, struct pack_ends ends,
    struct err *err)
{
    uint64_t size = nn_type_bytes(l->type);
    int i = (int)p->n_layers;

    if (i == NN_LAYERS_MAX || ends.in >= PACK_TENSORS_MAX ||
        ends.in2 >= PACK_TENSORS_MAX || ends.out >= PACK_TENSORS_MAX)
        return err_set(err, ST_TOO_LARGE, "model.too_large",
            "the network has over %d layers, the most that a board's image "
            "holds",
            NN_LAYERS_MAX);
    p->layers[i] = *l;
    p->ends[i] = ends;
    p->n_layers++;
    live(p, ends.in, i, nn_in_count(l) * size);
    if (ends.in2 >= 0)
        live(p, ends.in2, i, nn_in_count(l) * size);
    live(p, ends.out, i, nn_out_count(l) * size);
    return ST_OK;
}

void
pack_keep(struct pack *p, int tensor)
{
    p->tensors[tensor].kept = true;
}

void
pack_feed(struct pack *p, int tensor, uint64_t bytes)
{
    live(p, tensor, -1, bytes);
    p->tensors[tensor].fed = true;
}

/* The lowest place at which `t` meets none of the `n` placed tensors that live
 * at the same time: try 0 and the end of each. */
static uint64_t
lowest(const struct pack_tensor *t, struct pack_tensor *const *placed, size_t n)
{
    uint64_t at = 0;

    for (size_t i = 0; i < n; i++) {
        const struct pack_tensor *o = placed[i];
        bool meets = o->first <= t->last && t->first <= o->last &&
                     o->at < at + t->bytes && at < o->at + o->bytes;

        if (!meets)
            continue;
        at = o->at + o->bytes;
        i = (size_t)-1; /* look at all again from here */
    }
    return at;
}

static int
larger_first(const void *a, const void *b)
{
    const struct pack_tensor *x = *(struct pack_tensor *const *)a;
    const struct pack_tensor *y = *(struct pack_tensor *const *)b;

    if (x->fed || y->fed) /* side by side, before all others */
        return x->fed && y->fed ? (x > y) - (x < y) : y->fed - x->fed;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                : (x > y) - (x < y);
}

/* Greedy by size, as TensorFlow Lite Micro's planner does (arXiv 2001.03288).
 * Returns the size of the arena. */
static uint64_t
place(struct pack *p)
{
    struct pack_tensor **order = p->order;
    uint64_t arena = 0;
    size_t n = 0;

    for (size_t i = 0; i < PACK_TENSORS_MAX; i++)
        if (p->tensors[i].used)
            order[n++] = &p->tensors[i];
    for (size_t i = 0; i < p->n_layers; i++)
        order[n++] = &p->scratch[i];
    for (size_t i = 0; i < n; i++)
        order[i]->bytes = (order[i]->bytes + 3) & ~UINT64_C(3);
    qsort(order, n, sizeof(order[0]), larger_first);
    for (size_t i = 0; i < n; i++) {
        order[i]->at = lowest(order[i], order, i);
        if (order[i]->at + order[i]->bytes > arena)
            arena = order[i]->at + order[i]->bytes;
    }
    return arena;
}

static void
set_offsets(struct pack *p, uint32_t base)
{
    for (uint32_t i = 0; i < p->n_layers; i++) {
        struct nn_layer *l = &p->layers[i];
        const struct pack_ends *e = &p->ends[i];

        l->in = (uint32_t)p->tensors[e->in].at;
        l->in2 = e->in2 < 0 ? 0 : (uint32_t)p->tensors[e->in2].at;
        l->out = (uint32_t)p->tensors[e->out].at;
        l->scratch = (uint32_t)p->scratch[i].at;
        l->weights += base;
        l->bias += base;
        l->scales += base;
    }
}

/* Where the image's input begins and ends. */
static void
set_input(const struct pack *p, struct nn_image *head)
{
    uint64_t end = 0;

    for (size_t i = 0; i < PACK_TENSORS_MAX; i++) {
        const struct pack_tensor *t = &p->tensors[i];

        if (t->used && t->fed && t->at + t->bytes > end)
            end = t->at + t->bytes;
    }
    if (end == 0)
        return; /* none was fed: the first layer's input */
    head->in = 0;
    head->in_bytes = (uint32_t)end;
}

static enum status
write_image(
    struct pack *p, uint64_t arena, void **image, size_t *len, struct err *err)
{
    const struct nn_layer *first = p->layers, *last = first + p->n_layers - 1;
    size_t layers = p->n_layers * sizeof(*first);
    struct nn_image head = {
        .magic = NN_MAGIC,
        .bytes = (uint32_t)(sizeof(head) + layers + p->data.len),
        .n_layers = p->n_layers,
        .arena_bytes = (uint32_t)arena,
        .in = first->in,
        .in_bytes = (uint32_t)nn_in_count(first) * nn_type_bytes(first->type),
        .out = last->out,
        .out_bytes = (uint32_t)nn_out_count(last) * nn_type_bytes(last->type),
    };
    struct nn_fault fault = { 0 };
    uint8_t *out = malloc(head.bytes);

    if (out == NULL)
        return err_nomem(err);
    set_input(p, &head);
    memcpy(out, &head, sizeof(head));
    memcpy(out + sizeof(head), first, layers);
    if (p->data.len > 0)
        memcpy(out + sizeof(head) + layers, p->data.data, p->data.len);
    if (!nn_image_check(out, head.bytes, arena, &fault)) {
        free(out);
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
            "layer %u: %s needs %llu where boards have at most %llu",
            fault.layer, fault.what, (unsigned long long)fault.need,
            (unsigned long long)fault.have);
    }
    *image = out;
    *len = head.bytes;
    return ST_OK;
}

enum status
pack_finish(struct pack *p, void **image, size_t *len, struct err *err)
{
    uint64_t arena;

    if (p->n_layers == 0)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
            "the network has no layer that computes");
    pack_keep(p, p->ends[p->n_layers - 1].out);
    for (size_t i = 0; i < PACK_TENSORS_MAX; i++)
        if (p->tensors[i].kept)
            p->tensors[i].last = (int)p->n_layers;
    for (int i = 0; i < (int)p->n_layers; i++)
        p->scratch[i] = (struct pack_tensor){
            .bytes = nn_scratch_bytes(&p->layers[i]), .first = i, .last = i
        };
    arena = place(p);
    if (arena > UINT32_MAX)
        return err_set(err, ST_TOO_LARGE, "model.too_large",
            "the network's tensors need %llu bytes at once; a board can "
            "address 4 GiB",
            (unsigned long long)arena);
    set_offsets(p, (uint32_t)(sizeof(struct nn_image) +
                              p->n_layers * sizeof(struct nn_layer)));
    return write_image(p, arena, image, len, err);
}
