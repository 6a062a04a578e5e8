/* SPDX-License-Identifier: MIT */
/* Text that may be shown, and what becomes of other bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/plain.h"
#include "base/status.h"

static const struct {
    const char *text, *mended; /* NULL: it is plain */
} cases[] = {
    { "", NULL },
    { "conv1/Relu\t2\r\n", NULL },
    { "Gr\xc3\xb6\xc3\x9f"
      "e \xe2\x82\xac \xf0\x9f\x98\x80",
        NULL },
    { "\x1b]0;title\x07", "?]0;title?" },
    { "a\x7f"
      "b",
        "a?b" },
    { "\xc2\x9b"
      "31m",
        "??31m" },        /* CSI in one character */
    { "\xc0\xaf", "??" }, /* a slash, too long */
    { "\xe0\x80\xaf", "???" },
    { "\xed\xa0\x80", "???" },      /* half of a pair */
    { "\xf4\x90\x80\x80", "????" }, /* beyond the last one */
    { "\xff\xfe", "??" },
    { "cut \xe2\x82", "cut ??" },
    { "\xc3(", "?(" },
};

static void
only_plain_text_is_plain_and_all_is_after_mending(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *want = cases[i].mended, *text = cases[i].text;
        char copy[64];

        assert_int_equal(plain_text(text, strlen(text)), want == NULL);
        snprintf(copy, sizeof(copy), "%s", text);
        plain_mend(copy);
        assert_string_equal(copy, want == NULL ? text : want);
        assert_true(plain_text(copy, strlen(copy)));
    }
    assert_false(plain_text("a\0b", 3));
}

static void
an_error_that_quotes_a_name_is_plain(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(
        err_set(&err, ST_INVALID, "x", "no layer '\x1b[2J\xff'"), ST_INVALID);
    assert_string_equal(err.text, "no layer '?[2J?'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_plain_text_is_plain_and_all_is_after_mending),
        cmocka_unit_test(an_error_that_quotes_a_name_is_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
