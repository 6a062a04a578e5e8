/* SPDX-License-Identifier: MIT */
/*
 * device_model.h -- a declared model of a device: its clock, the cycles of an
 * instruction, the energy of a cycle; and what counts become with it.
 *
 * A declared figure is a number or [middle, low, high].  Times are derived by
 *     time = instructions x cycles_per_instruction / clock
 * and the interval takes every figure at its worst end together, which is wide
 * but holds whatever the figures have to do with each other.  Pure; the caller
 * owns everything.
 */
#ifndef OFFRAMP_SERVER_DEVICE_MODEL_H
#define OFFRAMP_SERVER_DEVICE_MODEL_H

#include "base/json.h"
#include "db/device_model.h"

/* A figure with its interval; NaN where none was declared. */
struct figure {
    double mid, low, high;
};

struct cost_model {
    struct figure clock_hz, cycles_per_instruction, energy_per_cycle_nj;
};

/* Check and read what a person declares:
 * {"clock_hz","cycles_per_instruction","energy_per_cycle_nj"?,"from"}.
 * ST_INVALID "request.field" names the member. */
enum status device_model_read(
    const json_t *doc, struct cost_model *out, struct err *err) MUST_CHECK;

/* What so many instructions take: ns, and nJ (NaN without energy). */
struct figure device_model_ns(const struct cost_model *m, double instructions);
struct figure device_model_nj(const struct cost_model *m, double instructions);

/* As GET /v1/devices/{name}/model: {"device","version","created_at", and what
 * was declared}; the caller owns it. */
json_t *device_model_view(const struct device_model *m);

#endif
