/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "unit/solve/brute.h"

enum { TRIALS = 20000 };

static void
assert_same_tally(const struct solve_tally *a, const struct solve_tally *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->cost, b->cost);
    assert_int_equal(a->right, b->right);
    assert_int_equal(a->worst, b->worst);
    assert_memory_equal(a->left, b->left, sizeof(a->left));
    assert_memory_equal(a->left_right, b->left_right, sizeof(a->left_right));
}

static void
check_case(const struct brute_case *c, uint64_t number)
{
    struct brute_answer want;
    struct solve_result got;
    struct solve_tally tally;
    struct err err = { 0 };

    brute_solve(c, &want);
    if (solve_best(&c->data, &c->options, &got, &err) != ST_OK)
        fail_msg("case %llu: %s", (unsigned long long)number, err.text);
    if (!want.found) {
        assert_int_equal(got.status, SOLVE_INFEASIBLE);
        assert_true(got.proved);
        if (got.plan.kept == 0)
            return;
        assert_true(brute_allows(&c->data, &c->options, &got.plan));
        assert_true(got.tally.right <= want.most);
        return;
    }
    if (got.status != SOLVE_OPTIMAL || got.tally.cost != want.cost ||
        got.tally.right != want.right)
        fail_msg("case %llu: status %d, cost %lld, right %lld; "
                 "optimal is %lld, %lld",
            (unsigned long long)number, got.status, (long long)got.tally.cost,
            (long long)got.tally.right, (long long)want.cost,
            (long long)want.right);
    assert_int_equal(got.lower, want.cost);
    assert_true(got.gap == 0);
    assert_true(brute_allows(&c->data, &c->options, &got.plan));
    brute_eval(&c->data, &got.plan, &tally);
    assert_same_tally(&got.tally, &tally);
}

static void
equals_brute_force_without_limits(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct brute_case c;

        brute_make(&c, i, false);
        check_case(&c, i);
    }
}

static void
equals_brute_force_with_every_kind_of_limit(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct brute_case c;

        brute_make(&c, TRIALS + i, true);
        check_case(&c, TRIALS + i);
    }
}

/* Apply a plan and compare with the judge of brute.c, on data that the plan
 * was not made from. */
static void
evaluation_equals_the_naive_one_on_other_data(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 5000; i++) {
        struct brute_case a, b;
        struct solve_plan plan = { 0 };
        struct solve_tally got, want;
        uint64_t s = i + 1;

        brute_make(&a, i, false);
        brute_make(&b, i, true);
        b.data.n = a.data.n;
        for (int e = 0; e < a.data.exits; e++) {
            plan.kept |= (brute_random(&s) & 1) << e;
            plan.threshold[e] = brute_below(&s, 12) * 0.5 - 3;
        }
        plan.kept |= UINT64_C(1) << (a.data.exits - 1);
        assert_int_equal(solve_eval(&a.data, &plan, &got, NULL), ST_OK);
        brute_eval(&a.data, &plan, &want);
        assert_same_tally(&got, &want);
    }
}

/* The family of search.md 2.2: keeping k of the exits and letting k answers
 * go wrong covers most elements; with a planted cover the optimum is known. */
static void
finds_a_planted_cover(void **state)
{
    enum { SETS = 5, EACH = 4, N = 2 * EACH + SETS };
    static double score[SETS * N];
    static uint8_t right[(SETS + 1) * N];
    static const int64_t segment[SETS + 1] = { 0, 0, 0, 0, 0, 1 };
    static const int64_t head[SETS + 1] = { 0 };
    struct solve_data d = { .n = N,
        .exits = SETS + 1,
        .score = score,
        .right = right,
        .segment = segment,
        .head = head };
    struct solve_options o;
    struct solve_result got;

    (void)state;
    /* Sets 1 and 3 are disjoint and cover everything; the others overlap. */
    for (int e = 0; e < SETS; e++)
        for (int i = 0; i < 2 * EACH; i++) {
            bool in = e == 1   ? i < EACH
                      : e == 3 ? i >= EACH
                               : i >= e && i < e + EACH + 1 && i % 3 != 0;

            score[e * N + i] = in;
            right[e * N + i] = 1;
        }
    for (int e = 0; e < SETS; e++) {
        score[e * N + 2 * EACH + e] = 1; /* the toll: wrong here only */
        for (int t = 0; t < SETS; t++)
            right[e * N + 2 * EACH + t] = 0;
    }
    memset(right + SETS * N, 1, N);
    solve_options_init(&o);
    o.grid = SOLVE_GRID_ALL;
    o.floor = N - 2;
    assert_int_equal(solve_best(&d, &o, &got, NULL), ST_OK);
    assert_int_equal(got.status, SOLVE_OPTIMAL);
    assert_int_equal(got.tally.cost, SETS - 2); /* only tolls go on */
    assert_int_equal(got.plan.kept, 1 << 1 | 1 << 3 | 1 << SETS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_brute_force_without_limits),
        cmocka_unit_test(equals_brute_force_with_every_kind_of_limit),
        cmocka_unit_test(evaluation_equals_the_naive_one_on_other_data),
        cmocka_unit_test(finds_a_planted_cover),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
