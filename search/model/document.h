/* SPDX-License-Identifier: MIT */
/*
 * document.h -- the pieces of an analysis put into JSON.  Private to
 * analyse.c, document.c, document_layer.c, document_exit.c and
 * document_join.c.
 */
#ifndef OFFRAMP_MODEL_DOCUMENT_H
#define OFFRAMP_MODEL_DOCUMENT_H

#include "search/model/analyse.h"
#include "search/model/boundary.h"
#include "search/model/count.h"
#include "search/model/exit.h"

/* All that analyse.c found out. */
struct analysis {
    struct graph *g;
    struct exits exits;
    struct layers layers;
    struct boundary *boundaries; /* owned */
    int n_boundaries;
    const struct analyse_env *env;
    int64_t cut_bytes; /* emitted so far */
};

/* Write a region as a model, hand it on, and say its digest. */
enum status analysis_emit(struct analysis *a, const struct region *r,
    char hex[HASH_HEX], struct err *err) MUST_CHECK;

/* The document; on ST_OK the caller owns *out. */
enum status document_make(
    json_t **out, struct analysis *a, struct err *err) MUST_CHECK;

/* Set member "exits" (document_exit.c). */
enum status document_add_exits(
    json_t *doc, struct analysis *a, struct err *err) MUST_CHECK;

/* A set of nodes as {"blob", "macs"}; null if it is empty.  `wanted` as `out`
 * of region_build(). */
enum status document_part(json_t **out, struct analysis *a, const int *nodes,
    int n, const int *wanted, int n_wanted, struct err *err) MUST_CHECK;

/* What the cut at an exit parted, as one file again (document_join.c): the
 * segment before it with the one after it, and with the exit's head.  Null
 * where nothing is parted.  `nodes` has room for all nodes. */
enum status document_joint(json_t **out, struct analysis *a, int exit,
    int *nodes, struct err *err) MUST_CHECK;
enum status document_stage(json_t **out, struct analysis *a, int exit,
    int *nodes, struct err *err) MUST_CHECK;

/* A layer's `attributes` (null for operators without a window) and `reads`,
 * ascending (document_layer.c); NULL: out of memory. */
json_t *document_attributes(const struct graph *g, const struct node *n);
json_t *document_reads(const struct analysis *a, const struct layer *l);

/* Append `item`, which is stolen; NULL is out of memory. */
enum status document_append(
    json_t *list, json_t *item, struct err *err) MUST_CHECK;

/* A number, or null for -1. */
json_t *document_index(int i);

#endif
