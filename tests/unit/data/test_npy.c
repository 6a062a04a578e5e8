/* SPDX-License-Identifier: MIT */
/* .npy files as NumPy writes them, and as it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "search/data/npy.h"

struct fixture {
    char dir[48], path[64];
};

static int
setup(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));

    snprintf(x->dir, sizeof(x->dir), "/tmp/offramp-npy-XXXXXX");
    assert_non_null(mkdtemp(x->dir));
    snprintf(x->path, sizeof(x->path), "%s/a.npy", x->dir);
    *state = x;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *x = *state;

    assert_int_equal(file_rmtree(x->dir, NULL), ST_OK);
    free(x);
    return 0;
}

/* A file of this version, header and data. */
static void
put(const struct fixture *x, int version, const char *header, const void *data,
    size_t len)
{
    size_t n = strlen(header);
    unsigned char head[12] = { 0x93, 'N', 'U', 'M', 'P', 'Y',
        (unsigned char)version, 0, (unsigned char)n, (unsigned char)(n >> 8),
        (unsigned char)(n >> 16), 0 };
    struct buf b;

    buf_init(&b, 1 << 20);
    assert_int_equal(buf_add(&b, head, version == 1 ? 10 : 12, NULL), ST_OK);
    assert_int_equal(buf_add(&b, header, n, NULL), ST_OK);
    assert_int_equal(buf_add(&b, data, len, NULL), ST_OK);
    assert_int_equal(file_write(x->path, b.data, b.len, NULL), ST_OK);
    buf_clear(&b);
}

#define HEADER(descr, shape)                                                   \
    "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }  \n"

static void
every_type_is_read(void **state)
{
    static const struct {
        const char *name, *header;
        unsigned char data[8];
        size_t bytes;
        double want;
    } cases[] = {
        { "f4", HEADER("<f4", "(1, 1)"), { 0, 0, 0xc0, 0x3f }, 4, 1.5 },
        { "f4", HEADER("<f4", "(1, 1)"), { 0, 0, 0xc0, 0xbf }, 4, -1.5 },
        { "f2", HEADER("<f2", "(1, 1)"), { 0x00, 0x3e }, 2, 1.5 },
        { "f2", HEADER("<f2", "(1, 1)"), { 0x01, 0x80 }, 2, -0x1p-24 },
        { "f2", HEADER("<f2", "(1, 1)"), { 0xff, 0x7b }, 2, 65504 },
        { "f2", HEADER("<f2", "(1, 1)"), { 0x00, 0xfc }, 2, -INFINITY },
        { "u1", HEADER("|u1", "(1, 1)"), { 200 }, 1, 200 },
        { "i1", HEADER("|i1", "(1, 1)"), { 200 }, 1, -56 },
        { "i2", HEADER("<i2", "(1, 1)"), { 0xfe, 0xff }, 2, -2 },
        { "i4", HEADER("<i4", "(1, 1)"), { 0xfd, 0xff, 0xff, 0xff }, 4, -3 },
        { "i8", HEADER("<i8", "(1, 1)"),
            { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 8, -1 },
    };
    struct fixture *x = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int version = 1; version <= 3; version++) {
            struct err err = { 0 };
            float value = 0;
            struct npy a;

            put(x, version, cases[i].header, cases[i].data, cases[i].bytes);
            if (npy_open(&a, x->path, "inputs", &err) != ST_OK)
                fail_msg("%s: %s", cases[i].header, err.text);
            assert_string_equal(npy_type_name(a.type), cases[i].name);
            npy_row(&a, 0, &value);
            assert_true((double)value == cases[i].want);
            npy_close(&a);
        }
}

static void
rows_are_found_whatever_the_shape(void **state)
{
    struct fixture *x = *state;
    unsigned char data[24];
    float row[12];
    struct npy a;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)i;
    put(x, 1, HEADER("|u1", "(2, 3, 4)"), data, sizeof(data));
    assert_int_equal(npy_open(&a, x->path, "inputs", NULL), ST_OK);
    assert_int_equal(a.rank, 3);
    assert_int_equal(a.row_elements, 12);
    npy_row(&a, 1, row);
    assert_true(row[0] == 12 && row[11] == 23);
    npy_close(&a);
    put(x, 1, HEADER("|u1", "(24,)"), data, sizeof(data));
    assert_int_equal(npy_open(&a, x->path, "labels", NULL), ST_OK);
    assert_int_equal(a.rank, 1);
    assert_int_equal(npy_int(&a, 23), 23);
    npy_close(&a);
}

static void
what_cannot_be_read_is_named(void **state)
{
    static const struct {
        int version;
        const char *header;
        size_t bytes;
        const char *want;
    } cases[] = {
        { 1, HEADER(">f4", "(1, 1)"), 4, "element type '>f4'" },
        { 1, HEADER("|O", "(1, 1)"), 8, "element type '|O'" },
        { 1, HEADER("<f8", "(1, 1)"), 8, "element type '<f8'" },
        { 1, HEADER("<U3", "(1, 1)"), 12, "element type '<U3'" },
        { 1,
            "{'descr': [('a', '<f4')], 'fortran_order': False, "
            "'shape': (1,), }\n",
            4, "no plain element type" },
        { 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }\n", 4,
            "not in C order" },
        { 1, HEADER("<f4", "(1, 1)"), 3, "needs 4 bytes of data" },
        { 1, HEADER("<f4", "(1, 1)"), 5, "the file has 5" },
        { 1, HEADER("<f4", "()"), 4, "no rows" },
        { 1, HEADER("<f4", "(0, 3)"), 0, "no rows" },
        { 1, HEADER("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 4,
            "more than 8 dimensions" },
        { 1, HEADER("|u1", "(4294967296, 4294967296)"), 0,
            "larger than memory" },
        { 1, HEADER("<f4", "(4611686018427387904, 1)"), 0,
            "larger than memory" },
        { 1, HEADER("|u1", "(99999999999999999999,)"), 1,
            "larger than memory" },
        { 1, HEADER("|u1", "(-1, -1)"), 1, "a shape that cannot be read" },
        { 1, HEADER("|u1", "(1 1)"), 1, "a shape that cannot be read" },
        { 1, HEADER("|u1", "(,)"), 1, "a shape that cannot be read" },
        { 1, HEADER("|u1", "[1]"), 1, "no shape" },
        { 1, "{'descr': '|u1', 'shape': (1,), }\n", 1, "a header that" },
        { 1,
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), "
            "'extra': 1}\n",
            1, "a header that" },
        { 1,
            "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, "
            "'shape': (1,)}\n",
            1, "a header that" },
        { 1, "{'descr': '|u1' 'fortran_order': False, 'shape': (1,)}\n", 1,
            "a header that" },
        { 1, "", 4, "a header that" },
        { 1, HEADER("|u1", "(1,)") "rest", 1, "a header that" },
        { 4, HEADER("|u1", "(1,)"), 1, "version 4.0" },
        { 0, HEADER("|u1", "(1,)"), 1, "version 0.0" },
    };
    static const char data[64];
    struct fixture *x = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        struct npy a;

        put(x, cases[i].version, cases[i].header, data, cases[i].bytes);
        assert_int_equal(
            npy_open(&a, x->path, "inputs", &err), ST_UNPROCESSABLE);
        assert_string_equal(err.code, "dataset.npy");
        if (strncmp(err.text, "inputs: ", 8) != 0 ||
            strstr(err.text, cases[i].want) == NULL)
            fail_msg("'%s' lacks '%s'", err.text, cases[i].want);
        assert_null(a.map);
    }
}

/* Cut at every byte, and with every byte damaged, a file is read or refused,
 * and what is read lies within it (a sanitizer watches). */
static void
damaged_files_are_read_within_their_bytes(void **state)
{
    struct fixture *x = *state;
    unsigned char data[24] = { 0 };
    char *good, *bad;
    size_t len;

    put(x, 2, HEADER("<i2", "(3, 4)"), data, sizeof(data));
    assert_int_equal(file_read(x->path, 1000, &good, &len, NULL), ST_OK);
    for (size_t n = 0; n < len; n++) {
        struct npy a;

        assert_int_equal(file_write(x->path, good, n, NULL), ST_OK);
        assert_int_equal(
            npy_open(&a, x->path, "inputs", NULL), ST_UNPROCESSABLE);
    }
    bad = malloc(len);
    for (size_t n = 0; n < len - sizeof(data); n++)
        for (int change = 1; change < 256; change <<= 2) {
            float row[64];
            struct npy a;
            enum status st;

            memcpy(bad, good, len);
            bad[n] = (char)(bad[n] ^ change);
            assert_int_equal(file_write(x->path, bad, len, NULL), ST_OK);
            st = npy_open(&a, x->path, "inputs", NULL);
            assert_true(st == ST_OK || st == ST_UNPROCESSABLE);
            if (st == ST_OK) {
                assert_in_range(a.row_elements, 1, 64);
                npy_row(&a, (size_t)a.dims[0] - 1, row);
                npy_close(&a);
            }
        }
    free(bad);
    free(good);
}

static void
an_absent_file_is_not_found(void **state)
{
    struct fixture *x = *state;
    struct npy a;

    assert_int_equal(npy_open(&a, x->path, "inputs", NULL), ST_NOT_FOUND);
    assert_null(a.map);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_type_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(
            rows_are_found_whatever_the_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_cannot_be_read_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(
            damaged_files_are_read_within_their_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_absent_file_is_not_found, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
