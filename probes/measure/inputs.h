/* SPDX-License-Identifier: MIT */
/*
 * inputs.h -- seeded, realistic inputs (measurement.md 2).
 *
 * Values depend on the seed, the input's position, its element type and the
 * rotation only: a network and a prefix of it get the same pictures.  Floats
 * are 0.0625 to 1 in size, either sign: never zero, never denormal.  Small
 * integers use their whole range but zero; 32- and 64-bit ones are 0 or 1,
 * because they are indices or masks in the networks that have them.
 */
#ifndef OFFRAMP_MEASURE_INPUTS_H
#define OFFRAMP_MEASURE_INPUTS_H

#include "probes/runtimes/runtime.h"

enum { INPUT_SETS = 5 };

/* Fill `t` as input number `index` of rotation `set`. */
void inputs_fill(
    const struct tensor *t, uint64_t seed, size_t index, size_t set);

/* Memory for one tensor as described; ST_UNPROCESSABLE (code "model.dynamic"
 * or "model.tensor_type") names it.  Freed with free(t->data). */
enum status tensor_alloc(struct tensor *t, const struct tensor_info *info,
    struct err *err) MUST_CHECK;

/* Element i as a number, whatever the type. */
double tensor_get(const struct tensor *t, size_t i);

#endif
