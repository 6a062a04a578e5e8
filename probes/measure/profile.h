/* SPDX-License-Identifier: MIT */
/*
 * profile.h -- one network measured on this machine: all levels together.
 *
 * Level after level, each in a pass of its own: outputs are checked, then the
 * whole network (L0) and its layers in situ (L1), each layer alone (L2), the
 * same with cold caches (L3), segments, heads and prefixes (L6), counters (L4),
 * energy (L5).  Under an emulator instructions are counted instead (L0, L2,
 * L6), and nothing is timed.  The payload and the result are documents of
 * probes/README.md. Runs in the calling thread.
 */
#ifndef OFFRAMP_MEASURE_PROFILE_H
#define OFFRAMP_MEASURE_PROFILE_H

#include <limits.h>

#include "base/json.h"
#include "probes/measure/golden.h"
#include "probes/measure/host.h"
#include "probes/measure/kit.h"

/* How a profile reaches the world around it. */
struct profile_hooks {
    /* MUST: where the file of blob `hex` is. */
    enum status (*blob_path)(
        void *ctx, const char *hex, char path[PATH_MAX], struct err *err);
    /* MAY */
    void (*progress)(void *ctx, const char *phase, size_t done, size_t total,
        const char *detail);
    /* MAY: rows as they are made, {"level":"L2","rows":[..]}; borrowed. */
    enum status (*part)(void *ctx, const json_t *part, struct err *err);
    /* MAY: the start of a path for files of the moment; without it no L1. */
    void (*scratch)(void *ctx, char path[PATH_MAX]);
    /* MAY: another golden kernel than that of golden.h (a scripted machine
     * cannot time real work).  Fills `s`. */
    void (*golden)(void *ctx, enum golden_kind kind, struct subject *s);
    /* MAY: another way to make caches cold than that of cold.h. */
    void (*flush)(void *ctx);
    void *ctx;
};

struct profile_setup {
    const struct kit *kit; /* borrowed, as all below */
    const struct host *host;
    const char *device;
    bool counts; /* under an emulator: counted (counting.h), not timed */
    int64_t
        begin_ns; /* on the host's clock, when the kit was begun; 0: unknown */
    bool pin;     /* keep this process on one core, where one thread measures */
    struct profile_hooks hooks;
};

/* Measure.  *result is a new offramp.profile/1.  Failures have the codes of
 * plan.h, runtime.h and check.h, and name what they happened to. */
enum status profile_run(const struct profile_setup *setup,
    const json_t *payload, json_t **result, struct err *err) MUST_CHECK;

/* Measure the golden kernels alone: *result is a new offramp.golden/1. */
enum status profile_golden(const struct profile_setup *setup,
    const json_t *payload, json_t **result, struct err *err) MUST_CHECK;

#endif
