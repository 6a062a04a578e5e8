/* SPDX-License-Identifier: MIT */
/*
 * sight.h -- one window of a board under an energy meter: a run of layers,
 * repeated until the meter has seen enough (energy.h).
 */
#ifndef OFFRAMP_MCU_SIGHT_H
#define OFFRAMP_MCU_SIGHT_H

#include "probes/mcu/rig.h"
#include "probes/measure/energy.h"
#include "probes/measure/plan.h"

/* Of layers first .. end - 1. */
struct sight {
    uint32_t first, end;
    double total_nj, window_ns; /* what the meter saw */
    double executions;          /* in it */
    double edges;  /* executions of which it may have seen any part */
    int64_t flags; /* why it is worth nothing; 0: it is good */
};

/* Those that were taken.  Start as {0}. */
struct sights {
    struct sight *at; /* owned */
    size_t n, cap;
};

/* The one of these layers; *is_new: it was not there.  Borrowed until the
 * next one is added.  NULL when out of memory. */
struct sight *sights_at(
    struct sights *all, uint32_t first, uint32_t end, bool *is_new);
void sights_clear(struct sights *all);

/*
 * Take it: set the input, run what comes before once, then the layers for the
 * meter's window.  ST_INVALID: the meter failed (measure/energy.h), or there
 * is no pin where the method needs one, or its pulse is not as long as the
 * board ran (`measure.meter_clock`), or the line was so slow that nothing is
 * surely within the run (`measure.meter_window`).  Else what rig.h says.
 */
enum status sight_take(struct rig *r, const struct meter_handle *m,
    enum energy_method method, struct sight *s, struct err *err) MUST_CHECK;

/* The energy of one execution. */
void sight_energy(const struct sight *s, const struct meter_facts *f,
    const double idle_w[2], struct energy *out);

#endif
