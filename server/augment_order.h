/* SPDX-License-Identifier: MIT */
/*
 * augment_order.h -- what POST /v1/augmentations asks for: a plain network to
 * be given exits for a device, and how that becomes a flow.
 *
 * Rows of the data set are divided once: heads are fitted on the first ones,
 * the rest (or another data set) is halved into rows that choose thresholds
 * and rows that nothing is chosen by.
 */
#ifndef OFFRAMP_SERVER_AUGMENT_ORDER_H
#define OFFRAMP_SERVER_AUGMENT_ORDER_H

#include "server/http.h"

struct augment_order {
    json_t *request; /* owned: the flow's document, defaults filled in */
    json_t *payload, *blobs; /* owned until stored: of the first task */
    const char *owner;
    int64_t now_ms;
    int64_t id; /* of the flow, once stored */
};

/* Read and check the body.  ST_INVALID names the member; ST_NOT_FOUND,
 * ST_CONFLICT or ST_UNPROCESSABLE for model, data sets and device:
 * "augmentation.exits" (the model has exits already), "augmentation.rows",
 * "augmentation.memory" (with the nearest miss).  Call augment_order_clear()
 * in every case. */
enum status augment_order_read(
    struct request *rq, struct augment_order *out) MUST_CHECK;
void augment_order_clear(struct augment_order *o);

/* Store the flow and its first task; call it in a db_tx(). */
enum status augment_order_store(
    struct db *db, struct augment_order *o, struct err *err) MUST_CHECK;

#endif
