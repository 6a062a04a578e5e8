/* SPDX-License-Identifier: MIT */
/*
 * bytes.h -- the memory that an exit's part of a network takes, and what is
 * handed to it: what mapping weighs besides costs.
 *
 * Of a microcontroller board those are the bytes of its image, tables and all,
 * and tensors in its own numbers; else they are the network's own.  Pure.
 */
#ifndef OFFRAMP_SERVER_EXPORT_BYTES_H
#define OFFRAMP_SERVER_EXPORT_BYTES_H

#include "server/export/export.h"

/* {"input_bytes","segment_bytes","head_bytes","peak_bytes"} of an exit; null
 * what is not known.  NULL: out of memory. */
json_t *export_exit_bytes(const struct export_input *in, size_t exit);

#endif
