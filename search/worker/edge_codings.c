/* SPDX-License-Identifier: MIT */
#include "search/worker/edge_codings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "search/coding/coding.h"
#include "search/worker/dataset.h"
#include "search/worker/edge_cut.h"

enum { ROWS_MAX = 1024, WAYS_MAX = 8, ROWS_LEAST = 4 };

/* One way at one edge, a figure a row. */
struct figures {
    double share[ROWS_MAX], encode_ns[ROWS_MAX], decode_ns[ROWS_MAX];
    double max_error;
    size_t agree, judged;
};

struct work {
    struct task *t; /* borrowed */
    struct runtime *rt;
    struct dataset data;
    int64_t rows, deadline_ns;
    struct figures *way; /* owned, [WAYS_MAX] */
    float *raw;          /* owned: one row as stored */
    /* owned, for the edge's tensor */
    float *decoded;
    void *coded, *scratch;
};

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* [median, 25 %, 75 %]; sorts `x`. */
static json_t *
quartiles(double *x, size_t n)
{
    qsort(x, n, sizeof(*x), by_value);
    return json_pack("[f,f,f]", x[n / 2], x[n / 4], x[n - 1 - n / 4]);
}

static size_t
largest(const struct tensor *t, size_t slot, size_t classes)
{
    const float *v = (const float *)t->data + slot * classes;
    size_t best = 0;

    for (size_t i = 1; i < classes; i++)
        if (v[i] > v[best])
            best = i;
    return best;
}

/* Rows first.. into the network's input, the last one again where they end. */
static void
fill_batch(struct work *w, struct edge_cut *e, size_t first)
{
    size_t batch = e->batch, all = dataset_rows(&w->data);

    for (size_t k = 0; k < batch; k++) {
        size_t row = (first * batch + k) % all;

        npy_row(&w->data.inputs, row, w->raw);
        preprocess_row(&w->data.prepare, &w->data.inputs, w->raw,
            (float *)e->input.data + k * w->data.inputs.row_elements);
    }
}

/* Code and decode the edge's tensor once. */
static enum status
code_once(struct work *w, const struct coding *c, const struct edge_cut *e,
    size_t row, struct figures *f, struct err *err)
{
    const float *x = e->tensor.data;
    size_t n = e->tensor.bytes / sizeof(float), bytes;
    double each = (double)e->tensor.bytes;
    int64_t start = clock_ns(), between, end;
    enum status st = coding_encode(c, x, n, w->scratch, w->coded, &bytes, err);

    between = clock_ns();
    if (st != ST_OK || (st = coding_decode(c, w->coded, bytes, w->scratch,
                            w->decoded, n, err)) != ST_OK)
        return st;
    end = clock_ns();
    f->share[row] = (double)bytes / each;
    f->encode_ns[row] = (double)(between - start) / each;
    f->decode_ns[row] = (double)(end - between) / each;
    for (size_t i = 0; i < n; i++)
        f->max_error =
            fmax(f->max_error, fabs((double)w->decoded[i] - (double)x[i]));
    return ST_OK;
}

/* Do the rest of the network's answers stay? */
static enum status
judge(struct work *w, struct edge_cut *e, struct figures *f, struct err *err)
{
    enum status st;

    if (e->tail == NULL)
        return ST_OK;
    memcpy(e->tail_input.data, w->decoded, e->tensor.bytes);
    if ((st = net_run(e->tail, e->tail_binding, err)) != ST_OK)
        return st;
    for (size_t k = 0; k < e->batch; k++) {
        f->judged++;
        f->agree += largest(&e->tail_output, k, e->classes) ==
                    largest(&e->output, k, e->classes);
    }
    return ST_OK;
}

static enum status
measure_row(struct work *w, struct edge_cut *e, size_t row, struct err *err)
{
    enum status st;

    fill_batch(w, e, row);
    st = net_run(e->front, e->front_binding, err);
    for (size_t k = 0; st == ST_OK && codings[k].name != NULL; k++)
        if ((st = code_once(w, &codings[k], e, row, &w->way[k], err)) == ST_OK)
            st = judge(w, e, &w->way[k], err);
    return st;
}

static json_t *
way_json(const struct coding *c, struct figures *f, size_t rows)
{
    return json_pack("{s:s,s:b,s:o,s:o,s:o,s:o,s:f}", "name", c->name,
        "lossless", coding_is_lossless(c), "share", quartiles(f->share, rows),
        "encode_ns", quartiles(f->encode_ns, rows), "decode_ns",
        quartiles(f->decode_ns, rows), "agree",
        json_number_or_null(
            f->judged > 0 ? (double)f->agree / (double)f->judged : NAN),
        "max_error", f->max_error);
}

static json_t *
edge_json(const struct edge_cut *e, struct figures *way, size_t rows)
{
    json_t *ways = json_array();

    for (size_t k = 0; ways != NULL && codings[k].name != NULL; k++)
        (void)json_array_append_new(ways, way_json(&codings[k], &way[k], rows));
    return json_pack("{s:i,s:s,s:I,s:I,s:o}", "after_layer", e->after_layer,
        "tensor", e->name, "bytes", (json_int_t)(e->tensor.bytes / e->batch),
        "rows", (json_int_t)rows, "ways", ways);
}

static enum status
make_room(struct work *w, const struct edge_cut *e, struct err *err)
{
    size_t n = e->tensor.bytes / sizeof(float), room = 0;

    for (size_t k = 0; codings[k].name != NULL; k++)
        if (coding_room(&codings[k], n) > room)
            room = coding_room(&codings[k], n);
    w->decoded = malloc(e->tensor.bytes);
    w->coded = malloc(room);
    w->scratch = malloc(room);
    return w->decoded && w->coded && w->scratch ? ST_OK : err_nomem(err);
}

static void
drop_room(struct work *w)
{
    free(w->decoded);
    free(w->coded);
    free(w->scratch);
    w->decoded = NULL;
    w->coded = w->scratch = NULL;
}

/* Rows until they are up or the time is. */
static enum status
measure_edge(struct work *w, struct edge_cut *e, json_t *edges, struct err *err)
{
    size_t done = 0;
    enum status st = dataset_fits(&w->data, e->input.dims, e->input.rank, err);

    if (st != ST_OK)
        return st;
    memset(w->way, 0, WAYS_MAX * sizeof(*w->way));
    st = make_room(w, e, err);
    while (st == ST_OK && done < (size_t)w->rows &&
           (done < ROWS_LEAST || clock_ns() < w->deadline_ns))
        st = measure_row(w, e, done++, err);
    drop_room(w);
    if (st != ST_OK)
        return st;
    return json_array_append_new(edges, edge_json(e, w->way, done)) < 0
               ? err_nomem(err)
               : ST_OK;
}

static enum status
measure(struct work *w, const char *path, double budget_s, json_t *edges,
    struct err *err)
{
    struct edge_net net;
    int64_t start = clock_ns();
    enum status st = edge_net_open(&net, w->rt, path, err);

    for (int i = 0; st == ST_OK && i < net.n; i++) {
        struct edge_cut e;

        task_progress(w->t, "codings", i, net.n, NULL);
        w->deadline_ns = start + (int64_t)(budget_s * 1e9 * (i + 1) / net.n);
        if ((st = edge_cut_open(&e, &net, i, err)) == ST_OK)
            st = e.front != NULL ? measure_edge(w, &e, edges, err) : ST_OK;
        edge_cut_close(&e);
    }
    edge_net_close(&net);
    return st;
}

static enum status
open_all(struct work *w, const json_t *dataset, struct err *err)
{
    enum status st;

    if ((st = dataset_open(&w->data, w->t, dataset, err)) != ST_OK ||
        (st = runtime_onnx_open(&w->rt, NULL, err)) != ST_OK)
        return st;
    w->raw = malloc(w->data.inputs.row_elements * sizeof(*w->raw));
    w->way = calloc(WAYS_MAX, sizeof(*w->way));
    return w->raw && w->way ? ST_OK : err_nomem(err);
}

enum status
edge_codings(struct task *t, const json_t *doc, json_t **out, struct err *err)
{
    struct work w = { .t = t, .rows = 32 };
    const char *hex = NULL;
    json_t *model = NULL, *dataset = NULL, *edges = json_array();
    double budget_s = 60;
    const struct json_field fields[] = {
        { "model", JF_OBJ, true, &model, 0, 0 },
        { "dataset", JF_OBJ, true, &dataset, 0, 0 },
        { "rows", JF_INT, false, &w.rows, ROWS_LEAST, ROWS_MAX },
        { "budget_s", JF_REAL, false, &budget_s, 1, 3600 },
    };
    const struct json_field in_model[] = {
        { "blob", JF_HASH, true, &hex, 0, 0 },
    };
    char path[PATH_MAX];
    enum status st;

    if ((st = JSON_READ(doc, "codings", fields, err)) == ST_OK &&
        (st = JSON_PICK(model, "codings.model", in_model, err)) == ST_OK &&
        (st = task_blob_path(t, hex, path, err)) == ST_OK &&
        (st = open_all(&w, dataset, err)) == ST_OK &&
        (st = measure(&w, path, budget_s, edges, err)) == ST_OK) {
        *out = json_pack("{s:I,s:s,s:O}", "rows", (json_int_t)w.rows, "runtime",
            runtime_version(w.rt), "edges", edges);
        st = *out ? ST_OK : err_nomem(err);
    }
    json_decref(edges);
    free(w.raw);
    free(w.way);
    if (w.rt != NULL)
        runtime_close(w.rt);
    dataset_close(&w.data);
    return st;
}
