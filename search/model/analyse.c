/* SPDX-License-Identifier: MIT */
#include "search/model/analyse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/model/cut.h"
#include "search/model/document.h"

enum status
analysis_emit(struct analysis *a, const struct region *r, char hex[HASH_HEX],
    struct err *err)
{
    uint8_t *data;
    size_t len;
    enum status st = cut_write(a->g, r, &data, &len, err);

    if (st != ST_OK)
        return st;
    a->cut_bytes += (int64_t)len;
    if (a->cut_bytes > ANALYSE_MAX_CUT_BYTES)
        st = err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "the model's layers together take more than %lld GiB: they share "
            "large tensors",
            (long long)(ANALYSE_MAX_CUT_BYTES >> 30));
    else
        st = a->env->emit(a->env->ctx, data, len, hex, err);
    free(data);
    return st;
}

/* Operators whose multiplications are left out of the counts. */
static enum status
note_uncounted(struct graph *g, struct err *err)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].live && count_is_blind(&g->nodes[i]))
            return graph_note(g, err,
                "multiplications of %.40s are not counted, the first is node "
                "%.100s",
                g->nodes[i].proto->op_type, g->nodes[i].name);
    return ST_OK;
}

/* Whether a message names a node: as "name", 'name', (name) or
 * after the word node. */
static bool
names_node(const char *text, const char *name)
{
    static const char *const forms[] = { "\"%.128s\"", "(%.128s)", "'%.128s'",
        "node %.128s " };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char form[160];

        snprintf(form, sizeof(form), forms[i], name);
        if (strstr(text, form) != NULL)
            return true;
    }
    return false;
}

static enum status
blame_nodes(const struct graph *g, json_t *nodes, const struct err *err)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (names_node(err->text, g->nodes[i].name) &&
            json_array_append_new(nodes, json_string(g->nodes[i].name)) != 0)
            return ST_NOMEM;
    return ST_OK;
}

/* Shapes, and who is to blame where there are none. */
static enum status
find_shapes(struct analysis *a, const json_t *shapes, struct err *err)
{
    const struct analyse_env *env = a->env;
    enum status st = shape_fix_inputs(a->g, shapes, err);

    if (st == ST_OK)
        st = shape_infer(a->g, env->infer, env->ctx, err);
    if (st == ST_UNPROCESSABLE && env->nodes != NULL && err != NULL &&
        blame_nodes(a->g, env->nodes, err) != ST_OK)
        return ST_NOMEM;
    return st;
}

/* Every step after the file was read. */
static enum status
look_closer(struct analysis *a, const json_t *shapes, struct err *err)
{
    const struct analyse_env *env = a->env;
    enum status st;

    if (env->progress != NULL)
        env->progress(env->ctx, "shapes", 0, 1);
    if ((st = find_shapes(a, shapes, err)) != ST_OK ||
        (st = note_uncounted(a->g, err)) != ST_OK ||
        (st = exits_find(&a->exits, a->g, err)) != ST_OK ||
        (st = layers_build(&a->layers, a->g, err)) != ST_OK)
        return st;
    if (env->progress != NULL)
        env->progress(env->ctx, "shapes", 1, 1);
    return boundaries_find(
        &a->boundaries, &a->n_boundaries, &a->layers, a->g, err);
}

enum status
analyse(json_t **out, const void *data, size_t len, const json_t *shapes,
    const struct analyse_env *env, struct err *err)
{
    struct analysis a = { .env = env };
    Onnx__ModelProto *m;
    enum status st = onnx_read(data, len, &m, env->nodes, err);

    *out = NULL;
    if (st == ST_OK)
        st = graph_build(&a.g, m, err);
    if (st == ST_OK)
        st = look_closer(&a, shapes, err);
    if (st == ST_OK)
        st = document_make(out, &a, err);
    free(a.boundaries);
    layers_clear(&a.layers);
    graph_free(a.g);
    onnx_free(m);
    return st;
}
