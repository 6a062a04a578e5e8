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

#include "probes/firmware/device.h"

/* SysTick (24 bits, of the core's clock) extended to 64 bits. */
void ticks_start(uint32_t period); /* count from 0; at most TICKS_PERIOD */
uint64_t ticks_now(void);
void ticks_wrapped(void); /* interrupt */
void ticks_selftest(struct device_selftest *out);
enum { TICKS_BITS = 24, TICKS_PERIOD = 1 << TICKS_BITS };

void uart_start(void);
void uart_write(const char *data, size_t len); /* waits until all is out */
char uart_read(void);      /* sleeps until a byte is there */
void uart_listen(bool on); /* interrupts on or off */
void uart_received(void);  /* interrupt */

void fw_reboot(void) __attribute__((noreturn));

#endif
