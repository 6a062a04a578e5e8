/* SPDX-License-Identifier: MIT */
/* onnx_foreign.h -- what a file is that is no ONNX model, for the message that
 * refuses it.  Any thread. */
#ifndef OFFRAMP_MODEL_ONNX_FOREIGN_H
#define OFFRAMP_MODEL_ONNX_FOREIGN_H

#include <stddef.h>

/* "a TensorFlow Lite model: ..", with what to do; NULL: who knows. */
const char *onnx_foreign(const void *data, size_t len);

#endif
