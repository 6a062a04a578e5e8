/* SPDX-License-Identifier: MIT */
/*
 * energy.h -- what one execution costs in energy, with a bound of its error,
 * in a pass of its own (measurement.md 10).
 *
 * A window runs a subject over and over for as long as the sensor needs, from
 * one step of the sensor on; where the sensor has a guard time, work goes on
 * for that long before the window and after it.  The idle power is measured
 * before and after all windows.
 */
#ifndef OFFRAMP_MEASURE_ENERGY_H
#define OFFRAMP_MEASURE_ENERGY_H

#include <jansson.h>

#include "probes/measure/subject.h"
#include "probes/meters/meter.h"

struct energy_window {
    double total_nj;
    int64_t window_ns, runs;
};

struct energy {
    double gross_nj, idle_nj, net_nj; /* an execution */
    double err_nj;                    /* bound, of the net value too */
    double quant_err_rel; /* of gross: what the sensor's steps alone allow */
};

/* Mean power while the process sleeps for `ns`. */
enum status energy_idle(const struct meter_handle *m, const struct host *host,
    int64_t ns, double *watts, struct err *err) MUST_CHECK;

/*
 * Run `s` for the sensor's window.  ST_INVALID: the sensor went back (code
 * "measure.meter_negative"), stood still for a second ("measure.meter_stuck"),
 * lost over a thousandth of its samples ("measure.meter_drops"), the window
 * outlasted what it can tell ("measure.meter_window"); of a meter outside of
 * the machine also that it went away ("measure.meter_lost") or its clock runs
 * at another speed ("measure.meter_clock").
 */
enum status energy_measure(const struct meter_handle *m, struct subject *s,
    const struct host *host, struct energy_window *out,
    struct err *err) MUST_CHECK;

/* The flag that says what such a failure was. */
int64_t energy_failure_flag(const char *code);

/* Pure arithmetic: a window against the idle power before and after it. */
void energy_account(const struct meter_facts *f, const struct energy_window *w,
    double idle_before_w, double idle_after_w, struct energy *out);

/* energy_coarse where the steps alone are over 5 %. */
int64_t energy_flags(const struct energy *e);

/* idle_drift where the two differ by over 5 %. */
int64_t energy_idle_flags(double before_w, double after_w);

/* {"gross_nj", .., "method":"loop", "sensor":..}; NULL when out of memory. */
json_t *energy_json(
    const struct energy *e, const char *method, const char *sensor);

#endif
