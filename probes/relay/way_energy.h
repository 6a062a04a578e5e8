/* SPDX-License-Identifier: MIT */
/*
 * way_energy.h -- what the samples of a plan take on a real board in energy,
 * by a meter outside of it: the way to each exit, all layers from the input
 * on, is one window (../mcu/sight.h), and the mean is by how many take it.
 * One thread.
 */
#ifndef OFFRAMP_RELAY_WAY_ENERGY_H
#define OFFRAMP_RELAY_WAY_ENERGY_H

#include "probes/mcu/rig.h"

/* Layers 0 .. end - 1 of the image on the rig, for so many samples. */
struct way {
    uint32_t end;
    size_t samples;
};

/* A new object in *out (../measure/energy.h), or NULL and in *flags why:
 * `device` has no meter, or it failed.  Other failures are rig.h's. */
enum status way_energy(struct rig *r, const char *device, const struct way *way,
    size_t n, json_t **out, int64_t *flags, struct err *err) MUST_CHECK;

#endif
