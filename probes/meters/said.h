/* SPDX-License-Identifier: MIT */
/*
 * said.h -- the line protocol of external meters (README.md), read: what a
 * meter says that it is, and one line of what it says after that.
 *
 * Pure: no clock, no I/O; nothing is owned.
 */
#ifndef OFFRAMP_METERS_SAID_H
#define OFFRAMP_METERS_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { SAID_LINE = 256, SAID_NAME = 48 };

/* What its samples carry: power, voltage and current, or a running total. */
enum said_kind { SAID_POWER, SAID_IV, SAID_ENERGY, SAID_KINDS };

/* The line `meter NAME KEY=VALUE ..`. */
struct said_meter {
    char name[SAID_NAME];
    enum said_kind kind;
    double period_us;
    double quantum;  /* W, or J of a total */
    double gain;     /* share by which its scale may be off */
    double offset_w; /* by which power may be off at all times */
    double range_j;  /* its total starts again at 0 here; 0: never */
    double window_ms, latency_ms, drift_ppm;
    double marks; /* 1: it watches a pin of the board */
};

enum said_what {
    SAID_NOTHING, /* a comment, an empty line, or its name again */
    SAID_SAMPLE,
    SAID_MARK,
    SAID_DROPS,
    SAID_GARBAGE
};

/* Any other line. */
struct said {
    enum said_what what;
    int64_t t_ns;   /* of the meter's own clock */
    double value;   /* W, or J of a total */
    bool high;      /* of a mark */
    uint64_t drops; /* samples that the meter itself lost */
};

/* ST_INVALID (`meter.header`) says which word is missing or wrong. */
enum status said_meter_read(
    struct said_meter *m, const char *line, struct err *err) MUST_CHECK;

/* Read one line without its end; what makes no sense is SAID_GARBAGE. */
struct said said_read(const struct said_meter *m, const char *line);

#endif
