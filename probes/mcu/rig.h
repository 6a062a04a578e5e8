/* SPDX-License-Identifier: MIT */
/*
 * rig.h -- a board with a network and an input on it, as a task uses it, and
 * the same network here, to compare what both make.
 *
 * When the board fails, the rig brings it back (board_recover) and loads it
 * again; the caller then starts its pass anew.  The caller owns a rig and uses
 * it from one thread.
 */
#ifndef OFFRAMP_MCU_RIG_H
#define OFFRAMP_MCU_RIG_H

#include "base/json.h"
#include "probes/mcu/board.h"

enum { RIG_WHY = 200 };

struct rig {
    struct board *board; /* owned */
    bool emulated;
    const void *image; /* borrowed, as is the input */
    size_t len;
    const uint8_t *input;
    enum nn_kernels kernels;
    uint8_t *arena;       /* owned: for the network here */
    json_t *recoveries;   /* owned: [{"step","why"}] */
    struct board_run run; /* the last one of rig_run() */
};

/* `board` is taken, also on failure.  End with rig_clear(). */
enum status rig_init(struct rig *r, struct board *board, bool emulated,
    struct err *err) MUST_CHECK;
void rig_clear(struct rig *r);

/* Bring a network over; both blocks must outlive their use.  ST_UNPROCESSABLE
 * (`model.too_large`) says what it needs and what there is. */
enum status rig_load(struct rig *r, const void *image, size_t len,
    const uint8_t *input, struct err *err) MUST_CHECK;

/* Would an image fit the board?  If not, *why has what it needs and what there
 * is, in a sentence. */
bool rig_fits(
    const struct rig *r, const void *image, size_t len, char why[RIG_WHY]);

/* Set the input: the beginning of every pass. */
enum status rig_feed(struct rig *r, struct err *err) MUST_CHECK;

/* Ticks of one execution of layers first .. end - 1, from `count` of them.
 * r->run has all of it; classes of instructions that do not add up to the
 * board's clock are not taken over. */
enum status rig_run(struct rig *r, uint32_t first, uint32_t end, uint32_t count,
    double *ticks, struct err *err) MUST_CHECK;

/* Can a failure with this code be mended, and was it?  ST_OK: start the pass
 * anew.  Otherwise the failure itself, or `infra.board_lost`. */
enum status rig_mend(struct rig *r, enum status st, struct err *err) MUST_CHECK;

/* What was wrong on the way: {"recoveries", "line_repeats", "line_lost",
 * "line_stale"}.  A new object; NULL: out of memory. */
json_t *rig_trouble(const struct rig *r);

struct rig_check {
    int64_t outputs;
    double max_abs_err, max_rel_err; /* 0 for int8, which is compared by bits */
};

/*
 * Run it layer by layer there and here.  int8 must be the same bytes after
 * every layer, float32 outputs within 1e-5.  ST_UNPROCESSABLE
 * (`model.wrong_output`) names the layer.
 */
enum status rig_compare(
    struct rig *r, struct rig_check *out, struct err *err) MUST_CHECK;

/* Ticks to instructions, on an emulated board (emulator.h). */
double rig_instructions(const struct rig *r, double ticks);
double rig_ns(const struct rig *r, double ticks);

#endif
