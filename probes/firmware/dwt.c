/* SPDX-License-Identifier: MIT */
/* The cycle counter of the debug unit (ARM DDI 0403E, C1.8): 32 bits.  Whoever
 * looks at it, at least once every 2^24 cycles from SysTick's interrupt, sees
 * that it wrapped. */
#include "probes/firmware/board.h"
#include "probes/firmware/hardware.h"

#define DEMCR      0xe000edfc /* bit 24: trace on */
#define DWT_CTRL   0xe0001000 /* bit 0: count */
#define DWT_CYCCNT 0xe0001004
#define DWT_LAR    0xe0001fb0 /* the lock, where there is one (M7) */

static volatile uint32_t high, last; /* also of the interrupt */
static uint64_t began;

void
dwt_look(void)
{
    uint32_t now = REG(DWT_CYCCNT);

    high += now < last;
    last = now;
}

static uint64_t
now_raw(void)
{
    uint64_t now;

    __asm__ volatile("cpsid i" ::: "memory");
    dwt_look();
    now = (uint64_t)high << 32 | last;
    __asm__ volatile("cpsie i" ::: "memory");
    return now;
}

static uint64_t
now(void)
{
    return now_raw() - began;
}

static void
start(bool soon)
{
    ticker_systick.start(false); /* its interrupt looks here */
    REG(DEMCR) |= 1u << 24;
    REG(DWT_LAR) = 0xc5acce55;
    REG(DWT_CTRL) |= 1;
    REG(DWT_CYCCNT) = soon ? -(uint32_t)TICKER_SOON : 0;
    last = 0;
    high = 0;
    began = 0;
    began = now_raw();
}

const struct ticker ticker_dwt = { 32, start, now };
