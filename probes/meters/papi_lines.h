/* SPDX-License-Identifier: MIT */
/*
 * papi_lines.h -- an event of PAPI that tells power or energy, as a source of
 * the lines that external meters tell (README.md): --meter NAME:papi=EVENT.
 *
 * A thread of its own reads the event and writes lines; it owns the event set
 * and ends, at the next sample, when the reader closes its end.
 */
#ifndef OFFRAMP_METERS_PAPI_LINES_H
#define OFFRAMP_METERS_PAPI_LINES_H

#include "base/status.h"

/*
 * Lines of `event` from now on; the meter calls itself `name`.  *fd is the
 * caller's.  ST_NOT_FOUND: `device.no_meter` (no PAPI, no such component or
 * event, and which there are; or its unit is neither power nor energy) or
 * `device.meter_denied`.  ST_UNAVAILABLE: `infra.no_meter`.
 */
enum status papi_lines_open(
    const char *name, const char *event, int *fd, struct err *err) MUST_CHECK;

#endif
