/* SPDX-License-Identifier: MIT */
/*
 * kit.h -- what this machine measures with: a runtime and its meters, probed
 * once by the agent (for its session) and once by each task.
 */
#ifndef OFFRAMP_MEASURE_KIT_H
#define OFFRAMP_MEASURE_KIT_H

#include "probes/measure/env.h"
#include "probes/meters/meters.h"
#include "probes/runtimes/runtime.h"

struct kit {
    struct runtime *runtime;
    struct meter_handle counters, energy; /* self NULL: none to use */
    bool counters_here; /* even if they do not count at the moment */
    json_t *meters;     /* owned: what was tried (meters.h) */
};

/* `library`: see runtime_onnx_open().  Absent meters are no failure. */
enum status kit_open(
    struct kit *k, const char *library, struct err *err) MUST_CHECK;

/* Only the meters, below `root` (METER_ROOT). */
enum status kit_open_meters(
    struct kit *k, const char *root, struct err *err) MUST_CHECK;
void kit_close(struct kit *k);

/* What the environment record says of it. */
struct env_facts kit_facts(const struct kit *k, int64_t threads);

/* The stable environment as an agent announces it (one thread measures): a
 * new object in *stable, and its fingerprint. */
enum status kit_announce(const struct kit *k, json_t **stable,
    char fingerprint[HASH_HEX], struct err *err) MUST_CHECK;

#endif
