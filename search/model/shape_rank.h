/* SPDX-License-Identifier: MIT */
/*
 * shape_rank.h -- tell scalars from values of unknown rank.
 *
 * ONNX Runtime reports no dimensions for either (only releases from 1.24 on
 * have a call that tells).  So the model asked about gets one Shape node for
 * every value: the one dimension of its result is the rank, and open where
 * the rank is not known.  Private to shape.c.
 */
#ifndef OFFRAMP_MODEL_SHAPE_RANK_H
#define OFFRAMP_MODEL_SHAPE_RANK_H

#include "search/model/graph.h"

/* Append the nodes to a model's bytes, which may move.  Nothing is done to a
 * model that imports no standard operators. */
enum status shape_rank_ask(uint8_t **data, size_t *len, const struct graph *g,
    const int *values, int n, struct err *err) MUST_CHECK;

/* The name of the value that an output tells the rank of; NULL if it is not
 * one of ours.  Borrowed from `output`. */
const char *shape_rank_of(const char *output);

#endif
