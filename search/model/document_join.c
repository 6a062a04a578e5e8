/* SPDX-License-Identifier: MIT */
/* What a cut parted, as one file again.  Within a file a runtime fuses across
 * operators and keeps a layout of its own, so parts cost more run one by one
 * than as one; how much more is measured on these. */
#include <stdlib.h>

#include "search/model/document.h"

/* Add the nodes of a part to a list. */
static void
add_part(const struct analysis *a, int part, int *nodes, int *n)
{
    for (int i = 0; i < a->g->n_nodes; i++) {
        const struct node *node = &a->g->nodes[i];

        if (node->part == part && node->live && !node->constant)
            nodes[(*n)++] = i;
    }
}

/* Add the segment that ends where this exit starts: that of an earlier one
 * where several start from one place.  None: it reads the input. */
static void
add_segment_before(const struct analysis *a, int exit, int *nodes, int *n)
{
    for (; exit >= 0 && *n == 0; exit--)
        add_part(a, part_segment(exit), nodes, n);
}

/* Does a segment from `part` on read it? */
static bool
is_read_from(const struct graph *g, const struct value *v, int part)
{
    for (int u = 0; u < v->n_uses; u++) {
        int reader = g->nodes[v->uses[u]].part;

        if (reader >= part && reader % 2 == 0 && graph_needs(g, v->uses[u], v))
            return true;
    }
    return false;
}

/* Of what leaves the two segments, what does not leave for the exit between
 * them: all that the second makes, and what later segments read of the first.
 * The array is owned by the caller. */
static enum status
wanted_outputs(int **out, int *n, struct analysis *a, const int *nodes,
    int n_nodes, int second, struct err *err)
{
    struct region r;
    enum status st = region_build(&r, a->g, nodes, n_nodes, NULL, 0, err);

    *out = NULL;
    *n = 0;
    if (st != ST_OK)
        return st;
    if ((*out = malloc((size_t)(r.n_out + 1) * sizeof(**out))) == NULL)
        st = err_nomem(err);
    for (int i = 0; st == ST_OK && i < r.n_out; i++) {
        const struct value *v = &a->g->values[r.out[i]];

        if (a->g->nodes[v->producer].part == second ||
            is_read_from(a->g, v, second + 1))
            (*out)[(*n)++] = r.out[i];
    }
    region_clear(&r);
    return st;
}

enum status
document_joint(
    json_t **out, struct analysis *a, int exit, int *nodes, struct err *err)
{
    int n = 0, n_first, n_wanted, *wanted;
    enum status st;

    add_segment_before(a, exit, nodes, &n);
    n_first = n;
    if (exit + 1 < a->exits.n)
        add_part(a, part_segment(exit + 1), nodes, &n);
    if (n_first == 0 || n == n_first)
        return document_part(out, a, nodes, 0, NULL, 0, err);
    st = wanted_outputs(
        &wanted, &n_wanted, a, nodes, n, part_segment(exit + 1), err);
    if (st == ST_OK)
        st = document_part(out, a, nodes, n, wanted, n_wanted, err);
    free(wanted);
    return st;
}

enum status
document_stage(
    json_t **out, struct analysis *a, int exit, int *nodes, struct err *err)
{
    int n = 0, n_first;

    add_segment_before(a, exit, nodes, &n);
    n_first = n;
    add_part(a, part_head(exit), nodes, &n);
    if (n_first == 0 || n == n_first)
        n = 0;
    return document_part(out, a, nodes, n, &a->exits.item[exit].output, 1, err);
}
