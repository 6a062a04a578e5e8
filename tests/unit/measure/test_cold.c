/* SPDX-License-Identifier: MIT */
/* How much a flush must touch, from a made-up machine's files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "probes/measure/cold.h"

/* index{i}/size of each cache, as the kernel lays them out. */
static void
lay_out(const char *dir, const char *const sizes[3])
{
    for (int i = 0; i < 3 && sizes[i] != NULL; i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s/index%d", dir, i);
        assert_int_equal(mkdir(path, 0700), 0);
        snprintf(path, sizeof(path), "%s/index%d/size", dir, i);
        assert_int_equal(
            file_write(path, sizes[i], strlen(sizes[i]), NULL), ST_OK);
    }
}

static void
a_flush_touches_twice_the_largest_cache(void **state)
{
    static const struct {
        const char *sizes[3];
        size_t want;
    } rows[] = {
        { { "32K\n", "512K\n", "32768K\n" }, 64 << 20 },
        { { "32K\n", "1M\n", NULL }, 2 << 20 },
        { { "4096\n", NULL }, 8192 },
        { { NULL }, 64 << 20 },           /* nothing is told */
        { { "none\n", NULL }, 64 << 20 }, /* or nothing that is a size */
        { { "99999999999999999999K\n", NULL }, 1 << 30 },
        { { "768M\n", NULL }, 1 << 30 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char dir[] = "/tmp/offramp-cold-XXXXXX";

        assert_non_null(mkdtemp(dir));
        lay_out(dir, rows[i].sizes);
        assert_int_equal(cold_bytes(dir), rows[i].want);
        assert_int_equal(file_rmtree(dir, NULL), ST_OK);
    }
}

static void
a_flush_can_be_made_here(void **state)
{
    struct cold *c;

    (void)state;
    assert_int_equal(cold_open(&c, NULL), ST_OK);
    cold_flush(c);
    cold_flush(c);
    cold_close(c);
    cold_close(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flush_touches_twice_the_largest_cache),
        cmocka_unit_test(a_flush_can_be_made_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
