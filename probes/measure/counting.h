/* SPDX-License-Identifier: MIT */
/*
 * counting.h -- under an emulator: the instructions of one execution of a
 * network or of a golden kernel, each counted in a process of its own
 * (../emulated/fresh.h).
 *
 * Paths through a runtime hang on where its memory lies, and that on all that
 * was allocated before.  Here that is always the same, so counts are too: in
 * every run, in any task, whatever else is counted beside.
 */
#ifndef OFFRAMP_MEASURE_COUNTING_H
#define OFFRAMP_MEASURE_COUNTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/insn.h"
#include "probes/measure/golden.h"

/* The first thing in main() of a task's process, before memory is allocated
 * that hangs on the task.  Nothing where this is no emulator. */
enum status counting_prepare(struct err *err) MUST_CHECK;

/* Was it prepared?  Then nothing may be timed. */
bool counting_here(void);

/* All instructions, and by class (base/insn.h). */
struct counted {
    double instructions, n[INSN_COUNTS];
};

/* Instructions of one execution, in the runtime's own code: the mean over the
 * five inputs, each of which ran once before, and of each the least of three
 * runs.  Fails as count_open(), netbench_open() and fresh_ask(). */
enum status counting_net(const char *path, uint64_t seed, struct counted *out,
    struct err *err) MUST_CHECK;

/* Of one execution of a golden kernel, in this program's code. */
enum status counting_golden(
    enum golden_kind kind, struct counted *out, struct err *err) MUST_CHECK;

#endif
