/* SPDX-License-Identifier: MIT */
/* row.h -- one measurement of one thing at one level, as JSON
 * (probes/README.md, offramp.profile/1). */
#ifndef OFFRAMP_MEASURE_ROW_H
#define OFFRAMP_MEASURE_ROW_H

#include <jansson.h>

#include "probes/measure/subject.h"

enum row_role {
    ROLE_WHOLE,
    ROLE_LAYER,
    ROLE_SEGMENT,
    ROLE_HEAD,
    ROLE_PREFIX,
    ROLE_JOINT, /* the segments before and after an exit, as one file */
    ROLE_STAGE, /* the segment before an exit and its head, as one file */
    ROLE_SENTINEL,
    ROLE_AA,
    ROLE_DISPATCH, /* what the whole takes beyond its layers */
};

const char *row_role_name(enum row_role role);

struct row {
    const char *level; /* "L0" */
    enum row_role role;
    int64_t index;
    const char *name, *kernel_key; /* borrowed; kernel_key may be NULL */
    const struct subject *subject; /* NULL: nothing was timed */
    struct stats stats;            /* at 95 % */
    int64_t flags;
    json_t *energy, *counters; /* owned by the caller; NULL is null */
};

/* Fill stats and flags from the subject; `more` flags are added.  ST_NOMEM. */
enum status row_finish(struct row *r, double ci_rel,
    const struct clocktest *clock, int64_t more, struct err *err) MUST_CHECK;

char row_grade(const struct row *r);

/* A new reference, or NULL when out of memory.  `seed` as in the payload. */
json_t *row_json(const struct row *r, int64_t seed);

#endif
