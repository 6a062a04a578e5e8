/* SPDX-License-Identifier: MIT */
#include "probes/firmware/board.h"
#include "probes/firmware/hardware.h"

#define SYST_CSR 0xe000e010 /* 1 enable, 2 interrupt, 4 core clock */
#define SYST_RVR 0xe000e014
#define SYST_CVR 0xe000e018

enum { BITS = 24 };

static volatile uint32_t wraps;
static uint32_t period;

void
ticks_wrapped(void)
{
    wraps++;
    dwt_look();
}

static void
start(bool soon)
{
    period = soon ? TICKER_SOON : 1u << BITS;
    REG(SYST_CSR) = 0;
    REG(SYST_RVR) = period - 1;
    wraps = 0;
    REG(SYST_CVR) = 0; /* any write clears it */
    REG(SYST_CSR) = 7;
}

/* The counter runs down to 0, where the interrupt comes, and starts again one
 * tick later.  At 0 it is not certain that the interrupt has come (nor that
 * the counter has started at all), so that reading is not used. */
static uint64_t
now(void)
{
    uint32_t before, left;

    do {
        before = wraps;
        left = REG(SYST_CVR);
    } while (left == 0 || before != wraps);
    return (uint64_t)before * period + (period - left);
}

const struct ticker ticker_systick = { BITS, start, now };
