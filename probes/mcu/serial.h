/* SPDX-License-Identifier: MIT */
/*
 * serial.h -- boards on a serial line: a port whose other end is a real
 * board's UART.
 *
 * Plain termios: the line is 8N1, raw, without flow control, and ours alone.
 * A board is known by what stays with it, the serial number of its USB
 * adapter or an id that its owner gave it, and never by the name of the port
 * it happens to be on.
 */
#ifndef OFFRAMP_MCU_SERIAL_H
#define OFFRAMP_MCU_SERIAL_H

#include <stdint.h>

#include "base/tty.h"
#include "probes/mcu/port.h"

enum { SERIAL_BAUD = TTY_BAUD, SERIAL_ID = 64 };

/*
 * Open the line at `path`.  On ST_OK the caller ends *out with port_close().
 * ST_UNAVAILABLE: `infra.no_serial` (nothing is there), `infra.serial_busy`
 * (another program has it); ST_INVALID (`cli.option`): a speed that lines do
 * not have.  A line that breaks later says `infra.serial`.  Starting the board
 * anew pulses DTR and RTS; a line without them cannot.
 */
enum status serial_open(struct port **out, const char *path, int64_t baud,
    struct err *err) MUST_CHECK;

/*
 * The serial number of the USB device behind the port at `path`, as `root`
 * ("/sys") has it.  ST_NOT_FOUND (`infra.no_identity`): it has none.
 */
enum status serial_identity(const char *path, const char *root,
    char out[SERIAL_ID], struct err *err) MUST_CHECK;

#endif
