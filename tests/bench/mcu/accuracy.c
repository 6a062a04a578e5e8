/* SPDX-License-Identifier: MIT */
#include "accuracy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/data/npy.h"
#include "search/quant/quant.h"

enum { EXITS_MAX = 10 };

/* A network, what it is calibrated on and what it is tested on. */
static const struct task {
    const char *name, *model, *calibrate, *inputs, *labels;
    size_t n_calibrate, every; /* rows of the first file: 0, every, .. */
    size_t first, n;           /* of the second: first, first + 1, .. */
    float scale;               /* of an input; 0: each row to mean 0, dev 1 */
} tasks[] = {
    { "cnn3", OFFRAMP_FIXTURES "/cnn3.onnx",
        OFFRAMP_FIXTURES "/cnn3_images_u8.npy",
        OFFRAMP_FIXTURES "/cnn3_images_u8.npy",
        OFFRAMP_FIXTURES "/cnn3_labels.npy", 200, 1, 200, 1400, 1.f / 255 },
    { "resnet8", OFFRAMP_SHARED_DATA "/models/resnet8_ic01_4exits.onnx",
        OFFRAMP_SHARED_DATA "/cifar10/train10k_images_u8.npy",
        OFFRAMP_SHARED_DATA "/cifar10/test2k_images_u8.npy",
        OFFRAMP_SHARED_DATA "/cifar10/test2k_labels.npy", 200, 1, 0, 2000, 1 },
    { "ecg1d (one recording)", OFFRAMP_FIXTURES "/ecg1d.onnx",
        OFFRAMP_SHARED_DATA "/mitbih/pubA_beats_i16.npy",
        OFFRAMP_SHARED_DATA "/mitbih/pubA_beats_i16.npy",
        OFFRAMP_SHARED_DATA "/mitbih/pubA_labels.npy", 200, 1, 3617, 1097, 0 },
    { "ecg1d (several)", OFFRAMP_FIXTURES "/ecg1d.onnx",
        OFFRAMP_SHARED_DATA "/mitbih/pubA_beats_i16.npy",
        OFFRAMP_SHARED_DATA "/mitbih/pubA_beats_i16.npy",
        OFFRAMP_SHARED_DATA "/mitbih/pubA_labels.npy", 200, 11, 3617, 1097, 0 },
};

static void
must(enum status st, const struct err *err)
{
    if (st == ST_OK)
        return;
    fprintf(stderr, "bench_mcu: %s\n", err->text);
    exit(1);
}

static void
read_row(const struct npy *a, size_t row, size_t n, float scale, float *out)
{
    double sum = 0, square = 0;

    npy_row(a, row, out);
    for (size_t i = 0; i < n; i++) {
        sum += (double)out[i];
        square += (double)out[i] * (double)out[i];
    }
    sum /= (double)n;
    square = sqrt(square / (double)n - sum * sum);
    for (size_t i = 0; i < n; i++)
        out[i] = scale > 0 ? out[i] * scale
                           : (float)(((double)out[i] - sum) / square);
}

static int
best_f32(const float *v, uint32_t n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n; i++)
        best = v[i] > v[best] ? i : best;
    return (int)best;
}

static int
best_i8(const int8_t *v, uint32_t n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n; i++)
        best = v[i] > v[best] ? i : best;
    return (int)best;
}

/* A network in both types, and how often each was right. */
struct pair {
    struct low_net *net;
    struct quant *quant;
    void *image;
    uint8_t *arena;
    float *row;
    size_t n_in;
    int right_f[EXITS_MAX], right_q[EXITS_MAX], same[EXITS_MAX];
};

static uint32_t
classes(const struct pair *p, int exit)
{
    int k = 0;

    while (p->net->layers[k].ends.out != p->net->outputs[exit].tensor)
        k++;
    return p->net->layers[k].l.out_c;
}

static void
answer(struct pair *p, int64_t label)
{
    const struct nn_image *head = p->image;
    struct nn_run r = { .image = p->image, .arena = p->arena };

    quant_observe(p->quant, p->row); /* the float outputs; scales are fixed */
    quant_input(p->quant, p->row, (int8_t *)p->arena + head->in);
    for (uint32_t k = 0; k < head->n_layers; k++) {
        r.layer = nn_image_layers(p->image) + k;
        nn_run(&r);
    }
    for (int e = 0; e < p->net->n_outputs && e < EXITS_MAX; e++) {
        uint32_t n = classes(p, e), at = quant_output_at(p->quant, e, p->image);
        int f = best_f32(quant_output(p->quant, e), n);
        int q = best_i8((const int8_t *)p->arena + at, n);

        p->right_f[e] += f == label;
        p->right_q[e] += q == label;
        p->same[e] += f == q;
    }
}

static void
prepare(struct pair *p, const struct task *t)
{
    struct err err = { 0 };
    struct npy rows;
    char *data;
    size_t len;

    must(file_read(t->model, 1 << 26, &data, &len, &err), &err);
    must(low_make(&p->net, data, len, &err), &err);
    free(data);
    p->n_in = (size_t)p->net->in_h * p->net->in_w * p->net->in_c;
    if ((p->row = malloc(p->n_in * sizeof(float))) == NULL)
        must(err_nomem(&err), &err);
    must(quant_new(&p->quant, p->net, &err), &err);
    must(npy_open(&rows, t->calibrate, "inputs", &err), &err);
    for (size_t i = 0; i < t->n_calibrate; i++) {
        read_row(&rows, i * t->every, p->n_in, t->scale, p->row);
        quant_observe(p->quant, p->row);
    }
    npy_close(&rows);
    must(quant_image(p->quant, &p->image, &len, &err), &err);
    p->arena = calloc(1, ((struct nn_image *)p->image)->arena_bytes);
    if (p->arena == NULL)
        must(err_nomem(&err), &err);
}

static void
report(const struct task *t)
{
    struct pair p = { 0 };
    struct npy inputs, labels;
    struct err err = { 0 };
    double n = (double)t->n;
    int last;

    prepare(&p, t);
    must(npy_open(&inputs, t->inputs, "inputs", &err), &err);
    must(npy_open(&labels, t->labels, "labels", &err), &err);
    for (size_t i = t->first; i < t->first + t->n; i++) {
        read_row(&inputs, i, p.n_in, t->scale, p.row);
        answer(&p, npy_int(&labels, i));
    }
    last = p.net->n_outputs - 1;
    for (int e = 0; e <= last; e++)
        printf(
            "%s %s: float %.2f %%, int8 %.2f %%, same class %.2f %% of %zu\n",
            t->name, p.net->outputs[e].name, 100 * p.right_f[e] / n,
            100 * p.right_q[e] / n, 100 * p.same[e] / n, t->n);
    npy_close(&inputs);
    npy_close(&labels);
    quant_free(p.quant);
    low_free(p.net);
    free(p.image);
    free(p.arena);
    free(p.row);
}

void
accuracy_report(void)
{
    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++)
        if (file_exists(tasks[i].model) && file_exists(tasks[i].inputs))
            report(&tasks[i]);
        else
            printf("%s: its data are not here\n", tasks[i].name);
}
