/* SPDX-License-Identifier: MIT */
#include "db/import.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct import, id),
    COL(COL_TEXT, struct import, sha256),
    COL(COL_TEXT, struct import, generator),
    COL(COL_INT, struct import, profile),
    COL(COL_INT, struct import, created_ms),
    COL(COL_TEXT, struct import, model_name),
    COL(COL_TEXT, struct import, analysis),
    COL(COL_TEXT, struct import, omitted),
    COL(COL_TEXT, struct import, origin),
};
static const struct shape shape = SHAPE(struct import, cols);

void
import_clear(struct import *i)
{
    shape_clear(&shape, i);
}

static const char sql_add[] =
    "INSERT INTO import (sha256, generator, profile, created_ms, model_name,"
    " analysis, omitted, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

enum status
db_import_add(
    struct db *db, const struct import *i, int64_t *id, struct err *err)
{
    return db_insert(db, sql_add,
        ARGS(A_TEXT(i->sha256), A_TEXT(i->generator), A_INT(i->profile),
            A_INT(i->created_ms), A_TEXT(i->model_name), A_TEXT(i->analysis),
            A_TEXT(i->omitted), A_TEXT(i->origin)),
        id, err);
}

static const char sql_get[] =
    "SELECT id, sha256, generator, profile, created_ms, model_name, analysis,"
    " omitted, origin FROM import WHERE id = ?1";

enum status
db_import_get(struct db *db, int64_t id, struct import *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(
            err, st, "import.not_found", "no import %lld", (long long)id);
    return st;
}

static const char sql_find[] =
    "SELECT p.id FROM import i JOIN profile p ON p.import = i.id"
    " WHERE i.sha256 = ?1";

enum status
db_import_find(
    struct db *db, const char *sha256, int64_t *profile, struct err *err)
{
    return db_int(db, sql_find, ARGS(A_TEXT(sha256)), profile, err);
}
