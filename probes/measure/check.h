/* SPDX-License-Identifier: MIT */
/*
 * check.h -- is the output right?  Asked before anything is timed
 * (measurement.md 1.5).
 *
 * The reference is the same network with every optimisation off, on the same
 * seeded inputs: all outputs, all five sets.
 */
#ifndef OFFRAMP_MEASURE_CHECK_H
#define OFFRAMP_MEASURE_CHECK_H

#include "probes/measure/netbench.h"

struct check {
    size_t outputs;
    double max_abs_err, max_rel_err, tolerance;
};

/*
 * Compare.  ST_UNPROCESSABLE: code "model.nan_output" (NaN or infinity in the
 * reference or the optimised run) or "model.wrong_output" (an element differs
 * by more than `tolerance`, both absolutely and relatively); the text names
 * output and element.
 */
enum status check_nets(struct netbench *net, struct netbench *reference,
    double tolerance, struct check *out, struct err *err) MUST_CHECK;

/*
 * The same for a prefix of a network: its only output against output `name`
 * of the reference, all five sets.  A reference without that output is
 * ST_NOT_FOUND.
 */
enum status check_prefix(struct netbench *prefix, struct netbench *reference,
    const char *name, double tolerance, struct err *err) MUST_CHECK;

#endif
