/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/link/crc32.h"

enum { SIDE = 6, IN_C = 3, MID_C = 6, CLASSES = 5 };

static const struct {
    enum nn_op op;
    uint32_t in, in_c, out, out_c, kernel, stride, pad;
    struct pack_ends ends;
} shape[] = {
    { NN_CONV, SIDE, IN_C, SIDE, MID_C, 3, 1, 1, { 0, -1, 1 } },
    { NN_DEPTHWISE, SIDE, MID_C, SIDE, MID_C, 3, 1, 1, { 1, -1, 2 } },
    { NN_ADD, SIDE, MID_C, SIDE, MID_C, 1, 1, 0, { 1, 2, 3 } },
    { NN_MAXPOOL, SIDE, MID_C, 3, MID_C, 2, 2, 0, { 3, -1, 4 } },
    { NN_RELU, 3, MID_C, 3, MID_C, 1, 1, 0, { 4, -1, 5 } },
    { NN_AVGPOOL, 3, MID_C, 1, MID_C, 3, 3, 0, { 5, -1, 6 } },
    { NN_DENSE, 1, MID_C, 1, CLASSES, 1, 1, 0, { 6, -1, 7 } },
    { NN_SOFTMAX, 1, CLASSES, 1, CLASSES, 1, 1, 0, { 7, -1, 8 } },
};
enum { LAYERS = sizeof(shape) / sizeof(shape[0]) };

static void
draw(void *at, size_t n, enum nn_type type, struct rng *rng)
{
    float *f = at;
    int8_t *b = at;

    for (size_t i = 0; i < n; i++) {
        if (type == NN_F32)
            f[i] = (float)(2 * rng_unit(rng) - 1);
        else
            b[i] = (int8_t)(rng_next(rng) | 1);
    }
}

static void
must(enum status st, const struct err *err)
{
    if (st != ST_OK)
        fail_msg("%s", err->text);
}

static void
weigh(struct pack *p, struct nn_layer *l, struct rng *rng)
{
    float weights[512];
    int32_t bias[MID_C] = { 0 };
    struct nn_scale scales[MID_C];
    size_t size = nn_type_bytes(l->type), n = nn_weight_count(l) * size;
    struct err err = { 0 };

    assert_in_range(n, 1, sizeof(weights));
    draw(weights, n / size, l->type, rng);
    for (uint32_t i = 0; i < l->out_c; i++)
        scales[i] = pack_scale(0.002 + 0.01 * rng_unit(rng));
    if (l->type == NN_I8) {
        must(pack_weights_i8(p, l, (const int8_t *)weights, bias, scales, &err),
            &err);
        return;
    }
    must(pack_data(p, weights, n, &l->weights, &err), &err);
    must(pack_data(p, bias, 4ul * l->out_c, &l->bias, &err), &err);
}

static void
add_layer(struct pack *p, size_t i, enum nn_type type, struct rng *rng)
{
    uint32_t table[256];
    struct err err = { 0 };
    struct nn_layer l = { .op = shape[i].op,
        .type = type,
        .in_h = shape[i].in,
        .in_w = shape[i].in,
        .in_c = shape[i].in_c,
        .out_h = shape[i].out,
        .out_w = shape[i].out,
        .out_c = shape[i].out_c,
        .kernel_h = shape[i].kernel,
        .kernel_w = shape[i].kernel,
        .stride_h = shape[i].stride,
        .stride_w = shape[i].stride,
        .pad_top = shape[i].pad,
        .pad_left = shape[i].pad,
        .in_zero = 3,
        .in2_zero = -5,
        .out_zero = 3,
        .low = -128,
        .high = 127,
        .low_f = -10,
        .high_f = 10,
        .factor = { pack_scale(0.5), pack_scale(0.3), pack_scale(0x1p-19) } };

    if (l.op <= NN_DENSE)
        weigh(p, &l, rng);
    if (l.op == NN_SOFTMAX && type == NN_I8) {
        pack_softmax_table(table, 0.1);
        must(pack_data(p, table, sizeof(table), &l.weights, &err), &err);
    }
    if (l.op == NN_RELU)
        l.factor[0] = pack_scale(1);
    must(pack_layer(p, &l, shape[i].ends, &err), &err);
}

/* Run up to `end` layers here, on an arena of its own. */
static uint8_t *
run_here(const struct network *n, uint32_t end)
{
    const struct nn_image *head = n->image;
    struct nn_run r = { .image = n->image,
        .arena = calloc(1, head->arena_bytes) };

    assert_non_null(r.arena);
    memcpy(r.arena + head->in, n->input, head->in_bytes);
    for (uint32_t i = 0; i < end; i++) {
        r.layer = nn_image_layers(n->image) + i;
        nn_run(&r);
    }
    return r.arena;
}

void
network_make(struct network *n, enum nn_type type, struct rng *rng)
{
    static struct pack p;
    struct err err = { 0 };

    pack_init(&p);
    for (size_t i = 0; i < LAYERS; i++)
        add_layer(&p, i, type, rng);
    must(pack_finish(&p, &n->image, &n->len, &err), &err);
    pack_clear(&p);
    memset(n->input, 0, sizeof(n->input));
    draw(n->input, type == NN_F32 ? sizeof(n->input) / 4 : sizeof(n->input),
        type, rng);
    n->arena = run_here(n, LAYERS);
}

void
network_clear(struct network *n)
{
    free(n->image);
    free(n->arena);
}

json_t *
network_document(const struct network *n)
{
    json_t *layers = json_array();

    for (size_t i = 0; i < LAYERS; i++)
        json_array_append_new(
            layers, json_pack("{s:[i,i,i]}", "ends", shape[i].ends.in,
                        shape[i].ends.in2, shape[i].ends.out));
    return json_pack("{s:o,s:[{s:i,s:i,s:I}]}", "layers", layers, "feeds",
        "tensor", 0, "at", 0, "bytes", (json_int_t)network_head(n)->in_bytes);
}

const struct nn_image *
network_head(const struct network *n)
{
    return n->image;
}

uint32_t
network_crc(const struct network *n, uint32_t layer)
{
    const struct nn_layer *l = nn_image_layers(n->image) + layer;
    uint8_t *arena = run_here(n, layer + 1);
    uint32_t crc =
        crc32_of(0, arena + l->out, nn_out_count(l) * nn_type_bytes(l->type));

    free(arena);
    return crc;
}

const uint8_t *
network_output(const struct network *n)
{
    return n->arena + network_head(n)->out;
}
