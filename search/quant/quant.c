/* SPDX-License-Identifier: MIT */
#include "search/quant/quant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Biases beyond this would leave no room for the sum they are added to. */
enum { BIAS_MAX = 1 << 29 };

struct range {
    float low, high; /* 0 is always inside */
};

struct quant {
    const struct low_net *net; /* borrowed */
    void *image;               /* owned: the float one */
    uint8_t *arena;            /* owned */
    float *input;              /* owned: what was fed last, [h][w][c] */
    struct range *ranges;      /* owned: of each tensor */
    struct quant_scale *scales;
    int n_tensors;
    int64_t observed;
};

enum status
quant_new(struct quant **out, const struct low_net *net, struct err *err)
{
    struct quant *q = calloc(1, sizeof(*q));
    size_t len, n = 1;
    enum status st;

    *out = NULL;
    if (q == NULL)
        return err_nomem(err);
    q->net = net;
    q->n_tensors = net->n_tensors;
    for (int i = 0; i < net->n_feeds; i++)
        if (low_feed_count(&net->feeds[i]) > n)
            n = low_feed_count(&net->feeds[i]);
    if ((st = low_image(net, &q->image, &len, err)) != ST_OK) {
        quant_free(q);
        return st;
    }
    q->arena = calloc(1, ((struct nn_image *)q->image)->arena_bytes);
    q->input = calloc(n, sizeof(float));
    q->ranges = calloc((size_t)q->n_tensors, sizeof(*q->ranges));
    q->scales = calloc((size_t)q->n_tensors, sizeof(*q->scales));
    if (!q->arena || !q->input || !q->ranges || !q->scales) {
        quant_free(q);
        return err_nomem(err);
    }
    *out = q;
    return ST_OK;
}

void
quant_free(struct quant *q)
{
    if (q == NULL)
        return;
    free(q->image);
    free(q->arena);
    free(q->input);
    free(q->ranges);
    free(q->scales);
    free(q);
}

static void
widen(struct range *r, const float *v, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        r->low = v[i] < r->low ? v[i] : r->low;
        r->high = v[i] > r->high ? v[i] : r->high;
    }
}

static const float *
floats_at(const struct quant *q, uint32_t at)
{
    return (const float *)(const void *)(q->arena + at);
}

uint32_t
quant_feed_at(const struct quant *q, int i, const void *image)
{
    const struct nn_layer *layers = nn_image_layers(image);
    int tensor = q->net->feeds[i].tensor, k = 0;

    while (q->net->layers[k].ends.in != tensor &&
           q->net->layers[k].ends.in2 != tensor)
        k++;
    return q->net->layers[k].ends.in == tensor ? layers[k].in : layers[k].in2;
}

static void
feed(struct quant *q, int i, const float *chw)
{
    const struct low_feed *f = &q->net->feeds[i];
    size_t n = low_feed_count(f);

    low_feed_order(f, chw, q->input);
    memcpy(
        q->arena + quant_feed_at(q, i, q->image), q->input, n * sizeof(float));
    widen(&q->ranges[f->tensor], q->input, n);
}

void
quant_observe(struct quant *q, const float *chw)
{
    quant_observe_feeds(q, &chw);
}

void
quant_observe_feeds(struct quant *q, const float *const *chw)
{
    const struct nn_layer *layers = nn_image_layers(q->image);
    struct nn_run r = { .image = q->image, .arena = q->arena };

    for (int i = 0; i < q->net->n_feeds; i++)
        feed(q, i, chw[i]);
    for (int i = 0; i < q->net->n_layers; i++) {
        r.layer = &layers[i];
        nn_run(&r);
        widen(&q->ranges[q->net->layers[i].ends.out],
            floats_at(q, layers[i].out), nn_out_count(&layers[i]));
    }
    q->observed++;
}

/* The place of output `i` in the arena of an image of this network. */
uint32_t
quant_output_at(const struct quant *q, int i, const void *image)
{
    const struct nn_layer *layers = nn_image_layers(image);
    int k = 0;

    while (q->net->layers[k].ends.out != q->net->outputs[i].tensor)
        k++;
    return layers[k].out;
}

const float *
quant_output(const struct quant *q, int i)
{
    return floats_at(q, quant_output_at(q, i, q->image));
}

struct quant_scale
quant_scale_of(const struct quant *q, int tensor)
{
    return q->scales[tensor];
}

static struct quant_scale
scale_of_range(struct range r)
{
    struct quant_scale s = { .scale = ((double)r.high - r.low) / 255 };

    if (s.scale == 0)
        s.scale = 1; /* always 0 */
    s.zero = (int32_t)lround(-128 - r.low / s.scale);
    return s;
}

/* Each tensor's scale; a layer's output comes after its inputs. */
static enum status
choose_scales(struct quant *q, struct err *err)
{
    if (q->observed == 0)
        return err_set(err, ST_UNPROCESSABLE, "records.calibration",
            "quantisation needs calibration data: give a data set");
    for (int t = 0; t < q->n_tensors; t++) {
        if (!isfinite(q->ranges[t].high - q->ranges[t].low))
            return err_set(err, ST_UNPROCESSABLE, "records.calibration",
                "an activation (tensor %d) is not finite for the calibration "
                "data",
                t);
        q->scales[t] = scale_of_range(q->ranges[t]);
    }
    for (int i = 0; i < q->net->n_layers; i++) {
        const struct low_layer *l = &q->net->layers[i];

        if (l->l.op == NN_AVGPOOL || l->l.op == NN_MAXPOOL)
            q->scales[l->ends.out] = q->scales[l->ends.in];
        if (l->l.op == NN_SOFTMAX)
            q->scales[l->ends.out] = (struct quant_scale){ 1.0 / 256, -128 };
    }
    return ST_OK;
}

/* One layer's numbers in int8. */
struct numbers {
    int8_t *weights;
    int32_t *bias;
    struct nn_scale *scales;
};

static void
numbers_clear(struct numbers *n)
{
    free(n->weights);
    free(n->bias);
    free(n->scales);
}

/* Channel `o`: its weights, its bias and its factor. */
static void
quantise_channel(const struct quant *q, const struct low_layer *low, uint32_t o,
    struct numbers *n)
{
    struct quant_scale in = q->scales[low->ends.in];
    bool alone = low->l.op == NN_DEPTHWISE;
    size_t each = nn_weight_count(&low->l) / low->l.out_c;
    double most = 0, scale, bias;

    for (size_t k = 0; k < each; k++) {
        size_t at = alone ? k * low->l.out_c + o : o * each + k;

        most = fmax(most, fabs((double)low->weights[at]));
    }
    scale = most > 0 ? most / 127 : 1;
    for (size_t k = 0; k < each; k++) {
        size_t at = alone ? k * low->l.out_c + o : o * each + k;

        n->weights[at] = (int8_t)lround(low->weights[at] / scale);
    }
    bias = round(low->bias[o] / (in.scale * scale));
    n->bias[o] = (int32_t)fmax(-BIAS_MAX, fmin(BIAS_MAX, bias));
    n->scales[o] =
        pack_scale(in.scale * scale / q->scales[low->ends.out].scale);
}

static enum status
pack_weights(struct quant *q, const struct low_layer *low, struct nn_layer *l,
    struct pack *p, struct err *err)
{
    size_t n = nn_weight_count(l);
    struct numbers v = { malloc(n), calloc(l->out_c, sizeof(int32_t)),
        calloc(l->out_c, sizeof(struct nn_scale)) };
    enum status st = v.weights && v.bias && v.scales ? ST_OK : err_nomem(err);

    for (uint32_t o = 0; st == ST_OK && o < l->out_c; o++)
        quantise_channel(q, low, o, &v);
    if (st == ST_OK)
        st = pack_weights_i8(p, l, v.weights, v.bias, v.scales, err);
    numbers_clear(&v);
    return st;
}

/* Both inputs in twice the larger scale, then the sum in the output's, with
 * 20 bits of headroom (TensorFlow Lite's kernel for int8 addition). */
static void
add_factors(
    const struct quant *q, const struct low_layer *low, struct nn_layer *l)
{
    double a = q->scales[low->ends.in].scale;
    double b = q->scales[low->ends.in2].scale, twice = 2 * fmax(a, b);

    l->in2_zero = q->scales[low->ends.in2].zero;
    l->factor[0] = pack_scale(a / twice);
    l->factor[1] = pack_scale(b / twice);
    l->factor[2] = pack_scale(twice * 0x1p-20 / q->scales[low->ends.out].scale);
}

static enum status
pack_i8(struct quant *q, const struct low_layer *low, struct pack *p,
    struct err *err)
{
    struct quant_scale in = q->scales[low->ends.in];
    struct quant_scale out = q->scales[low->ends.out];
    struct nn_layer l = low->l;
    uint32_t table[256];
    enum status st = ST_OK;

    l.type = NN_I8;
    l.in_zero = in.zero;
    l.out_zero = out.zero;
    l.low = low->relu ? out.zero : INT8_MIN;
    l.high = INT8_MAX;
    if (low->weights != NULL) {
        st = pack_weights(q, low, &l, p, err);
    } else if (l.op == NN_SOFTMAX) {
        pack_softmax_table(table, in.scale);
        st = pack_data(p, table, sizeof(table), &l.weights, err);
    } else if (l.op == NN_ADD) {
        add_factors(q, low, &l);
    } else if (l.op == NN_RELU) {
        l.factor[0] = pack_scale(in.scale / out.scale);
    }
    return st == ST_OK ? pack_layer(p, &l, low->ends, err) : st;
}

enum status
quant_image(struct quant *q, void **image, size_t *len, struct err *err)
{
    struct pack *p = malloc(sizeof(*p));
    enum status st;

    if (p == NULL)
        return err_nomem(err);
    pack_init(p);
    low_pack_feeds(q->net, NN_I8, p);
    st = choose_scales(q, err);
    for (int i = 0; st == ST_OK && i < q->net->n_layers; i++)
        st = pack_i8(q, &q->net->layers[i], p, err);
    for (int i = 0; st == ST_OK && i < q->net->n_outputs; i++)
        pack_keep(p, q->net->outputs[i].tensor);
    if (st == ST_OK)
        st = pack_finish(p, image, len, err);
    pack_clear(p);
    free(p);
    return st;
}

void
quant_input(const struct quant *q, const float *chw, int8_t *out)
{
    quant_feed(q, 0, chw, out);
}

void
quant_feed(const struct quant *q, int feed, const float *chw, int8_t *out)
{
    const struct low_feed *f = &q->net->feeds[feed];
    struct quant_scale s = q->scales[f->tensor];
    size_t area = (size_t)f->h * f->w;

    for (size_t i = 0; i < area; i++)
        for (uint32_t c = 0; c < f->c; c++) {
            double v = round(chw[c * area + i] / s.scale) + s.zero;

            out[i * f->c + c] = (int8_t)fmax(INT8_MIN, fmin(INT8_MAX, v));
        }
}
