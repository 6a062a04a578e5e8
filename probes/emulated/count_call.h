/* SPDX-License-Identifier: MIT */
/*
 * count_call.h -- how a program under QEMU talks to our plugin: by a system
 * call that no kernel has.  QEMU answers it with ENOSYS, as a kernel would,
 * but shows it to plugins first.  A program and QEMU's plugin are one process
 * with one table of files, so the answer comes through a file of the caller.
 */
#ifndef OFFRAMP_EMULATED_COUNT_CALL_H
#define OFFRAMP_EMULATED_COUNT_CALL_H

#include <stdint.h>

#include "base/insn.h"

/* syscall(COUNT_CALL, what, a, b) */
enum { COUNT_CALL = 0x6f66 };

enum {
    COUNT_RANGE = 1, /* only code at addresses a..b, b not included, counts */
    COUNT_BEGIN,     /* count from here on */
    COUNT_END,       /* write what the calling thread has executed since, as a
                        struct insn_counts at the start of file a */
};

#endif
