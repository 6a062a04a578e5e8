/* SPDX-License-Identifier: MIT */
/*
 * place.h -- do the two ends of a link run on one machine, and there on one
 * core?  What they measure then holds for that only: two processors on one
 * core never work at the same time.  Private to this folder; pure but for
 * place_own().
 */
#ifndef OFFRAMP_TRANSFER_PLACE_H
#define OFFRAMP_TRANSFER_PLACE_H

#include "probes/transfer/tcp.h"

enum { PLACE_TEXT = 48 }; /* characters, of which all are sent */

/* Where the calling process runs: the kernel's boot id, and its core if it is
 * pinned to one ("-" where that is not known), blanks behind. */
void place_own(char out[PLACE_TEXT + 1]);

/* Of two such texts. */
enum tcp_place place_compare(const char *a, const char *b);

#endif
