/* SPDX-License-Identifier: MIT */
/*
 * tty.h -- a serial line as a file descriptor: plain termios, 8N1, raw,
 * without flow control, not blocking, and ours alone.
 */
#ifndef OFFRAMP_BASE_TTY_H
#define OFFRAMP_BASE_TTY_H

#include <stdint.h>

#include "base/status.h"

enum { TTY_BAUD = 115200 };

/*
 * Open the line at `path`; on ST_OK the caller closes *fd, which is -1
 * otherwise.  ST_UNAVAILABLE: `infra.no_serial` (nothing is there),
 * `infra.serial_busy` (another program has it), `infra.serial`; ST_INVALID
 * (`cli.option`): a speed that lines do not have.
 */
enum status tty_open(
    const char *path, int64_t baud, int *fd, struct err *err) MUST_CHECK;

#endif
