/* SPDX-License-Identifier: MIT */
/* One pass of the backbone over the data: what every head reads is kept. */
#include "search/worker/augment.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "probes/runtimes/runtime.h"
#include "search/solve/crew.h"
#include "search/worker/nan_origin.h"

/* How often what is done is made durable; the first time after some rows, so
 * that a disk which cannot keep them is known early. */
#define SAVE_NS INT64_C(5000000000)
enum { FIRST_SAVE = 100, BLOCK = 20 };

/* One member's means: a network and its tensors. */
struct pass {
    struct net *net;
    struct binding *binding;
    struct tensor input, *outputs; /* memory owned */
    size_t n_outputs, own;         /* which output is the network's answer */
    float *raw;
};

static void
pass_close(struct pass *p)
{
    binding_free(p->binding);
    net_close(p->net);
    for (size_t i = 0; p->outputs != NULL && i < p->n_outputs; i++)
        free(p->outputs[i].data);
    free(p->outputs);
    free(p->input.data);
    free(p->raw);
}

/* The backbone with every front as an output, as bytes. */
static enum status
write_fronts(struct augment *a, const void *model, size_t model_len,
    uint8_t **data, size_t *len, struct err *err)
{
    Onnx__ModelProto *m;
    struct attach to;
    enum status st = onnx_read(model, model_len, &m, NULL, err);

    if (st != ST_OK)
        return st;
    attach_begin(&to, m);
    for (size_t i = 0; i < a->n_fronts; i++) {
        const struct aug_front *f = &a->front[i];
        const struct site *s = &a->plain.site[f->site];
        const int64_t dims[] = { 1, (int64_t)front_width(&f->front) };
        char stem[40], name[ATTACH_NAME], out[ATTACH_NAME];
        const char *in;

        snprintf(stem, sizeof(stem), "%s%zu", to.prefix, i);
        in = front_write(&to, s, &f->front, stem, false, name);
        snprintf(out, sizeof(out), "%s/out", stem);
        attach_int(&to, attach_node(&to, "Flatten", &in, 1, out), "axis", 1);
        attach_output(&to, out, dims, 2);
    }
    if ((st = attach_end(&to, err)) == ST_OK)
        st = onnx_write(m, data, len, err);
    onnx_free(m);
    return st;
}

static enum status
alloc_tensor(struct tensor *t, const struct tensor_info *info, struct err *err)
{
    int64_t n = tensor_elements(info);

    if (n <= 0)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "%s has no fixed shape", info->name);
    *t = (struct tensor){ .dtype = info->dtype, .rank = info->rank };
    memcpy(t->dims, info->dims, sizeof(t->dims));
    t->bytes = (size_t)n * dtype_size(info->dtype);
    t->data = calloc(1, t->bytes);
    return t->data ? ST_OK : err_nomem(err);
}

static enum status
check_types(
    const struct pass *p, const struct tensor_info *out, struct err *err)
{
    if (p->input.dtype != DTYPE_F4 || out[p->own].dtype != DTYPE_F4)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "fitting heads needs a float32 input and output %s",
            out[p->own].name);
    return ST_OK;
}

static enum status
pass_open(struct pass *p, struct augment *a, const void *model, size_t len,
    struct err *err)
{
    /* Threads take rows: the same bits however many there are. */
    const struct net_options options = NET_OPTIONS_DEFAULT;
    const struct net_source source = { .data = model, .len = len };
    const char *own = a->plain.g->values[a->plain.exits.item[0].output].name;
    const struct tensor_info *in, *out;
    enum status st = net_open(&p->net, a->rt, &source, &options, err);
    size_t n_in;

    if (st != ST_OK)
        return st;
    in = net_inputs(p->net, &n_in);
    out = net_outputs(p->net, &p->n_outputs);
    p->outputs = calloc(p->n_outputs, sizeof(*p->outputs));
    p->raw = malloc(a->data.inputs.row_elements * sizeof(float));
    if (p->outputs == NULL || p->raw == NULL)
        return err_nomem(err);
    if ((st = alloc_tensor(&p->input, &in[0], err)) != ST_OK)
        return st;
    for (size_t i = 0; i < p->n_outputs; i++) {
        if ((st = alloc_tensor(&p->outputs[i], &out[i], err)) != ST_OK)
            return st;
        if (strcmp(out[i].name, own) == 0)
            p->own = i;
    }
    if ((st = check_types(p, out, err)) != ST_OK)
        return st;
    return net_bind(&p->binding, p->net, &p->input, p->outputs, err);
}

/* Copy numbers; false where one is not finite. */
static bool
keep(float *to, const struct tensor *t, size_t n)
{
    const float *from = t->data;

    for (size_t i = 0; i < n; i++)
        if (!isfinite(from[i]))
            return false;
    memcpy(to, from, n * sizeof(*to));
    return true;
}

static enum status
refuse(const struct pass *p, const struct augment *a, const char *tensor,
    size_t sample, struct err *err)
{
    char path[PATH_MAX], what[80];
    enum status st = task_blob_path(a->task, a->model_hex, path, err);

    snprintf(what, sizeof(what), "tensor %.60s", tensor);
    return st == ST_OK ? nan_origin_tell(what, sample, path, p->input.data,
                             p->input.bytes / sizeof(float), err)
                       : st;
}

static enum status
pass_row(struct pass *p, struct augment *a, size_t i, struct err *err)
{
    float *to = features_row(&a->features, i);
    const struct plain *n = &a->plain;
    enum status st;

    npy_row(&a->data.inputs, a->row[i], p->raw);
    preprocess_row(&a->data.prepare, &a->data.inputs, p->raw, p->input.data);
    if ((st = net_run(p->net, p->binding, err)) != ST_OK)
        return st;
    for (size_t k = 0; k < a->n_fronts; k++)
        if (!keep(to + a->front[k].column, &p->outputs[k],
                front_width(&a->front[k].front)))
            return refuse(
                p, a, n->site[a->front[k].site].tensor, a->row[i], err);
    if (!keep(to, &p->outputs[p->own], (size_t)n->classes))
        return refuse(
            p, a, n->g->values[n->exits.item[0].output].name, a->row[i], err);
    return ST_OK;
}

/* Progress with the time that is left, from the rows of this run. */
static void
tell(struct augment *a, size_t first, int64_t start)
{
    size_t done = a->features.done;
    double s = (double)(clock_ns() - start) / 1e9;
    char left[40] = "";

    if (done > first)
        snprintf(left, sizeof(left), "%.0f s left",
            s / (double)(done - first) * (double)(a->n - done));
    task_progress(a->task, "features", (int64_t)done, (int64_t)a->n, left);
}

/* Rows of a block: each member takes every n-th. */
struct block {
    struct augment *a;
    struct pass *pass; /* one a member */
    size_t members, first, end;
    pthread_mutex_t lock; /* of what follows */
    enum status st;       /* of the first that failed, with its words */
    struct err err;
};

static void
pass_some(void *ctx, int member)
{
    struct block *b = ctx;
    enum status st = ST_OK;
    struct err err = { 0 };

    for (size_t i = b->first + (size_t)member; st == ST_OK && i < b->end;
         i += b->members)
        st = pass_row(&b->pass[member], b->a, i, &err);
    if (st == ST_OK)
        return;
    pthread_mutex_lock(&b->lock);
    if (b->st == ST_OK) {
        b->st = st;
        b->err = err;
    }
    pthread_mutex_unlock(&b->lock);
}

static enum status
pass_blocks(struct block *b, struct err *err)
{
    struct augment *a = b->a;
    const size_t from = a->features.done;
    int64_t start = clock_ns(), saved = start;
    enum status st = ST_OK;

    while (st == ST_OK && a->features.done < a->n) {
        b->first = a->features.done;
        b->end = b->first + BLOCK * b->members;
        b->end = b->end < a->n ? b->end : a->n;
        crew_run(a->crew, pass_some, b);
        if (b->st != ST_OK)
            return err_set(err, b->st, b->err.code, "%s", b->err.text);
        a->features.done = b->end;
        tell(a, from, start);
        if (clock_ns() - saved > SAVE_NS || b->end == a->n ||
            (saved == start && b->end >= from + FIRST_SAVE)) {
            st = features_save(&a->features, err);
            saved = clock_ns();
        }
    }
    a->seconds_pass = (double)(clock_ns() - start) / 1e9;
    return st;
}

/* Each member opens the network for itself. */
static enum status
pass_rows(struct augment *a, const void *model, size_t len, struct err *err)
{
    struct block b = { .a = a, .members = (size_t)a->opt.threads };
    enum status st = ST_OK;

    b.pass = calloc(b.members, sizeof(*b.pass));
    if (b.pass == NULL)
        return err_nomem(err);
    pthread_mutex_init(&b.lock, NULL);
    for (size_t i = 0; st == ST_OK && i < b.members; i++)
        st = pass_open(&b.pass[i], a, model, len, err);
    if (st == ST_OK)
        st = pass_blocks(&b, err);
    for (size_t i = 0; i < b.members; i++)
        pass_close(&b.pass[i]);
    pthread_mutex_destroy(&b.lock);
    free(b.pass);
    return st;
}

/* A file whose name says all that its content depends on: where the agent
 * keeps what outlives a task, else in the task's folder. */
static enum status
feature_path(const struct augment *a, char path[FEATURES_PATH], struct err *err)
{
    const char *folder = getenv("OFFRAMP_WORK");
    char *dataset = json_canonical(a->dataset);
    char hex[HASH_HEX];
    struct hash h;

    if (dataset == NULL)
        return err_nomem(err);
    hash_init(&h);
    hash_add(&h, a->model_hex, strlen(a->model_hex));
    hash_add(&h, dataset, strlen(dataset));
    hash_add(&h, runtime_version(a->rt), strlen(runtime_version(a->rt)));
    hash_add(&h, a->row, a->n * sizeof(*a->row));
    for (size_t i = 0; i < a->n_fronts; i++) {
        hash_add(&h, &a->front[i].site, sizeof(a->front[i].site));
        hash_add(&h, a->front[i].front.out, sizeof(a->front[i].front.out));
    }
    hash_end(&h, hex);
    free(dataset);
    if (folder == NULL)
        folder = a->task->dir;
    features_sweep(folder);
    snprintf(path, FEATURES_PATH, "%.3900s/" FEATURES_PREFIX "%s", folder, hex);
    return ST_OK;
}

enum status
augment_pass(struct augment *a, struct err *err)
{
    uint8_t *plain = NULL, *model = NULL;
    char path[FEATURES_PATH];
    size_t plain_len, len;
    enum status st;

    if ((st = feature_path(a, path, err)) == ST_OK &&
        (st = onnx_write(a->plain.m, &plain, &plain_len, err)) == ST_OK &&
        (st = write_fronts(a, plain, plain_len, &model, &len, err)) == ST_OK &&
        (st = features_open(
             &a->features, path, a->n, a->features.width, err)) == ST_OK)
        st = pass_rows(a, model, len, err);
    free(plain);
    free(model);
    return st;
}
