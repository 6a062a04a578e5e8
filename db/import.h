/* SPDX-License-Identifier: MIT */
/*
 * import.h -- where a profile that was not measured here is from.
 *
 * An imported profile has no job, task or device of this server.  It is shown
 * and exported, but never reused, charted or mixed with costs measured here:
 * queries for those ask for the device or model `here`.
 */
#ifndef OFFRAMP_DB_IMPORT_H
#define OFFRAMP_DB_IMPORT_H

#include "db/db.h"

struct import {
    int64_t id;
    char *sha256;    /* of the document that was imported */
    char *generator; /* the program that wrote it */
    int64_t profile; /* its number there */
    int64_t created_ms;
    char *model_name;
    char *analysis, *omitted; /* documents */
    char *origin; /* document: of an import there; NULL: measured there */
};

void import_clear(struct import *i);

/* Add (all but id is read).  ST_CONFLICT where that document is here. */
enum status db_import_add(struct db *db, const struct import *import,
    int64_t *id, struct err *err) MUST_CHECK;

enum status db_import_get(
    struct db *db, int64_t id, struct import *out, struct err *err) MUST_CHECK;

/* The profile that this document became.  ST_NOT_FOUND. */
enum status db_import_find(struct db *db, const char *sha256, int64_t *profile,
    struct err *err) MUST_CHECK;

#endif
