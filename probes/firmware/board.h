/* SPDX-License-Identifier: MIT */
/*
 * board.h -- what is particular to one board, from the header that the build
 * names in BOARD_HEADER: registers and numbers, no code.
 *
 *     BOARD_NAME, BOARD_CORE   texts
 *     BOARD_HZ                 what SysTick counts at
 *     BOARD_UART               base address of an Arm CMSDK UART
 *     BOARD_UART_IRQ           number of the first of its two interrupts
 *     BOARD_MARK               register with an output that a meter can watch,
 *     BOARD_MARK_BIT           and its bit
 */
#ifndef OFFRAMP_FIRMWARE_BOARD_H
#define OFFRAMP_FIRMWARE_BOARD_H

#include <stdint.h>

#ifdef BOARD_HEADER
#include BOARD_HEADER
#else /* where only the code is looked at */
#include "probes/firmware/boards/mps2-an386.h"
#endif

/* A register of the processor or the board. */
#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

#endif
