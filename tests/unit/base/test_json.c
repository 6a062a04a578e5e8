/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

struct read_case {
    const char *text;
    const char *want; /* part of the error text, or NULL for success */
};

static void
strict_reading_names_the_bad_member(void **state)
{
    static const struct read_case cases[] = {
        { "{\"n\":3,\"name\":\"x\"}", NULL },
        { "{\"n\":3}", "job.name is required" },
        { "{\"n\":\"3\",\"name\":\"x\"}", "job.n must be an integer" },
        { "{\"n\":30,\"name\":\"x\"}", "job.n must be within 1 and 9" },
        { "{\"n\":3,\"name\":\"x\",\"z\":1}", "unknown member job.z" },
        { "{\"n\":3,\"name\":\"too long\"}", "job.name is longer than 4" },
        { "{\"n\":3,\"name\":\"a\\u0000b\"}", "job.name must be a string" },
        { "{\"n\":3,\"name\":\"\\u001b[m\"}",
            "job.name has a control character" },
        { "[]", "job must be an object" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *name = NULL;
        int64_t n = 0;
        const struct json_field fields[] = {
            { "n", JF_INT, true, &n, 1, 9 },
            { "name", JF_STR, true, &name, 0, 4 },
        };
        struct err err = { 0 };
        json_t *o = json_loads(cases[i].text, JSON_ALLOW_NUL, NULL);
        enum status st = JSON_READ(o, "job", fields, &err);

        assert_non_null(o);
        if (cases[i].want == NULL) {
            assert_int_equal(st, ST_OK);
            assert_int_equal(n, 3);
            assert_string_equal(name, "x");
        } else {
            assert_int_equal(st, ST_INVALID);
            assert_non_null(strstr(err.text, cases[i].want));
        }
        json_decref(o);
    }
}

static void
duplicate_keys_and_trailing_text_are_refused(void **state)
{
    static const char *const bad[] = { "{\"a\":1,\"a\":2}", "{} {}",
        "{\"a\":", "[NaN]", "" };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = { 0 };
        json_t *o;

        assert_int_equal(
            json_parse(bad[i], strlen(bad[i]), &o, &err), ST_INVALID);
        assert_null(o);
        assert_string_equal(err.code, "request.json");
    }
}

static void
a_missing_number_is_null_and_never_zero(void **state)
{
    json_t *v = json_number_or_null(0.0 / 0.0);

    (void)state;
    assert_true(json_is_null(v));
    json_decref(v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strict_reading_names_the_bad_member),
        cmocka_unit_test(duplicate_keys_and_trailing_text_are_refused),
        cmocka_unit_test(a_missing_number_is_null_and_never_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
