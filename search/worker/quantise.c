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

/* b->row in the image's own numbers. */
static void
put_input(const struct boardnet *b, void *to)
{
    if (b->type == NN_I8)
        quant_input(b->quant, b->row, to);
    else
        low_input(b->net, b->row, to);
}

static enum status
allocate(struct boardnet *b, struct err *err)
{
    b->n_in = (size_t)b->net->in_h * b->net->in_w * b->net->in_c;
    b->raw = malloc(b->n_in * sizeof(float));
    b->row = malloc(b->n_in * sizeof(float));
    b->sample = malloc(b->n_in * nn_type_bytes(b->type));
    return b->raw && b->row && b->sample ? ST_OK : err_nomem(err);
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

static void
calibrate(struct boardnet *b, struct task *t, const struct dataset *d,
    struct row_range rows)
{
    for (int64_t i = rows.from; i < rows.to; i++) {
        task_progress(t, "calibrate", i - rows.from, rows.to - rows.from, NULL);
        prepare_row(b, d, i);
        quant_observe(b->quant, b->row);
    }
}

enum status
boardnet_make(struct boardnet *b, struct task *t, const void *onnx,
    size_t onnx_len, const struct dataset *data, struct row_range rows,
    struct err *err)
{
    enum status st;

    if ((st = low_make(&b->net, onnx, onnx_len, err)) != ST_OK ||
        (st = allocate(b, err)) != ST_OK ||
        (st = quant_new(&b->quant, b->net, err)) != ST_OK ||
        (data != NULL && (st = check_data(b, data, err)) != ST_OK))
        return st;
    if (b->type == NN_I8) {
        calibrate(b, t, data, rows);
        st = quant_image(b->quant, &b->image, &b->len, err);
    } else {
        st = low_image(b->net, &b->image, &b->len, err);
    }
    if (st != ST_OK)
        return st;
    if (data != NULL)
        prepare_row(b, data, rows.from);
    else
        draw_row(b);
    put_input(b, b->sample);
    b->arena = calloc(1, ((struct nn_image *)b->image)->arena_bytes);
    return b->arena ? ST_OK : err_nomem(err);
}

void
boardnet_clear(struct boardnet *b)
{
    quant_free(b->quant);
    low_free(b->net);
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
    const int *output;
    int n;
    enum answer_scale image[RECORDS_EXITS_MAX], real[RECORDS_EXITS_MAX];
};

static uint32_t
classes_of(const struct boardnet *b, int output)
{
    int i = 0;

    while (b->net->layers[i].ends.out != b->net->outputs[output].tensor)
        i++;
    return (uint32_t)nn_out_count(&b->net->layers[i].l);
}

static void
run_image(const struct boardnet *b)
{
    const struct nn_image *head = b->image;
    struct nn_run r = { .image = b->image, .arena = b->arena };

    put_input(b, b->arena + head->in);
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
    a = answer_of(v, n, scale);
    r->pred[at] = a.class;
    r->score[at] = a.score;
    return ST_OK;
}

static enum status
answer_row(struct boardnet *b, struct exits *x, struct boardnet_answers *out,
    size_t row, float *values, struct err *err)
{
    enum status st = ST_OK;

    quant_observe(b->quant, b->row); /* the float outputs; scales are fixed */
    run_image(b);
    for (int e = 0; st == ST_OK && e < x->n; e++) {
        uint32_t n = classes_of(b, x->output[e]);

        read_output(b, x->output[e], n, values);
        st = keep(&out->image, e, row, values, n, &x->image[e], err);
        if (st == ST_OK)
            st = keep(&out->real, e, row, quant_output(b->quant, x->output[e]),
                n, &x->real[e], err);
    }
    return st;
}

static enum status
answers_init(struct boardnet_answers *a, const struct dataset *d,
    struct row_range rows, int n_exits, struct err *err)
{
    struct records *both[] = { &a->image, &a->real };
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < 2; i++) {
        st = records_init(both[i], (size_t)(rows.to - rows.from), n_exits, err);
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
        size_t n = classes_of(b, x->output[e]);

        most = n > most ? n : most;
    }
    return most;
}

enum status
boardnet_answer(struct boardnet *b, struct task *t, const struct dataset *data,
    struct row_range rows, const int *outputs, int n_exits,
    struct boardnet_answers *out, struct err *err)
{
    struct exits x = { .output = outputs, .n = n_exits };
    float *values = malloc(most_classes(b, &x) * sizeof(float));
    int64_t n = rows.to - rows.from;
    enum status st;

    *out = (struct boardnet_answers){ 0 };
    st = values ? answers_init(out, data, rows, n_exits, err) : err_nomem(err);
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
