/* SPDX-License-Identifier: MIT */
#include "server/cli/run_samples.h"

#include <string.h>

static enum status
read_preprocess(const char *text, struct preprocess *out, struct err *err)
{
    json_t *doc = NULL;
    enum status st = ST_OK;

    if (text != NULL)
        st = json_parse(text, strlen(text), &doc, err);
    if (st == ST_OK)
        st = preprocess_read(doc, out, err);
    json_decref(doc);
    return st;
}

enum status
run_samples_open(
    struct run_samples *s, const struct run_files *f, struct err *err)
{
    enum status st;

    if ((st = read_preprocess(f->preprocess, &s->prepare, err)) != ST_OK ||
        (st = npy_open(&s->inputs, f->data, "inputs", err)) != ST_OK)
        return st;
    s->labelled = f->labels != NULL;
    if (s->labelled &&
        (st = npy_open(&s->labels, f->labels, "labels", err)) != ST_OK)
        return st;
    if (s->labelled &&
        (s->labels.rank != 1 || s->labels.type == NPY_F4 ||
            s->labels.type == NPY_F2 || s->labels.dims[0] != s->inputs.dims[0]))
        return err_set(err, ST_UNPROCESSABLE, "dataset.labels",
            "labels: must be integers, one for each of the %lld inputs",
            (long long)s->inputs.dims[0]);
    s->n = (size_t)s->inputs.dims[0];
    if (f->limit > 0 && (size_t)f->limit < s->n)
        s->n = (size_t)f->limit;
    if (s->n == 0)
        return err_set(
            err, ST_UNPROCESSABLE, "dataset.shape", "inputs: there is no row");
    return ST_OK;
}

void
run_samples_close(struct run_samples *s)
{
    npy_close(&s->inputs);
    if (s->labelled)
        npy_close(&s->labels);
}

enum status
run_samples_fit(
    const struct run_samples *s, const struct tensor *t, struct err *err)
{
    int64_t dims[NPY_RANK];
    size_t rank;
    enum status st =
        preprocess_shape(&s->prepare, &s->inputs, dims, &rank, err);

    if (st != ST_OK)
        return st;
    if (rank + 1 == t->rank &&
        memcmp(dims, t->dims + 1, rank * sizeof(*dims)) == 0)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "dataset.shape",
        "a row of the inputs has %zu elements in %zu dimensions, the network "
        "takes %zu in %zu",
        s->inputs.row_elements, rank, t->bytes / sizeof(float), t->rank - 1);
}

void
run_samples_read(
    const struct run_samples *s, size_t i, float *raw, float *input)
{
    npy_row(&s->inputs, i, raw);
    preprocess_row(&s->prepare, &s->inputs, raw, input);
}

int64_t
run_samples_label(const struct run_samples *s, size_t i)
{
    return s->labelled ? npy_int(&s->labels, i) : -1;
}
