/* SPDX-License-Identifier: MIT */
#include "search/worker/nan_origin.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "search/model/onnx.h"
#include "search/model/shape.h"
#include "search/worker/feeder.h"

enum { WHERE = 100 };

static bool
all_finite(const float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

static bool
is_float(const struct value *v)
{
    bool fixed = v->type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;

    for (int i = 0; i < v->rank; i++)
        fixed = fixed && v->dims[i] > 0;
    return fixed && !v->constant;
}

/* What each node makes, in the order in which they run: at most `room`. */
static size_t
list_tensors(const struct graph *g, const char **tensor, int *node)
{
    size_t n = 0;

    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *x = &g->nodes[i];
        int v = x->n_out > 0 ? x->out[0] : -1;

        if (v < 0 || !x->live || x->constant || !is_float(&g->values[v]))
            continue;
        tensor[n] = g->values[v].name;
        node[n++] = i;
    }
    return n;
}

/* The first of them that is not finite, into `where`. */
static enum status
run(const struct graph *g, const void *data, size_t len, const float *input,
    size_t n_input, char where[WHERE], struct err *err)
{
    const size_t room = (size_t)g->n_nodes + 1;
    const char **tensor = calloc(room, sizeof(*tensor));
    int *node = calloc(room, sizeof(*node));
    struct feeder *f = NULL;
    size_t n = 0, i = 0, len_i;
    enum status st = tensor && node ? ST_OK : err_nomem(err);

    if (st == ST_OK) {
        n = list_tensors(g, tensor, node);
        st = feeder_open(&f, data, len, tensor, n, err);
    }
    if (st == ST_OK && (st = feeder_run(f, input, n_input, err)) == ST_OK) {
        for (const float *v = NULL; i < n; i++) {
            v = feeder_value(f, i, &len_i);
            if (!all_finite(v, len_i))
                break;
        }
        if (i < n)
            snprintf(where, WHERE, ": the first is in layer %.60s",
                g->nodes[node[i]].name);
    }
    feeder_close(f);
    free(tensor);
    free(node);
    return st;
}

static enum status
find(const char *path, const float *input, size_t n, char where[WHERE],
    struct err *err)
{
    Onnx__ModelProto *m = NULL;
    struct graph *g = NULL;
    char *data = NULL;
    bool changed;
    size_t len;
    enum status st;

    if ((st = file_read(path, ONNX_MAX_BYTES, &data, &len, err)) == ST_OK &&
        (st = onnx_read(data, len, &m, NULL, err)) == ST_OK &&
        (st = graph_build(&g, m, err)) == ST_OK &&
        (st = shape_take_infos(g, err)) == ST_OK &&
        (st = graph_fold(g, &changed, err)) == ST_OK)
        st = run(g, data, len, input, n, where, err);
    graph_free(g);
    onnx_free(m);
    free(data);
    return st;
}

enum status
nan_origin_tell(const char *what, size_t sample, const char *path,
    const float *input, size_t n, struct err *err)
{
    char where[WHERE] = "";

    /* Not finding it is no failure of its own: the message is shorter. */
    if (!all_finite(input, n))
        snprintf(where, sizeof(where),
            ": its input is not (is preprocess "
            "right?)");
    else
        (void)find(path, input, n, where, NULL);
    return err_set(err, ST_UNPROCESSABLE, "model.nan_output",
        "%.60s is not a finite number for sample %zu%s", what, sample, where);
}
