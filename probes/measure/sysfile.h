/* SPDX-License-Identifier: MIT */
/* sysfile.h -- small files of the kernel (/proc, /sys), which may be absent,
 * have no size, and are read honestly: missing stays missing. */
#ifndef OFFRAMP_MEASURE_SYSFILE_H
#define OFFRAMP_MEASURE_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>

/* Up to size - 1 bytes from the start, without the newline (and NULs) at the
 * end.  False if absent or empty. */
bool sysfile_text(const char *path, char *out, size_t size);

/* The number the file starts with; NaN if absent or not a number. */
double sysfile_number(const char *path);

/* The value after "key:" or "key\t:" in a file of such lines; false if not
 * there. */
bool sysfile_key(const char *path, const char *key, char *out, size_t size);

#endif
