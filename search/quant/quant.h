/* SPDX-License-Identifier: MIT */
/*
 * quant.h -- post-training int8 quantisation of a lowered network.
 *
 * Ranges of activations come from calibration inputs, run through the float
 * layers here; weights get a scale an output channel.  The rules are those of
 * TensorFlow Lite: symmetric weights in -127..127, activations with a zero
 * point so that 0 is exact, pools keep their input's scale, softmax has scale
 * 1/256, 32-bit biases.
 *
 * The caller owns a calibration and uses it from one thread.
 */
#ifndef OFFRAMP_QUANT_QUANT_H
#define OFFRAMP_QUANT_QUANT_H

#include "search/quant/lower.h"

/* How one tensor's numbers stand for reals: (q - zero) * scale. */
struct quant_scale {
    double scale;
    int32_t zero;
};

struct quant; /* opaque */

/* Start calibrating `net`, which must outlive the result. */
enum status quant_new(
    struct quant **out, const struct low_net *net, struct err *err) MUST_CHECK;
void quant_free(struct quant *q);

/* Let one input ([c][h][w] floats) widen the ranges; the other for a network
 * with several feeds (lower.h), in their order. */
void quant_observe(struct quant *q, const float *chw);
void quant_observe_feeds(struct quant *q, const float *const *chw);

/* The same network's float outputs for the last input that was observed:
 * output `i` in the order of boards. */
const float *quant_output(const struct quant *q, int i);

/*
 * The int8 image; the caller frees *image.  ST_UNPROCESSABLE
 * (`records.calibration`): nothing was observed, or a range is not finite.
 */
enum status quant_image(
    struct quant *q, void **image, size_t *len, struct err *err) MUST_CHECK;

/* After quant_image(): the scale of tensor `t`, and an input in int8. */
struct quant_scale quant_scale_of(const struct quant *q, int tensor);
void quant_input(const struct quant *q, const float *chw, int8_t *out);
void quant_feed(const struct quant *q, int feed, const float *chw, int8_t *out);

/* Where feed `i` is in the arena of an image of this network. */
uint32_t quant_feed_at(const struct quant *q, int i, const void *image);

/* Where output `i` is in the arena of the int8 image. */
uint32_t quant_output_at(const struct quant *q, int i, const void *image);

#endif
