/* SPDX-License-Identifier: MIT */
#include "probes/firmware/board.h"
#include "probes/firmware/hardware.h"

#define SYST_CSR 0xe000e010 /* 1 enable, 2 interrupt, 4 core clock */
#define SYST_RVR 0xe000e014
#define SYST_CVR 0xe000e018

static volatile uint32_t wraps;
static uint32_t period;

void
ticks_wrapped(void)
{
    wraps++;
}

void
ticks_start(uint32_t new_period)
{
    period = new_period;
    REG(SYST_CSR) = 0;
    REG(SYST_RVR) = period - 1;
    wraps = 0;
    REG(SYST_CVR) = 0; /* any write clears it */
    REG(SYST_CSR) = 7;
}

/* The counter runs down to 0, where the interrupt comes, and starts again one
 * tick later.  At 0 it is not certain that the interrupt has come (nor that
 * the counter has started at all), so that reading is not used. */
uint64_t
ticks_now(void)
{
    uint32_t before, left;

    do {
        before = wraps;
        left = REG(SYST_CVR);
    } while (left == 0 || before != wraps);
    return (uint64_t)before * period + (period - left);
}

/* Work of a known length; false if the clock ever went backwards. */
static bool
work(uint32_t rounds, uint64_t *took)
{
    uint64_t start = ticks_now(), last = start, now = start;
    bool forward = true;

    for (uint32_t i = 0; i < rounds; i++, last = now) {
        now = ticks_now();
        forward = forward && now >= last;
    }
    *took = now - start;
    return forward;
}

void
ticks_selftest(struct device_selftest *out)
{
    enum { ROUNDS = 20000, SHORT = 1 << 12 };
    uint64_t straight, wrapped, gap;

    ticks_start(TICKS_PERIOD);
    gap = ticks_now();
    out->cost = (uint32_t)(ticks_now() - gap);
    out->moves = work(ROUNDS, &straight) && straight > 0;
    /* The same with a counter that wraps every 4,096 ticks.  Interrupts add a
     * little, so the two need not be equal: within a part in 16. */
    ticks_start(SHORT);
    out->wraps = work(ROUNDS, &wrapped) && wraps > 0;
    gap = straight > wrapped ? straight - wrapped : wrapped - straight;
    out->wraps = out->wraps && gap <= straight / 16;
    ticks_start(TICKS_PERIOD);
}
