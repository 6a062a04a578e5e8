/* SPDX-License-Identifier: MIT */
/*
 * attach.h -- nodes, stored tensors and outputs added to a model that was
 * read.  What was there stays as it was, byte for byte.
 *
 * A `struct attach` borrows the model, which owns whatever is added (so
 * onnx_free() frees it).  Adding is void: the first failure (out of memory) is
 * kept and told by attach_end().  One thread.
 */
#ifndef OFFRAMP_MODEL_ATTACH_H
#define OFFRAMP_MODEL_ATTACH_H

#include <stdbool.h>

#include "search/model/onnx.h"

enum { ATTACH_NAME = 96 };

struct attach {
    Onnx__ModelProto *m;
    char prefix[16];   /* no name of the model starts with it: "exit" */
    size_t n_original; /* outputs that were there: new ones come before */
    bool failed;
};

/* Ready a model, and choose a prefix for names that cannot collide. */
void attach_begin(struct attach *a, Onnx__ModelProto *m);

/* A node of the standard set with one output and `n_in` inputs, all names;
 * it is called by its output.  NULL once something failed. */
Onnx__NodeProto *attach_node(struct attach *a, const char *op,
    const char *const *in, size_t n_in, const char *out);
void attach_int(
    struct attach *a, Onnx__NodeProto *n, const char *name, int64_t value);
void attach_ints(struct attach *a, Onnx__NodeProto *n, const char *name,
    const int64_t *values, size_t count);

/* A stored tensor of 32-bit floats. */
void attach_tensor(struct attach *a, const char *name, const int64_t *dims,
    size_t rank, const float *data);

/* A float output, after the ones added before and before the model's own. */
void attach_output(
    struct attach *a, const char *name, const int64_t *dims, size_t rank);

/* ST_NOMEM if anything could not be added. */
enum status attach_end(struct attach *a, struct err *err) MUST_CHECK;

#endif
