/* SPDX-License-Identifier: MIT */
/*
 * device.h -- what a board can be asked, without knowing which board it is:
 * the commands of README.md over a responder.  The firmware runs it, and so
 * do host programs that want a board in memory.
 *
 * The caller owns the struct and the memory it names; one thread.
 */
#ifndef OFFRAMP_FIRMWARE_DEVICE_H
#define OFFRAMP_FIRMWARE_DEVICE_H

#include "probes/link/responder.h"
#include "probes/nn/image.h"

/* What a clock's own test found. */
struct device_selftest {
    bool moves;    /* it counted while work was done, and never backwards */
    bool wraps;    /* the same across wraps of the counter */
    uint32_t cost; /* ticks between two readings */
};

/* What the board below provides; every slot is set unless it says MAY. */
struct device_board {
    const char *name, *core;
    uint32_t clock_hz, counter_bits;
    uint32_t kernels; /* of nn_kernels_built() */
    bool dwt;         /* ticks come from the cycle counter, else SysTick */
    void *pool;       /* aligned to 8: the image, then the arena */
    size_t pool_bytes;
    void (*start)(void);    /* start counting at 0; no interrupts of
                             * the line from here .. */
    uint64_t (*stop)(void); /* .. to here; ticks since then */
    void (*selftest)(struct device_selftest *out);
    void (*reset)(void);     /* start anew once the reply is out */
    bool (*mark)(bool high); /* MAY: an output that a meter watches; false if
                              * it does not follow */
};

struct device {
    const struct device_board *board;
    struct responder responder;

    enum nn_kernels kernels; /* private from here on */
    uint8_t *arena;          /* NULL: no image is open */
    bool has_mark, armed;    /* runs can be marked, and are */
};

void device_init(struct device *d, const struct device_board *board);

/* The line that says that the board is ready; returns its length. */
size_t device_hello(const struct device *d, char line[FRAME_LINE]);

#endif
