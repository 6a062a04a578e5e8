/* SPDX-License-Identifier: MIT */
/*
 * a64.h -- the class of an A64 instruction (base/insn.h), from its bits.
 *
 * Encodings: Arm Architecture Reference Manual for A-profile (DDI 0487),
 * chapter C4.  Pure; used by QEMU's plugin, so it needs nothing else of ours.
 */
#ifndef OFFRAMP_EMULATED_A64_H
#define OFFRAMP_EMULATED_A64_H

#include "base/insn.h"

struct a64_insn {
    enum insn_count class;
    uint32_t words; /* that it moves, of the two multiple classes */
};

struct a64_insn a64_decode(uint32_t insn);

#endif
