/* SPDX-License-Identifier: MIT */
/* The control chart of one golden kernel. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/chart.h"

/* Points with an interval of 1 % around them; 'o' out, 'i' in, '-' not
 * judged yet. */
static void
chart_says(const double *ns, const char *marks)
{
    struct chart c = { 0 };

    for (size_t i = 0; marks[i] != '\0'; i++) {
        struct chart_mark m = chart_next(&c, ns[i], 0.99 * ns[i], 1.01 * ns[i]);

        if (isnan(m.centre) != (marks[i] == '-') || m.out != (marks[i] == 'o'))
            fail_msg("point %zu: centre %g, out %d", i, m.centre, m.out);
    }
}

static void
five_points_make_the_centre_and_their_median_forgives_one(void **state)
{
    static const double ns[] = { 100, 101, 300, 99, 100, 104, 95 };

    (void)state;
    chart_says(ns, "-----ii");
}

static void
a_point_is_out_only_with_its_whole_interval(void **state)
{
    static const double ns[] = { 100, 100, 100, 100, 100, 105.5, 107, 94.5,
        93.5 };

    (void)state;
    chart_says(ns, "-----ioio");
}

static void
a_lasting_change_starts_the_chart_again(void **state)
{
    static const double ns[] = { 100, 100, 100, 100, 100, /* then slower */
        120, 121, 119, 120, 120, 120, 121, 100 };

    (void)state;
    chart_says(ns, "-----oooooiio");
}

static void
changing_sides_is_no_lasting_change(void **state)
{
    static const double ns[] = { 100, 100, 100, 100, 100, 120, 120, 80, 80, 120,
        120, 100 };

    (void)state;
    chart_says(ns, "-----ooooooi");
}

static void
limits_are_five_percent_around(void **state)
{
    struct chart c = { 0 };
    struct chart_mark m;

    (void)state;
    for (int i = 0; i < CHART_POINTS; i++)
        m = chart_next(&c, 200, NAN, NAN);
    m = chart_next(&c, 211, NAN, NAN);
    assert_true(fabs(m.centre - 200) < 1e-9);
    assert_true(fabs(m.low - 190) < 1e-9 && fabs(m.high - 210) < 1e-9);
    assert_true(m.out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            five_points_make_the_centre_and_their_median_forgives_one),
        cmocka_unit_test(a_point_is_out_only_with_its_whole_interval),
        cmocka_unit_test(a_lasting_change_starts_the_chart_again),
        cmocka_unit_test(changing_sides_is_no_lasting_change),
        cmocka_unit_test(limits_are_five_percent_around),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
