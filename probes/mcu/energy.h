/* SPDX-License-Identifier: MIT */
/*
 * energy.h -- what layers cost a board in energy, by a meter outside of it.
 *
 * A window is a run of the same layers, repeated for as long as the meter
 * needs.  Where the meter sees a pin of the board, the window is its pulse;
 * otherwise it is what lies surely within the run, by the host's clock, and
 * the power there is taken for the whole run.  The method (plan.h) says of
 * what the windows are:
 *
 *     loop         the layers themselves
 *     window       the same, but only by the pin: without one there is none
 *     prefix_diff  all layers up to their end, less all up to their beginning;
 *                  the bounds of both add up
 *
 * One thread.
 */
#ifndef OFFRAMP_MCU_ENERGY_H
#define OFFRAMP_MCU_ENERGY_H

#include "probes/mcu/measure.h"
#include "probes/meters/meter.h"

struct board_energy {
    struct rig *rig; /* with the network on it */
    const struct meter_handle *meter;
    const struct parts *parts;
    const struct measure_limits *limits;
    int64_t idle_ns;  /* to measure the idle power for, before and after */
    json_t *problems; /* what went wrong: [{"name","code","why"}] */
};

/*
 * Add the rows of L5 to the array `rows`: the whole, layers, segments and
 * heads.  A window that cannot be trusted costs its rows their energy, with a
 * flag and a problem; other failures are rig.h's.
 */
enum status board_energy_rows(
    const struct board_energy *e, json_t *rows, struct err *err) MUST_CHECK;

#endif
