/* SPDX-License-Identifier: MIT */
/* search_epochs.h -- the raw epochs behind costs, for a search's bootstrap. */
#ifndef OFFRAMP_SERVER_SEARCH_EPOCHS_H
#define OFFRAMP_SERVER_SEARCH_EPOCHS_H

#include "db/db.h"
#include "server/export/export.h"

/* Add to each exit of `costs`, made of `in`, the stored epochs of its L6 rows
 * as `epochs`; parts without stored epochs get none. */
enum status search_epochs_add(struct db *db, const struct export_input *in,
    json_t *costs, struct err *err) MUST_CHECK;

#endif
