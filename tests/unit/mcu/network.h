/* SPDX-License-Identifier: MIT */
/* network.h -- small random networks with every int8 kernel (or every float
 * one), and what this machine makes of them. */
#ifndef OFFRAMP_TEST_NETWORK_H
#define OFFRAMP_TEST_NETWORK_H

#include <jansson.h>

#include "base/rng.h"
#include "probes/nn/pack.h"

struct network {
    void *image; /* owned */
    size_t len;
    uint8_t *arena; /* owned: as it is after all layers */
    uint8_t input[512];
};

/* conv, depthwise, add, maxpool, relu, avgpool, dense, softmax; seeded. */
void network_make(struct network *n, enum nn_type type, struct rng *rng);
void network_clear(struct network *n);

const struct nn_image *network_head(const struct network *n);
/* The CRC of a layer's output right after it was run here. */
uint32_t network_crc(const struct network *n, uint32_t layer);
/* What of an offramp.image/1 the making of pieces reads; the caller's. */
json_t *network_document(const struct network *n);
/* The output of the last layer. */
const uint8_t *network_output(const struct network *n);

#endif
