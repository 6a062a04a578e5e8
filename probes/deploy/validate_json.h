/* SPDX-License-Identifier: MIT */
/* validate_json.h -- what was measured of a plan (validate.h) as members of a
 * result.  Every object is new; NULL: out of memory. */
#ifndef OFFRAMP_DEPLOY_VALIDATE_JSON_H
#define OFFRAMP_DEPLOY_VALIDATE_JSON_H

#include "probes/deploy/validate.h"

/* A median over rounds with its interval. */
json_t *validate_value_json(const struct stats *s);

/* Times of a network and its accuracy on those rows whose label is known;
 * `t` NULL: its times are null. */
json_t *validate_times_json(
    const struct validate_times *t, size_t right, size_t labelled);

#endif
