/* SPDX-License-Identifier: MIT */
/*
 * external.h -- a meter outside of the machine, that tells its samples over
 * the line protocol (README.md).
 *
 * A meter that is open has only been looked at; from the first select on a
 * thread of its own listens to it, so what is timed before is not disturbed.
 * That thread reads a megabyte a second at most and lines of 256 bytes.  It
 * shares the tape with the reader under a lock.
 */
#ifndef OFFRAMP_METERS_EXTERNAL_H
#define OFFRAMP_METERS_EXTERNAL_H

#include "probes/meters/meter.h"

/* The meter of a board, as --meter named it with device=.  ST_NOT_FOUND: none
 * was; or it is not there, or did not say what it is within three seconds
 * (code "device.no_meter"), or what it said makes no sense ("meter.header").
 * The caller closes *out. */
enum status meter_external_open(
    struct meter_handle *out, const char *device, struct err *err) MUST_CHECK;

#endif
