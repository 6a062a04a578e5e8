/* SPDX-License-Identifier: MIT */
/*
 * device_model.h -- a declared model of a device: its clock, the cycles of an
 * instruction (of any, or of each class of base/insn.h), the energy of a
 * cycle; and what counts become with it.
 *
 * A declared figure is a number or [middle, low, high].  Times are derived by
 *     time = instructions x cycles_per_instruction / clock, or
 *     time = sum over classes (instructions x cycles) / clock
 * and the interval takes every figure at its worst end together, which is wide
 * but holds whatever the figures have to do with each other.  Pure; the caller
 * owns everything.
 */
#ifndef OFFRAMP_SERVER_DEVICE_MODEL_H
#define OFFRAMP_SERVER_DEVICE_MODEL_H

#include "base/insn.h"
#include "base/json.h"
#include "db/device_model.h"

/* A figure with its interval; NaN where none was declared. */
struct figure {
    double mid, low, high;
};

struct cost_model {
    struct figure clock_hz, energy_per_cycle_nj;
    bool by_class;
    struct figure cycles[INSN_COUNTS]; /* of each class; else cycles[0] is of
                                        * every instruction */
};

/* Check and read what a person declares:
 * {"clock_hz","cycles_per_instruction","energy_per_cycle_nj"?,"from"}, where
 * the cycles are a figure or {"load":figure, .., "default"?:figure}.
 * ST_INVALID "request.field" names the member, or the class that lacks. */
enum status device_model_read(
    const json_t *doc, struct cost_model *out, struct err *err) MUST_CHECK;

/* Cycles of a row with these counters (borrowed); NaN where they lack what the
 * model needs. */
struct figure device_model_cycles(
    const struct cost_model *m, const json_t *counters);

/* What so many cycles take: ns, and nJ (NaN without energy). */
struct figure device_model_ns(const struct cost_model *m, struct figure cycles);
struct figure device_model_nj(const struct cost_model *m, struct figure cycles);

/* As GET /v1/devices/{name}/model: {"device","version","created_at", and what
 * was declared}; the caller owns it. */
json_t *device_model_view(const struct device_model *m);

#endif
