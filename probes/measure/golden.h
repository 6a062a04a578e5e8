/* SPDX-License-Identifier: MIT */
/*
 * golden.h -- three fixed kernels in plain C that every board runs in every
 * job: compute bound (the sentinel too), memory bound, and tiny.  Their times
 * say whether the board is what it was (measurement.md 1.6).
 */
#ifndef OFFRAMP_MEASURE_GOLDEN_H
#define OFFRAMP_MEASURE_GOLDEN_H

#include "probes/measure/subject.h"

enum golden_kind { GOLDEN_COMPUTE, GOLDEN_MEMORY, GOLDEN_TINY, GOLDEN_COUNT };

struct golden; /* opaque: its working memory */

/* ST_NOMEM.  Ended with golden_close(). */
enum status golden_open(
    struct golden **out, enum golden_kind kind, struct err *err) MUST_CHECK;
void golden_close(struct golden *g);

const char *golden_name(enum golden_kind kind); /* "golden.compute" */

/* Make `s` a subject that runs `g`, which must outlive it. */
void golden_subject(struct golden *g, struct subject *s);

#endif
