/* SPDX-License-Identifier: MIT */
#include "probes/firmware/ticker.h"

enum { ROUNDS = 20000 };

/* Two durations of the same work, within a part in 16: interrupts and the
 * readings themselves add a little. */
static bool
alike(uint64_t a, uint64_t b)
{
    uint64_t gap = a > b ? a - b : b - a;

    return gap <= (a > b ? a : b) / 16;
}

/* Work of a known length; false if the clock ever went backwards. */
static bool
work(const struct ticker *t, uint64_t *took)
{
    uint64_t start = t->now(), last = start, now = start;
    bool forward = true;

    for (uint32_t i = 0; i < ROUNDS; i++, last = now) {
        now = t->now();
        forward = forward && now >= last;
    }
    *took = now - start;
    return forward;
}

void
ticker_test(const struct ticker *t, struct device_selftest *out)
{
    uint64_t straight, wrapped, gap;

    t->start(false);
    gap = t->now();
    out->cost = (uint32_t)(t->now() - gap);
    out->moves = work(t, &straight) && straight > 0;
    t->start(true);
    out->wraps =
        work(t, &wrapped) && wrapped > TICKER_SOON && alike(straight, wrapped);
    t->start(false);
}

const struct ticker *
ticker_choose(const struct ticker *better, const struct ticker *other)
{
    struct device_selftest test;
    uint64_t before, by_better, by_other;

    ticker_test(better, &test);
    other->start(false);
    if (!test.moves || !test.wraps)
        return other;
    /* The same work seen by both: one that counts another clock is refused. */
    before = better->now();
    work(other, &by_other);
    by_better = better->now() - before;
    if (!alike(by_better, by_other))
        return other;
    better->start(false);
    return better;
}
