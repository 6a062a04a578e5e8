/* SPDX-License-Identifier: MIT */
/* Lines through times of transfers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "probes/transfer/line.h"

static const double sizes[] = { 1, 16, 64, 256, 1024, 4096, 16384, 65536 };
enum { N = sizeof(sizes) / sizeof(sizes[0]) };

static void
times(double base, double slope, double *y)
{
    for (int i = 0; i < N; i++)
        y[i] = base + slope * sizes[i];
}

static void
a_line_is_found_again(void **state)
{
    static const struct {
        double base, slope;
    } cases[] = { { 20000, 0.3 }, { 0, 8 }, { 5000, 0 }, { 1e9, 86805.6 } };
    double y[N];
    struct line l;

    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        times(cases[c].base, cases[c].slope, y);
        assert_int_equal(line_fit(sizes, y, N, &l, NULL), ST_OK);
        assert_true(fabs(l.base - cases[c].base) <= 1e-6 * y[0]);
        assert_true(fabs(l.slope - cases[c].slope) <= 1e-9 * y[N - 1]);
        assert_true(l.worst_rel < 1e-9);
    }
}

static void
a_size_that_is_off_moves_neither_base_nor_slope(void **state)
{
    double y[N];
    struct line l;

    (void)state;
    for (int off = 0; off < N; off++) {
        times(20000, 3, y);
        y[off] *= 5;
        assert_int_equal(line_fit(sizes, y, N, &l, NULL), ST_OK);
        assert_true(fabs(l.base - 20000) < 1);
        assert_true(fabs(l.slope - 3) < 1e-3);
        assert_true(fabs(l.worst_rel - 0.8) < 1e-3); /* it is told, though */
        assert_true(l.residual_rel < 1e-3);
    }
}

static void
no_part_is_ever_negative(void **state)
{
    /* Large messages that are cheaper by the byte, and falling times. */
    static const double bent[] = { 10, 160, 640, 2560, 10240, 20000, 60000,
        150000 };
    static const double falling[] = { 80, 70, 60, 50, 40, 30, 20, 10 };
    struct line l;

    (void)state;
    assert_int_equal(line_fit(sizes, bent, N, &l, NULL), ST_OK);
    assert_true(l.base >= 0 && l.slope > 0);
    assert_int_equal(line_fit(sizes, falling, N, &l, NULL), ST_OK);
    assert_true(l.base > 0 && l.slope == 0);
}

static void
points_that_are_none_are_refused(void **state)
{
    static const double x[] = { 1, 2, 2 }, y[] = { 1, 0, 1 };
    struct line l;

    (void)state;
    assert_int_equal(line_fit(x, y, 1, &l, NULL), ST_INVALID);
    assert_int_equal(line_fit(x, y, 2, &l, NULL), ST_INVALID); /* time 0 */
    assert_int_equal(line_fit(x + 1, x, 2, &l, NULL), ST_INVALID);
    assert_int_equal(
        line_fit(sizes, sizes, LINE_POINTS_MAX + 1, &l, NULL), ST_INVALID);
}

/* Times of a link whose noise is known: the interval is a 95 % one. */
static void
intervals_hold_the_truth_as_often_as_they_say(void **state)
{
    enum { ROUNDS = 24, TRIES = 200, STRIDE = 32 };
    static double samples[N * STRIDE];
    struct rng noise = { .state = 7 }, draw = { .state = 8 };
    int base = 0, slope = 0;

    (void)state;
    for (int t = 0; t < TRIES; t++) {
        struct line_interval f;

        for (int i = 0; i < N; i++)
            for (int r = 0; r < ROUNDS; r++)
                samples[i * STRIDE + r] =
                    (20000 + 3 * sizes[i]) * (0.9 + 0.2 * rng_unit(&noise));
        assert_int_equal(
            line_bootstrap(sizes, N, samples, STRIDE, ROUNDS, &draw, &f, NULL),
            ST_OK);
        base += f.base.lo <= 20000 && 20000 <= f.base.hi;
        slope += f.slope.lo <= 3 && 3 <= f.slope.hi;
        assert_true(f.base.lo <= f.base.value && f.base.value <= f.base.hi);
    }
    assert_true(base >= 0.88 * TRIES);
    assert_true(slope >= 0.88 * TRIES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_found_again),
        cmocka_unit_test(a_size_that_is_off_moves_neither_base_nor_slope),
        cmocka_unit_test(no_part_is_ever_negative),
        cmocka_unit_test(points_that_are_none_are_refused),
        cmocka_unit_test(intervals_hold_the_truth_as_often_as_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
