/* SPDX-License-Identifier: MIT */
/*
 * work.h -- what an end of a link does between two messages, so that a sweep
 * finds its processor as a hand-over of a plan does: other data in its caches,
 * the tensor just made, and the other end asleep for as long.  Messages back
 * to back are up to twice as fast (../relay/README.md).  Private to this
 * folder; one thread.
 */
#ifndef OFFRAMP_TRANSFER_WORK_H
#define OFFRAMP_TRANSFER_WORK_H

#include <stddef.h>
#include <stdint.h>

enum { WORK_BYTES = 1 << 20 }; /* about a core's second-level cache */

struct work {
    uint8_t *arena; /* owned by the caller: WORK_BYTES; NULL: only waits */
};

/* For `ns`, then writes into the message; 0 does neither. */
void work_for(struct work *w, int64_t ns, uint8_t *message, size_t bytes);

#endif
