/* SPDX-License-Identifier: MIT */
/* The `deploy` task: a plan and its model become what a device runs, the rows
 * it is tried on, and what is expected of it there. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/data/predict.h"
#include "search/model/deploy.h"
#include "search/worker/board_part.h"
#include "search/worker/dataset.h"
#include "search/worker/deploy_chain.h"
#include "search/worker/infer.h"
#include "search/worker/kinds.h"
#include "search/worker/unsplit.h"

enum { ROWS_MAX = 100000 };

/* What the payload names, read. */
struct order {
    const char *model; /* borrowed, as are: */
    json_t *plan, *rows;
    int64_t seed;
    struct plan_exits exits;
    struct records records;    /* owned, as are: */
    struct costs costs;        /* of the plan's paths */
    struct costs counts;       /* in instructions, where there is a system */
    struct map_given *system;  /* of a chain; NULL: of one machine */
    struct map_path path;      /* there */
    json_t *images, *analysis; /* borrowed: where processors are boards */
};

struct work {
    struct task *task;
    struct runtime *runtime;
};

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    return infer_shapes(((struct work *)ctx)->runtime, model, len, sink, err);
}

static enum status
emit(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    return task_out(((struct work *)ctx)->task, data, len, hex, err);
}

static void
progress(void *ctx, const char *phase, int done, int total)
{
    task_progress(((struct work *)ctx)->task, phase, done, total, NULL);
}

/* Costs of a chain are those of its processors. */
static enum status
read_system(struct order *o, const json_t *doc, struct err *err)
{
    enum status st;

    if ((o->system = calloc(1, sizeof(*o->system))) == NULL)
        return err_nomem(err);
    if ((st = map_given_read(doc, o->system, err)) != ST_OK ||
        (st = map_path_read(o->plan, &o->system->sys, &o->path, err)) !=
            ST_OK ||
        (st = map_path_costs(&o->path, &o->system->sys, "instructions", "",
             &o->counts, err)) != ST_OK)
        return st;
    return map_path_costs(&o->path, &o->system->sys, "latency_ns",
        o->exits.objective, &o->costs, err);
}

/* A threshold of one score says nothing about another. */
static enum status
check_scores(const struct order *o, struct err *err)
{
    for (int e = 0; e < o->exits.n - 1 && e < o->records.exits; e++)
        if (o->exits.kept[e] && o->exits.score[e] != o->records.kind[e])
            return err_set(err, ST_UNPROCESSABLE, "plan.score",
                "exit %s has a threshold of %s in the plan, but %s in the "
                "records: search again with these records",
                o->exits.name[e], score_word(o->exits.score[e]),
                score_word(o->records.kind[e]));
    return ST_OK;
}

static enum status
order_read(struct order *o, const struct task *t, struct err *err)
{
    const char *csv = NULL;
    json_t *costs = NULL, *system = NULL;
    const struct json_field fields[] = {
        { "model", JF_HASH, true, &o->model, 0, 0 },
        { "plan", JF_OBJ, true, &o->plan, 0, 0 },
        { "costs", JF_OBJ, true, &costs, 0, 0 },
        { "records", JF_HASH, true, &csv, 0, 0 },
        { "seed", JF_INT, true, &o->seed, 0, 9e15 },
        { "rows", JF_OBJ, false, &o->rows, 0, 0 },
        { "system", JF_OBJ, false, &system, 0, 0 },
        { "images", JF_OBJ, false, &o->images, 0, 0 },
        { "analysis", JF_OBJ, false, &o->analysis, 0, 0 },
    };
    char path[PATH_MAX];
    enum status st;

    if ((st = JSON_READ(t->payload, "payload", fields, err)) != ST_OK ||
        (st = plan_exits_read(o->plan, &o->exits, err)) != ST_OK ||
        (st = system != NULL ? read_system(o, system, err)
                             : costs_read(costs, &o->costs, err)) != ST_OK ||
        (st = task_blob_path(t, csv, path, err)) != ST_OK)
        return st;
    if ((st = records_load(path, &o->records, err)) != ST_OK)
        return st;
    return check_scores(o, err);
}

static enum status
cut(const struct order *o, struct task *t, json_t **out, struct err *err)
{
    bool cuts[RECORDS_EXITS_MAX];
    const struct deploy_exits exits = { .name = o->exits.name,
        .kept = o->exits.kept,
        .cut = o->system != NULL ? cuts : NULL,
        .n = o->exits.n };
    struct work w = { .task = t };
    const struct analyse_env env = { &w, infer, emit, progress, NULL };
    char path[PATH_MAX], *data = NULL;
    size_t len;
    enum status st;

    if ((st = task_blob_path(t, o->model, path, err)) != ST_OK ||
        (st = file_read(path, ONNX_MAX_BYTES, &data, &len, err)) != ST_OK)
        return st;
    if (o->system != NULL)
        chain_cuts(&o->exits, &o->path, cuts);
    if ((st = runtime_onnx_open(&w.runtime, NULL, err)) == ST_OK) {
        st = deploy_cut(out, data, len, &exits, &env, err);
        runtime_close(w.runtime);
    }
    free(data);
    return st;
}

/* Each kept exit's threshold, and what of, beside its parts. */
static enum status
add_thresholds(const struct order *o, json_t *doc, struct err *err)
{
    json_t *x;
    size_t i;

    json_array_foreach(json_object_get(doc, "exits"), i, x)
    {
        int64_t e = json_integer_value(json_object_get(x, "index"));

        if (json_object_set_new(x, "threshold",
                json_number_or_null(o->exits.threshold[e])) != 0 ||
            json_object_set_new(
                x, "score", json_string(score_word(o->exits.score[e]))) != 0)
            return err_nomem(err);
    }
    return ST_OK;
}

/* The rows of the half that the search did not see. */
static enum status
held_out(const struct order *o, size_t most, size_t **rows, size_t *n,
    struct err *err)
{
    const struct records *r = &o->records;
    uint8_t *half = malloc(r->n + 1);

    *rows = malloc((r->n + 1) * sizeof(**rows));
    *n = 0;
    if (half == NULL || *rows == NULL) {
        free(half);
        return err_nomem(err);
    }
    records_split(r, (uint64_t)o->seed, half);
    for (size_t i = 0; i < r->n && *n < most; i++)
        if (half[i] == RECORDS_TEST)
            (*rows)[(*n)++] = i;
    free(half);
    return *n > 0 ? ST_OK
                  : err_set(err, ST_UNPROCESSABLE, "validation.rows",
                        "no row of the records was held out: give a data set "
                        "that the search has not seen");
}

/* Which row of the data set comes i-th: a sample of records that a worker made
 * is named by it. */
static size_t
data_row(const struct order *o, const size_t *rows, size_t i)
{
    return rows != NULL ? strtoull(o->records.sample[rows[i]], NULL, 10) : i;
}

/* Are all those rows in the data set? */
static enum status
check_rows(const struct order *o, const size_t *rows, size_t n, size_t n_data,
    struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (data_row(o, rows, i) >= n_data)
            return err_set(err, ST_UNPROCESSABLE, "validation.rows",
                "the records have a sample %s, the data set %zu rows: they "
                "are not of one another",
                o->records.sample[rows[i]], n_data);
    return ST_OK;
}

/* Rows as a device takes them: prepared, one after the other. */
static enum status
write_inputs(struct task *t, const struct order *o, const struct dataset *d,
    const size_t *rows, size_t n, json_t *doc, struct err *err)
{
    size_t elements = d->inputs.row_elements;
    float *out = malloc((n * elements + 1) * sizeof(*out));
    float *raw = malloc((elements + 1) * sizeof(*raw));
    char hex[HASH_HEX];
    enum status st = out != NULL && raw != NULL ? ST_OK : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        npy_row(&d->inputs, data_row(o, rows, i), raw);
        preprocess_row(&d->prepare, &d->inputs, raw, out + i * elements);
    }
    if (st == ST_OK)
        st = task_out(t, out, n * elements * sizeof(*out), hex, err);
    if (st == ST_OK && json_object_set_new(doc, "inputs", json_string(hex)))
        st = err_nomem(err);
    free(out);
    free(raw);
    return st;
}

/* What counts as right: the label, or what the last exit recorded.  Null
 * where neither is known. */
static enum status
write_labels(struct task *t, const struct order *o, const struct dataset *d,
    const size_t *rows, size_t n, json_t *doc, struct err *err)
{
    const int64_t *last =
        o->records.pred + (size_t)(o->records.exits - 1) * o->records.n;
    int64_t *out;
    char hex[HASH_HEX];
    enum status st;

    if (o->exits.label ? !d->labelled : rows == NULL)
        return json_object_set_new(doc, "labels", json_null()) == 0
                   ? ST_OK
                   : err_nomem(err);
    if ((out = malloc((n + 1) * sizeof(*out))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        out[i] = o->exits.label ? npy_int(&d->labels, data_row(o, rows, i))
                                : last[rows[i]];
    }
    st = task_out(t, out, n * sizeof(*out), hex, err);
    if (st == ST_OK && json_object_set_new(doc, "labels", json_string(hex)))
        st = err_nomem(err);
    free(out);
    return st;
}

/* Rows 0.. of the data set where `rows` is NULL. */
static enum status
write_rows(struct task *t, const struct order *o, const struct dataset *d,
    const size_t *rows, size_t n, json_t **out, struct err *err)
{
    enum status st;

    *out = json_pack("{s:I, s:s}", "n", (json_int_t)n, "of",
        rows != NULL ? "held_out" : "dataset");
    if (*out == NULL)
        return err_nomem(err);
    task_progress(t, "rows", 0, 1, NULL);
    if ((st = write_inputs(t, o, d, rows, n, *out, err)) == ST_OK)
        st = write_labels(t, o, d, rows, n, *out, err);
    return st;
}

/* What a chain is expected to do beside the whole. */
static enum status
expect_chain(const struct order *o, const size_t *rows, size_t n,
    const struct prediction *times, json_t *doc, struct err *err)
{
    struct prediction counts;
    enum status st;

    if (o->system == NULL)
        return ST_OK;
    if ((st = predict(&o->exits, &o->records, rows, n, &o->counts,
             "instructions", &counts, err)) != ST_OK ||
        (st = prediction_add_counts(doc, &counts, err)) != ST_OK)
        return st;
    return json_object_set_new(doc, "processors",
               map_path_expected(
                   &o->path, &o->system->sys, &o->exits, times)) == 0
               ? ST_OK
               : err_nomem(err);
}

/* The rows of a validation, and what is expected of the plan on them: on the
 * held-out half exactly those rows, on another data set the held-out ones. */
static enum status
make_rows(struct task *t, const struct order *o, json_t *doc, struct err *err)
{
    int64_t most = ROWS_MAX;
    bool other = false;
    json_t *data = NULL, *rows_doc = NULL, *expected = NULL;
    const struct json_field fields[] = {
        { "dataset", JF_OBJ, true, &data, 0, 0 },
        { "other", JF_BOOL, false, &other, 0, 0 },
        { "max", JF_INT, false, &most, 1, ROWS_MAX },
    };
    struct prediction p;
    struct dataset d = { 0 };
    size_t *rows = NULL, n, n_data;
    enum status st = JSON_READ(o->rows, "payload.rows", fields, err);

    if (st != ST_OK ||
        (st = held_out(o, other ? o->records.n : (size_t)most, &rows, &n,
             err)) != ST_OK ||
        (st = predict(&o->exits, &o->records, rows, n, &o->costs, "latency_ns",
             &p, err)) != ST_OK ||
        (st = dataset_open(&d, t, data, err)) != ST_OK)
        goto out;
    expected = prediction_json(&p, &o->exits);
    if (json_object_set_new(doc, "predicted", expected) != 0)
        st = err_nomem(err);
    if (st == ST_OK)
        st = expect_chain(o, rows, n, &p, expected, err);
    n_data = dataset_rows(&d);
    if (st == ST_OK && !other)
        st = check_rows(o, rows, n, n_data, err);
    if (st != ST_OK)
        goto out;
    if (other)
        n = n_data < (size_t)most ? n_data : (size_t)most;
    st = write_rows(t, o, &d, other ? NULL : rows, n, &rows_doc, err);
    if (json_object_set_new(doc, "rows", rows_doc) != 0 && st == ST_OK)
        st = err_nomem(err);
out:
    dataset_close(&d);
    free(rows);
    return st;
}

/* Who runs what, and what the network in one piece answers. */
static enum status
add_chain(const struct order *o, struct task *t, json_t *doc, struct err *err)
{
    enum status st = chain_add(doc, &o->exits, &o->path, &o->system->sys, err);

    if (st == ST_OK && o->images != NULL)
        st = board_parts_add(t, doc, o->images, o->analysis, err);
    return st == ST_OK && o->rows != NULL
               ? unsplit_add(t, doc, &o->exits, o->images, err)
               : st;
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct order o = { 0 };
    json_t *doc = NULL;
    enum status st;

    if ((st = order_read(&o, t, err)) == ST_OK &&
        (st = cut(&o, t, &doc, err)) == ST_OK &&
        (st = add_thresholds(&o, doc, err)) == ST_OK && o.rows != NULL)
        st = make_rows(t, &o, doc, err);
    if (st == ST_OK && o.system != NULL)
        st = add_chain(&o, t, doc, err);
    if (st == ST_OK && json_object_set_new(doc, "schema",
                           json_string("offramp.deployment/1")) != 0)
        st = err_nomem(err);
    if (st == ST_OK)
        *result = doc;
    else
        json_decref(doc);
    records_clear(&o.records);
    costs_clear(&o.costs);
    costs_clear(&o.counts);
    if (o.system != NULL)
        map_given_clear(o.system);
    free(o.system);
    return st;
}

const struct task_kind task_deploy = {
    .name = "deploy",
    .run = run,
    .blame = TASK_MODEL,
};
