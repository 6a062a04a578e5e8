/* SPDX-License-Identifier: MIT */
/*
 * emulator.h -- boards that QEMU emulates: a port whose other end is the
 * emulated UART of a new process.
 *
 * With -icount shift=0 each instruction takes one nanosecond of the
 * emulator's own time, so a board's clock counts instructions and does so
 * equally in every run.  Where QEMU takes our plugin, they are also counted
 * by class (port_ops.counts).  The process ends with its port, or with ours.
 */
#ifndef OFFRAMP_MCU_EMULATOR_H
#define OFFRAMP_MCU_EMULATOR_H

#include "probes/mcu/port.h"

enum { EMULATOR_NS_PER_INSTRUCTION = 1 };

/* A board that firmware is built for. */
struct emulator_machine {
    const char *name, *core; /* "mps2-an386", "cortex-m4" */
};

/* The table, ended by a NULL name; and one of it, or NULL. */
extern const struct emulator_machine emulator_machines[];
const struct emulator_machine *emulator_find(const char *name);

/*
 * The version of `program` (NULL: qemu-system-arm), "7.2.19".
 * ST_UNAVAILABLE: `infra.no_emulator`; `infra.old_emulator`: it is older than
 * 7.0, or does not say.
 */
enum status emulator_version(
    const char *program, char *out, size_t cap, struct err *err) MUST_CHECK;

/*
 * Start `program` (NULL: qemu-system-arm) with a board's firmware.  On ST_OK
 * the caller ends *out with port_close().  ST_UNAVAILABLE
 * (`infra.no_emulator`): no such program; (`infra.no_firmware`): no such
 * file.  What ends early is told by the port, as `infra.emulator_ended`.
 */
enum status emulator_open(struct port **out, const char *program,
    const char *machine, const char *firmware, struct err *err) MUST_CHECK;

#endif
