/* SPDX-License-Identifier: MIT */
/*
 * own.h -- the network's own classifier, as a pattern for smaller ones (PEAX,
 * seed-systems B.2): its dense layers, back from the output to what they read.
 * No state, any thread.
 */
#ifndef OFFRAMP_HEADS_OWN_H
#define OFFRAMP_HEADS_OWN_H

#include "search/heads/head.h"

struct own {
    size_t channels, extent[2]; /* of what the classifier reads; the extents
                                 * are 1 after global pooling */
    size_t inner[HEAD_LAYERS];  /* units of the dense layers but the last */
    int n_inner;
};

/* Find it.  False where the output is not made by dense layers, or by more
 * of them than a head can have. */
bool own_find(struct own *o, const struct plain *p);

/*
 * The layers of such a head for a site, without weights: inner ones shrink to
 * a quarter of their units, at least 16.  Where the classifier reads at least
 * twice as many channels as the site has and they were pooled, an adapter of
 * half as many units without activation comes first (PEAX's 1x1 convolution,
 * which commutes with pooling).
 */
void own_layers(const struct own *o, size_t classes, struct head *h);

#endif
