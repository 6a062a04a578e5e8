/* SPDX-License-Identifier: MIT */
/*
 * kernel_key.h -- a name for everything that decides what a region costs.
 *
 * SHA-256 over a canonical text: operators with their attributes in order of
 * name, how they are connected, every tensor's type and shape, 64-bit integer
 * constants (which are shapes, axes and pads) and, of other stored tensors,
 * only how sparse they are.  Names of nodes and tensors and the values of
 * weights are not in it, so equal layers of one or of many models share a
 * key, and are measured once.  An attribute written out with its default and
 * one left out give two keys; that costs one more measurement, no error.
 */
#ifndef OFFRAMP_MODEL_KERNEL_KEY_H
#define OFFRAMP_MODEL_KERNEL_KEY_H

#include "base/hash.h"
#include "search/model/region.h"

enum status kernel_key(char out[HASH_HEX], struct graph *g,
    const struct region *r, struct err *err) MUST_CHECK;

#endif
