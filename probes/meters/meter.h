/* SPDX-License-Identifier: MIT */
/*
 * meter.h -- a source of running totals: hardware counters, energy.
 *
 * A meter only counts; whoever measures reads it before and after and takes
 * the difference (meter_delta), so windows, wraps and error bounds are in one
 * place.  One thread uses an open meter, and it counts for that thread where
 * the hardware can tell threads apart.
 */
#ifndef OFFRAMP_METERS_METER_H
#define OFFRAMP_METERS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { METER_CHANNELS = 16 };

/* What an open meter counts.  Only the first three matter for counters. */
struct meter_facts {
    const char *source;                /* "papi", or the sensor's name */
    const char *names[METER_CHANNELS]; /* of the channels, in order */
    size_t n;
    double unit_nj;     /* energy of one count; 0: no energy meter */
    uint64_t range;     /* counts wrap here (maximum + 1); 0: they do not */
    double quantum_nj;  /* smallest step of the sensor */
    int64_t update_ns;  /* time between two steps */
    int64_t window_ns;  /* shortest window that is worth something */
    int64_t longest_ns; /* longest window whose difference is certain: half
                           the time to wrap at the greatest power */
    int64_t guard_ns;   /* work goes on for so long around a window */
    double offset_w;    /* by which power may be wrong at all times */
    double gain_error;  /* of its scale, as a share; 0: unknown */
    bool marks;         /* it sees a pin of the board (marked) */
    bool replayed;      /* a recording, of another run */
};

/* What a meter with a clock of its own saw between two moments. */
struct meter_window {
    double total_nj;
    int64_t window_ns;
    uint64_t taken, dropped; /* samples */
};

struct meter {
    const char *name, *what; /* "rapl", and what it measures, in words */
    /* MUST; `root` is where the kernel's files are ("/sys").  ST_NOT_FOUND:
     * absent here, and the text says what is missing; with code
     * "device.meter_denied" this user may not read it, with
     * "device.meter_untrusted" it is here but does not count. */
    enum status (*open)(void **self, const char *root, struct err *err);
    /* MUST; borrowed until the next select or close. */
    const struct meter_facts *(*facts)(const void *self);
    /* MUST: count a group from zero; what went wrong before is forgotten.  More
     * channels than the hardware can count at once come in groups; others have
     * group 0 only, which open selects.  ST_NOT_FOUND: no such group. */
    enum status (*select)(void *self, size_t group, struct err *err);
    /* MUST, unless there is `between`: the running totals, facts()->n. */
    enum status (*read)(void *self, uint64_t *values, struct err *err);
    /* MAY: the energy between two moments of clock_ns(), both after the last
     * select and in the past; waits for what is under way.  ST_INVALID says
     * why it cannot be known, "measure.meter_lost" that the meter is gone. */
    enum status (*between)(void *self, int64_t from_ns, int64_t to_ns,
        struct meter_window *out, struct err *err);
    /* MAY, where facts()->marks: the energy of the one pulse of a pin that
     * came between them. */
    enum status (*marked)(void *self, int64_t from_ns, int64_t to_ns,
        struct meter_window *out, struct err *err);
    /* MAY: samples taken so far, and those that did not come. */
    void (*samples)(void *self, uint64_t *taken, uint64_t *dropped);
    void (*close)(void *self); /* MUST */
};

/* Counters of the processor core, and energy of the package, by PAPI. */
extern const struct meter meter_papi, meter_rapl;

/* Energy of the package by the kernel's powercap files; of the board by a
 * power sensor of its hwmon files. */
extern const struct meter meter_powercap, meter_hwmon;

/* Energy of the board by a meter outside of it (external.h). */
extern const struct meter meter_external;

/* Where the kernel's files are, outside of tests. */
#define METER_ROOT "/sys"

/* An open meter; `self` NULL: none. */
struct meter_handle {
    const struct meter *ops;
    void *self;
};

/* Open `m`; *out stays empty where it is absent (ST_NOT_FOUND). */
enum status meter_open(struct meter_handle *out, const struct meter *m,
    const char *root, struct err *err) MUST_CHECK;
void meter_close(struct meter_handle *h);

/* to - from, across one wrap.  ST_INVALID (code "measure.meter_negative") if
 * a total that never wraps went down, or one that wraps moved by over half its
 * range: windows are too short for that (longest_ns), so it went down too. */
enum status meter_delta(const struct meter_facts *f, uint64_t from, uint64_t to,
    uint64_t *delta, struct err *err) MUST_CHECK;

#endif
