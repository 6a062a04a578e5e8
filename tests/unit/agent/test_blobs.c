/* SPDX-License-Identifier: MIT */
/* The agent's disk cache; test_loop has what the server's side can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "probes/agent/blobs.h"

enum { FILES = 4, FILE_BYTES = 100 };

struct fixture {
    char spool[64];
    char hex[FILES][HASH_HEX];
};

static void
cache_path(const struct fixture *x, int i, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/blobs/%s", x->spool, x->hex[i]);
}

/* Four files of 100 bytes, the first used longest ago. */
static int
setup(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));
    char path[PATH_MAX], data[FILE_BYTES];

    snprintf(x->spool, sizeof(x->spool), "/tmp/offramp-blobs-XXXXXX");
    assert_non_null(mkdtemp(x->spool));
    snprintf(path, sizeof(path), "%s/blobs", x->spool);
    assert_int_equal(file_mkdirs(path, NULL), ST_OK);
    for (int i = 0; i < FILES; i++) {
        const struct timespec used[2] = { { .tv_sec = 1000 + i },
            { .tv_sec = 1000 + i } };

        memset(data, 'a' + i, sizeof(data));
        hash_bytes(data, sizeof(data), x->hex[i]);
        cache_path(x, i, path);
        assert_int_equal(file_write(path, data, sizeof(data), NULL), ST_OK);
        assert_int_equal(utimensat(AT_FDCWD, path, used, 0), 0);
    }
    *state = x;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *x = *state;

    assert_int_equal(file_rmtree(x->spool, NULL), ST_OK);
    free(x);
    return 0;
}

/* A task that needs blob `i`. */
static void
bring(const struct fixture *x, int i, int64_t max_bytes, struct folder *f)
{
    const struct blobs b = { .spool = x->spool, .max_bytes = max_bytes };
    json_t *lease =
        json_pack("{s:i, s:i, s:s, s:i, s:[s], s:{}}", "lease", 1, "epoch", 1,
            "kind", "ok", "deadline_s", 60, "blobs", x->hex[i], "payload");
    struct err err = { 0 };

    assert_int_equal(folder_make(f, x->spool, lease, &err), ST_OK);
    if (blobs_bring(&b, f, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_decref(lease);
}

static void
what_was_used_longest_ago_goes_first(void **state)
{
    /* With room for so many: which are left after blob 0 was used? */
    static const struct {
        int64_t max_bytes;
        const char *left;
    } cases[] = {
        { 400, "1111" },
        { 399, "1011" },
        { 300, "1011" },
        { 200, "1001" },
        { 100, "1000" },
        { 0, "0000" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture *x;
        char path[PATH_MAX], name[80];
        struct folder f;

        teardown(state);
        setup(state);
        x = *state;
        bring(x, 0, cases[i].max_bytes, &f);
        for (int k = 0; k < FILES; k++) {
            cache_path(x, k, path);
            assert_int_equal(file_exists(path), cases[i].left[k] == '1');
        }
        /* The task keeps its own, whatever the cache does. */
        snprintf(name, sizeof(name), "blobs/%s", x->hex[0]);
        folder_path(&f, name, path);
        assert_int_equal(file_size(path), FILE_BYTES);
        folder_clear(&f);
    }
}

static void
a_name_that_is_no_digest_is_refused(void **state)
{
    struct fixture *x = *state;
    const struct blobs b = { .spool = x->spool };
    json_t *lease = json_pack("{s:i, s:i, s:s, s:i, s:[s], s:{}}", "lease", 1,
        "epoch", 1, "kind", "ok", "deadline_s", 60, "blobs", "../../etc/passwd",
        "payload");
    struct err err = { 0 };
    struct folder f;

    assert_int_equal(folder_make(&f, x->spool, lease, NULL), ST_OK);
    assert_int_equal(blobs_bring(&b, &f, &err), ST_INVALID);
    assert_string_equal(err.code, "infra.bad_lease");
    folder_clear(&f);
    json_decref(lease);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_was_used_longest_ago_goes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_name_that_is_no_digest_is_refused, setup, teardown),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
