/* SPDX-License-Identifier: MIT */
/* Element types in the words of others. */
#include "server/export/layers.h"

#include <string.h>

static const struct type {
    const char *ours, *protobuf, *numpy;
    int caffe2; /* of its TensorProto.DataType; 0 is UNDEFINED */
} types[] = {
    { "f2", "float16", "float16", 12 },
    { "f4", "float", "float32", 1 },
    { "f8", "double", "float64", 13 },
    { "i1", "int8", "int8", 7 },
    { "i2", "int16", "int16", 9 },
    { "i4", "int32", "int32", 2 },
    { "i8", "int64", "int64", 10 },
    { "u1", "uint8", "uint8", 6 },
    { "u2", "uint16", "uint16", 8 },
    { "u4", "uint32", "uint32", 0 },
    { "u8", "uint64", "uint64", 0 },
};

static const struct type *
find(const char *dtype)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].ours, dtype) == 0)
            return &types[i];
    return NULL;
}

const char *
export_type_protobuf(const char *dtype)
{
    const struct type *t = find(dtype);

    return t ? t->protobuf : dtype;
}

const char *
export_type_numpy(const char *dtype)
{
    const struct type *t = find(dtype);

    return t ? t->numpy : dtype;
}

int
export_type_caffe2(const char *dtype)
{
    const struct type *t = find(dtype);

    return t ? t->caffe2 : 0;
}
