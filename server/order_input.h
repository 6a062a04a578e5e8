/* SPDX-License-Identifier: MIT */
/*
 * order_input.h -- what searches and trials are asked about: costs, of a
 * profile or sent, and exit records; and whether they are of one network.
 */
#ifndef OFFRAMP_SERVER_ORDER_INPUT_H
#define OFFRAMP_SERVER_ORDER_INPUT_H

#include "base/json.h"
#include "db/records.h"

/* Zeroed before the first call; ended with order_input_clear(). */
struct order_input {
    int64_t profile;    /* 0: the costs were sent */
    const char *source; /* borrowed: "modelled" for costs derived with the
                         * device's model; NULL: as they are */
    char *model;        /* owned: of the profile; NULL: the costs were sent */
    json_t *costs;      /* owned; NULL: there are none */
    struct records records; /* owned */
};
void order_input_clear(struct order_input *in);

/* The costs of in->profile, or those that were sent (borrowed), with raw
 * epochs where they will be drawn again.  ST_INVALID: both or none, or costs
 * that are none; ST_NOT_FOUND. */
enum status order_input_costs(struct db *db, struct order_input *in,
    json_t *sent, bool epochs, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND; ST_CONFLICT "records.not_ready"; ST_UNPROCESSABLE
 * "records.rejected". */
enum status order_input_records(struct db *db, struct order_input *in,
    int64_t id, struct err *err) MUST_CHECK;

/* Of one model, with as many exits, and with labels where `reference` is
 * "label"?  ST_UNPROCESSABLE. */
enum status order_input_fit(const struct order_input *in, const char *reference,
    struct err *err) MUST_CHECK;

#endif
