/* SPDX-License-Identifier: MIT */
/*
 * world.h -- the surroundings of a profile on a scripted machine: blobs in a
 * folder of its own, a network of three layers (two of one kernel) and two
 * exits, and ways to look into the result.
 */
#ifndef OFFRAMP_TESTS_MEASURE_WORLD_H
#define OFFRAMP_TESTS_MEASURE_WORLD_H

#include "fake_runtime.h"
#include "probes/measure/profile.h"

struct world {
    char dir[64];
    struct fake_machine machine;
    struct fake_runtime runtime;
    struct fake_work golden[GOLDEN_COUNT];
    struct kit kit;
    struct profile_setup setup;
    json_t *payload;
    int parts, phases;
    bool told; /* the conditions of the rows came */
    bool progress_bad;
    char phase[32];
};

void world_init(struct world *w);
void world_clear(struct world *w);

/* Store a network under a name made of one hex digit; a static name. */
const char *world_blob(struct world *w, int digit, const char *text);

/* A layer of an analysis, whose network is stored too. */
json_t *world_layer(
    struct world *w, int index, int digit, const char *key, const char *net);

/* Run the profile; failing fails the test. */
json_t *world_profile(struct world *w);

/* A row of the result, borrowed; NULL: there is none. */
const json_t *world_row(
    const json_t *doc, const char *level, const char *role, int index);
bool row_has_flag(const json_t *o, const char *name);
double row_number(const json_t *o, const char *name);

/* Equal but for a share of `want`. */
void assert_about(double got, double want, double rel);

#endif
