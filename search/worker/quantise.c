/* SPDX-License-Identifier: MIT */
#include "search/worker/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "probes/deploy/answer.h"
#include "search/worker/evaluate.h"

/* Row `i` as the network takes it, [c][h][w], in b->row. */
static void
prepare_row(struct boardnet *b, const struct dataset *d, int64_t i)
{
    npy_row(&d->inputs, (size_t)i, b->raw);
    preprocess_row(&d->prepare, &d->inputs, b->raw, b->row);
}

static void
draw_row(struct boardnet *b)
{
    struct rng rng = { 1 };

    for (size_t i = 0; i < b->n_in; i++)
        b->row[i] = (float)(2 * rng_unit(&rng) - 1);
}

/* ---- what is fed ---- */

/* Names of the tensors that the runtime has to make: feeds, then answers. */
static enum status
open_feeder(struct boardnet *b, const void *onnx, size_t len, struct err *err)
{
    size_t n = 0, most = (size_t)b->net->n_feeds + json_array_size(b->missing);
    const char **names = calloc(most + 1, sizeof(*names));
    enum status st = ST_OK;
    const json_t *name;
    size_t i;

    if (names == NULL)
        return err_nomem(err);
    for (int k = 0; k < b->net->n_feeds; k++)
        if (!b->net->feeds[k].input)
            names[n++] = b->net->feeds[k].name;
    json_array_foreach(b->missing, i, name) names[n++] =
        json_string_value(name);
    if (n > 0)
        st = feeder_open(&b->feeder, onnx, len, names, n, err);
    free(names);
    return st;
}

/* Feeds other than the input, which come first in the feeder. */
static size_t
n_made(const struct boardnet *b)
{
    size_t n = 0;

    for (int k = 0; k < b->net->n_feeds; k++)
        n += !b->net->feeds[k].input;
    return n;
}

/* All feeds for b->row, borrowed. */
static enum status
make_feeds(const struct boardnet *b, const float *feeds[], struct err *err)
{
    enum status st = ST_OK;
    size_t n = 0;

    if (b->feeder != NULL)
        st = feeder_run(b->feeder, b->row, b->n_in, err);
    for (int k = 0; k < b->net->n_feeds; k++)
        feeds[k] = b->net->feeds[k].input ? b->row
                                          : feeder_value(b->feeder, n++, NULL);
    return st;
}

/* Them in the image's own numbers, where the image has them. */
static void
put_feeds(const struct boardnet *b, const float *const feeds[], uint8_t *arena)
{
    for (int k = 0; k < b->net->n_feeds; k++) {
        void *to = arena + quant_feed_at(b->quant, k, b->image);

        if (b->type == NN_I8)
            quant_feed(b->quant, k, feeds[k], to);
        else
            low_feed_order(&b->net->feeds[k], feeds[k], to);
    }
}

static enum status
allocate(struct boardnet *b, struct err *err)
{
    b->n_in = (size_t)b->net->in_h * b->net->in_w * b->net->in_c;
    b->raw = malloc(b->n_in * sizeof(float));
    b->row = malloc(b->n_in * sizeof(float));
    return b->raw && b->row ? ST_OK : err_nomem(err);
}

static enum status
check_data(const struct boardnet *b, const struct dataset *d, struct err *err)
{
    if (d->inputs.row_elements == b->n_in)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "dataset.shape",
        "a row of the data set has %zu values, the network's input %zu",
        d->inputs.row_elements, b->n_in);
}

static enum status
calibrate(struct boardnet *b, struct task *t, const struct dataset *d,
    struct row_range rows, struct err *err)
{
    const float *feeds[LOW_FEEDS_MAX];
    enum status st = ST_OK;

    for (int64_t i = rows.from; st == ST_OK && i < rows.to; i++) {
        task_progress(t, "calibrate", i - rows.from, rows.to - rows.from, NULL);
        prepare_row(b, d, i);
        if ((st = make_feeds(b, feeds, err)) == ST_OK)
            quant_observe_feeds(b->quant, feeds);
    }
    return st;
}

/* The arena, and in it what is fed for b->row: the sample. */
static enum status
make_sample(struct boardnet *b, struct err *err)
{
    const struct nn_image *head = b->image;
    const float *feeds[LOW_FEEDS_MAX];
    enum status st;

    b->arena = calloc(1, head->arena_bytes);
    b->sample = malloc(head->in_bytes);
    if (b->arena == NULL || b->sample == NULL)
        return err_nomem(err);
    if ((st = make_feeds(b, feeds, err)) != ST_OK)
        return st;
    put_feeds(b, feeds, b->arena);
    memcpy(b->sample, b->arena + head->in, head->in_bytes);
    return ST_OK;
}

/* Exits' outputs that no layer of the image makes. */
static enum status
find_missing(struct boardnet *b, const json_t *analysis, struct err *err)
{
    const json_t *exits = json_object_get(analysis, "exits"), *x;
    size_t i;

    if ((b->missing = json_array()) == NULL)
        return err_nomem(err);
    json_array_foreach(exits, i, x)
    {
        json_t *name = json_object_get(x, "output");
        int k = 0;

        while (k < b->net->n_outputs &&
               strcmp(b->net->outputs[k].name, json_string_value(name)) != 0)
            k++;
        if (k == b->net->n_outputs && json_array_append(b->missing, name) != 0)
            return err_nomem(err);
    }
    return ST_OK;
}

enum status
boardnet_make(struct boardnet *b, struct task *t,
    const struct boardnet_model *model, const struct dataset *data,
    struct row_range rows, struct err *err)
{
    enum status st;

    if ((st = low_make_partly(&b->net, model->onnx, model->len, b->type,
             json_object_get(model->analysis, "layers"), &b->lacks, err)) !=
            ST_OK ||
        (st = find_missing(b, model->analysis, err)) != ST_OK ||
        (st = open_feeder(b, model->onnx, model->len, err)) != ST_OK ||
        (st = allocate(b, err)) != ST_OK ||
        (st = quant_new(&b->quant, b->net, err)) != ST_OK ||
        (data != NULL && (st = check_data(b, data, err)) != ST_OK))
        return st;
    if (b->type == NN_I8 && (st = calibrate(b, t, data, rows, err)) == ST_OK)
        st = quant_image(b->quant, &b->image, &b->len, err);
    else if (b->type != NN_I8)
        st = low_image(b->net, &b->image, &b->len, err);
    if (st != ST_OK)
        return st;
    if (data != NULL)
        prepare_row(b, data, rows.from);
    else
        draw_row(b);
    return make_sample(b, err);
}

void
boardnet_clear(struct boardnet *b)
{
    quant_free(b->quant);
    feeder_close(b->feeder);
    low_free(b->net);
    json_decref(b->lacks);
    json_decref(b->missing);
    free(b->image);
    free(b->arena);
    free(b->sample);
    free(b->raw);
    free(b->row);
    *b = (struct boardnet){ 0 };
}

/* ---- answers ---- */

/* The exits of one run. */
struct exits {
    const struct boardnet_exit *exit;
    int n;
    enum answer_scale image[RECORDS_EXITS_MAX], real[RECORDS_EXITS_MAX];
};

static uint32_t
classes_of(const struct boardnet *b, int output)
{
    size_t n = 0;
    int i = 0;

    if (output < 0) {
        feeder_value(b->feeder, n_made(b) + (size_t)(-1 - output), &n);
        return (uint32_t)n;
    }
    while (b->net->layers[i].ends.out != b->net->outputs[output].tensor)
        i++;
    return (uint32_t)nn_out_count(&b->net->layers[i].l);
}

/* What a softmax made are probabilities, also where int8 ones do not add up to
 * 1: the first row must not decide that. */
static void
judge_scales(const struct boardnet *b, struct exits *x)
{
    for (int e = 0; e < x->n; e++) {
        int i = 0;

        while (b->net->layers[i].ends.out !=
               b->net->outputs[x->exit[e].output].tensor)
            i++;
        if (b->net->layers[i].l.op == NN_SOFTMAX)
            x->image[e] = SCALE_PROBABILITY;
    }
}

static void
run_image(const struct boardnet *b, const float *const feeds[])
{
    const struct nn_image *head = b->image;
    struct nn_run r = { .image = b->image, .arena = b->arena };

    put_feeds(b, feeds, b->arena);
    for (uint32_t i = 0; i < head->n_layers; i++) {
        r.layer = nn_image_layers(b->image) + i;
        nn_run(&r);
    }
}

/* Output `i` of the image in real numbers; `to` has room for them. */
static void
read_output(const struct boardnet *b, int i, uint32_t n, float *to)
{
    const uint8_t *at = b->arena + quant_output_at(b->quant, i, b->image);
    struct quant_scale s;

    if (b->type == NN_F32) {
        memcpy(to, at, n * sizeof(float));
        return;
    }
    s = quant_scale_of(b->quant, b->net->outputs[i].tensor);
    for (uint32_t k = 0; k < n; k++)
        to[k] = (float)((((const int8_t *)at)[k] - s.zero) * s.scale);
}

static enum status
keep(struct records *r, int e, size_t row, const float *v, uint32_t n,
    enum answer_scale *scale, struct err *err)
{
    size_t at = (size_t)e * r->n + row;
    struct answer a;

    for (uint32_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return err_set(err, ST_UNPROCESSABLE, "model.nan_output",
                "exit %d is not a finite number for sample %s", e,
                r->sample[row]);
    a = answer_of(v, n, r->kind[e], scale);
    r->pred[at] = a.class;
    r->score[at] = a.score;
    return ST_OK;
}

/* Exit `e` of both; where no layer of the image answers, the float network
 * does so for both. */
static enum status
answer_exit(struct boardnet *b, struct exits *x, int e,
    struct boardnet_answers *out, size_t row, float *values, struct err *err)
{
    int output = x->exit[e].output;
    uint32_t n = classes_of(b, output);
    const float *real, *image = values;
    enum status st;

    if (output < 0) {
        real = image =
            feeder_value(b->feeder, n_made(b) + (size_t)(-1 - output), NULL);
    } else {
        real = quant_output(b->quant, output);
        read_output(b, output, n, values);
    }
    st = keep(&out->image, e, row, image, n, &x->image[e], err);
    return st == ST_OK ? keep(&out->real, e, row, real, n, &x->real[e], err)
                       : st;
}

static enum status
answer_row(struct boardnet *b, struct exits *x, struct boardnet_answers *out,
    size_t row, float *values, struct err *err)
{
    const float *feeds[LOW_FEEDS_MAX];
    enum status st = make_feeds(b, feeds, err);

    if (st != ST_OK)
        return st;
    /* The float outputs; scales are fixed. */
    quant_observe_feeds(b->quant, feeds);
    run_image(b, feeds);
    for (int e = 0; st == ST_OK && e < x->n; e++)
        st = answer_exit(b, x, e, out, row, values, err);
    return st;
}

static enum status
answers_init(struct boardnet_answers *a, const struct dataset *d,
    struct row_range rows, const struct exits *x, struct err *err)
{
    struct records *both[] = { &a->image, &a->real };
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < 2; i++) {
        st = records_init(both[i], (size_t)(rows.to - rows.from), x->n, err);
        for (int e = 0; e < x->n; e++)
            both[i]->kind[e] = x->exit[e].score;
        if (st == ST_OK)
            st = evaluate_name_rows(d, NULL, (size_t)rows.from, both[i], err);
    }
    return st;
}

static size_t
most_classes(const struct boardnet *b, const struct exits *x)
{
    size_t most = 0;

    for (int e = 0; e < x->n; e++) {
        size_t n = classes_of(b, x->exit[e].output);

        most = n > most ? n : most;
    }
    return most;
}

enum status
boardnet_answer(struct boardnet *b, struct task *t, const struct dataset *data,
    struct row_range rows, const struct boardnet_exit *exits, int n_exits,
    struct boardnet_answers *out, struct err *err)
{
    struct exits x = { .exit = exits, .n = n_exits };
    float *values = malloc(most_classes(b, &x) * sizeof(float));
    int64_t n = rows.to - rows.from;
    enum status st;

    *out = (struct boardnet_answers){ 0 };
    judge_scales(b, &x);
    st = values ? answers_init(out, data, rows, &x, err) : err_nomem(err);
    for (int64_t i = 0; st == ST_OK && i < n; i++) {
        task_progress(t, "evaluate", i, n, NULL);
        prepare_row(b, data, rows.from + i);
        st = answer_row(b, &x, out, (size_t)i, values, err);
    }
    free(values);
    if (st != ST_OK)
        boardnet_answers_clear(out);
    return st;
}

void
boardnet_answers_clear(struct boardnet_answers *a)
{
    records_clear(&a->image);
    records_clear(&a->real);
}
