/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/solve/brute.h"

enum { TRIALS = 10000 };

/* Walk the brute-force table from the most right answers down, and the front
 * beside it. */
static void
check_front(const struct brute_case *c, uint64_t number)
{
    struct brute_answer want;
    struct solve_front got;
    int64_t best = INT64_MAX;
    size_t at = 0;

    brute_solve(c, &want);
    assert_int_equal(solve_front(&c->data, &c->options, 0, &got, NULL), ST_OK);
    assert_true(got.complete);
    for (int64_t r = want.most; r >= 0 && r >= c->options.floor; r--) {
        struct solve_tally t;

        if (want.cheapest[r] >= best)
            continue;
        best = want.cheapest[r];
        if (at == got.n || got.points[at].cost != best ||
            got.points[at].right != r || got.points[at].lower != best)
            fail_msg("case %llu: (%lld, %lld) is not point %zu",
                (unsigned long long)number, (long long)best, (long long)r, at);
        brute_eval(&c->data, &got.points[at].plan, &t);
        assert_int_equal(t.cost, best);
        assert_int_equal(t.right, r);
        assert_true(brute_allows(&c->data, &c->options, &got.points[at].plan));
        at++;
    }
    assert_int_equal(at, got.n);
    solve_front_clear(&got);
}

static void
equals_brute_force(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct brute_case c;

        brute_make(&c, i, i % 2);
        check_front(&c, i);
    }
}

static void
a_few_points_are_spread_and_keep_both_ends(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        struct solve_front all, few;
        struct brute_case c;
        size_t want = 2 + i % 5, at = 0;

        brute_make(&c, i, false);
        c.options.floor = 0;
        assert_int_equal(
            solve_front(&c.data, &c.options, 0, &all, NULL), ST_OK);
        assert_int_equal(
            solve_front(&c.data, &c.options, want, &few, NULL), ST_OK);
        assert_true(few.n <= want);
        assert_true(few.n >= (all.n < 2 ? all.n : 2));
        assert_int_equal(few.points[0].cost, all.points[0].cost);
        assert_int_equal(
            few.points[few.n - 1].cost, all.points[all.n - 1].cost);
        for (size_t j = 0; j < few.n; j++) {
            while (at < all.n && all.points[at].right != few.points[j].right)
                at++;
            assert_true(at < all.n);
            assert_int_equal(all.points[at].cost, few.points[j].cost);
        }
        solve_front_clear(&all);
        solve_front_clear(&few);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_brute_force),
        cmocka_unit_test(a_few_points_are_spread_and_keep_both_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
