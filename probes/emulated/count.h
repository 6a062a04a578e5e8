/* SPDX-License-Identifier: MIT */
/*
 * count.h -- instructions of a piece of this program, counted by the emulator
 * that it runs under (plugin.c), and no time.
 *
 * Only the code of one library counts, that of the runtime: its kernels take
 * the same instructions every time, while the C library's allocator (1 % of a
 * small network) walks lists whose state hangs on everything before.
 *
 * A `struct count` belongs to one thread, whose instructions are counted.
 */
#ifndef OFFRAMP_EMULATED_COUNT_H
#define OFFRAMP_EMULATED_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/insn.h"
#include "base/status.h"

struct count; /* opaque: see count.c */

/* True where the environment says that this program is emulated
 * (OFFRAMP_EMULATED): it must then never pass off its times as measured. */
bool count_wanted(void);

/* The opposite: may kinds of tasks that take times be offered? */
bool count_real_machine(void);

/* As a library: the program itself. */
#define COUNT_PROGRAM ""

/* Count the code of `library`, a file that is loaded.  ST_UNAVAILABLE (code
 * "device.no_count") where no plugin answers or there is no such library.
 * Ended with count_close(). */
enum status count_open(
    struct count **out, const char *library, struct err *err) MUST_CHECK;
void count_close(struct count *c);

/* Instructions of this thread between the two calls, by class. */
void count_begin(struct count *c);
enum status count_end(
    struct count *c, struct insn_counts *out, struct err *err) MUST_CHECK;

#endif
