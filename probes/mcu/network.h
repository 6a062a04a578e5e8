/* SPDX-License-Identifier: MIT */
/*
 * network.h -- a network measured on a board: whole where it fits, else each of
 * its parts that fits as an image of its own; what cannot run there is said,
 * and nothing stands in for it.
 *
 * Everything is owned by the caller and used from one thread.
 */
#ifndef OFFRAMP_MCU_NETWORK_H
#define OFFRAMP_MCU_NETWORK_H

#include "probes/mcu/measure.h"
#include "probes/mcu/parts.h"
#include "probes/mcu/rig.h"

/* A network as a job hands it over; all borrowed. */
struct network {
    const void *image;
    size_t len;
    const uint8_t *sample;
    const json_t *doc, *analysis; /* offramp.image/1 and offramp.analysis/1 */
    const struct plan *plan;
};

/*
 * On ST_OK *parts has what was measured (end it with parts_clear()), *check how
 * outputs compared, *support is a new offramp.support/1.  ST_UNPROCESSABLE
 * (`model.too_large`): not one part fits.
 */
enum status network_measure(struct rig *r, const struct network *n,
    const struct measure_limits *limits, struct parts *parts,
    struct rig_check *check, json_t **support, struct err *err) MUST_CHECK;

#endif
