/* SPDX-License-Identifier: MIT */
#include "search/heads/net.h"

#include <stdlib.h>
#include <string.h>

#include "search/heads/blas.h"

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
    }
    n->pooled = floats(batch * widest, &ok);
    n->pooled_slope = floats(batch * widest, &ok);
    n->windows = floats(widest * n->taps * n->at, &ok);
    n->windows_slope = floats(widest * n->taps * n->at, &ok);
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
    free(n->windows_slope);
    *n = (struct net){ 0 };
}

const float *
net_last_input(const struct net *n)
{
    return n->convs == n->h->n - 1 ? n->pooled : n->value[n->h->n - 1];
}

/* ---- windows ---- */

/* One tap of one channel: `map` is [side0][side1], `line` as many elements
 * that it is copied to, or added back from. */
static void
shift(const struct net *n, float *map, float *line, size_t tap, bool back)
{
    const long rows = (long)n->side[0], cols = (long)n->side[1];
    const long dy = n->taps == 9 ? (long)(tap / 3) - 1 : 0;
    const long dx = (long)(tap % 3) - 1;
    const long from = dx < 0 ? -dx : 0, to = dx > 0 ? cols - dx : cols;

    for (long y = 0; y < rows; y++) {
        if (y + dy < 0 || y + dy >= rows || to <= from)
            continue;
        if (back)
            cblas_saxpy((int)(to - from), 1, line + y * cols + from, 1,
                map + (y + dy) * cols + from + dx, 1);
        else
            memcpy(line + y * cols + from, map + (y + dy) * cols + from + dx,
                (size_t)(to - from) * sizeof(*line));
    }
}

/* All taps of all channels: windows are [channels * taps][at]. */
static void
unroll(
    const struct net *n, float *map, float *windows, size_t channels, bool back)
{
    if (!back)
        memset(windows, 0, channels * n->taps * n->at * sizeof(*windows));
    for (size_t c = 0; c < channels; c++)
        for (size_t t = 0; t < n->taps; t++)
            shift(n, map + c * n->at, windows + (c * n->taps + t) * n->at, t,
                back);
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

    for (size_t r = 0; r < rows; r++) {
        float *to = n->value[i + 1] + r * out;

        unroll(n, n->value[i] + r * in, n->windows, l->in, false);
        for (size_t k = 0; k < out; k++)
            to[k] = l->bias[k / n->at];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)l->out,
            (int)n->at, (int)depth, 1, l->weight, (int)depth, n->windows,
            (int)n->at, 1, to, (int)n->at);
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

static void
conv_backward(struct net *n, int i, size_t rows)
{
    const struct head_layer *l = &n->h->layer[i];
    const size_t in = l->in * n->at, out = l->out * n->at;
    const size_t depth = l->in * n->taps;

    memset(n->by_weight[i], 0, net_weights(n, i) * sizeof(float));
    memset(n->slope[i], 0, rows * in * sizeof(float));
    for (size_t r = 0; r < rows; r++) {
        const float *g = n->slope[i + 1] + r * out;

        unroll(n, n->value[i] + r * in, n->windows, l->in, false);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)l->out,
            (int)depth, (int)n->at, 1, g, (int)n->at, n->windows, (int)n->at, 1,
            n->by_weight[i], (int)depth);
        for (size_t k = 0; k < out; k++)
            n->by_bias[i][k / n->at] += g[k];
        if (i == 0)
            continue;
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)depth,
            (int)n->at, (int)l->out, 1, l->weight, (int)depth, g, (int)n->at, 0,
            n->windows_slope, (int)n->at);
        unroll(n, n->slope[i] + r * in, n->windows_slope, l->in, true);
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

    for (size_t k = 0; k < rows * channels * n->at; k++)
        to[k] = n->pooled_slope[k / n->at] / (float)n->at;
}

void
net_backward(struct net *n, size_t rows)
{
    for (int i = n->h->n - 1; i >= 0; i--) {
        const struct head_layer *l = &n->h->layer[i];
        const size_t out = rows * l->out * (l->conv ? n->at : 1);
        const bool pool = i == n->convs && i > 0;

        for (size_t k = 0; l->relu && k < out; k++)
            if (n->value[i + 1][k] <= 0)
                n->slope[i + 1][k] = 0;
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
