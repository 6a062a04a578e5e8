/* SPDX-License-Identifier: MIT */
/* parts.h -- the promise of a cut: run in turn, the parts give the whole. */
#ifndef OFFRAMP_TEST_PARTS_H
#define OFFRAMP_TEST_PARTS_H

#include "rig.h"

/*
 * On random input, run the whole model; then every layer in order; then
 * every segment and head in order, and what joins two of those; then every
 * prefix alone.  Each must give
 * every exit's output as the whole does, within 1e-6 of its largest value.
 */
void parts_check(struct rig *rig, const json_t *doc);

#endif
