/* SPDX-License-Identifier: MIT */
#include "search/worker/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/deploy/answer.h"
#include "search/worker/choose_rows.h"
#include "search/worker/dataset.h"
#include "search/worker/float_net.h"
#include "search/worker/nan_origin.h"

/* One exit: its output tensor, [batch][classes]. */
struct exit_output {
    const char *name; /* of the output; borrowed from the payload */
    size_t index;     /* among the network's outputs */
    size_t classes;
    enum score score;
    enum answer_scale scale;
};

/* Everything that a run needs; cleared by run_close(). */
struct run {
    char path[PATH_MAX]; /* of the network */
    struct float_net net;
    struct exit_output exit[RECORDS_EXITS_MAX];
    int exits;
    size_t batch;
    float *raw;  /* one row as stored */
    size_t *row; /* owned, [n]: of the data set, ascending */
    size_t n;
};

static void
run_close(struct run *r)
{
    float_net_close(&r->net);
    free(r->raw);
    free(r->row);
    *r = (struct run){ 0 };
}

/* The network takes rows: its first dimension counts them. */
static enum status
open_net(struct run *r, struct err *err)
{
    const struct tensor *in = &r->net.input;
    enum status st =
        float_net_open(&r->net, &(struct net_source){ .path = r->path }, err);

    if (st != ST_OK)
        return st;
    if (in->rank < 2)
        return err_set(err, ST_UNPROCESSABLE, "model.inputs",
            "the model's input needs at least two dimensions, the batch first");
    r->batch = (size_t)in->dims[0];
    r->raw = malloc(in->bytes / r->batch);
    return r->raw ? ST_OK : err_nomem(err);
}

/* Find the output that an exit of the payload names. */
static enum status
find_exit(struct run *r, const json_t *doc, struct err *err)
{
    struct exit_output *x = &r->exit[r->exits];
    const char *score = score_word(SCORE_MAX_PROBABILITY);
    const struct json_field fields[] = {
        { "output", JF_STR, true, &x->name, 0, 0 },
        { "score", JF_STR, false, &score, 0, 0 },
    };
    enum status st = JSON_PICK(doc, "model.exits", fields, err);

    if (st != ST_OK ||
        (st = score_read(score, "model.exits[].score", &x->score, err)) !=
            ST_OK ||
        (st = float_net_output(&r->net, x->name, &x->index, err)) != ST_OK)
        return st;
    x->classes = r->net.outputs[x->index].bytes / sizeof(float) / r->batch;
    r->exits++;
    return ST_OK;
}

static enum status
run_open(
    struct run *r, const struct task *t, const json_t *model, struct err *err)
{
    const char *hex = NULL;
    json_t *exits = NULL, *x;
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &hex, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
    };
    enum status st;
    size_t i;

    if ((st = JSON_PICK(model, "model", fields, err)) != ST_OK ||
        (st = task_blob_path(t, hex, r->path, err)) != ST_OK ||
        (st = open_net(r, err)) != ST_OK)
        return st;
    if (json_array_size(exits) == 0 ||
        json_array_size(exits) > RECORDS_EXITS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "model.exits must have 1 to %d members", RECORDS_EXITS_MAX);
    json_array_foreach(exits, i, x)
    {
        if ((st = find_exit(r, x, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

/* An output that is no number, by the layer where that begins. */
static enum status
refuse(const struct run *r, const char *output, size_t sample, struct err *err)
{
    char what[80];

    snprintf(what, sizeof(what), "output %s", output);
    return nan_origin_tell(what, sample, r->path, r->net.input.data,
        r->net.input.bytes / sizeof(float), err);
}

static enum status
keep_row(struct run *r, struct records *out, size_t row, size_t slot,
    struct err *err)
{
    for (int e = 0; e < r->exits; e++) {
        struct exit_output *x = &r->exit[e];
        const float *v =
            (const float *)r->net.outputs[x->index].data + slot * x->classes;
        size_t at = (size_t)e * out->n + row;
        struct answer a;

        for (size_t i = 0; i < x->classes; i++)
            if (!isfinite(v[i]))
                return refuse(r, x->name, r->row[row], err);
        a = answer_of(v, x->classes, x->score, &x->scale);
        out->pred[at] = a.class;
        out->score[at] = a.score;
        if (out->vector != NULL &&
            records_vectors_add(&out->vector[e], v, x->classes, err) != ST_OK)
            return ST_NOMEM;
    }
    return ST_OK;
}

/* Run rows first.. of one batch; the rest of a last short one repeats. */
static enum status
run_batch(struct run *r, const struct dataset *d, struct records *out,
    size_t first, struct err *err)
{
    size_t row_elements = d->inputs.row_elements;
    enum status st;

    for (size_t k = 0; k < r->batch; k++) {
        size_t row = first + k < out->n ? first + k : out->n - 1;

        npy_row(&d->inputs, r->row[row], r->raw);
        preprocess_row(&d->prepare, &d->inputs, r->raw,
            (float *)r->net.input.data + k * row_elements);
    }
    st = float_net_run(&r->net, err);
    for (size_t k = 0; st == ST_OK && k < r->batch && first + k < out->n; k++)
        st = keep_row(r, out, first + k, k, err);
    return st;
}

enum status
evaluate_name_rows(const struct dataset *d, const size_t *row, size_t first,
    struct records *out, struct err *err)
{
    for (size_t i = 0; i < out->n; i++) {
        const size_t at = row ? row[i] : first + i;

        if (asprintf(&out->sample[i], "%zu", at) < 0) {
            out->sample[i] = NULL;
            return err_nomem(err);
        }
        out->label[i] = d->labelled ? npy_int(&d->labels, at) : -1;
    }
    return ST_OK;
}

static enum status
want_vectors(const struct run *r, struct records *out, struct err *err)
{
    for (int e = 0; e < r->exits; e++)
        if (r->exit[e].classes > RECORDS_VECTOR_MAX)
            return err_set(err, ST_UNPROCESSABLE, "records.vectors",
                "output %s has %zu classes: vectors are kept up to %d",
                r->exit[e].name, r->exit[e].classes, RECORDS_VECTOR_MAX);
    out->vector = calloc((size_t)r->exits, sizeof(*out->vector));
    return out->vector ? ST_OK : err_nomem(err);
}

static enum status
evaluate_all(struct task *t, struct run *r, const struct dataset *d,
    bool vectors, struct records *out, struct err *err)
{
    enum status st;

    if ((st = dataset_fits(d, r->net.input.dims, r->net.input.rank, err)) !=
            ST_OK ||
        (st = dataset_check_labels(
             d, (int64_t)r->exit[r->exits - 1].classes, err)) != ST_OK ||
        (st = records_init(out, r->n, r->exits, err)) != ST_OK ||
        (st = evaluate_name_rows(d, r->row, 0, out, err)) != ST_OK ||
        (vectors && (st = want_vectors(r, out, err)) != ST_OK))
        return st;
    for (size_t e = 0; e < RECORDS_EXITS_MAX; e++)
        out->kind[e] = r->exit[e].score;
    for (size_t i = 0; st == ST_OK && i < out->n; i += r->batch) {
        task_progress(t, "evaluate", (int64_t)i, (int64_t)out->n, NULL);
        st = run_batch(r, d, out, i, err);
    }
    return st;
}

enum status
evaluate(struct task *t, const json_t *model, const json_t *dataset,
    bool vectors, struct records *out, struct err *err)
{
    struct run r = { 0 };
    struct dataset d;
    enum status st;

    if ((st = dataset_open(&d, t, dataset, err)) == ST_OK &&
        (st = choose_rows(json_object_get(dataset, "rows"), "dataset.rows",
             "dataset.rows", &d, &r.row, &r.n, err)) == ST_OK &&
        (st = run_open(&r, t, model, err)) == ST_OK)
        st = evaluate_all(t, &r, &d, vectors, out, err);
    run_close(&r);
    dataset_close(&d);
    return st;
}
