/* SPDX-License-Identifier: MIT */
#include "probes/mcu/golden_image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "probes/nn/pack.h"

enum {
    SIDE = 8,
    CHANNELS = 16,
    CLASSES = 10,
    WEIGHTS = 9 * CHANNELS * CHANNELS
};

/* A convolution that computes, an addition that moves memory, and a dense
 * layer so small that its start counts; the pool between them is not told. */
static const struct {
    const char *name; /* NULL: run, but not told */
    enum nn_op op;
    uint32_t in, out, out_c, kernel, pad;
    struct pack_ends ends;
} layers[] = {
    { "golden.compute", NN_CONV, SIDE, SIDE, CHANNELS, 3, 1, { 0, -1, 1 } },
    { "golden.memory", NN_ADD, SIDE, SIDE, CHANNELS, 1, 0, { 0, 1, 2 } },
    { NULL, NN_AVGPOOL, SIDE, 1, CHANNELS, SIDE, 0, { 2, -1, 3 } },
    { "golden.tiny", NN_DENSE, 1, 1, CLASSES, 1, 0, { 3, -1, 4 } },
};
enum { LAYERS = sizeof(layers) / sizeof(layers[0]) };

static void
draw(void *to, size_t n, struct rng *rng)
{
    int8_t *b = to;

    for (size_t i = 0; i < n; i++)
        b[i] = (int8_t)rng_below(rng, 255);
}

static enum status
add_weights(
    struct pack *p, struct nn_layer *l, struct rng *rng, struct err *err)
{
    int8_t weights[WEIGHTS];
    int32_t bias[CHANNELS] = { 0 };
    struct nn_scale scales[CHANNELS];
    size_t n = nn_weight_count(l);

    draw(weights, n, rng);
    for (uint32_t i = 0; i < l->out_c; i++)
        scales[i] = pack_scale(0.002);
    return pack_weights_i8(p, l, weights, bias, scales, err);
}

static enum status
add_layer(struct pack *p, size_t i, struct rng *rng, struct err *err)
{
    struct nn_layer l = { .op = layers[i].op,
        .type = NN_I8,
        .in_h = layers[i].in,
        .in_w = layers[i].in,
        .in_c = CHANNELS,
        .out_h = layers[i].out,
        .out_w = layers[i].out,
        .out_c = layers[i].out_c,
        .kernel_h = layers[i].kernel,
        .kernel_w = layers[i].kernel,
        .stride_h = 1,
        .stride_w = 1,
        .pad_top = layers[i].pad,
        .pad_left = layers[i].pad,
        .low = INT8_MIN,
        .high = INT8_MAX,
        .factor = { pack_scale(0.5), pack_scale(0.5), pack_scale(0x1p-20) } };
    enum status st = ST_OK;

    if (l.op == NN_CONV || l.op == NN_DENSE)
        st = add_weights(p, &l, rng, err);
    return st == ST_OK ? pack_layer(p, &l, layers[i].ends, err) : st;
}

enum status
golden_image_make(struct golden_image *g, struct err *err)
{
    struct pack *p = malloc(sizeof(*p));
    struct rng rng = { 1 };
    enum status st = ST_OK;

    *g = (struct golden_image){ .input = malloc(SIDE * SIDE * CHANNELS) };
    if (p == NULL || g->input == NULL) {
        free(p);
        golden_image_clear(g);
        return err_nomem(err);
    }
    draw(g->input, SIDE * SIDE * CHANNELS, &rng);
    pack_init(p);
    for (size_t i = 0; st == ST_OK && i < LAYERS; i++)
        st = add_layer(p, i, &rng, err);
    if (st == ST_OK)
        st = pack_finish(p, &g->image, &g->len, err);
    pack_clear(p);
    free(p);
    if (st != ST_OK)
        golden_image_clear(g);
    return st;
}

void
golden_image_clear(struct golden_image *g)
{
    free(g->image);
    free(g->input);
    *g = (struct golden_image){ 0 };
}

static enum status
fill(struct parts *out, size_t rounds, struct err *err)
{
    struct pass *pass = out->pass;

    for (uint32_t i = 0; i < LAYERS; i++) {
        struct part *p = &out->part[out->n];

        pass->steps[pass->n++] =
            (struct step){ i, i + 1, 1, layers[i].name ? out->n : STEP_SILENT };
        if (layers[i].name == NULL)
            continue;
        *p = (struct part){ .level = "L2",
            .role = ROLE_SENTINEL,
            .index = (int64_t)out->n,
            .name = layers[i].name,
            .weight_bytes = NAN,
            .need_bytes = NAN,
            .values = calloc(rounds, sizeof(double)) };
        out->n++;
        if (p->values == NULL)
            return err_nomem(err);
    }
    return ST_OK;
}

enum status
golden_image_parts(struct parts *out, size_t rounds, struct err *err)
{
    enum status st = ST_OK;

    *out = (struct parts){ .part = calloc(LAYERS, sizeof(*out->part)),
        .pass = calloc(1, sizeof(*out->pass)) };
    if (out->part == NULL || out->pass == NULL) {
        parts_clear(out);
        return err_nomem(err);
    }
    out->n_passes = 1;
    if ((out->pass->steps = calloc(LAYERS, sizeof(struct step))) == NULL)
        st = err_nomem(err);
    if (st == ST_OK)
        st = fill(out, rounds, err);
    if (st != ST_OK)
        parts_clear(out);
    return st;
}
