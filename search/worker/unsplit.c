/* SPDX-License-Identifier: MIT */
#include "search/worker/unsplit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "probes/deploy/answer.h"
#include "search/worker/unsplit_int8.h"

enum { ROW_HEAD = 8, ROWS_BYTES_MAX = 1 << 30 };

/* One kept exit as an output of the network. */
struct output {
    int index; /* in graph order */
    double threshold;
    enum score score;
    enum answer_scale scale;
    struct tensor tensor; /* memory owned */
    size_t n;
};

struct unsplit {
    struct runtime *runtime;
    struct net *net;
    struct binding *binding;
    struct tensor input;
    struct output out[RECORDS_EXITS_MAX]; /* in graph order */
    int n;
    size_t width;
    struct unsplit_int8 *board; /* instead of net; NULL: none */
    char *rows;                 /* owned: the input file */
    size_t rows_bytes, row_bytes;
};

/* A file that this task made. */
static enum status
out_path(
    const struct task *t, const char *hex, char path[PATH_MAX], struct err *err)
{
    if (snprintf(path, PATH_MAX, "%s/out/%s", t->dir, hex) >= PATH_MAX)
        return err_set(
            err, ST_INTERNAL, NULL, "the task's folder has too long a name");
    return ST_OK;
}

static enum status
tensor_for(const struct tensor_info *info, struct tensor *out, struct err *err)
{
    const int64_t n = tensor_elements(info);

    if (info->dtype != DTYPE_F4 || n < 1)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "tensor %s is not float32 of a fixed shape", info->name);
    *out = (struct tensor){ .dtype = DTYPE_F4,
        .rank = info->rank,
        .bytes = (size_t)n * sizeof(float),
        .data = calloc((size_t)n, sizeof(float)) };
    memcpy(out->dims, info->dims, sizeof(out->dims));
    return out->data != NULL ? ST_OK : err_nomem(err);
}

/* The outputs of the net are those exits, maybe in another order. */
static enum status
tie_outputs(struct unsplit *u, const struct plan_exits *plan, struct err *err)
{
    struct tensor out[RECORDS_EXITS_MAX] = { 0 };
    size_t n_in, n_out;
    const struct tensor_info *in = net_inputs(u->net, &n_in);
    const struct tensor_info *info = net_outputs(u->net, &n_out);
    enum status st = ST_OK;

    for (int e = 0; st == ST_OK && e < plan->n; e++)
        for (size_t k = 0; plan->kept[e] && k < n_out; k++) {
            struct output *o = &u->out[u->n];

            if (strcmp(info[k].name, plan->name[e]) != 0)
                continue;
            *o = (struct output){ .index = e,
                .threshold = plan->threshold[e],
                .score = plan->score[e] };
            u->n++;
            if ((st = tensor_for(&info[k], &o->tensor, err)) != ST_OK)
                return st;
            o->n = o->tensor.bytes / sizeof(float);
            u->width = o->n > u->width ? o->n : u->width;
            out[k] = o->tensor;
        }
    if (n_in != 1 || (size_t)u->n != n_out || u->n == 0)
        return err_set(err, ST_UNPROCESSABLE, "plan.model",
            "the network has %zu inputs and %zu outputs, the plan keeps %d "
            "exits of one input",
            n_in, n_out, u->n);
    if ((st = tensor_for(&in[0], &u->input, err)) != ST_OK)
        return st;
    return net_bind(&u->binding, u->net, &u->input, out, err);
}

static enum status
open_int8(struct unsplit *u, struct task *t, const json_t *deployment,
    const json_t *images, struct err *err)
{
    enum status st =
        unsplit_int8_open(&u->board, t, deployment, images, u->runtime, err);

    if (st == ST_OK) {
        u->width = unsplit_int8_width(u->board);
        u->row_bytes = unsplit_int8_row(u->board);
    }
    return st;
}

static enum status
unsplit_open(struct unsplit *u, struct task *t, const json_t *deployment,
    const struct plan_exits *plan, const json_t *images, struct err *err)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    const json_t *rows = json_object_get(deployment, "rows");
    char path[PATH_MAX];
    const struct net_source source = { .path = path };
    enum status st;

    if ((st = runtime_onnx_open(&u->runtime, NULL, err)) != ST_OK ||
        (st = out_path(t, json_get_string(rows, "inputs", ""), path, err)) !=
            ST_OK ||
        (st = file_read(path, ROWS_BYTES_MAX, &u->rows, &u->rows_bytes, err)) !=
            ST_OK)
        return st;
    if (unsplit_int8_applies(deployment, images))
        return open_int8(u, t, deployment, images, err);
    if ((st = out_path(
             t, json_get_string(deployment, "onnx", ""), path, err)) != ST_OK ||
        (st = net_open(&u->net, u->runtime, &source, &options, err)) != ST_OK)
        return st;
    if ((st = tie_outputs(u, plan, err)) == ST_OK)
        u->row_bytes = u->input.bytes;
    return st;
}

static void
unsplit_close(struct unsplit *u)
{
    unsplit_int8_close(u->board);
    binding_free(u->binding);
    net_close(u->net);
    runtime_close(u->runtime);
    for (int i = 0; i < u->n; i++)
        free(u->out[i].tensor.data);
    free(u->input.data);
    free(u->rows);
}

static void
write_answer(uint8_t *to, int64_t exit, const float *values, size_t n)
{
    memcpy(to, &exit, sizeof(exit));
    memcpy(to + ROW_HEAD, values, n * sizeof(*values));
}

/* Where it leaves; its values. */
static enum status
run_net(struct unsplit *u, const char *row, uint8_t *to, struct err *err)
{
    enum status st;
    int i = 0;

    memcpy(u->input.data, row, u->input.bytes);
    if ((st = net_run(u->net, u->binding, err)) != ST_OK)
        return st;
    for (; i < u->n - 1; i++) {
        struct output *o = &u->out[i];

        if (answer_of(o->tensor.data, o->n, o->score, &o->scale).score >=
            o->threshold)
            break;
    }
    write_answer(to, u->out[i].index, u->out[i].tensor.data, u->out[i].n);
    return ST_OK;
}

static enum status
run_row(struct unsplit *u, const char *row, uint8_t *to, struct err *err)
{
    const float *values;
    int64_t exit;
    enum status st;
    size_t n;

    if (u->board == NULL)
        return run_net(u, row, to, err);
    st = unsplit_int8_run(
        u->board, (const float *)(const void *)row, &exit, &values, &n, err);
    if (st == ST_OK)
        write_answer(to, exit, values, n);
    return st;
}

static enum status
run_rows(struct unsplit *u, struct task *t, json_t *rows, struct err *err)
{
    const size_t n = (size_t)json_get_number(rows, "n");
    const size_t row = ROW_HEAD + u->width * sizeof(float);
    char hex[HASH_HEX];
    uint8_t *out;
    enum status st = ST_OK;

    if (u->rows_bytes != n * u->row_bytes)
        return err_set(err, ST_INTERNAL, NULL,
            "%zu rows of %zu bytes are not %zu", n, u->row_bytes,
            u->rows_bytes);
    if ((out = calloc(n + 1, row)) == NULL)
        return err_nomem(err);
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        task_progress(t, "reference", (int64_t)i, (int64_t)n, NULL);
        st = run_row(u, u->rows + i * u->row_bytes, out + i * row, err);
    }
    if (st == ST_OK)
        st = task_out(t, out, n * row, hex, err);
    free(out);
    if (st == ST_OK &&
        (json_object_set_new(rows, "reference", json_string(hex)) != 0 ||
            json_object_set_new(
                rows, "values", json_integer((json_int_t)u->width)) != 0))
        st = err_nomem(err);
    return st;
}

enum status
unsplit_add(struct task *t, json_t *deployment, const struct plan_exits *plan,
    const json_t *images, struct err *err)
{
    struct unsplit u = { 0 };
    enum status st = unsplit_open(&u, t, deployment, plan, images, err);

    if (st == ST_OK)
        st = run_rows(&u, t, json_object_get(deployment, "rows"), err);
    unsplit_close(&u);
    return st;
}
