/* SPDX-License-Identifier: MIT */
/* mobile.h -- fixtures/export/mobile.json: a profile that came through no
 * server, whose rows a test may bend. */
#ifndef OFFRAMP_TEST_MOBILE_H
#define OFFRAMP_TEST_MOBILE_H

#include "server/export/export.h"

/* The caller owns the answer, which *in borrows from; a cmocka failure where
 * it cannot be read. */
json_t *mobile_load(struct export_input *in);

#endif
