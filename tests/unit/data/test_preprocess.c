/* SPDX-License-Identifier: MIT */
/* From stored rows to what a network takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "search/data/preprocess.h"

static enum status
read_text(const char *text, struct preprocess *p, struct err *err)
{
    json_t *o = json_loads(text, JSON_DECODE_ANY, NULL);
    enum status st;

    assert_non_null(o);
    st = preprocess_read(o, p, err);
    json_decref(o);
    return st;
}

/* Two pixels of three channels in a row: 1 2 3 / 4 5 6 where channels are
 * last, 1 2 / 3 4 / 5 6 where they are first. */
static void
values_are_scaled_shifted_and_laid_out(void **state)
{
    static const struct {
        const char *text;
        float want[6];
    } cases[] = {
        { "null", { 1, 2, 3, 4, 5, 6 } },
        { "{}", { 1, 2, 3, 4, 5, 6 } },
        { "{\"scale\":2}", { 2, 4, 6, 8, 10, 12 } },
        { "{\"scale\":2,\"mean\":1,\"std\":2}",
            { 0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f } },
        { "{\"mean\":[1,2,3]}", { 0, 1, 1, 2, 2, 3 } },
        { "{\"std\":[1,2,4],\"layout\":\"NCHW\"}",
            { 1, 2, 1.5f, 2, 1.25f, 1.5f } },
        { "{\"layout\":\"NHWC\"}", { 1, 4, 2, 5, 3, 6 } },
        { "{\"layout\":\"NHWC\",\"mean\":[1,2,3]}", { 0, 3, 0, 3, 0, 3 } },
        { "{\"per_sample\":\"zscore\",\"scale\":7}",
            { -1.46385f, -0.87831f, -0.29277f, 0.29277f, 0.87831f, 1.46385f } },
        { "{\"per_sample\":\"none\"}", { 1, 2, 3, 4, 5, 6 } },
    };
    static const float raw[6] = { 1, 2, 3, 4, 5, 6 };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct npy first = {
            .rank = 3, .dims = { 1, 3, 2 }, .row_elements = 6
        };
        struct npy last = { .rank = 3, .dims = { 1, 2, 3 }, .row_elements = 6 };
        struct preprocess p;
        int64_t dims[NPY_RANK];
        size_t rank;
        float out[6];

        assert_int_equal(read_text(cases[i].text, &p, NULL), ST_OK);
        assert_int_equal(preprocess_shape(&p, p.channels_last ? &last : &first,
                             dims, &rank, NULL),
            ST_OK);
        assert_int_equal(rank, 2);
        assert_int_equal(dims[0], 3);
        assert_int_equal(dims[1], 2);
        preprocess_row(&p, p.channels_last ? &last : &first, raw, out);
        for (int k = 0; k < 6; k++)
            if (fabsf(out[k] - cases[i].want[k]) > 1e-5f)
                fail_msg("%s: value %d is %g, not %g", cases[i].text, k,
                    (double)out[k], (double)cases[i].want[k]);
    }
}

static void
a_constant_sample_has_no_spread_to_divide_by(void **state)
{
    static const float raw[4] = { 5, 5, 5, 5 };
    struct npy a = { .rank = 2, .dims = { 1, 4 }, .row_elements = 4 };
    struct preprocess p;
    float out[4];

    (void)state;
    assert_int_equal(read_text("{\"per_sample\":\"zscore\"}", &p, NULL), ST_OK);
    preprocess_row(&p, &a, raw, out);
    for (int k = 0; k < 4; k++)
        assert_true(out[k] == 0);
}

static void
wrong_members_are_named(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "{\"scael\":1}", "unknown member preprocess.scael" },
        { "{\"scale\":\"1\"}", "preprocess.scale must be a number" },
        { "{\"mean\":\"1\"}", "preprocess.mean must be a number or" },
        { "{\"mean\":[]}", "preprocess.mean must be a number or" },
        { "{\"mean\":[1,null]}", "preprocess.mean[1] must be a number" },
        { "{\"std\":0}", "preprocess.std[0] must be greater than 0" },
        { "{\"std\":[1,-1]}", "preprocess.std[1] must be greater than 0" },
        { "{\"layout\":\"nhwc\"}", "preprocess.layout must be" },
        { "{\"per_sample\":\"z\"}", "preprocess.per_sample must be" },
        { "[]", "preprocess must be an object" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct preprocess p;
        struct err err = { 0 };

        assert_int_equal(read_text(cases[i].text, &p, &err), ST_INVALID);
        if (strstr(err.text, cases[i].want) == NULL)
            fail_msg("'%s' lacks '%s'", err.text, cases[i].want);
    }
}

static void
channels_must_fit(void **state)
{
    static const char *const bad[] = { "{\"mean\":[1,2]}", "{\"std\":[1,2]}",
        "{\"mean\":[1,2,3],\"layout\":\"NHWC\"}" };
    struct npy a = { .rank = 4, .dims = { 9, 3, 5, 4 }, .row_elements = 60 };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct preprocess p;
        struct err err = { 0 };
        int64_t dims[NPY_RANK];
        size_t rank;

        assert_int_equal(read_text(bad[i], &p, NULL), ST_OK);
        assert_int_equal(
            preprocess_shape(&p, &a, dims, &rank, &err), ST_UNPROCESSABLE);
        assert_string_equal(err.code, "dataset.preprocess");
        assert_non_null(strstr(err.text, "channels"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_scaled_shifted_and_laid_out),
        cmocka_unit_test(a_constant_sample_has_no_spread_to_divide_by),
        cmocka_unit_test(wrong_members_are_named),
        cmocka_unit_test(channels_must_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
