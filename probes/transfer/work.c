/* SPDX-License-Identifier: MIT */
#include "probes/transfer/work.h"

#include "base/clock.h"

enum { CACHE_LINE = 64, BETWEEN_LOOKS = 64 };

/* A line of it in each cache line. */
static size_t
touch(uint8_t *data, size_t bytes, size_t at, size_t most)
{
    for (size_t i = 0; i < most; i++) {
        if (at >= bytes)
            at = 0;
        data[at]++;
        at += CACHE_LINE;
    }
    return at;
}

void
work_for(struct work *w, int64_t ns, uint8_t *message, size_t bytes)
{
    const int64_t end = clock_ns() + ns;
    size_t at = 0;

    if (ns <= 0)
        return;
    do {
        if (w->arena != NULL)
            at = touch(w->arena, WORK_BYTES, at, BETWEEN_LOOKS);
    } while (clock_ns() < end);
    if (bytes > 0)
        (void)touch(message, bytes, 0, (bytes + CACHE_LINE - 1) / CACHE_LINE);
}
