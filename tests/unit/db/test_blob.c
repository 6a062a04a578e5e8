/* SPDX-License-Identifier: MIT */
/* Blobs: named by their bytes, checked when read, mended by sending again. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "db/blob.h"
#include "unit/db/store.h"

static void
file_of(const struct store *s, const char *sha256, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.*s.blobs/%.2s/%s", PATH_MAX - 128, s->path,
        sha256, sha256);
}

/* Send `text` as a temporary file, as an upload does. */
static enum status
upload(struct db *db, const char *text, const char *sha256, bool *is_new,
    struct err *err)
{
    char tmp[PATH_MAX], got[HASH_HEX];
    enum status st;
    int fd;

    assert_int_equal(db_blob_tmp(db, tmp, sizeof(tmp), &fd, err), ST_OK);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    st = db_blob_add(db, tmp, sha256, T0, got, is_new, err);
    assert_false(file_exists(tmp));
    return st;
}

static void
a_blob_is_read_as_it_was_sent(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    char sha256[HASH_HEX], want[HASH_HEX], *data;
    bool is_new = false;
    size_t len;
    int64_t size;
    int fd;

    hash_bytes("hello", 5, want);
    OK(upload(s->db, "hello", want, &is_new, &err));
    assert_true(is_new);
    OK(upload(s->db, "hello", want, &is_new, &err));
    assert_false(is_new);
    OK(db_blob_put(s->db, "hello", 5, T0, sha256, &err));
    assert_string_equal(sha256, want);
    OK(db_blob_stat(s->db, want, &size, &err));
    assert_int_equal(size, 5);
    OK(db_blob_read(s->db, want, 100, &data, &len, &err));
    assert_int_equal(len, 5);
    assert_string_equal(data, "hello");
    free(data);
    OK(db_blob_open(s->db, want, &fd, &size, &err));
    assert_int_equal(size, 5);
    close(fd);
    assert_int_equal(
        db_blob_read(s->db, want, 4, &data, &len, &err), ST_TOO_LARGE);
}

static void
an_empty_blob_is_a_blob(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    char sha256[HASH_HEX], *data;
    size_t len;

    OK(db_blob_put(s->db, "", 0, T0, sha256, &err));
    OK(db_blob_read(s->db, sha256, 100, &data, &len, &err));
    assert_int_equal(len, 0);
    free(data);
}

static void
bytes_that_are_not_their_name_are_refused(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    char sha256[HASH_HEX];
    bool is_new = false;

    hash_bytes("hello", 5, sha256);
    assert_int_equal(
        upload(s->db, "hellO", sha256, &is_new, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "blob.digest_mismatch");
    err_clear(&err);
    assert_int_equal(db_blob_stat(s->db, sha256, NULL, &err), ST_NOT_FOUND);
    assert_string_equal(err.code, "blob.not_found");
}

static void
a_blob_too_large_is_refused(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    char tmp[PATH_MAX], got[HASH_HEX];
    int fd;

    OK(db_blob_tmp(s->db, tmp, sizeof(tmp), &fd, &err));
    assert_int_equal(ftruncate(fd, DB_BLOB_MAX_BYTES + 1), 0); /* sparse */
    close(fd);
    assert_int_equal(
        db_blob_add(s->db, tmp, NULL, T0, got, NULL, &err), ST_TOO_LARGE);
    assert_false(file_exists(tmp));
}

/* How a file can be damaged behind the store's back. */
static void
flip(const char *path)
{
    int fd = open(path, O_WRONLY);

    assert_int_equal(pwrite(fd, "J", 1, 0), 1);
    close(fd);
}

static void
shorten(const char *path)
{
    assert_int_equal(truncate(path, 2), 0);
}

static void
lose(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static void
damage_is_found_when_read_and_mended_by_sending_again(void **state)
{
    static void (*const damages[])(const char *) = { flip, shorten, lose };
    struct store *s = *state;
    struct err err = { 0 };
    char sha256[HASH_HEX], path[PATH_MAX];
    bool is_new = true;
    int fd;

    OK(db_blob_put(s->db, "hello", 5, T0, sha256, &err));
    file_of(s, sha256, path);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        /* Read once before: that it was whole is remembered. */
        OK(db_blob_open(s->db, sha256, &fd, NULL, &err));
        close(fd);
        damages[i](path);
        assert_int_equal(
            db_blob_open(s->db, sha256, &fd, NULL, &err), ST_CORRUPT);
        assert_string_equal(err.code, "blob.damaged");
        assert_int_equal(fd, -1);
        OK(upload(s->db, "hello", sha256, &is_new, &err));
        assert_false(is_new); /* its row was there */
    }
    OK(db_blob_open(s->db, sha256, &fd, NULL, &err));
    close(fd);
}

static void
a_crash_between_file_and_row_is_healed(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    char sha256[HASH_HEX], path[PATH_MAX], tmp[PATH_MAX];
    bool is_new = false;
    int fd;

    /* The file is in place, its row was never written. */
    OK(db_blob_put(s->db, "other", 5, T0, sha256, &err));
    hash_bytes("hello", 5, sha256);
    file_of(s, sha256, path);
    *strrchr(path, '/') = '\0';
    OK(file_mkdirs(path, &err));
    file_of(s, sha256, path);
    OK(file_write(path, "hello", 5, &err));
    assert_int_equal(db_blob_stat(s->db, sha256, NULL, &err), ST_NOT_FOUND);
    OK(upload(s->db, "hello", sha256, &is_new, &err));
    assert_true(is_new);
    OK(db_blob_open(s->db, sha256, &fd, NULL, &err));
    close(fd);

    /* An upload that never ended. */
    OK(db_blob_tmp(s->db, tmp, sizeof(tmp), &fd, &err));
    close(fd);
    OK(db_blob_tidy(s->db, &err));
    assert_false(file_exists(tmp));
    OK(db_blob_tidy(s->db, &err));
    OK(db_blob_open(s->db, sha256, &fd, NULL, &err));
    close(fd);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(a_blob_is_read_as_it_was_sent),
        T(an_empty_blob_is_a_blob),
        T(bytes_that_are_not_their_name_are_refused),
        T(a_blob_too_large_is_refused),
        T(damage_is_found_when_read_and_mended_by_sending_again),
        T(a_crash_between_file_and_row_is_healed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
