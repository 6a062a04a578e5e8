/* SPDX-License-Identifier: MIT */
/*
 * source.h -- where the lines of an external meter come from: a TCP
 * connection, a serial line, a file with a recording, or an event of PAPI.
 *
 * The caller owns a source and uses it from one thread at a time.
 */
#ifndef OFFRAMP_METERS_SOURCE_H
#define OFFRAMP_METERS_SOURCE_H

#include <stddef.h>

#include "base/json.h"

#define METERS_ENV "OFFRAMP_METERS"

/* One meter as --meter named it. */
struct meter_spec {
    char name[64];
    char tcp[160], serial[256], trace[256], papi[256]; /* one is not empty */
    char device[64]; /* of a board; "": the host */
    int64_t baud;
};

/*
 * The meter of a board (its name), or of the host (NULL), as the agent handed
 * it down in the environment: {"NAME":{"tcp":"HOST:PORT"|"serial":PATH,
 * "baud":"N"|"trace":FILE|"papi":EVENT,"device":BOARD}, ..}.  ST_NOT_FOUND
 * (`device.no_meter`); ST_INVALID (`cli.option`) names what is wrong.
 */
enum status meter_spec_find(
    const char *device, struct meter_spec *out, struct err *err) MUST_CHECK;

/* Open it: *fd is the caller's, -1 after a failure.  ST_UNAVAILABLE:
 * `infra.no_meter`, or what tty_open() and papi_lines_open() say. */
enum status source_open(
    const struct meter_spec *m, int *fd, struct err *err) MUST_CHECK;

/* What came, within `timeout_ms`: *n is 0 if nothing did.  ST_UNAVAILABLE
 * (`measure.meter_lost`): the other end is gone, or the recording is over. */
enum status source_read(int fd, void *at, size_t cap, int timeout_ms, size_t *n,
    struct err *err) MUST_CHECK;

/* Bytes to lines of at most SAID_LINE; what is longer is told as one line
 * that is garbage.  Start as {0}. */
struct source_lines {
    char line[260];
    size_t len;
    bool overlong;
};

/* True if `byte` ends a line, which is then in l->line. */
bool source_line(struct source_lines *l, char byte);

#endif
