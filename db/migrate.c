/* SPDX-License-Identifier: MIT */
/*
 * migrate.c -- numbered migrations, embedded from migrations/.
 *
 * The write lock is taken before the version is read, so that of several
 * openers one migrates and the others find it done.
 */
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "db/db_internal.h"

/* "OFFR": tells our files from other SQLite files. */
enum { APPLICATION_ID = 0x4f464652 };

/* The bytes of a file, ended by a NUL, as the symbol `name`. */
#define EMBED(name, file)                                                      \
    __asm__(".pushsection .rodata\n"                                           \
            ".globl " #name "\n" #name ":\n"                                   \
            ".incbin \"" DB_MIGRATIONS "/" file "\"\n"                         \
            ".byte 0\n"                                                        \
            ".popsection\n");                                                  \
    extern const char name[]

EMBED(db_migration_0001, "0001_start.sql");
EMBED(db_migration_0002, "0002_dispatch.sql");
EMBED(db_migration_0003, "0003_golden.sql");
EMBED(db_migration_0004, "0004_import.sql");
EMBED(db_migration_0005, "0005_flow.sql");
EMBED(db_migration_0006, "0006_lease_ids.sql");
EMBED(db_migration_0007, "0007_trial.sql");
EMBED(db_migration_0008, "0008_link.sql");
EMBED(db_migration_0009, "0009_joints.sql");
EMBED(db_migration_0010, "0010_board.sql");
EMBED(db_migration_0011, "0011_ending.sql");
EMBED(db_migration_0012, "0012_kinds.sql");
EMBED(db_migration_0013, "0013_live.sql");
EMBED(db_migration_0014, "0014_support.sql");
EMBED(db_migration_0015, "0015_relay.sql");
EMBED(db_migration_0016, "0016_device_model.sql");
EMBED(db_migration_0017, "0017_import_origin.sql");
EMBED(db_migration_0018, "0018_golden_spread.sql");

/* Migration i takes a file of version i to version i + 1. */
static const char *const migrations[] = { db_migration_0001, db_migration_0002,
    db_migration_0003, db_migration_0004, db_migration_0005, db_migration_0006,
    db_migration_0007, db_migration_0008, db_migration_0009, db_migration_0010,
    db_migration_0011, db_migration_0012, db_migration_0013, db_migration_0014,
    db_migration_0015, db_migration_0016, db_migration_0017,
    db_migration_0018 };

enum { NEWEST = sizeof(migrations) / sizeof(migrations[0]) };

int
db_schema_newest(void)
{
    return NEWEST;
}

static enum status
refuse_damaged(const struct db *db, struct err *err)
{
    return err_set(err, ST_UNAVAILABLE, "db.damaged",
        "%s is damaged: bring back a copy, or save what can be read with "
        "sqlite3 %s .recover",
        db->path, db->path);
}

/* What SQLite cannot read as a database is most likely not one; what it can
 * read in part was one. */
static enum status
refuse(struct db *db, enum status st, struct err *err)
{
    if (st != ST_CORRUPT)
        return st;
    err_clear(err);
    if (sqlite3_errcode(db->sql) == SQLITE_CORRUPT)
        return refuse_damaged(db, err);
    return err_set(err, ST_UNAVAILABLE, "db.foreign",
        "%s is not a store of Offramp: name another file", db->path);
}

/* Has the file lost the end of its last page?  SQLite would read zeros there.
 * Where a log lies beside the file, the page may be in it. */
static bool
is_cut(const struct db *db, int64_t page_bytes)
{
    char wal[PATH_MAX];

    if (snprintf(wal, sizeof(wal), "%s-wal", db->path) >= (int)sizeof(wal) ||
        file_size(wal) > 0)
        return false;
    return file_size(db->path) % page_bytes > 0;
}

/* One statement, so that all are of one moment. */
static const char sql_what[] =
    "SELECT (SELECT application_id FROM pragma_application_id),"
    " (SELECT user_version FROM pragma_user_version),"
    " (SELECT page_size FROM pragma_page_size),"
    " (SELECT count(*) FROM sqlite_schema) /*scan*/";

struct what {
    int64_t application, version, page_bytes, objects;
};

static const struct col cols[] = {
    COL(COL_INT, struct what, application),
    COL(COL_INT, struct what, version),
    COL(COL_INT, struct what, page_bytes),
    COL(COL_INT, struct what, objects),
};
static const struct shape shape = SHAPE(struct what, cols);

enum status
db_migrate_check(struct db *db, struct err *err)
{
    struct what w;
    enum status st = db_row(db, sql_what, NO_ARGS, &shape, &w, err);

    if (st != ST_OK)
        return refuse(db, st, err);
    db->version = (int)w.version;
    if (w.application != APPLICATION_ID &&
        (w.application != 0 || w.version != 0 || w.objects != 0))
        return refuse(db, ST_CORRUPT, err);
    if (is_cut(db, w.page_bytes))
        return refuse_damaged(db, err);
    if (w.version > NEWEST)
        return err_set(err, ST_UNAVAILABLE, "db.newer",
            "%s was written by a newer Offramp (schema %d, this one knows %d): "
            "update this program",
            db->path, db->version, NEWEST);
    return ST_OK;
}

static enum status
apply(struct db *db, void *ctx, struct err *err)
{
    enum status st = db_migrate_check(db, err);
    char sql[96];

    (void)ctx;
    if (st != ST_OK || db->version == NEWEST)
        return st;
    for (int i = db->version; i < NEWEST; i++)
        if (sqlite3_exec(db->sql, migrations[i], NULL, NULL, NULL) != SQLITE_OK)
            return db_fail(db, db->path, err);
    snprintf(sql, sizeof(sql),
        "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID,
        NEWEST);
    if (sqlite3_exec(db->sql, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(db, db->path, err);
    db->version = NEWEST;
    return ST_OK;
}

enum status
db_migrate(struct db *db, struct err *err)
{
    if (db->version == NEWEST)
        return ST_OK;
    return db_tx(db, apply, NULL, err);
}
