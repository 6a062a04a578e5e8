/* SPDX-License-Identifier: MIT */
/*
 * board.h -- a board with our firmware, emulated or real: bring a network to
 * it, run its layers, read what they made.
 *
 * A board owns its port and belongs to one thread; several boards of one host
 * are several of these.
 */
#ifndef OFFRAMP_MCU_BOARD_H
#define OFFRAMP_MCU_BOARD_H

#include <stdbool.h>

#include "probes/mcu/client.h"
#include "probes/nn/image.h"

/* How far a recovery had to go. */
enum board_step {
    BOARD_RESYNC,     /* it only had to be asked again */
    BOARD_SOFT_RESET, /* it was told to start anew */
    BOARD_RESTART,    /* its reset line was pulled, or its emulator replaced */
    BOARD_STEPS
};
const char *board_step_name(enum board_step step);

struct board {
    struct port *port; /* owned */
    struct client client;
    char name[32], core[32]; /* as the firmware says */
    uint64_t clock_hz, pool_bytes, counter_bits;
    uint64_t kernels;    /* sets that it has, a bit for each */
    bool dwt;            /* its clock is the cycle counter, not SysTick */
    bool mark;           /* it has an output that marks runs */
    uint64_t clock_cost; /* ticks between two readings */
};

/* One run of layers. */
struct board_run {
    uint64_t ticks, count;
    uint32_t crc;  /* of the last layer's output */
    bool by_class; /* `counts` holds what was executed meanwhile */
    struct insn_counts counts;
};

/*
 * Take a board into use: wait for it, read what it is, and let it test its
 * clock.  `port` is taken, also on failure.  ST_TIMEOUT (`infra.board_silent`);
 * ST_UNPROCESSABLE (`device.timer_suspect`): its clock stands still or does
 * not survive a wrap.
 */
enum status board_open(
    struct board **out, struct port *port, struct err *err) MUST_CHECK;
void board_close(struct board *b);

/* Bring an image (nn/image.h) over.  ST_UNPROCESSABLE (`device.refused`) has
 * the board's numbers where it does not fit. */
enum status board_load(
    struct board *b, const void *image, size_t len, struct err *err) MUST_CHECK;

/* The quickest set that it has. */
enum nn_kernels board_best(const struct board *b);

enum status board_kernels(
    struct board *b, enum nn_kernels kernels, struct err *err) MUST_CHECK;

/* Set the network's input. */
enum status board_input(
    struct board *b, const void *data, size_t len, struct err *err) MUST_CHECK;

/* Run layers first .. end - 1 `count` times, which may take up to `wait_ms`. */
enum status board_run(struct board *b, uint32_t first, uint32_t end,
    uint32_t count, int wait_ms, struct board_run *out,
    struct err *err) MUST_CHECK;

/* Let an output be up while layers run, or no more.  ST_UNPROCESSABLE
 * (`device.refused`): it has none, or it does not follow. */
enum status board_arm(struct board *b, bool on, struct err *err) MUST_CHECK;

/* Read `len` bytes of the arena. */
enum status board_read(struct board *b, uint32_t at, void *out, size_t len,
    struct err *err) MUST_CHECK;

/*
 * Bring a board that failed back: ask it again, let it reset itself, start it
 * anew.  On ST_OK it answers and has no image; `*step` is what helped.
 * Otherwise `infra.board_lost`.
 */
enum status board_recover(
    struct board *b, enum board_step *step, struct err *err) MUST_CHECK;

#endif
