/* SPDX-License-Identifier: MIT */
#include "db/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "db/db_internal.h"

/* "`<db>`.blobs/ab" for a digest, or its folder of temporary files. */
static enum status
folder(struct db *db, const char *sha256, char out[PATH_MAX], struct err *err)
{
    const char *sub = sha256 == NULL ? "tmp" : sha256;
    int n = snprintf(
        out, PATH_MAX, "%s.blobs/%.*s", db->path, sha256 == NULL ? 3 : 2, sub);

    if (n < 0 || n >= PATH_MAX - HASH_HEX)
        return err_set(err, ST_IO, NULL, "%s: path too long", db->path);
    return ST_OK;
}

static enum status
place(struct db *db, const char *sha256, char out[PATH_MAX], struct err *err)
{
    enum status st = folder(db, sha256, out, err);
    size_t n;

    if (st != ST_OK)
        return st;
    n = strlen(out);
    snprintf(out + n, PATH_MAX - n, "/%s", sha256);
    return ST_OK;
}

enum status
db_blob_tmp(struct db *db, char *path, size_t cap, int *fd, struct err *err)
{
    char dir[PATH_MAX];
    enum status st;

    *fd = -1;
    if ((st = folder(db, NULL, dir, err)) != ST_OK ||
        (st = file_mkdirs(dir, err)) != ST_OK)
        return st;
    if ((size_t)snprintf(path, cap, "%s/XXXXXX", dir) >= cap)
        return err_set(err, ST_IO, NULL, "%s: path too long", dir);
    if ((*fd = mkostemp(path, O_CLOEXEC)) < 0)
        return err_errno(err, path);
    return ST_OK;
}

enum status
db_blob_room(struct db *db, struct err *err)
{
    static const char page[4096];
    char path[PATH_MAX];
    int fd;
    enum status st = db_blob_tmp(db, path, sizeof(path), &fd, err);

    if (st != ST_OK)
        return st;
    if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
        st = err_errno(err, path);
    close(fd);
    unlink(path);
    return st;
}

static enum status
add_row(struct db *db, const char *sha256, int64_t size, int64_t now_ms,
    bool *is_new, struct err *err)
{
    static const char sql_add[] =
        "INSERT INTO blob (sha256, size_bytes, created_ms) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (sha256) DO NOTHING";
    int64_t changed = 0;
    enum status st = db_run(db, sql_add,
        ARGS(A_TEXT(sha256), A_INT(size), A_INT(now_ms)), &changed, err);

    if (st == ST_OK && is_new != NULL)
        *is_new = changed > 0;
    return st;
}

/* Check a finished file and give it its place.  Where a file is there
 * already it is replaced: that one may be damaged, this one was checked. */
static enum status
settle(struct db *db, const char *tmp, const char *sha256, char got[HASH_HEX],
    int64_t *size, struct err *err)
{
    char path[PATH_MAX], dir[PATH_MAX];
    enum status st;

    *size = file_size(tmp);
    if (*size > DB_BLOB_MAX_BYTES)
        return err_set(err, ST_TOO_LARGE, NULL,
            "a blob has at most %lld bytes, this one has %lld",
            (long long)DB_BLOB_MAX_BYTES, (long long)*size);
    if ((st = hash_file(tmp, got, err)) != ST_OK)
        return st;
    if (sha256 != NULL && strcmp(got, sha256) != 0)
        return err_set(err, ST_UNPROCESSABLE, "blob.digest_mismatch",
            "the bytes hash to sha256:%s: send them under that name", got);
    if ((st = folder(db, got, dir, err)) != ST_OK ||
        (st = file_mkdirs(dir, err)) != ST_OK ||
        (st = place(db, got, path, err)) != ST_OK)
        return st;
    return file_publish(tmp, path, err);
}

enum status
db_blob_add(struct db *db, const char *tmp, const char *sha256, int64_t now_ms,
    char got[HASH_HEX], bool *is_new, struct err *err)
{
    char name[HASH_HEX] = "";
    int64_t size = 0;
    enum status st = settle(db, tmp, sha256, name, &size, err);

    if (st != ST_OK) {
        unlink(tmp);
        return st;
    }
    if (got != NULL)
        memcpy(got, name, HASH_HEX);
    return add_row(db, name, size, now_ms, is_new, err);
}

enum status
db_blob_put(struct db *db, const void *data, size_t len, int64_t now_ms,
    char got[HASH_HEX], struct err *err)
{
    char tmp[PATH_MAX];
    enum status st;
    int fd;

    if ((st = db_blob_tmp(db, tmp, sizeof(tmp), &fd, err)) != ST_OK)
        return st;
    close(fd);
    if ((st = file_write(tmp, data, len, err)) != ST_OK) {
        unlink(tmp);
        return st;
    }
    return db_blob_add(db, tmp, NULL, now_ms, got, NULL, err);
}

enum status
db_blob_stat(struct db *db, const char *sha256, int64_t *size, struct err *err)
{
    static const char sql_stat[] =
        "SELECT size_bytes FROM blob WHERE sha256 = ?1";
    int64_t bytes = 0;
    enum status st = db_int(db, sql_stat, ARGS(A_TEXT(sha256)), &bytes, err);

    if (st == ST_NOT_FOUND)
        return err_set(err, st, "blob.not_found",
            "no blob sha256:%s: send it with PUT first", sha256);
    if (st == ST_OK && size != NULL)
        *size = bytes;
    return st;
}

static struct verified *
verified_slot(struct db *db, const char *sha256)
{
    char two[3] = { sha256[0], sha256[1], '\0' };

    return &db->verified[strtoul(two, NULL, 16) % DB_VERIFIED];
}

/* Are the bytes of this open file those of its name? */
static enum status
verify(struct db *db, const char *path, const char *sha256,
    const struct stat *sb, struct err *err)
{
    struct verified *slot = verified_slot(db, sha256);
    struct verified now = { .inode = sb->st_ino,
        .size = sb->st_size,
        .mtime_ns =
            sb->st_mtim.tv_sec * INT64_C(1000000000) + sb->st_mtim.tv_nsec };
    enum status st;

    if (strcmp(slot->sha256, sha256) == 0 && slot->inode == now.inode &&
        slot->size == now.size && slot->mtime_ns == now.mtime_ns)
        return ST_OK;
    if ((st = hash_file(path, now.sha256, err)) != ST_OK)
        return st;
    if (strcmp(now.sha256, sha256) != 0)
        return err_set(err, ST_CORRUPT, "blob.damaged",
            "blob sha256:%s is damaged: send it again", sha256);
    *slot = now;
    return ST_OK;
}

enum status
db_blob_open(
    struct db *db, const char *sha256, int *fd, int64_t *size, struct err *err)
{
    char path[PATH_MAX];
    struct stat sb;
    enum status st;

    *fd = -1;
    if ((st = db_blob_stat(db, sha256, NULL, err)) != ST_OK ||
        (st = place(db, sha256, path, err)) != ST_OK)
        return st;
    if ((*fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return errno == ENOENT
                   ? err_set(err, ST_CORRUPT, "blob.damaged",
                         "blob sha256:%s has lost its file: send it again",
                         sha256)
                   : err_errno(err, path);
    if (fstat(*fd, &sb) < 0)
        st = err_errno(err, path);
    else
        st = verify(db, path, sha256, &sb, err);
    if (st != ST_OK) {
        close(*fd);
        *fd = -1;
    } else if (size != NULL) {
        *size = sb.st_size;
    }
    return st;
}

enum status
db_blob_read(struct db *db, const char *sha256, size_t max, char **data,
    size_t *len, struct err *err)
{
    char path[PATH_MAX];
    enum status st;
    int fd;

    *data = NULL;
    if ((st = db_blob_open(db, sha256, &fd, NULL, err)) != ST_OK)
        return st;
    close(fd);
    if ((st = place(db, sha256, path, err)) != ST_OK)
        return st;
    return file_read(path, max, data, len, err);
}

enum status
db_blob_tidy(struct db *db, struct err *err)
{
    char dir[PATH_MAX];
    enum status st = folder(db, NULL, dir, err);

    return st == ST_OK ? file_rmtree(dir, err) : st;
}
