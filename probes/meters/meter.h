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
    int64_t longest_ns; /* longest window whose difference is certain: half
                           the time to wrap at the greatest power */
    double gain_error;  /* of its scale, as a share; 0: unknown */
};

struct meter {
    const char *name;
    /* MUST; ST_NOT_FOUND: absent here, and the text says what is missing;
     * with code "device.meter_untrusted" it is here but does not count. */
    enum status (*open)(void **self, struct err *err);
    /* MUST; borrowed until the next select or close. */
    const struct meter_facts *(*facts)(const void *self);
    /* MUST: count a group from zero.  More channels than the hardware can
     * count at once come in groups; others have group 0 only, which open
     * selects.  ST_NOT_FOUND: no such group. */
    enum status (*select)(void *self, size_t group, struct err *err);
    /* MUST: the running totals, facts()->n of them. */
    enum status (*read)(void *self, uint64_t *values, struct err *err);
    void (*close)(void *self); /* MUST */
};

/* Counters of the processor core, and energy of the package, by PAPI. */
extern const struct meter meter_papi, meter_rapl;

/* An open meter; `self` NULL: none. */
struct meter_handle {
    const struct meter *ops;
    void *self;
};

/* Open `m`; *out stays empty where it is absent (ST_NOT_FOUND). */
enum status meter_open(struct meter_handle *out, const struct meter *m,
    struct err *err) MUST_CHECK;
void meter_close(struct meter_handle *h);

/* to - from, across one wrap.  ST_INVALID (code "measure.meter_negative") if
 * a total that never wraps went down. */
enum status meter_delta(const struct meter_facts *f, uint64_t from, uint64_t to,
    uint64_t *delta, struct err *err) MUST_CHECK;

#endif
