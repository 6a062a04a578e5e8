/* SPDX-License-Identifier: MIT */
#include "across.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "probes/mcu/emulator.h"

enum { RUN_MS = 120000, TIMES = 301, WARM = 50 };

void
must(enum status st, const struct err *err)
{
    if (st == ST_OK)
        return;
    fprintf(stderr, "bench_mapping: %s\n", err->text);
    exit(1);
}

static float *
tie(const struct tensor_info *info, size_t n, struct tensor *t, size_t *count)
{
    if (n != 1 || info->dtype != DTYPE_F4 || tensor_elements(info) < 1)
        must(ST_UNPROCESSABLE,
            &(struct err){ .text = "a part has not one float32 tensor in and "
                                   "out" });
    *count = (size_t)tensor_elements(info);
    *t = (struct tensor){ .data = calloc(*count, sizeof(float)),
        .bytes = *count * sizeof(float),
        .dtype = DTYPE_F4,
        .rank = info->rank };
    memcpy(t->dims, info->dims, sizeof(t->dims));
    if (t->data == NULL)
        must(ST_NOMEM, &(struct err){ .text = "out of memory" });
    return t->data;
}

void
part_open(struct part *p, struct runtime *rt, void *onnx, size_t len)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    const struct net_source source = { .data = onnx, .len = len };
    const struct tensor_info *info;
    struct tensor in, out;
    struct err err = { 0 };
    size_t n;

    *p = (struct part){ .onnx = onnx, .len = len };
    must(net_open(&p->net, rt, &source, &options, &err), &err);
    info = net_inputs(p->net, &n);
    p->in = tie(info, n, &in, &p->n_in);
    info = net_outputs(p->net, &n);
    p->out = tie(info, n, &out, &p->n_out);
    must(net_bind(&p->binding, p->net, &in, &out, &err), &err);
    if (low_make(&p->low, onnx, len, &err) == ST_OK)
        must(low_image(p->low, &p->image, &p->image_len, &err), &err);
    else
        snprintf(p->why, sizeof(p->why), "%.250s", err.text);
}

void
part_close(struct part *p)
{
    binding_free(p->binding);
    net_close(p->net);
    low_free(p->low);
    free(p->image);
    free(p->onnx);
    free(p->in);
    free(p->out);
}

void
part_run_host(struct part *p)
{
    struct err err = { 0 };

    must(net_run(p->net, p->binding, &err), &err);
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double
part_time_host(struct part *p)
{
    double ns[TIMES];

    for (int i = -WARM; i < TIMES; i++) {
        int64_t start = clock_ns();

        part_run_host(p);
        if (i >= 0)
            ns[i] = (double)(clock_ns() - start);
    }
    qsort(ns, TIMES, sizeof(*ns), by_value);
    return ns[TIMES / 2];
}

/* Boards have [h][w][c], ONNX [c][h][w]. */
static void
from_board(const struct nn_layer *l, const float *hwc, float *chw)
{
    size_t area = (size_t)l->out_h * l->out_w;

    for (size_t c = 0; c < l->out_c; c++)
        for (size_t i = 0; i < area; i++)
            chw[c * area + i] = hwc[i * l->out_c + c];
}

void
part_load(struct part *p, struct board *b)
{
    struct err err = { 0 };

    must(board_load(b, p->image, p->image_len, &err), &err);
}

uint64_t
part_run_board(struct part *p, struct board *b)
{
    const struct nn_image *head = p->image;
    const struct nn_layer *last =
        nn_image_layers(p->image) + head->n_layers - 1;
    float *there = malloc((p->n_in + p->n_out) * sizeof(float));
    struct board_run run;
    struct err err = { 0 };

    if (there == NULL)
        must(err_nomem(&err), &err);
    low_input(p->low, p->in, there);
    must(board_input(b, there, p->n_in * sizeof(float), &err), &err);
    must(board_run(b, 0, head->n_layers, 1, RUN_MS, &run, &err), &err);
    must(board_read(b, head->out, there, p->n_out * sizeof(float), &err), &err);
    from_board(last, there, p->out);
    free(there);
    return (uint64_t)((double)run.ticks * 1e9 /
                      ((double)b->clock_hz * EMULATOR_NS_PER_INSTRUCTION));
}

size_t
part_weights(const struct part *p)
{
    return p->image_len;
}

size_t
part_arena(const struct part *p)
{
    return ((const struct nn_image *)p->image)->arena_bytes;
}
