/* SPDX-License-Identifier: MIT */
/*
 * onnx_tensor.h -- element types and stored tensors (initializers and the
 * values of Constant nodes).  Tensors are borrowed; nothing here keeps state.
 */
#ifndef OFFRAMP_MODEL_ONNX_TENSOR_H
#define OFFRAMP_MODEL_ONNX_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "search/model/onnx.h"

enum { ONNX_RANK = 8 }; /* more dimensions than this are refused */

/* No tensor has more elements: 2^40 of them are terabytes already. */
#define ONNX_MAX_ELEMENTS (INT64_C(1) << 40)

/* "f4", "i8", ..; NULL for a type that is not supported. */
const char *onnx_dtype_name(int type);
/* The type of that name; 0 if there is none. */
int onnx_dtype_find(const char *name);
/* Bits an element, 0 for unsupported types. */
int onnx_dtype_bits(int type);
bool onnx_dtype_is_float(int type);

/* Product of dimensions; -1 if one is negative or the product is beyond
 * ONNX_MAX_ELEMENTS. */
int64_t onnx_elements(const int64_t *dims, int rank);

/* Bytes of a tensor of this type and number of elements. */
int64_t onnx_bytes(int type, int64_t elements);

/* Refuse a stored tensor that lies outside the file, is of an unsupported
 * type, or holds more or less data than its shape says.  `owner` names it. */
enum status onnx_tensor_check(
    const Onnx__TensorProto *t, const char *owner, struct err *err) MUST_CHECK;

/* Fraction of elements that are zero, of a checked tensor; 0 if empty. */
double onnx_tensor_zeros(const Onnx__TensorProto *t);

/* Read a checked tensor of 64-bit integers, at most `max` of them.  Returns
 * their number, or -1 if it is of another type or longer. */
int onnx_tensor_ints(const Onnx__TensorProto *t, int64_t *v, int max);

#endif
