/* SPDX-License-Identifier: MIT */
/*
 * support.h -- what of a network a board can run, and why it cannot run the
 * rest: an offramp.support/1 for its profile.
 *
 * Pure but for what it is handed; everything is owned by the caller.
 */
#ifndef OFFRAMP_MCU_SUPPORT_H
#define OFFRAMP_MCU_SUPPORT_H

#include "probes/mcu/parts.h"
#include "probes/mcu/piece.h"
#include "probes/mcu/rig.h"

/* Give up (parts.h) every part that alone does not fit the board's memory. */
enum status support_fit(const struct rig *r, const struct pieces *pieces,
    struct parts *parts, struct err *err) MUST_CHECK;

/* Which layers of an image are run for a part; true if any.  `in` has
 * NN_LAYERS_MAX members. */
bool support_layers(const struct parts *parts, size_t part, bool *in);

/*
 * {"schema","board","type","layers":[{"index","support","code","reason"}],
 * "exits":[{"index","segment":{"support","code","reason"},"head":..|null}]} of
 * parts made for L2 and L6; a new object in *out.  Codes are `supported`,
 * `fused` (another layer does its work), `operator`, `memory`.
 */
enum status support_json(const struct parts *parts, const json_t *image,
    const char *board, json_t **out, struct err *err) MUST_CHECK;

#endif
