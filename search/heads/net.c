/* SPDX-License-Identifier: MIT */
#include "search/heads/net.h"

#include <stdlib.h>
#include <string.h>

#include "search/heads/blas.h"

/* Rows that one product takes: enough to be worth it, and windows that the
 * processor's cache holds. */
enum { TILE = 16 };

size_t
net_weights(const struct net *n, int layer)
{
    const struct head_layer *l = &n->h->layer[layer];

    return l->in * l->out * (l->conv ? n->taps : 1);
}

/* Floats in one row of what layer `i` reads. */
static size_t
row_size(const struct net *n, int i)
{
    const struct head_layer *last = &n->h->layer[n->h->n - 1];

    if (i == n->h->n)
        return last->out;
    if (i > 0 && i == n->convs) /* before pooling */
        return n->h->layer[i].in * n->at;
    return n->h->layer[i].in * (i < n->convs ? n->at : 1);
}

static float *
floats(size_t count, bool *ok)
{
    float *p = calloc(count + 1, sizeof(*p));

    *ok &= p != NULL;
    return p;
}

enum status
net_init(struct net *n, const struct head *h, const struct site *s,
    size_t batch, struct err *err)
{
    size_t widest = 1;
    bool ok = true;

    *n = (struct net){ .h = h, .batch = batch, .taps = head_taps(s) };
    n->side[0] = h->front.out[0];
    n->side[1] = h->front.out[1];
    n->at = n->side[0] * n->side[1];
    while (n->convs < h->n && h->layer[n->convs].conv)
        n->convs++;
    for (int i = 0; i <= h->n; i++) {
        n->value[i] = floats(batch * row_size(n, i), &ok);
        n->slope[i] = floats(batch * row_size(n, i), &ok);
    }
    for (int i = 0; i < h->n; i++) {
        n->by_weight[i] = floats(net_weights(n, i), &ok);
        n->by_bias[i] = floats(h->layer[i].out, &ok);
        widest = h->layer[i].in > widest ? h->layer[i].in : widest;
        if (h->layer[i].conv && h->layer[i].out > widest)
            widest = h->layer[i].out;
    }
    n->pooled = floats(batch * widest, &ok);
    n->pooled_slope = floats(batch * widest, &ok);
    if (n->convs > 0) {
        n->windows = floats(widest * n->taps * TILE * n->at, &ok);
        n->planes = floats(widest * TILE * n->at, &ok);
        n->turned = floats(widest * widest * n->taps, &ok);
    }
    blas_start();
    return ok ? ST_OK : err_nomem(err);
}

void
net_clear(struct net *n)
{
    for (int i = 0; i <= HEAD_LAYERS; i++) {
        free(n->value[i]);
        free(n->slope[i]);
    }
    for (int i = 0; i < HEAD_LAYERS; i++) {
        free(n->by_weight[i]);
        free(n->by_bias[i]);
    }
    free(n->pooled);
    free(n->pooled_slope);
    free(n->windows);
    free(n->planes);
    free(n->turned);
    *n = (struct net){ 0 };
}

const float *
net_last_input(const struct net *n)
{
    return n->convs == n->h->n - 1 ? n->pooled : n->value[n->h->n - 1];
}

/* ---- windows ---- */

/*
 * One tap of one channel: `map` is [side0][side1], `line` as many elements.
 * The plane moves as a whole; what came over its border is blanked after.
 */
static void
shift(const struct net *n, const float *map, float *line, size_t tap)
{
    const long rows = (long)n->side[0], cols = (long)n->side[1];
    const long dy = n->taps == 9 ? (long)(tap / 3) - 1 : 0;
    const long dx = (long)(tap % 3) - 1, by = dy * cols + dx;
    const long from = by < 0 ? -by : 0, to = rows * cols - (by > 0 ? by : 0);

    if (to > from)
        memcpy(
            line + from, map + from + by, (size_t)(to - from) * sizeof(*line));
    for (long y = 0; y < rows; y++) {
        float *row = line + y * cols;

        if (y + dy < 0 || y + dy >= rows)
            memset(row, 0, (size_t)cols * sizeof(*row));
        else if (dx != 0)
            row[dx < 0 ? 0 : cols - 1] = 0;
    }
}

/* All taps of all channels of `rows` maps, [rows][channels][at], as windows:
 * [channels * taps][rows * at]. */
static void
unroll(struct net *n, const float *maps, size_t channels, size_t rows)
{
    const size_t width = rows * n->at;

    for (size_t c = 0; c < channels; c++)
        for (size_t t = 0; t < n->taps; t++)
            for (size_t r = 0; r < rows; r++)
                shift(n, maps + (r * channels + c) * n->at,
                    n->windows + (c * n->taps + t) * width + r * n->at, t);
}

/* [rows][channels][at] to [channels][rows * at], and back. */
static void
gather(const struct net *n, const float *maps, float *planes, size_t channels,
    size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < channels; c++)
            memcpy(planes + (c * rows + r) * n->at,
                maps + (r * channels + c) * n->at, n->at * sizeof(*maps));
}

static void
scatter(const struct net *n, const float *planes, float *maps, size_t channels,
    size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < channels; c++)
            memcpy(maps + (r * channels + c) * n->at,
                planes + (c * rows + r) * n->at, n->at * sizeof(*maps));
}

/* Rows of a tile that starts at `first`. */
static size_t
tile(size_t first, size_t rows)
{
    return rows - first < TILE ? rows - first : TILE;
}

/* ---- forwards ---- */

static void
rectify(float *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        v[i] = v[i] > 0 ? v[i] : 0;
}

static void
conv_forward(struct net *n, int i, size_t rows)
{
    const struct head_layer *l = &n->h->layer[i];
    const size_t in = l->in * n->at, out = l->out * n->at;
    const size_t depth = l->in * n->taps;

    for (size_t r = 0; r < rows; r += TILE) {
        const size_t t = tile(r, rows), width = t * n->at;

        unroll(n, n->value[i] + r * in, l->in, t);
        for (size_t o = 0; o < l->out; o++)
            for (size_t k = 0; k < width; k++)
                n->planes[o * width + k] = l->bias[o];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)l->out,
            (int)width, (int)depth, 1, l->weight, (int)depth, n->windows,
            (int)width, 1, n->planes, (int)width);
        scatter(n, n->planes, n->value[i + 1] + r * out, l->out, t);
    }
}

static void
dense_forward(struct net *n, int i, const float *from, size_t rows)
{
    const struct head_layer *l = &n->h->layer[i];
    float *to = n->value[i + 1];

    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * l->out, l->bias, l->out * sizeof(*to));
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)l->out,
        (int)l->in, 1, from, (int)l->in, l->weight, (int)l->in, 1, to,
        (int)l->out);
}

static void
pool_forward(struct net *n, size_t rows)
{
    const size_t channels = n->h->layer[n->convs - 1].out;
    const float *from = n->value[n->convs];

    for (size_t k = 0; k < rows * channels; k++) {
        float sum = 0;

        for (size_t p = 0; p < n->at; p++)
            sum += from[k * n->at + p];
        n->pooled[k] = sum / (float)n->at;
    }
}

void
net_forward(struct net *n, size_t rows)
{
    for (int i = 0; i < n->h->n; i++) {
        const struct head_layer *l = &n->h->layer[i];
        const bool pool = i == n->convs && i > 0;

        if (pool)
            pool_forward(n, rows);
        if (l->conv)
            conv_forward(n, i, rows);
        else
            dense_forward(n, i, pool ? n->pooled : n->value[i], rows);
        if (l->relu)
            rectify(n->value[i + 1], rows * l->out * (l->conv ? n->at : 1));
    }
}

/* ---- backwards ---- */

/* What a layer's input must change by is what its slopes give under the same
 * convolution with the kernels turned round: [in][out * taps]. */
static void
turn_kernels(struct net *n, int i)
{
    const struct head_layer *l = &n->h->layer[i];

    for (size_t o = 0; o < l->out; o++)
        for (size_t c = 0; c < l->in; c++)
            for (size_t t = 0; t < n->taps; t++)
                n->turned[(c * l->out + o) * n->taps + n->taps - 1 - t] =
                    l->weight[(o * l->in + c) * n->taps + t];
}

static void
conv_backward_input(struct net *n, int i, const float *g, float *to, size_t t)
{
    const struct head_layer *l = &n->h->layer[i];
    const size_t width = t * n->at, depth = l->out * n->taps;

    unroll(n, g, l->out, t);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)l->in,
        (int)width, (int)depth, 1, n->turned, (int)depth, n->windows,
        (int)width, 0, n->planes, (int)width);
    scatter(n, n->planes, to, l->in, t);
}

static void
conv_backward(struct net *n, int i, size_t rows)
{
    const struct head_layer *l = &n->h->layer[i];
    const size_t in = l->in * n->at, out = l->out * n->at;
    const size_t depth = l->in * n->taps;
    const float one = 1;

    memset(n->by_weight[i], 0, net_weights(n, i) * sizeof(float));
    if (i > 0)
        turn_kernels(n, i);
    for (size_t r = 0; r < rows; r += TILE) {
        const size_t t = tile(r, rows), width = t * n->at;
        const float *g = n->slope[i + 1] + r * out;

        unroll(n, n->value[i] + r * in, l->in, t);
        gather(n, g, n->planes, l->out, t);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)l->out,
            (int)depth, (int)width, 1, n->planes, (int)width, n->windows,
            (int)width, 1, n->by_weight[i], (int)depth);
        for (size_t o = 0; o < l->out; o++)
            n->by_bias[i][o] +=
                cblas_sdot((int)width, n->planes + o * width, 1, &one, 0);
        if (i > 0)
            conv_backward_input(n, i, g, n->slope[i] + r * in, t);
    }
}

static void
dense_backward(
    struct net *n, int i, const float *from, float *from_slope, size_t rows)
{
    const struct head_layer *l = &n->h->layer[i];
    const float *g = n->slope[i + 1];

    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)l->out,
        (int)l->in, (int)rows, 1, g, (int)l->out, from, (int)l->in, 0,
        n->by_weight[i], (int)l->in);
    for (size_t k = 0; k < rows * l->out; k++)
        n->by_bias[i][k % l->out] += g[k];
    if (i > 0)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows,
            (int)l->in, (int)l->out, 1, g, (int)l->out, l->weight, (int)l->in,
            0, from_slope, (int)l->in);
}

static void
pool_backward(struct net *n, size_t rows)
{
    const size_t channels = n->h->layer[n->convs - 1].out;
    float *to = n->slope[n->convs];

    for (size_t k = 0; k < rows * channels; k++)
        for (size_t p = 0; p < n->at; p++)
            to[k * n->at + p] = n->pooled_slope[k] / (float)n->at;
}

/* Nothing flows back where a unit was off. */
static void
stop_slopes(const float *value, float *slope, size_t count)
{
    for (size_t k = 0; k < count; k++)
        slope[k] = value[k] > 0 ? slope[k] : 0;
}

void
net_backward(struct net *n, size_t rows)
{
    for (int i = n->h->n - 1; i >= 0; i--) {
        const struct head_layer *l = &n->h->layer[i];
        const size_t out = rows * l->out * (l->conv ? n->at : 1);
        const bool pool = i == n->convs && i > 0;

        if (l->relu)
            stop_slopes(n->value[i + 1], n->slope[i + 1], out);
        memset(n->by_bias[i], 0, l->out * sizeof(float));
        if (l->conv)
            conv_backward(n, i, rows);
        else
            dense_backward(n, i, pool ? n->pooled : n->value[i],
                pool ? n->pooled_slope : n->slope[i], rows);
        if (pool)
            pool_backward(n, rows);
    }
}
