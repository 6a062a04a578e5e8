/* SPDX-License-Identifier: MIT */
/* emulator_internal.h -- shared by the files of the emulator: what a QEMU
 * answers, and how it counts instructions by class.  One thread. */
#ifndef OFFRAMP_MCU_EMULATOR_INTERNAL_H
#define OFFRAMP_MCU_EMULATOR_INTERNAL_H

#include <stdbool.h>

#include "base/insn.h"

/* Run a program of these arguments until it ends, and keep the beginning of
 * what it prints.  False if it cannot be started. */
bool emulator_ask(const char *const argv[], char *told, size_t cap);

/* Counts of one emulator after the other, by our plugin. */
struct emulator_counter {
    char *option;                 /* owned; of -plugin; NULL: it cannot */
    int fd;                       /* owned; memory that the plugin fills */
    const struct insn_counts *at; /* the same memory here */
};

/* Can `program` count for this firmware?  The plugin lies in the folder above
 * the firmware's.  If not, *why says so, and out->option is NULL. */
void emulator_counter_open(struct emulator_counter *out, const char *program,
    const char *firmware, char why[128]);
void emulator_counter_close(struct emulator_counter *c);

#endif
