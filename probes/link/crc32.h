/* SPDX-License-Identifier: MIT */
/* crc32.h -- CRC-32 as in IEEE 802.3 (reflected 0x04c11db7), a nibble at a
 * time: a table of 64 bytes suits a small board.  No state, any thread. */
#ifndef OFFRAMP_LINK_CRC32_H
#define OFFRAMP_LINK_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continue from `crc`, which is 0 at the start. */
uint32_t crc32_of(uint32_t crc, const void *data, size_t len);

#endif
