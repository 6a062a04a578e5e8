/* SPDX-License-Identifier: MIT */
/*
 * link_energy.h -- what a byte costs the end that asks, in energy: messages of
 * the largest size that was swept, over and over for the meter's window, each
 * way, against the idle power before and after.
 */
#ifndef OFFRAMP_TRANSFER_LINK_ENERGY_H
#define OFFRAMP_TRANSFER_LINK_ENERGY_H

#include <jansson.h>

#include "probes/measure/energy.h"
#include "probes/transfer/sweep.h"

struct link_energy_plan {
    const struct meter_handle *meter; /* of the end that asks */
    const char *device;               /* that end */
    size_t bytes;                     /* of a message */
    int64_t idle_ns;
    const struct host *host;
};

/*
 * *out is a new object {"device","sensor","message_bytes","send","receive"},
 * energies in nJ a byte, NULL where the meter could not be trusted; *flags say
 * what is wrong or coarse.  Fails as the exchange does.
 */
enum status link_energy(const struct exchange *x,
    const struct link_energy_plan *p, json_t **out, int64_t *flags,
    struct err *err) MUST_CHECK;

#endif
