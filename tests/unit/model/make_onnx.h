/* SPDX-License-Identifier: MIT */
/*
 * make_onnx.h -- small ONNX files for tests, from a few lines of text:
 *
 *     ir 8
 *     opset 13
 *     input x f4 N,3,8,8            (a letter is an open dimension)
 *     init w f4 4,3,3,3             (seeded values; "init w f4 4 0" zeros)
 *     ints s 1,-1                   (a 64-bit integer tensor)
 *     node Conv x,w -> y strides=2,2 group=1 name=first alpha=0.5f
 *     output y
 *
 * "-" in a list of tensors is one left out.  A mistake in the text aborts.
 */
#ifndef OFFRAMP_TEST_MAKE_ONNX_H
#define OFFRAMP_TEST_MAKE_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include <onnx.pb-c.h>

/* The message, for tests that bend it; ended with onnx_free(). */
Onnx__ModelProto *make_onnx(const char *text);

/* Its bytes; the caller frees. */
uint8_t *make_onnx_bytes(const char *text, size_t *len);

#endif
