/* SPDX-License-Identifier: MIT */
/*
 * board_part.h -- what a board runs of a mapped plan: the layers of its image
 * that belong to its segments and heads, as an image of their own.
 *
 * A link of the deployment's chain whose processor has an image gets
 *   "image":{"image":hex,"type","bytes","arena_bytes",
 *    "steps":[[first,segment end,head end]], one an exit,
 *    "in":{"scale","zero"},"outs":[{"layer","of","scale","zero"}|null],
 *    "gives":{"layer","of","scale","zero"}|null}
 * with layers of that image, and `of` the whole one; what an int8 board hands
 * on gets "int8":{"scale","zero"}, also where it is taken.  One thread.
 */
#ifndef OFFRAMP_WORKER_BOARD_PART_H
#define OFFRAMP_WORKER_BOARD_PART_H

#include "probes/agent/task.h"

/* `images` is {processor's name: offramp.image/1}, whose blobs the task has;
 * `analysis` that of the model.  ST_UNPROCESSABLE "model.boundary": more than
 * one tensor would be handed over; "model.image": image and analysis do not
 * go together. */
enum status board_parts_add(struct task *t, json_t *deployment,
    const json_t *images, const json_t *analysis, struct err *err) MUST_CHECK;

#endif
