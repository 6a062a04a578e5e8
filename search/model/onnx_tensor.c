/* SPDX-License-Identifier: MIT */
#include "search/model/onnx_tensor.h"

#include <string.h>

/* Where a tensor keeps its elements if not in raw_data. */
enum store { STORE_F32, STORE_I32, STORE_I64, STORE_F64, STORE_U64 };

#define T(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

/* Types from 17 on are newer than Debian's onnx.proto: e4m3fn, e4m3fnuz,
 * e5m2, e5m2fnuz, uint4, int4. */
static const struct dtype_row {
    int type;
    const char *name;
    int bits;
    bool is_float;
    enum store store;
} dtypes[] = {
    { T(FLOAT), "f4", 32, true, STORE_F32 },
    { T(DOUBLE), "f8", 64, true, STORE_F64 },
    { T(FLOAT16), "f2", 16, true, STORE_I32 },
    { T(BFLOAT16), "bf2", 16, true, STORE_I32 },
    { T(INT8), "i1", 8, false, STORE_I32 },
    { T(UINT8), "u1", 8, false, STORE_I32 },
    { T(INT16), "i2", 16, false, STORE_I32 },
    { T(UINT16), "u2", 16, false, STORE_I32 },
    { T(INT32), "i4", 32, false, STORE_I32 },
    { T(UINT32), "u4", 32, false, STORE_U64 },
    { T(INT64), "i8", 64, false, STORE_I64 },
    { T(UINT64), "u8", 64, false, STORE_U64 },
    { T(BOOL), "b1", 8, false, STORE_I32 },
    { 17, "e4m3fn", 8, true, STORE_I32 },
    { 18, "e4m3fnuz", 8, true, STORE_I32 },
    { 19, "e5m2", 8, true, STORE_I32 },
    { 20, "e5m2fnuz", 8, true, STORE_I32 },
    { 21, "uint4", 4, false, STORE_I32 },
    { 22, "int4", 4, false, STORE_I32 },
};

static const struct dtype_row *
row(int type)
{
    for (size_t i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
        if (dtypes[i].type == type)
            return &dtypes[i];
    return NULL;
}

const char *
onnx_dtype_name(int type)
{
    const struct dtype_row *r = row(type);

    return r != NULL ? r->name : NULL;
}

int
onnx_dtype_find(const char *name)
{
    for (size_t i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
        if (strcmp(dtypes[i].name, name) == 0)
            return dtypes[i].type;
    return 0;
}

int
onnx_dtype_bits(int type)
{
    const struct dtype_row *r = row(type);

    return r != NULL ? r->bits : 0;
}

bool
onnx_dtype_is_float(int type)
{
    const struct dtype_row *r = row(type);

    return r != NULL && r->is_float;
}

int64_t
onnx_elements(const int64_t *dims, int rank)
{
    int64_t n = 1;
    bool zero = false;

    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return -1;
        if (dims[i] == 0)
            zero = true;
        else if (dims[i] > ONNX_MAX_ELEMENTS / n)
            return -1;
        else
            n *= dims[i];
    }
    return zero ? 0 : n;
}

int64_t
onnx_bytes(int type, int64_t elements)
{
    return (elements * onnx_dtype_bits(type) + 7) / 8;
}

/* How many items the typed field must hold for `n` elements. */
static int64_t
stored_items(const struct dtype_row *r, int64_t n)
{
    return r->bits == 4 ? (n + 1) / 2 : n;
}

static size_t
items_held(const Onnx__TensorProto *t, enum store s)
{
    switch (s) {
    case STORE_F32:
        return t->n_float_data;
    case STORE_I32:
        return t->n_int32_data;
    case STORE_I64:
        return t->n_int64_data;
    case STORE_F64:
        return t->n_double_data;
    default:
        return t->n_uint64_data;
    }
}

static enum status
check_data(const Onnx__TensorProto *t, const struct dtype_row *r,
    const char *owner, struct err *err)
{
    int64_t n = onnx_elements(t->dims, (int)t->n_dims);
    int64_t want, have;

    if (n < 0)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_data",
            "tensor %.100s has an impossible shape", owner);
    if (t->has_raw_data) {
        want = onnx_bytes(r->type, n);
        have = (int64_t)t->raw_data.len;
    } else {
        want = stored_items(r, n);
        have = (int64_t)items_held(t, r->store);
    }
    if (want != have)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_data",
            "tensor %.100s holds %lld %s where its shape needs %lld", owner,
            (long long)have, t->has_raw_data ? "bytes" : "values",
            (long long)want);
    return ST_OK;
}

enum status
onnx_tensor_check(
    const Onnx__TensorProto *t, const char *owner, struct err *err)
{
    const struct dtype_row *r = row(t->data_type);

    if (t->n_external_data > 0 ||
        t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return err_set(err, ST_UNPROCESSABLE, "model.external_data",
            "tensor %.100s is kept in a file of its own: save the model with "
            "its weights inside",
            owner);
    if (r == NULL || t->segment != NULL)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "tensor %.100s has element type %d, which is not supported", owner,
            t->data_type);
    if (t->n_dims > ONNX_RANK)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_type",
            "tensor %.100s has more than %d dimensions", owner, ONNX_RANK);
    return check_data(t, r, owner, err);
}

/* Zero items among `n` of `size` bytes.  Floats compare by value, so that
 * minus zero counts; other types by their bytes. */
static size_t
count_zeros(const uint8_t *p, size_t n, size_t size, uint8_t top_mask)
{
    size_t zeros = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t any = p[i * size + size - 1] & top_mask;

        for (size_t k = 0; k + 1 < size; k++)
            any |= p[i * size + k];
        zeros += any == 0;
    }
    return zeros;
}

double
onnx_tensor_zeros(const Onnx__TensorProto *t)
{
    const struct dtype_row *r = row(t->data_type);
    size_t n = (size_t)onnx_elements(t->dims, (int)t->n_dims);
    uint8_t mask = r->is_float ? 0x7f : 0xff;
    size_t zeros;

    if (n == 0 || r->bits < 8)
        return 0;
    if (t->has_raw_data)
        zeros = count_zeros(t->raw_data.data, n, (size_t)r->bits / 8, mask);
    else if (r->store == STORE_F32)
        zeros = count_zeros((const uint8_t *)t->float_data, n, 4, mask);
    else if (r->store == STORE_F64)
        zeros = count_zeros((const uint8_t *)t->double_data, n, 8, mask);
    else if (r->store == STORE_I32)
        zeros = count_zeros((const uint8_t *)t->int32_data, n, 4, 0xff);
    else if (r->store == STORE_I64)
        zeros = count_zeros((const uint8_t *)t->int64_data, n, 8, 0xff);
    else
        zeros = count_zeros((const uint8_t *)t->uint64_data, n, 8, 0xff);
    return (double)zeros / (double)n;
}

int
onnx_tensor_ints(const Onnx__TensorProto *t, int64_t *v, int max)
{
    int64_t n = onnx_elements(t->dims, (int)t->n_dims);

    if (t->data_type != T(INT64) || n > max)
        return -1;
    if (n > 0)
        memcpy(v,
            t->has_raw_data ? (const void *)t->raw_data.data : t->int64_data,
            (size_t)n * sizeof(*v));
    return (int)n;
}
