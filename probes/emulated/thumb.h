/* SPDX-License-Identifier: MIT */
/*
 * thumb.h -- the class of a Thumb instruction (base/insn.h), from its bits.
 *
 * Encodings: Armv7-M Architecture Reference Manual (DDI 0403E) chapter A5, and
 * Armv8-M Architecture Reference Manual (DDI 0553B) chapter C2 for what Armv8-M
 * and MVE add.  Pure; used by QEMU's plugin, so it needs nothing else of ours.
 */
#ifndef OFFRAMP_EMULATED_THUMB_H
#define OFFRAMP_EMULATED_THUMB_H

#include <stdbool.h>

#include "base/insn.h"

struct thumb_insn {
    enum insn_count class;
    uint32_t words; /* that it moves, of the two multiple classes */
};

/* `bytes` as they lie in memory, 2 or 4 of them. */
struct thumb_insn thumb_decode(const void *bytes, size_t size);

/* May it reach a device (load from it, or store there)? */
bool thumb_touches_memory(enum insn_count class);

#endif
