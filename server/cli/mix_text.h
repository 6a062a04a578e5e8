/* SPDX-License-Identifier: MIT */
/* mix_text.h -- what the instructions of an emulated board were, in a
 * sentence.  One thread. */
#ifndef OFFRAMP_CLI_MIX_TEXT_H
#define OFFRAMP_CLI_MIX_TEXT_H

#include "base/json.h"

/* "by class: alu 41.2 %, load 21.0 %, ..; 0.9 M jumps" of a row with counts by
 * class, the largest first; nothing of others. */
void mix_print(const json_t *row);

#endif
