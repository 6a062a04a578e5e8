/* SPDX-License-Identifier: MIT */
/* sysnode.h -- attributes of the kernel's sensors, below a folder that stands
 * for /sys: read with a reason where they cannot be. */
#ifndef OFFRAMP_METERS_SYSNODE_H
#define OFFRAMP_METERS_SYSNODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Open DIR/NAME to be read again and again; the caller closes *fd.
 * ST_NOT_FOUND: code "device.no_meter", or "device.meter_denied" where this
 * user may not. */
enum status sysnode_open(
    const char *dir, const char *name, int *fd, struct err *err) MUST_CHECK;

/* The number there now.  ST_IO (code "device.meter"): unreadable, or no
 * number. */
enum status sysnode_read(int fd, uint64_t *value, struct err *err) MUST_CHECK;

/* The number in DIR/NAME; `otherwise` where there is none. */
uint64_t sysnode_number(const char *dir, const char *name, uint64_t otherwise);

/* The text in DIR/NAME up to its line's end; "" where there is none. */
void sysnode_text(const char *dir, const char *name, char *out, size_t size);

#endif
