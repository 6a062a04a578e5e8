/* SPDX-License-Identifier: MIT */
/* op.h -- what a kind of operator means for grouping: one table. */
#ifndef OFFRAMP_MODEL_OP_H
#define OFFRAMP_MODEL_OP_H

#include <stdbool.h>

#include <onnx.pb-c.h>

enum op_kind {
    OP_ANCHOR, /* real work: a layer of its own (also what is not known) */
    OP_FUSE,   /* elementwise: done on the way out of the layer before */
    OP_FREE,   /* moves or names data: no work worth a layer */
    OP_PRE,    /* belongs to the layer after it: DequantizeLinear, Pad */
    OP_SHAPE,  /* depends on its input's shape only */
    OP_RANDOM, /* differs from run to run: refused */
    OP_OTHER,  /* makes or takes what is no tensor: refused */
};

enum op_kind op_kind(const Onnx__NodeProto *n);

/* True for operators after which a classifier's answer is the same, so that
 * their input and output are one classifier and not two. */
bool op_keeps_answer(const Onnx__NodeProto *n);

#endif
