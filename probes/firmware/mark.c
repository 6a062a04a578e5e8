/* SPDX-License-Identifier: MIT */
/* One output that an energy meter can watch: up while layers run.  On Arm's
 * MPS boards it is an LED, whose register can be read back. */
#include "probes/firmware/board.h"
#include "probes/firmware/hardware.h"

bool
mark_set(bool high)
{
    uint32_t others = REG(BOARD_MARK) & ~(uint32_t)BOARD_MARK_BIT;

    REG(BOARD_MARK) = others | (high ? BOARD_MARK_BIT : 0);
    return ((REG(BOARD_MARK) & BOARD_MARK_BIT) != 0) == high;
}
