/* SPDX-License-Identifier: MIT */
/* image_document.h -- an image for boards told in JSON (offramp.image/1):
 * its layers and which layer of the analysis each belongs to. */
#ifndef OFFRAMP_WORKER_IMAGE_DOCUMENT_H
#define OFFRAMP_WORKER_IMAGE_DOCUMENT_H

#include "search/worker/quantise.h"

/*
 * A new object in *out:
 *
 *     {"schema":"offramp.image/1","type":"int8","bytes":N,"arena_bytes":N,
 *      "layers":[{"name","op","layer","macs","weight_bytes","image_bytes",
 *       "need_bytes","out_bytes","live_bytes","ends":[in,in2,out],"scale",
 *       "zero"}],
 *      "outputs":[{"name","layer","bytes","scale","zero"}]}
 *
 * `layer` of a layer is an index in `analysis` (null: none of its layers has
 * that node), of an output one in `layers`; `need_bytes` is what the layer's
 * own tensors and scratch take of the arena, `live_bytes` that with all others
 * that are still read behind it; `image_bytes` is the layer in the image, its
 * weights and tables with it.  Failures: ST_NOMEM.
 */
enum status image_document(const struct boardnet *b, const json_t *analysis,
    json_t **out, struct err *err) MUST_CHECK;

#endif
