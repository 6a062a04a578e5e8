/* SPDX-License-Identifier: MIT */
/*
 * hardware.h -- the board's own parts: clock, line, restart.
 *
 * One thread and two interrupts, which run the functions that say so.
 */
#ifndef OFFRAMP_FIRMWARE_HARDWARE_H
#define OFFRAMP_FIRMWARE_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/firmware/ticker.h"

extern const struct ticker ticker_systick, ticker_dwt;
void ticks_wrapped(void); /* interrupt of SysTick */
void dwt_look(void);      /* from it, and with interrupts off */

void uart_start(void);
void uart_write(const char *data, size_t len); /* waits until all is out */
char uart_read(void);      /* sleeps until a byte is there */
void uart_listen(bool on); /* interrupts on or off */
void uart_received(void);  /* interrupt */

/* An output that a meter can watch; false if it does not read back. */
bool mark_set(bool high);

void fw_reboot(void) __attribute__((noreturn));

#endif
