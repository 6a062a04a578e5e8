/* SPDX-License-Identifier: MIT */
/*
 * ticker.h -- a board's clock: a counter of the core's clock, extended to 64
 * bits, and the choice between two of them by a test.
 *
 * The DWT cycle counter is the better one (32 bits, no interrupt every 2^24
 * cycles but the one that extends it), but a core may be built without, a
 * debugger may hold it, and emulators read 0; SysTick is always there.
 */
#ifndef OFFRAMP_FIRMWARE_TICKER_H
#define OFFRAMP_FIRMWARE_TICKER_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/firmware/device.h"

enum { TICKER_SOON = 1 << 12 };

struct ticker {
    uint32_t bits; /* of the counter itself */
    /* Count from 0; with `soon` the counter wraps within TICKER_SOON ticks. */
    void (*start)(bool soon);
    uint64_t (*now)(void);
};

/* Does it count while work is done, also across a wrap, and never backwards?
 * Leaves it running. */
void ticker_test(const struct ticker *t, struct device_selftest *out);

/* `better` if it stands its test and counts as fast as `other`, which then
 * runs no more; else `other`.  The one that is returned is running. */
const struct ticker *ticker_choose(
    const struct ticker *better, const struct ticker *other);

#endif
