/* SPDX-License-Identifier: MIT */
/*
 * analyse.h -- from the bytes of an ONNX file to the analysis document
 * (../README.md) and the cut models it names.
 *
 * The only entrance that others need.  It runs nothing itself: shapes are
 * inferred and cut models are kept by functions of the caller.  One call, one
 * thread, no state left behind.
 */
#ifndef OFFRAMP_MODEL_ANALYSE_H
#define OFFRAMP_MODEL_ANALYSE_H

#include <jansson.h>

#include "base/hash.h"
#include "search/model/shape.h"

/* All cut models of one analysis together; a small model with one large
 * tensor that every layer shares could otherwise fill the disk. */
#define ANALYSE_MAX_CUT_BYTES (INT64_C(16) << 30)

struct analyse_env {
    void *ctx; /* handed to the functions below */
    shape_infer_fn infer;
    /* Keep one model and tell its SHA-256.  `data` is borrowed. */
    enum status (*emit)(void *ctx, const void *data, size_t len,
        char hex[HASH_HEX], struct err *err);
    /* MAY be NULL.  Phases: "shapes", "layers", "exits". */
    void (*progress)(void *ctx, const char *phase, int done, int total);
    /* MAY be NULL: an array that gets the names of nodes at fault. */
    json_t *nodes;
};

/*
 * Analyse a model.  `shapes` maps input names to fixed shapes; NULL: none.
 * On ST_OK the caller owns *out.  Failures: those of onnx.h, graph.h,
 * shape.h and exit.h, whose codes start with `model.`, and those of `env`.
 */
enum status analyse(json_t **out, const void *data, size_t len,
    const json_t *shapes, const struct analyse_env *env,
    struct err *err) MUST_CHECK;

#endif
