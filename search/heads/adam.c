/* SPDX-License-Identifier: MIT */
/*
 * Heads of several layers: mini-batch Adam (Kingma and Ba, ICLR 2015) with
 * weight decay apart from the slopes (Loshchilov and Hutter, ICLR 2019) and
 * dropout of what the first layer reads (Srivastava et al., JMLR 2014).
 *
 * Where the held-out loss has not fallen for some epochs, training goes on
 * from the best weights at a quarter of the rate; after two such cuts it ends.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "search/heads/fit.h"
#include "search/heads/logistic.h"
#include "search/heads/net.h"
#include "search/heads/scale.h"

enum { BATCH = 64, CUTS = 2 };
/* Epochs at most and without gain, and steps where few rows make short epochs.
 */
enum { EPOCHS = 40, STEPS = 2000, PATIENCE = 3, PATIENCE_STEPS = 100 };
enum { DROPOUT_WIDTH = 128 };

static const float RATE_NARROW = 4e-3f, RATE_DENSE = 1e-3f, RATE_CONV = 2e-3f;
static const float RATE_CUT = 0.25f;
static const float DROP_DENSE = 0.5f, DROP_CONV = 0.2f, DECAY = 1e-3f;
static const float BETA1 = 0.9f, BETA2 = 0.999f, EPSILON = 1e-8f;

struct moments {
    float *first, *second; /* owned */
};

struct training {
    struct head *h;
    const struct fit_rows *rows;
    struct net net;
    struct scale scale;
    struct moments weight[HEAD_LAYERS], bias[HEAD_LAYERS];
    float *best_weight[HEAD_LAYERS], *best_bias[HEAD_LAYERS];
    size_t *order; /* of the rows fitted on */
    double *held;  /* [n_held][classes] class values */
    double best_loss;
    int best_epoch, epoch;
    int calm; /* epochs since the best one or the last cut */
    int cuts;
    float rate, drop;
    long steps;
    struct rng rng;
};

static bool
moments_init(struct moments *m, size_t n)
{
    m->first = calloc(n, sizeof(float));
    m->second = calloc(n, sizeof(float));
    return m->first != NULL && m->second != NULL;
}

static void
moments_clear(struct moments *m)
{
    free(m->first);
    free(m->second);
}

static void
training_clear(struct training *t)
{
    for (int i = 0; i < HEAD_LAYERS; i++) {
        moments_clear(&t->weight[i]);
        moments_clear(&t->bias[i]);
        free(t->best_weight[i]);
        free(t->best_bias[i]);
    }
    net_clear(&t->net);
    scale_clear(&t->scale);
    free(t->order);
    free(t->held);
}

/* Weights of He et al., ICCV 2015: uniform, variance 2 / inputs. */
static bool
layer_start(struct training *t, int i)
{
    struct head_layer *l = &t->h->layer[i];
    const size_t n = net_weights(&t->net, i);
    const double reach = sqrt(6.0 * (double)l->out / (double)n);

    l->weight = malloc(n * sizeof(float));
    l->bias = calloc(l->out, sizeof(float));
    t->best_weight[i] = malloc(n * sizeof(float));
    t->best_bias[i] = malloc(l->out * sizeof(float));
    for (size_t k = 0; l->weight != NULL && k < n; k++)
        l->weight[k] = (float)((2 * rng_unit(&t->rng) - 1) * reach);
    return l->weight != NULL && l->bias != NULL && t->best_weight[i] != NULL &&
           t->best_bias[i] != NULL && moments_init(&t->weight[i], n) &&
           moments_init(&t->bias[i], l->out);
}

static enum status
training_start(struct training *t, const struct site *s, struct err *err)
{
    const struct fit_rows *rows = t->rows;
    enum status st = net_init(&t->net, t->h, s, BATCH, err);
    bool ok = true;

    if (st != ST_OK)
        return st;
    t->rng.state = rows->seed;
    t->rate = RATE_NARROW;
    /* Few features are all needed. */
    if (t->scale.width >= DROPOUT_WIDTH) {
        t->rate = t->h->layer[0].conv ? RATE_CONV : RATE_DENSE;
        t->drop = t->h->layer[0].conv ? DROP_CONV : DROP_DENSE;
    }
    t->order = malloc(rows->n_fit * sizeof(*t->order));
    t->held = malloc(rows->n_held * rows->classes * sizeof(*t->held));
    for (int i = 0; i < t->h->n; i++)
        ok &= layer_start(t, i);
    if (t->order == NULL || t->held == NULL || !ok)
        return err_nomem(err);
    for (size_t i = 0; i < rows->n_fit; i++)
        t->order[i] = i;
    return ST_OK;
}

/* ---- one step ---- */

static void
adam(const struct training *t, float *w, const float *slope,
    const struct moments *m, size_t n, float decay)
{
    const float c1 = 1 - powf(BETA1, (float)t->steps);
    const float c2 = 1 - powf(BETA2, (float)t->steps);

    for (size_t i = 0; i < n; i++) {
        m->first[i] = BETA1 * m->first[i] + (1 - BETA1) * slope[i];
        m->second[i] = BETA2 * m->second[i] + (1 - BETA2) * slope[i] * slope[i];
        w[i] -=
            t->rate * (m->first[i] / c1 / (sqrtf(m->second[i] / c2) + EPSILON) +
                          decay * w[i]);
    }
}

/* Slopes of the mean cross-entropy by the class values. */
static void
softmax_slopes(struct training *t, const int32_t *y, size_t n)
{
    const size_t classes = t->rows->classes;

    for (size_t r = 0; r < n; r++) {
        const float *z = t->net.value[t->h->n] + r * classes;
        float *g = t->net.slope[t->h->n] + r * classes;
        float most = z[0], sum = 0;

        for (size_t k = 1; k < classes; k++)
            most = z[k] > most ? z[k] : most;
        for (size_t k = 0; k < classes; k++)
            sum += g[k] = expf(z[k] - most);
        for (size_t k = 0; k < classes; k++)
            g[k] = (g[k] / sum - (k == (size_t)y[r])) / (float)n;
    }
}

/* What is dropped is 0, the rest so much larger that sums stay. */
static void
drop_some(struct training *t, size_t n)
{
    float *x = t->net.value[0];
    const float keep = 1 / (1 - t->drop);

    for (size_t k = 0; t->drop > 0 && k < n; k++)
        x[k] *= rng_unit(&t->rng) < t->drop ? 0 : keep;
}

static void
step(struct training *t, size_t first)
{
    const struct fit_rows *rows = t->rows;
    const size_t left = rows->n_fit - first, n = left < BATCH ? left : BATCH;
    const size_t width = t->scale.width;
    int32_t y[BATCH];

    for (size_t r = 0; r < n; r++) {
        scale_rows(&t->scale, rows, t->order[first + r], 1,
            t->net.value[0] + r * width);
        y[r] = rows->y[t->order[first + r]];
    }
    drop_some(t, n * width);
    net_forward(&t->net, n);
    softmax_slopes(t, y, n);
    net_backward(&t->net, n);
    t->steps++;
    for (int i = 0; i < t->h->n; i++) {
        struct head_layer *l = &t->h->layer[i];

        adam(t, l->weight, t->net.by_weight[i], &t->weight[i],
            net_weights(&t->net, i), DECAY);
        adam(t, l->bias, t->net.by_bias[i], &t->bias[i], l->out, 0);
    }
}

/* ---- epochs ---- */

/* Class values of the held-out rows; `last`, where not NULL, gets what the
 * last layer reads. */
static void
run_held(struct training *t, float *last)
{
    const struct fit_rows *rows = t->rows;
    const size_t width = t->h->layer[t->h->n - 1].in;

    for (size_t i = 0; i < rows->n_held; i += BATCH) {
        size_t n = rows->n_held - i < BATCH ? rows->n_held - i : BATCH;

        scale_rows(&t->scale, rows, rows->n_fit + i, n, t->net.value[0]);
        net_forward(&t->net, n);
        for (size_t k = 0; k < n * rows->classes; k++)
            t->held[i * rows->classes + k] = t->net.value[t->h->n][k];
        if (last != NULL)
            memcpy(last + i * width, net_last_input(&t->net),
                n * width * sizeof(*last));
    }
}

static void
copy_weights(struct training *t, bool keep)
{
    for (int i = 0; i < t->h->n; i++) {
        struct head_layer *l = &t->h->layer[i];
        const size_t n = net_weights(&t->net, i) * sizeof(float);
        const size_t b = l->out * sizeof(float);

        memcpy(keep ? t->best_weight[i] : l->weight,
            keep ? l->weight : t->best_weight[i], n);
        memcpy(keep ? t->best_bias[i] : l->bias,
            keep ? l->bias : t->best_bias[i], b);
    }
}

static void
epoch(struct training *t)
{
    const struct fit_rows *rows = t->rows;
    double loss;

    for (size_t i = rows->n_fit - 1; i > 0; i--) {
        size_t k = (size_t)rng_below(&t->rng, i + 1), swap = t->order[i];

        t->order[i] = t->order[k];
        t->order[k] = swap;
    }
    for (size_t i = 0; i < rows->n_fit; i += BATCH)
        step(t, i);
    run_held(t, NULL);
    loss = logistic_loss(
        t->held, rows->y + rows->n_fit, rows->n_held, rows->classes, 1);
    t->epoch++;
    t->calm++;
    if (t->epoch > 1 && !(loss < t->best_loss))
        return;
    t->calm = 0;
    t->best_loss = loss;
    t->best_epoch = t->epoch;
    copy_weights(t, true);
}

/* Until nothing is gained at the least rate; false where epochs ran out. */
static bool
train(struct training *t)
{
    const int steps = (int)((t->rows->n_fit + BATCH - 1) / BATCH);
    const int most = STEPS / steps > EPOCHS ? STEPS / steps : EPOCHS;
    const int patience =
        PATIENCE_STEPS / steps > PATIENCE ? PATIENCE_STEPS / steps : PATIENCE;

    while (t->epoch < most) {
        epoch(t);
        if (t->calm < patience)
            continue;
        if (t->cuts++ == CUTS)
            return true;
        copy_weights(t, false);
        t->rate *= RATE_CUT;
        t->calm = 0;
    }
    return false;
}

/* ---- the end ---- */

/* Weights that read features as they are, over the temperature. */
static void
fold(struct training *t, double temperature)
{
    struct head_layer *first = &t->h->layer[0];
    struct head_layer *last = &t->h->layer[t->h->n - 1];
    const struct scale *s = &t->scale;
    const size_t per = net_weights(&t->net, 0) / first->out;
    /* A tap of a convolution stands for all windows of its channel. */
    const size_t taps = per / first->in, windows = s->width / first->in;

    for (size_t o = 0; o < first->out; o++)
        for (size_t k = 0; k < per; k++) {
            const size_t at = k / taps * windows;
            float *w = &first->weight[o * per + k];
            const double v = *w * s->inverse[at];

            first->bias[o] -= (float)(v * s->mean[at]);
            *w = (float)v;
        }
    for (size_t k = 0; k < last->in * last->out; k++)
        last->weight[k] = (float)(last->weight[k] / temperature);
    for (size_t k = 0; k < last->out; k++)
        last->bias[k] = (float)(last->bias[k] / temperature);
}

static enum status
finish(struct training *t, struct fit_report *out, struct err *err)
{
    const struct fit_rows *rows = t->rows;
    const int32_t *y = rows->y + rows->n_fit;
    const size_t n = rows->n_held * rows->classes;

    copy_weights(t, false);
    out->last =
        malloc(rows->n_held * t->h->layer[t->h->n - 1].in * sizeof(float));
    if (out->last == NULL)
        return err_nomem(err);
    run_held(t, out->last);
    out->temperature =
        logistic_temperature(t->held, y, rows->n_held, rows->classes);
    for (size_t i = 0; i < n; i++)
        t->held[i] /= out->temperature;
    out->loss = logistic_loss(t->held, y, rows->n_held, rows->classes, 1);
    out->held = t->held;
    t->held = NULL;
    out->gradient_norm = out->tolerance = out->l2 = NAN;
    out->iterations = t->best_epoch;
    fold(t, out->temperature);
    return ST_OK;
}

enum status
fit_net(struct head *h, const struct site *s, const struct fit_rows *rows,
    struct fit_report *out, struct err *err)
{
    struct training t = { .h = h, .rows = rows };
    enum status st = scale_find(&t.scale, rows, front_width(&h->front), err);

    *out = (struct fit_report){ 0 };
    if (st != ST_OK)
        return st;
    if (h->layer[0].conv)
        scale_by_channel(&t.scale, h->front.channels);
    out->constant = t.scale.constant;
    if (t.scale.constant == t.scale.width)
        st = err_set(err, ST_UNPROCESSABLE, "augment.constant_features",
            "all %zu features are the same for every sample", t.scale.width);
    if (st == ST_OK)
        st = training_start(&t, s, err);
    if (st == ST_OK) {
        const bool converged = train(&t);

        st = finish(&t, out, err);
        out->converged = converged;
    }
    training_clear(&t);
    return st;
}
