/* SPDX-License-Identifier: MIT */
/*
 * modelled.h -- the rows of an emulated board with the times that a declared
 * model gives them: a view that is made anew each time it is asked for, never
 * stored, and never beside measured rows.
 */
#ifndef OFFRAMP_SERVER_MODELLED_H
#define OFFRAMP_SERVER_MODELLED_H

#include "db/db.h"
#include "server/export/export.h"

/*
 * Turn rows of profile `profile` (as GET /v1/profiles/{id}/layers has them)
 * into modelled ones, in place; *model is the newest model of `device`, as the
 * API shows it.  Rows without counts keep no times.  ST_UNPROCESSABLE
 * "profile.not_counted" where a row was measured; ST_NOT_FOUND
 * "device.no_model".
 */
enum status modelled_rows(struct db *db, int64_t profile, const char *device,
    json_t *rows, json_t **model, struct err *err) MUST_CHECK;

/* The same for a dialect: rows, and `model` beside them.  ST_UNPROCESSABLE
 * "profile.no_classes" names a row that was not counted by class, which the
 * model is of. */
enum status modelled_export(
    struct db *db, struct export_input *in, struct err *err) MUST_CHECK;

#endif
