/* SPDX-License-Identifier: MIT */
/*
 * mix.h -- what one execution of a part takes of each class of instructions
 * (base/insn.h): the sum over the runs that it consists of, each divided by
 * its repetitions.  Plain data; any thread.
 */
#ifndef OFFRAMP_MCU_MIX_H
#define OFFRAMP_MCU_MIX_H

#include "base/json.h"
#include "probes/mcu/board.h"

struct mix {
    bool known; /* false: a run of it was not counted by class */
    double n[INSN_COUNTS];
};

/* Nothing yet. */
static inline struct mix
mix_empty(void)
{
    return (struct mix){ .known = true };
}

void mix_add(struct mix *m, const struct board_run *run);

bool mix_same(const struct mix *a, const struct mix *b);

/* As members of a row's counters, if it is known.  ST_NOMEM. */
enum status mix_json(
    const struct mix *m, json_t *counters, struct err *err) MUST_CHECK;

#endif
