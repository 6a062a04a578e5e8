/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "search/data/trial_input.h"
#include "search/worker/choose_rows.h"
#include "search/worker/dataset.h"
#include "search/worker/live.h"

/* What the payload names, read; `data` and `basis` are owned. */
struct order {
    int64_t exits, classes;
    json_t *dataset, *shape; /* borrowed */
    struct live_basis basis;
    struct dataset data;
    size_t *row, n; /* owned: ascending, without gaps */
};

static enum status
check_shape(const struct order *o, struct err *err)
{
    int64_t dims[NPY_RANK];
    size_t rank;
    enum status st = json_read_ints(
        o->shape, "payload.input_shape", dims, NPY_RANK, &rank, err);

    return st == ST_OK ? dataset_fits(&o->data, dims, rank, err) : st;
}

/* Every exit is tried once, so a policy needs as many samples as exits. */
static enum status
check_rows(const struct order *o, struct err *err)
{
    const bool label = o->basis.options.reference == SEARCH_LABEL;

    if (o->n < (size_t)o->exits)
        return err_set(err, ST_INVALID, "policy.stream",
            "%zu samples for %lld exits: every exit is tried once, so there "
            "must be as many samples at least",
            o->n, (long long)o->exits);
    for (size_t i = 0; label && i < o->n; i++)
        if (!o->data.labelled || npy_int(&o->data.labels, o->row[i]) < 0)
            return err_set(err, ST_UNPROCESSABLE, "policy.labels",
                "row %zu has no label: give \"reference\":\"final\", or rows "
                "that all have one",
                o->row[i]);
    return ST_OK;
}

static enum status
order_read(struct order *o, const struct task *t, struct err *err)
{
    const struct json_field fields[] = {
        { "exits", JF_INT, true, &o->exits, 0, POLICY_ARMS_MAX },
        { "classes", JF_INT, false, &o->classes, 1, 1e9 },
        { "dataset", JF_OBJ, true, &o->dataset, 0, 0 },
        { "input_shape", JF_ARR, true, &o->shape, 0, 0 },
    };
    enum status st = JSON_PICK(t->payload, "payload", fields, err);

    if (st != ST_OK ||
        (st = live_basis_read(&o->basis, t->payload, (int)o->exits, err)) !=
            ST_OK ||
        (st = dataset_open(&o->data, t, o->dataset, err)) != ST_OK ||
        (st = check_shape(o, err)) != ST_OK ||
        (st = dataset_check_labels(&o->data, o->classes, err)) != ST_OK ||
        (st = choose_rows(json_object_get(o->dataset, "rows"), "live.rows",
             "dataset.rows", &o->data, &o->row, &o->n, err)) != ST_OK)
        return st;
    return check_rows(o, err);
}

static enum status
write_inputs(
    struct task *t, const struct order *o, char hex[HASH_HEX], struct err *err)
{
    const size_t elements = o->data.inputs.row_elements;
    float *out = malloc((o->n * elements + 1) * sizeof(*out));
    float *raw = malloc((elements + 1) * sizeof(*raw));
    enum status st = out != NULL && raw != NULL ? ST_OK : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < o->n; i++) {
        npy_row(&o->data.inputs, o->row[i], raw);
        preprocess_row(
            &o->data.prepare, &o->data.inputs, raw, out + i * elements);
    }
    if (st == ST_OK)
        st = task_out(t, out, o->n * elements * sizeof(*out), hex, err);
    free(out);
    free(raw);
    return st;
}

/* Null where the full network's own answer is what is right. */
static enum status
write_labels(
    struct task *t, const struct order *o, json_t **out, struct err *err)
{
    char hex[HASH_HEX];
    int64_t *label;
    enum status st;

    *out = json_null();
    if (o->basis.options.reference == SEARCH_FINAL)
        return ST_OK;
    if ((label = malloc((o->n + 1) * sizeof(*label))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < o->n; i++)
        label[i] = npy_int(&o->data.labels, o->row[i]);
    st = task_out(t, label, o->n * sizeof(*label), hex, err);
    free(label);
    if (st == ST_OK && (*out = json_string(hex)) == NULL)
        st = err_nomem(err);
    return st;
}

static json_t *
numbers(const double *x, int n)
{
    json_t *a = json_array();

    for (int i = 0; a != NULL && i < n; i++)
        (void)json_array_append_new(a, json_real(x[i]));
    return a;
}

static json_t *
table(const double *own, const double *path, const double *over, int arms)
{
    return json_pack("{s:o,s:o,s:o}", "own", numbers(own, arms), "path",
        numbers(path, arms), "over", numbers(over, arms - 1));
}

/* Every one that a device can run, where none is named. */
static json_t *
policy_names(const struct trial_options *o)
{
    json_t *a = json_array();

    for (size_t i = 0; a != NULL && i < o->n_names; i++)
        (void)json_array_append_new(a, json_string(o->names[i]));
    for (size_t i = 0; a != NULL && o->n_names == 0 && policy_kinds[i]; i++)
        if (policy_kinds[i]->view != POLICY_LEAK)
            (void)json_array_append_new(a, json_string(policy_kinds[i]->name));
    return a;
}

static enum status
check_names(const struct trial_options *o, struct err *err)
{
    for (size_t i = 0; i < o->n_names; i++) {
        const struct policy_kind *k = policy_find(o->names[i]);

        if (k == NULL)
            return err_set(err, ST_INVALID, "policy.name",
                "there is no policy '%.64s': offramp compare --list names "
                "them",
                o->names[i]);
        if (k->view == POLICY_LEAK)
            return err_set(err, ST_INVALID, "policy.name",
                "%s reads what no device knows: it can be replayed, not run",
                k->name);
    }
    return ST_OK;
}

static enum status
compose(struct task *t, const struct order *o, json_t **out, struct err *err)
{
    const struct trial_options *p = &o->basis.options;
    const int arms = (int)o->exits;
    struct trial_input in = { 0 };
    char inputs[HASH_HEX];
    json_t *labels = NULL;
    enum status st;

    if ((st = check_names(p, err)) != ST_OK ||
        (st = trial_input_costs(&in, arms, &o->basis.costs, o->basis.published,
             p, err)) != ST_OK ||
        (st = write_inputs(t, o, inputs, err)) != ST_OK ||
        (st = write_labels(t, o, &labels, err)) != ST_OK)
        return st;
    *out = json_pack("{s:s,s:{s:I,s:I,s:s,s:o},s:s,s:b,s:o,"
                     "s:{s:f,s:f,s:f,s:f,s:I},s:o,s:o}",
        "schema", "offramp.live_order/1", "rows", "n", (json_int_t)o->n,
        "first", (json_int_t)o->row[0], "inputs", inputs, "labels", labels,
        "objective", p->objective, "timed",
        strcmp(p->objective, "latency_ns") == 0, "policies", policy_names(p),
        "setting", "alpha", p->alpha, "beta", p->beta, "probes", p->probes,
        "memory", p->memory, "seed", (json_int_t)p->seed, "cost",
        table(in.own, in.path, in.offload, arms), "earn",
        table(in.earn_own, in.earn_path, in.earn_offload, arms));
    return *out ? ST_OK : err_nomem(err);
}

enum status
live_prepare(struct task *t, json_t **result, struct err *err)
{
    struct order o = { 0 };
    enum status st;

    task_progress(t, "prepare", 0, 1, NULL);
    if ((st = order_read(&o, t, err)) == ST_OK)
        st = compose(t, &o, result, err);
    live_basis_clear(&o.basis);
    dataset_close(&o.data);
    free(o.row);
    return st;
}
