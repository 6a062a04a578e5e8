/* SPDX-License-Identifier: MIT */
#include "search/model/op.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct op_row {
    const char *name;
    enum op_kind kind;
    bool keeps_answer;
};

/* Sorted by name.  What is absent is an anchor. */
static const struct op_row rows[] = {
    { "Abs", OP_FUSE, false },
    { "Add", OP_FUSE, false },
    { "And", OP_FUSE, false },
    { "BatchNormalization", OP_FUSE, false },
    { "Bernoulli", OP_RANDOM, false },
    { "BiasGelu", OP_FUSE, false },
    { "Cast", OP_FUSE, true },
    { "CastMap", OP_OTHER, false },
    { "Ceil", OP_FUSE, false },
    { "Celu", OP_FUSE, false },
    { "Clip", OP_FUSE, false },
    { "ConcatFromSequence", OP_OTHER, false },
    { "DequantizeLinear", OP_PRE, true },
    { "DictVectorizer", OP_OTHER, false },
    { "Div", OP_FUSE, false },
    { "Dropout", OP_FREE, true },
    { "Elu", OP_FUSE, false },
    { "Equal", OP_FUSE, false },
    { "Erf", OP_FUSE, false },
    { "Exp", OP_FUSE, false },
    { "FastGelu", OP_FUSE, false },
    { "Flatten", OP_FREE, true },
    { "Floor", OP_FUSE, false },
    { "Gelu", OP_FUSE, false },
    { "Greater", OP_FUSE, false },
    { "HardSigmoid", OP_FUSE, false },
    { "HardSwish", OP_FUSE, false },
    { "Identity", OP_FREE, true },
    { "LeakyRelu", OP_FUSE, false },
    { "Less", OP_FUSE, false },
    { "Log", OP_FUSE, false },
    { "LogSoftmax", OP_ANCHOR, true },
    { "Max", OP_FUSE, false },
    { "Min", OP_FUSE, false },
    { "Mish", OP_FUSE, false },
    { "Mul", OP_FUSE, false },
    { "Multinomial", OP_RANDOM, false },
    { "Neg", OP_FUSE, false },
    { "Not", OP_FUSE, false },
    { "Optional", OP_OTHER, false },
    { "OptionalGetElement", OP_OTHER, false },
    { "OptionalHasElement", OP_OTHER, false },
    { "Or", OP_FUSE, false },
    { "PRelu", OP_FUSE, false },
    { "Pad", OP_PRE, false },
    { "Pow", OP_FUSE, false },
    { "QLinearAdd", OP_FUSE, false },
    { "QLinearLeakyRelu", OP_FUSE, false },
    { "QLinearMul", OP_FUSE, false },
    { "QLinearSigmoid", OP_FUSE, false },
    { "QuantizeLinear", OP_FUSE, true },
    { "QuickGelu", OP_FUSE, false },
    { "RandomNormal", OP_RANDOM, false },
    { "RandomNormalLike", OP_RANDOM, false },
    { "RandomUniform", OP_RANDOM, false },
    { "RandomUniformLike", OP_RANDOM, false },
    { "Reciprocal", OP_FUSE, false },
    { "Relu", OP_FUSE, false },
    { "Reshape", OP_FREE, true },
    { "Round", OP_FUSE, false },
    { "Selu", OP_FUSE, false },
    { "SequenceAt", OP_OTHER, false },
    { "SequenceConstruct", OP_OTHER, false },
    { "SequenceEmpty", OP_OTHER, false },
    { "SequenceErase", OP_OTHER, false },
    { "SequenceInsert", OP_OTHER, false },
    { "SequenceLength", OP_OTHER, false },
    { "Shape", OP_SHAPE, false },
    { "Sigmoid", OP_FUSE, true },
    { "Sign", OP_FUSE, false },
    { "Size", OP_SHAPE, false },
    { "Softmax", OP_ANCHOR, true },
    { "Softplus", OP_FUSE, false },
    { "Softsign", OP_FUSE, false },
    { "SplitToSequence", OP_OTHER, false },
    { "Sqrt", OP_FUSE, false },
    { "Squeeze", OP_FREE, true },
    { "Sub", OP_FUSE, false },
    { "Sum", OP_FUSE, false },
    { "Tanh", OP_FUSE, false },
    { "ThresholdedRelu", OP_FUSE, false },
    { "Unsqueeze", OP_FREE, true },
    { "Where", OP_FUSE, false },
    { "Xor", OP_FUSE, false },
    { "ZipMap", OP_OTHER, false },
};

static int
compare(const void *name, const void *row)
{
    return strcmp(name, ((const struct op_row *)row)->name);
}

static const struct op_row *
find(const Onnx__NodeProto *n)
{
    return bsearch(n->op_type, rows, sizeof(rows) / sizeof(rows[0]),
        sizeof(rows[0]), compare);
}

enum op_kind
op_kind(const Onnx__NodeProto *n)
{
    const struct op_row *r = find(n);

    return r != NULL ? r->kind : OP_ANCHOR;
}

bool
op_keeps_answer(const Onnx__NodeProto *n)
{
    const struct op_row *r = find(n);

    return r != NULL && r->keeps_answer;
}
