/* SPDX-License-Identifier: MIT */
/* When an accuracy is hardly better than a guess. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/chance.h"

/* The limit for ten classes is 0.19.  Wilson's 95 % interval of 21.4 % of 1000
 * is 0.1897 to 0.2405, of 21.5 % 0.1907 to 0.2415. */
static void
an_accuracy_near_a_guess_is_one(void **state)
{
    static const struct {
        double accuracy;
        int64_t n, classes;
        bool chance;
    } cases[] = {
        { 0.100, 1000, 10, true }, { 0.214, 1000, 10, true },
        { 0.215, 1000, 10, false }, { 0.91, 1000, 10, false },
        { 0.02, 1000, 10, true }, /* far below: labels in another order */
        { 0.00, 1000, 1000, true }, { 0.76, 50, 1000, false },
        { 0.75, 4, 2, true }, /* too few to tell */
        { 0.75, 400, 2, false }, { NAN, 1000, 10, false },
        { 0.1, 0, 10, false },
        { 1, 100, 1, false }, /* one class: nothing to guess */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            chance_like(cases[i].accuracy, cases[i].n, cases[i].classes),
            cases[i].chance);
}

static void
the_warning_says_what_to_check(void **state)
{
    json_t *none = chance_warnings(0.9, 1000, 10);
    json_t *some = chance_warnings(0.101, 1000, 10);
    const json_t *w = json_array_get(some, 0);
    const char *detail = json_get_string(w, "detail", "");

    (void)state;
    assert_int_equal(json_array_size(none), 0);
    assert_int_equal(json_array_size(some), 1);
    assert_string_equal(json_get_string(w, "code", ""), "accuracy.chance");
    assert_non_null(strstr(detail, "10.10 % of 1000 labelled samples"));
    assert_non_null(strstr(detail, "preprocess"));
    assert_non_null(strstr(detail, "NHWC"));
    json_decref(none);
    json_decref(some);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_accuracy_near_a_guess_is_one),
        cmocka_unit_test(the_warning_says_what_to_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
