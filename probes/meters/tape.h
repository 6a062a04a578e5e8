/* SPDX-License-Identifier: MIT */
/*
 * tape.h -- what an external meter said since a window was opened: samples as
 * running totals, edges of the pin that it watches, and what went wrong; and
 * the energy between two moments of it.
 *
 * The meter has a clock of its own.  A line takes some time to get here, never
 * less than the quickest one did, so the two clocks are put side by side by
 * the least difference between a line's arrival and its own time.  What is
 * left is a delay that is the same at both ends of a window: work goes on
 * before a window for as long as that can be (meter_facts.guard_ns).
 *
 * Pure: times come in as arguments.  The caller owns the struct and locks it.
 */
#ifndef OFFRAMP_METERS_TAPE_H
#define OFFRAMP_METERS_TAPE_H

#include "probes/meters/meter.h"
#include "probes/meters/said.h"

enum { TAPE_POINTS = 1 << 17, TAPE_MARKS = 64 };

/* The totals up to a sample. */
struct tape_point {
    int64_t t_ns, delay_ns; /* until it was here */
    double nj;
    uint32_t dropped, backwards;
};

struct tape_mark {
    int64_t t_ns;
    bool high;
};

struct tape {
    struct said_meter meter;
    struct tape_point *points; /* owned; a ring */
    uint64_t n;                /* points ever: the last one is n - 1 */
    struct tape_point sum;     /* the newest totals, also of what was lost */
    double last;               /* W, or J of its total */
    struct tape_mark marks[TAPE_MARKS];
    uint64_t n_marks;
    int64_t delay_ns; /* the least of all */
};

/* Room for the points; ST_NOMEM.  Release with tape_clear(). */
enum status tape_init(
    struct tape *t, const struct said_meter *m, struct err *err) MUST_CHECK;
void tape_clear(struct tape *t);

/* Forget all: a new window. */
void tape_reset(struct tape *t);

/* Add what was said in a line that came at `arrival_ns` of the host's clock.
 * Garbage counts as a sample that is lost. */
void tape_add(struct tape *t, const struct said *s, int64_t arrival_ns);

/* Did samples come up to that moment of the host's clock, with `margin_ns`? */
bool tape_covers(const struct tape *t, int64_t host_ns);

/*
 * The energy between two moments of the host's clock.  ST_INVALID: it went
 * back (`measure.meter_negative`), lost over a thousandth of its samples
 * (`measure.meter_drops`), the window is longer than what is kept or is not
 * covered (`measure.meter_window`), or its clock runs at another speed than
 * ours (`measure.meter_clock`).
 */
enum status tape_between(const struct tape *t, int64_t from_ns, int64_t to_ns,
    struct meter_window *out, struct err *err) MUST_CHECK;

/* The same of the one pulse of its pin in that time, from edge to edge;
 * `measure.meter_clock` also where there is none, or more than one. */
enum status tape_marked(const struct tape *t, int64_t from_ns, int64_t to_ns,
    struct meter_window *out, struct err *err) MUST_CHECK;

#endif
