/* SPDX-License-Identifier: MIT */
/*
 * measure.h -- the parts of a network measured on a board in rounds, and the
 * rows that come of it.
 *
 * An emulated board counts instructions: three rounds must give the same, and
 * a row has counts and no time.  A real one has ticks of its clock: rounds go
 * on until the intervals are narrow, as for any device.
 */
#ifndef OFFRAMP_MCU_MEASURE_H
#define OFFRAMP_MCU_MEASURE_H

#include "probes/mcu/parts.h"
#include "probes/mcu/rig.h"

/* How long, and who is told. */
struct measure_limits {
    const struct policy *policy;
    int64_t seed;
    void (*progress)(void *ctx, size_t done, size_t total); /* MAY */
    void *ctx;
};

/* Room for so many rounds is needed in parts_make(). */
size_t measure_rounds_max(const struct rig *r, const struct policy *policy);

/* Fill the parts.  What rig.h says; ST_UNPROCESSABLE
 * (`device.counts_differ`): an emulated board counted differently in another
 * round. */
enum status measure_parts(struct rig *r, struct parts *p,
    const struct measure_limits *limits, struct err *err) MUST_CHECK;

/* The row of a part, a new object in *out; `flags` are added to it.  *median
 * gets instructions or ns, NaN where the part is empty; may be NULL. */
enum status measure_row(const struct rig *r, const struct part *p,
    const struct measure_limits *limits, int64_t flags, json_t **out,
    double *median, struct err *err) MUST_CHECK;

#endif
