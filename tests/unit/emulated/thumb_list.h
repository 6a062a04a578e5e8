/* SPDX-License-Identifier: MIT */
/* thumb_list.h -- instructions in the assembler's words, and what they are:
 * at least one of each form that the table of thumb.c tells apart. */
#ifndef OFFRAMP_TEST_THUMB_LIST_H
#define OFFRAMP_TEST_THUMB_LIST_H

#include "base/insn.h"

struct thumb_example {
    enum insn_count class;
    uint32_t words;
    const char *text[24]; /* ended by NULL */
};

extern const struct thumb_example thumb_examples[];
extern const size_t n_thumb_examples;

#endif
