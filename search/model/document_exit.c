/* SPDX-License-Identifier: MIT */
/* The part of the document about exits, and their cut models. */
#include <stdlib.h>

#include "search/model/document.h"

enum { PARTS = 5 }; /* segment, head, prefix, joint, stage */

enum status
document_part(json_t **out, struct analysis *a, const int *nodes, int n,
    const int *wanted, int n_wanted, struct err *err)
{
    struct region r;
    struct counts c;
    char hex[HASH_HEX];
    enum status st;

    *out = NULL;
    if (n == 0) {
        *out = json_null();
        return ST_OK;
    }
    st = region_build(&r, a->g, nodes, n, wanted, n_wanted, err);
    if (st == ST_OK && (st = count_region(&c, a->g, &r, err)) == ST_OK &&
        (st = analysis_emit(a, &r, hex, err)) == ST_OK) {
        *out = json_pack("{s:s, s:I}", "blob", hex, "macs", (json_int_t)c.macs);
        if (*out == NULL)
            st = err_nomem(err);
    }
    region_clear(&r);
    return st;
}

/* The same with its "layers", which are stolen. */
static enum status
part_json(json_t **out, struct analysis *a, const int *nodes, int n,
    json_t *layers, struct err *err)
{
    enum status st = document_part(out, a, nodes, n, NULL, 0, err);

    if (st == ST_OK && n > 0 && json_object_set(*out, "layers", layers) != 0)
        st = err_nomem(err);
    json_decref(layers);
    return st;
}

/* The nodes and layers of one part. */
static enum status
list_part(struct analysis *a, int part, int *nodes, int *n, json_t **layers,
    struct err *err)
{
    *n = 0;
    if ((*layers = json_array()) == NULL)
        return err_nomem(err);
    for (int i = 0; i < a->layers.n; i++) {
        const struct layer *l = &a->layers.item[i];

        if (l->part != part)
            continue;
        for (int k = 0; k < l->n_nodes; k++)
            if (!a->g->nodes[l->nodes[k]].constant)
                nodes[(*n)++] = l->nodes[k];
        if (document_append(*layers, json_integer(i), err) != ST_OK)
            return ST_NOMEM;
    }
    return ST_OK;
}

/* The last backbone layer before an exit, -1 if there is none. */
static int
layer_before(const struct analysis *a, int exit)
{
    int last = -1;

    for (int i = 0; i < a->layers.n; i++)
        if (a->layers.item[i].part % 2 == 0 &&
            a->layers.item[i].part <= part_segment(exit))
            last = i;
    return last;
}

/* The cuts of one exit.  `nodes` has room for all nodes. */
static enum status
exit_parts(struct analysis *a, int exit, int *nodes, json_t *parts[PARTS],
    json_t **head_layers, struct err *err)
{
    const int output = a->exits.item[exit].output;
    json_t *layers = NULL;
    enum status st;
    int n;

    if ((st = list_part(a, part_segment(exit), nodes, &n, &layers, err)) !=
        ST_OK) {
        json_decref(layers);
        return st;
    }
    if ((st = part_json(&parts[0], a, nodes, n, layers, err)) != ST_OK ||
        (st = list_part(a, part_head(exit), nodes, &n, head_layers, err)) !=
            ST_OK ||
        (st = part_json(&parts[1], a, nodes, n, json_incref(*head_layers),
             err)) != ST_OK ||
        (st = region_before(a->g, &output, 1, nodes, &n, err)) != ST_OK ||
        (st = document_part(&parts[2], a, nodes, n, &output, 1, err)) !=
            ST_OK ||
        (st = document_joint(&parts[3], a, exit, nodes, err)) != ST_OK)
        return st;
    return document_stage(&parts[4], a, exit, nodes, err);
}

static enum status
add_exit(
    json_t *list, struct analysis *a, int exit, int *nodes, struct err *err)
{
    const struct exit *x = &a->exits.item[exit];
    const struct value *out = &a->g->values[x->output];
    json_t *parts[PARTS] = { NULL }, *head_layers = NULL;
    enum status st = exit_parts(a, exit, nodes, parts, &head_layers, err);

    if (st != ST_OK) {
        for (int i = 0; i < PARTS; i++)
            json_decref(parts[i]);
        json_decref(head_layers);
        return st;
    }
    return document_append(list,
        json_pack(
            "{s:i, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
            "index", exit, "name", out->name, "output", out->name,
            "after_layer", document_index(layer_before(a, exit)), "tensor",
            a->g->values[x->tensor].name, "classes",
            x->classes > 0 ? json_integer(x->classes) : json_null(),
            "head_layers", head_layers, "segment", parts[0], "head", parts[1],
            "prefix", parts[2], "joint", parts[3], "stage", parts[4]),
        err);
}

enum status
document_add_exits(json_t *doc, struct analysis *a, struct err *err)
{
    json_t *list = json_array();
    int *nodes = malloc((size_t)a->g->n_nodes * sizeof(int));
    enum status st = nodes != NULL ? ST_OK : err_nomem(err);

    for (int e = 0; e < a->exits.n && st == ST_OK; e++) {
        st = add_exit(list, a, e, nodes, err);
        if (a->env->progress != NULL)
            a->env->progress(a->env->ctx, "exits", e + 1, a->exits.n);
    }
    if (json_object_set_new(doc, "exits", list) != 0 && st == ST_OK)
        st = err_nomem(err);
    free(nodes);
    return st;
}
