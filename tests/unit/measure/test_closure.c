/* SPDX-License-Identifier: MIT */
/* The arithmetic of parts and wholes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/flag.h"
#include "probes/measure/closure.h"

static void
assert_near(double have, double want)
{
    if (!(fabs(have - want) < 1e-9))
        fail_msg("%.12g is not %.12g", have, want);
}

/* Segments of 100, 200 and 300 with heads of 10 and 20.  Cut after exit 0:
 * 30 more for the segments, 4 for the head; after exit 1: 50, and 6. */
static const struct exit_cost cut[] = {
    { .segment_ns = 100,
        .head_ns = 10,
        .prefix_ns = 106,
        .joint_ns = 270,
        .stage_ns = 106,
        .alone = true },
    { .segment_ns = 200,
        .head_ns = 20,
        .prefix_ns = 284,
        .joint_ns = 450,
        .stage_ns = 214 },
    { .segment_ns = 300,
        .head_ns = 0,
        .prefix_ns = 500,
        .joint_ns = NAN,
        .stage_ns = NAN },
};

static void
a_cut_costs_what_two_files_take_more_than_one(void **state)
{
    (void)state;
    assert_near(closure_cut(cut, 3, 0), 30);
    assert_near(closure_cut(cut, 3, 1), 50);
    assert_near(closure_cut(cut, 3, 2), 0); /* nothing follows */
    assert_near(closure_head_cut(cut, 0), 4);
    assert_near(closure_head_cut(cut, 1), 6);
    assert_near(closure_head_cut(cut, 2), 0); /* no head */
}

static void
a_prefix_is_foretold_from_parts_less_their_cuts(void **state)
{
    (void)state;
    /* 100 + 200 + 20 - 30 - 6 = 284 */
    assert_near(closure_prefix_residual(cut, 3, 1), 0);
    assert_near(closure_prefix_split(cut, 1), 320.0 / 284 - 1);
    /* 600 - 30 - 50 = 520 */
    assert_near(closure_prefix_residual(cut, 3, 2), 0.04);
    assert_near(closure_prefix_split(cut, 2), 0.2);
}

static void
a_file_does_not_foretell_itself(void **state)
{
    (void)state;
    assert_true(isnan(closure_prefix_residual(cut, 3, 0)));
    assert_near(closure_prefix_split(cut, 0), 110.0 / 106 - 1);
}

static void
exits_at_one_place_share_its_segment_and_are_cut_once(void **state)
{
    const struct exit_cost x[] = {
        { .segment_ns = 100, .head_ns = 10, .stage_ns = 105, .joint_ns = NAN },
        { .segment_ns = 0,
            .head_ns = 20,
            .prefix_ns = 115,
            .stage_ns = 114,
            .joint_ns = 280 },
        { .segment_ns = 200, .prefix_ns = 280, .joint_ns = NAN },
    };

    (void)state;
    assert_near(closure_cut(x, 3, 0), 0);
    assert_near(closure_cut(x, 3, 1), 20);
    assert_near(closure_head_cut(x, 1), 6);
    assert_near(closure_prefix_residual(x, 3, 1), 114.0 / 115 - 1);
    assert_near(closure_prefix_residual(x, 3, 2), 0);
}

static void
what_was_not_measured_leaves_no_residual(void **state)
{
    struct exit_cost x[] = { cut[0], cut[1], cut[2] };

    (void)state;
    x[0].joint_ns = NAN;
    assert_true(isnan(closure_cut(x, 3, 0)));
    assert_true(isnan(closure_prefix_residual(x, 3, 1)));
    assert_near(closure_prefix_split(x, 1), 320.0 / 284 - 1);
}

static void
closure_is_flagged_beyond_three_and_ten_percent(void **state)
{
    (void)state;
    assert_int_equal(closure_flags(0.03), 0);
    assert_int_equal(closure_flags(-0.031), FLAG(closure_warn));
    assert_int_equal(closure_flags(0.11), FLAG(closure_fail));
    assert_int_equal(closure_flags(NAN), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_costs_what_two_files_take_more_than_one),
        cmocka_unit_test(a_prefix_is_foretold_from_parts_less_their_cuts),
        cmocka_unit_test(a_file_does_not_foretell_itself),
        cmocka_unit_test(exits_at_one_place_share_its_segment_and_are_cut_once),
        cmocka_unit_test(what_was_not_measured_leaves_no_residual),
        cmocka_unit_test(closure_is_flagged_beyond_three_and_ten_percent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
