/* SPDX-License-Identifier: MIT */
/* epochs.c -- the raw epochs of a row: little-endian doubles under zlib, with
 * the digest of the bytes before compression. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/hash.h"
#include "db/measure_internal.h"

static const char sql_add[] =
    "INSERT INTO epochs (measure, n, sha256, deflated)"
    " VALUES (?1, ?2, ?3, ?4)";

/* A double's bits, and back, in the order of the file. */
static uint64_t
to_file(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return htole64(bits);
}

static double
from_file(uint64_t bits)
{
    double x;

    bits = le64toh(bits);
    memcpy(&x, &bits, sizeof(x));
    return x;
}

enum status
epochs_add(
    struct db *db, int64_t measure, const double *ns, size_t n, struct err *err)
{
    uLong raw_len = (uLong)(n * sizeof(uint64_t));
    uLongf z_len = compressBound(raw_len);
    uint64_t *raw = malloc(raw_len);
    unsigned char *z = malloc(z_len);
    char sha256[HASH_HEX];
    enum status st;

    for (size_t i = 0; raw != NULL && i < n; i++)
        raw[i] = to_file(ns[i]);
    if (raw == NULL || z == NULL ||
        compress2(z, &z_len, (const Bytef *)raw, raw_len, 6) != Z_OK) {
        st = err_nomem(err);
        goto out;
    }
    hash_bytes(raw, raw_len, sha256);
    st = db_run(db, sql_add,
        ARGS(A_INT(measure), A_INT((int64_t)n), A_TEXT(sha256),
            A_BLOB(z, z_len)),
        NULL, err);
out:
    free(raw);
    free(z);
    return st;
}

static const char sql_get[] =
    "SELECT e.n, e.sha256, e.deflated FROM measure m"
    " JOIN epochs e ON e.measure = coalesce(m.cached_from, m.id)"
    " WHERE m.id = ?1";

enum { EPOCHS_MAX = 1 << 24 }; /* a row has some hundreds */

/* Inflate and check the current row. */
static enum status
read_epochs(sqlite3_stmt *q, double **epochs_ns, size_t *n, struct err *err)
{
    int64_t count = sqlite3_column_int64(q, 0);
    const char *sha256 = (const char *)sqlite3_column_text(q, 1);
    const void *z = sqlite3_column_blob(q, 2);
    uLong z_len = (uLong)sqlite3_column_bytes(q, 2);
    uLongf raw_len = (uLongf)count * sizeof(uint64_t);
    char got[HASH_HEX] = "";
    uint64_t *raw = NULL;
    double *out = NULL;
    int rc = Z_DATA_ERROR;

    if (count > 0 && count <= EPOCHS_MAX) {
        raw = malloc(raw_len);
        out = malloc((size_t)count * sizeof(*out));
        if (raw == NULL || out == NULL || sha256 == NULL || z == NULL)
            rc = Z_MEM_ERROR;
        else
            rc = uncompress((Bytef *)raw, &raw_len, z, z_len);
    }
    if (rc == Z_OK && raw_len == (uLongf)count * sizeof(uint64_t))
        hash_bytes(raw, raw_len, got);
    if (rc == Z_OK && strcmp(got, sha256) == 0) {
        for (int64_t i = 0; i < count; i++)
            out[i] = from_file(raw[i]);
        *epochs_ns = out;
        *n = (size_t)count;
        free(raw);
        return ST_OK;
    }
    free(raw);
    free(out);
    return rc == Z_MEM_ERROR ? err_nomem(err)
                             : err_set(err, ST_CORRUPT, "epochs.damaged",
                                   "the raw epochs of a row are damaged");
}

enum status
db_measure_epochs(
    struct db *db, int64_t id, double **epochs_ns, size_t *n, struct err *err)
{
    sqlite3_stmt *q;
    enum status st = db_begin(db, sql_get, ARGS(A_INT(id)), &q, err);

    *epochs_ns = NULL;
    if (st != ST_OK)
        return st;
    switch (sqlite3_step(q)) {
    case SQLITE_ROW:
        st = read_epochs(q, epochs_ns, n, err);
        break;
    case SQLITE_DONE:
        st = err_set(err, ST_NOT_FOUND, "epochs.not_found",
            "no raw epochs are kept for measurement %lld", (long long)id);
        break;
    default:
        st = db_fail(db, sql_get, err);
    }
    db_done(q);
    return st;
}
