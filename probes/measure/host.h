/* SPDX-License-Identifier: MIT */
/*
 * host.h -- the machine as the method sees it: a clock, and the conditions
 * that can spoil a number.
 *
 * All of measure/ reaches the machine through this struct, so that tests put
 * a scripted one in its place.  One thread uses a host.
 */
#ifndef OFFRAMP_MEASURE_HOST_H
#define OFFRAMP_MEASURE_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* Conditions at one moment.  Absent is NaN, or -1 for counts. */
struct host_sample {
    double temp_c;          /* the hottest zone */
    double freq_khz;        /* of the core in use */
    int64_t throttle_count; /* since boot */
    bool throttle_now, undervoltage;
    int64_t own_cpu_ns;  /* used by this process */
    int64_t busy_cpu_ns; /* used by everything, steal included */
    int64_t cores;
};

struct host {
    int64_t (*now_ns)(void *ctx);
    void (*sleep_ns)(void *ctx, int64_t ns);
    /* Involuntary context switches of this process so far. */
    int64_t (*interruptions)(void *ctx);
    void (*sample)(void *ctx, struct host_sample *out);
    void *ctx;
};

/* The machine this runs on. */
extern const struct host host_real;

/*
 * Keep the whole process on one core (the last it may use), where the
 * scheduler then need not move it.  Writes the mask that holds from now on,
 * or would hold, as hex.  `apply` false only answers.
 */
void host_pin(bool apply, char *mask, int mask_size);

/* What a phase saw: the extremes of the samples taken while it ran. */
struct watch {
    const struct host *host;
    struct host_sample first, last;
    double temp_max_c, freq_min_khz, freq_max_khz;
    bool throttled, undervoltage;
    int64_t start_ns, end_ns, interruptions_first, interruptions_last;
};

void watch_start(struct watch *w, const struct host *host);
void watch_look(struct watch *w);

/*
 * The flags that hold for everything measured since watch_start():
 * throttled, undervoltage, freq_varied (over 5 % between extremes),
 * shared_host (others used more than a tenth of the machine's cores).
 */
int64_t watch_flags(const struct watch *w);

#endif
