/* SPDX-License-Identifier: MIT */
/* memory_board.h -- the firmware's commands on this machine: a board in
 * memory, for tests of what talks to it.  Its clock counts readings. */
#ifndef OFFRAMP_TEST_MEMORY_BOARD_H
#define OFFRAMP_TEST_MEMORY_BOARD_H

#include "probes/firmware/device.h"
#include "unit/link/noisy.h"

struct memory_board {
    struct device_board board;
    struct device device;
    struct noisy line;       /* to it; board_open() takes &line.port */
    bool clock_stuck, heals; /* its clock; whether a reset cures it */
    int reboot_after;        /* requests until it loses its power; 0: never */
    uint64_t growth;         /* ticks that each run takes more than the last */
    int restarts;            /* how often its reset line was pulled, which
                              * also cures line.fault */
    bool wants_reset;        /* private, as is: */
    uint64_t runs;
};

/* `pool` bytes of memory; damages `share` of the line's bytes. */
void memory_board_init(struct memory_board *m, size_t pool, double share);
void memory_board_clear(struct memory_board *m);

/* As if the power had failed: it says that it is ready and knows nothing. */
void memory_board_reboot(struct memory_board *m);

#endif
