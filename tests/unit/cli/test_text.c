/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/cli/text.h"

static void
times_are_written_in_the_unit_people_use(void **state)
{
    static const struct {
        double ns;
        const char *want;
    } cases[] = {
        { 0.5, "0.50 ns" },
        { 412.375, "412 ns" },
        { 999.7, "1.00 us" },
        { 12345, "12.3 us" },
        { 2.5e6, "2.50 ms" },
        { 61e9, "61.0 s" },
        { NAN, "-" },
    };
    char out[TEXT_CELL];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text_time(cases[i].ns, out);
        assert_string_equal(out, cases[i].want);
    }
}

static void
counts_keep_three_digits(void **state)
{
    static const struct {
        double n;
        const char *want;
    } cases[] = {
        { 0, "0" },
        { 7, "7" },
        { 999, "999" },
        { 442368, "442 k" },
        { 40813184, "40.8 M" },
        { NAN, "-" },
    };
    char out[TEXT_CELL];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text_count(cases[i].n, out);
        assert_string_equal(out, cases[i].want);
    }
}

static void
a_missing_interval_is_a_dash(void **state)
{
    char out[TEXT_CELL];

    (void)state;
    text_interval(98, 100, 102, out);
    assert_string_equal(out, "+-2.0 %");
    text_interval(NAN, 100, 102, out);
    assert_string_equal(out, "-");
}

static void
columns_line_up(void **state)
{
    static const char *const columns[] = { "name", ">n", NULL };
    struct text_table *t = text_table_new(columns);
    char *got = NULL;
    size_t len;
    FILE *f = open_memstream(&got, &len);

    (void)state;
    assert_int_equal(text_cell(t, "conv1"), ST_OK);
    assert_int_equal(text_cell(t, "%d", 7), ST_OK);
    assert_int_equal(text_cell(t, "fc"), ST_OK);
    assert_int_equal(text_cell(t, "%d", 1234), ST_OK);
    text_table_print(t, f);
    fclose(f);
    assert_string_equal(got, "name      n\nconv1     7\nfc     1234\n");
    free(got);
    text_table_free(t);
}

static void
a_name_stays_in_its_cell(void **state)
{
    static const char *const columns[] = { "name", NULL };
    struct text_table *t = text_table_new(columns);
    char *got = NULL;
    size_t len;
    FILE *f = open_memstream(&got, &len);

    (void)state;
    assert_int_equal(text_cell(t, "%s", "a\nb\r\tc"), ST_OK);
    text_table_print(t, f);
    fclose(f);
    assert_string_equal(got, "name\na b  c\n");
    free(got);
    text_table_free(t);
}

static void
markdown_takes_no_name_for_its_own(void **state)
{
    static const struct {
        const char *name, *want;
    } cases[] = {
        { "/fc/Gemm.0", "/fc/Gemm.0" },
        { "exit_0", "exit\\_0" },
        { "x | y\n# z", "x \\| y \\# z" },
        { "<img src=x>", "\\<img src=x\\>" },
        { "[a](b)`c`", "\\[a\\]\\(b\\)\\`c\\`" },
    };
    char out[TEXT_MARKDOWN], longest[2000];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(text_markdown(cases[i].name, out), cases[i].want);
    memset(longest, '*', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_true(strlen(text_markdown(longest, out)) < TEXT_MARKDOWN);
}

static void
selectors_are_shown_as_they_are_typed(void **state)
{
    static const struct {
        const char *doc, *want;
    } rows[] = {
        { "{\"arch\":\"x86_64\",\"site\":\"lab\"}", "arch=x86_64,site=lab" },
        { "{}", "-" },
        { "[\"m4\"]", "m4" },
        { "[\"m4\",{\"selector\":\"site=lab\",\"count\":\"all\"}]",
            "m4, site=lab (all)" },
        { "[{\"selector\":\"any\",\"count\":1}]", "any" },
        { "null", "-" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *doc = json_loads(rows[i].doc, JSON_DECODE_ANY, NULL);
        char *text = text_selector(doc);

        assert_non_null(text);
        assert_string_equal(text, rows[i].want);
        free(text);
        json_decref(doc);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_in_the_unit_people_use),
        cmocka_unit_test(selectors_are_shown_as_they_are_typed),
        cmocka_unit_test(counts_keep_three_digits),
        cmocka_unit_test(a_missing_interval_is_a_dash),
        cmocka_unit_test(columns_line_up),
        cmocka_unit_test(a_name_stays_in_its_cell),
        cmocka_unit_test(markdown_takes_no_name_for_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
