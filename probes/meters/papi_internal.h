/* SPDX-License-Identifier: MIT */
/* papi_internal.h -- shared by papi.c (counters) and rapl.c (energy). */
#ifndef OFFRAMP_METERS_PAPI_INTERNAL_H
#define OFFRAMP_METERS_PAPI_INTERNAL_H

#include <papi.h>
#include <stdbool.h>

#include "probes/meters/meter.h"

/* One PAPI event set.  Start as {.id = PAPI_NULL}. */
struct papi_set {
    int id;
    size_t n;
    bool running;
};

/* ST_NOT_FOUND where PAPI does not start. */
enum status papi_start_library(struct err *err) MUST_CHECK;

/* False if this machine cannot count `event` beside those already there. */
bool papi_set_add(struct papi_set *s, const char *event);
enum status papi_set_run(
    struct papi_set *s, bool run, struct err *err) MUST_CHECK;
enum status papi_set_read(
    struct papi_set *s, uint64_t *out, struct err *err) MUST_CHECK;
void papi_set_clear(struct papi_set *s);

#endif
