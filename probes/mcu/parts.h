/* SPDX-License-Identifier: MIT */
/*
 * parts.h -- what of a network is measured on a board, as runs of its image's
 * layers: the whole, each layer of the analysis, segments, heads, prefixes.
 *
 * A board runs its layers in the image's order, where layers of one head may
 * lie between those of the backbone; so a part is several runs (steps).
 * Everything is owned by the caller's struct parts; pure.
 */
#ifndef OFFRAMP_MCU_PARTS_H
#define OFFRAMP_MCU_PARTS_H

#include "probes/mcu/mix.h"
#include "probes/measure/plan.h"

struct part {
    const char *level; /* "L2" */
    enum row_role role;
    int64_t index;
    const char *name, *kernel_key; /* borrowed from the plan */
    /* Of a layer: its weights, and the most one of its image layers needs of
     * the arena; NaN of other parts. */
    double weight_bytes, need_bytes;
    bool empty;       /* another layer does its work, or there is none */
    const char *code; /* why the board cannot run it ("operator", "memory"), */
    char *lack;       /* owned: in a sentence; NULL: it can */
    double sum;       /* ticks of the pass in progress */
    double *values;   /* owned: ticks an execution, one a round */
    size_t n;
    struct mix adding, mix; /* likewise: of this pass, and of every round */
    uint32_t count;         /* executions in the longest step's run */
};

/* Of a step that is run for what comes after it. */
#define STEP_SILENT ((size_t)-2)

/* Layers first .. end - 1 of the image, for parts[part]. */
struct step {
    uint32_t first, end, count;
    size_t part;
};

/* Steps that follow each other from an input that was just set. */
struct pass {
    struct step *steps; /* owned */
    size_t n;
};

struct parts {
    struct part *part; /* owned, as is `pass` */
    size_t n;
    struct pass *pass;
    size_t n_passes;
};

/*
 * Make them for the levels of a plan; `image` is an offramp.image/1, of
 * `n_layers` layers.  ST_UNPROCESSABLE (`model.image`): the two do not go
 * together; (`job.levels`): no level that boards have was asked for.
 */
enum status parts_make(struct parts *out, const struct plan *plan,
    const json_t *analysis, const json_t *image, uint32_t n_layers,
    size_t rounds, struct err *err) MUST_CHECK;
void parts_clear(struct parts *p);

/* The board cannot run a part after all: it is not, and nothing is measured.
 * `why` is copied. */
enum status parts_give_up(struct part *p, const char *code, const char *why,
    struct err *err) MUST_CHECK;

/* The part of that role and index, or NULL. */
struct part *parts_find(
    const struct parts *p, enum row_role role, int64_t index);

#endif
