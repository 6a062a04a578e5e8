/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "unit/solve/brute.h"

/* A plain case that each refusal breaks in one place. */
static void
make_good(struct brute_case *c)
{
    memset(c, 0, sizeof(*c));
    c->data = (struct solve_data){ .n = 4,
        .exits = 3,
        .score = c->score,
        .right = c->right,
        .weight = c->weight,
        .segment = c->segment,
        .head = c->head };
    for (int i = 0; i < 12; i++) {
        c->score[i] = i % 5;
        c->right[i] = i % 2;
    }
    for (int i = 0; i < 4; i++)
        c->weight[i] = 1;
    for (int e = 0; e < 3; e++)
        c->segment[e] = c->head[e] = 10;
    solve_options_init(&c->options);
}

static void
no_samples(struct brute_case *c)
{
    c->data.n = 0;
}

static void
no_exits(struct brute_case *c)
{
    c->data.exits = 0;
}

static void
no_scores(struct brute_case *c)
{
    c->data.score = NULL;
}

static void
nan_score(struct brute_case *c)
{
    c->score[4 + 2] = NAN;
}

static void
infinite_score(struct brute_case *c)
{
    c->score[3] = -INFINITY;
}

static void
odd_answer(struct brute_case *c)
{
    c->right[2 * 4 + 1] = 2;
}

static void
no_weight(struct brute_case *c)
{
    c->weight[1] = 0;
}

static void
huge_weight(struct brute_case *c)
{
    c->weight[1] = UINT32_MAX;
}

static void
negative_cost(struct brute_case *c)
{
    c->head[1] = -1;
}

static void
huge_cost(struct brute_case *c)
{
    c->segment[2] = SOLVE_COST_MAX / 2;
}

static void
odd_grid(struct brute_case *c)
{
    c->options.grid = -1;
}

static void
odd_limit(struct brute_case *c)
{
    c->options.max_early = -2;
}

static void
both_forced_and_forbidden(struct brute_case *c)
{
    c->options.forced = c->options.forbidden = 1;
}

static void
last_forbidden(struct brute_case *c)
{
    c->options.forbidden = 4;
}

static void
unknown_forced(struct brute_case *c)
{
    c->options.forced = 8;
}

static void
no_threads(struct brute_case *c)
{
    c->options.threads = 0;
}

static void
too_many_ppm(struct brute_case *c)
{
    c->ppm[2] = 1000001;
    c->options.min_right_ppm = c->ppm;
}

static void
bad_input_is_refused_by_name(void **state)
{
    static const struct {
        void (*spoil)(struct brute_case *c);
        const char *want;
    } cases[] = {
        { no_samples, "0 samples" },
        { no_exits, "0 exits" },
        { no_scores, "missing" },
        { nan_score, "exit 1, sample 2: the score is not finite" },
        { infinite_score, "exit 0, sample 3: the score is not finite" },
        { odd_answer, "exit 2, sample 1" },
        { no_weight, "sample 1: the weight is 0" },
        { huge_weight, "weights add up" },
        { negative_cost, "exit 1: a cost is negative" },
        { huge_cost, "coarser unit" },
        { odd_grid, "grid -1" },
        { odd_limit, "max_early -2" },
        { both_forced_and_forbidden, "both forced and forbidden" },
        { last_forbidden, "only early exits" },
        { unknown_forced, "does not exist" },
        { no_threads, "0 threads" },
        { too_many_ppm, "exit 2: more than 1000000" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct solve_result r;
        struct solve_front f;
        struct brute_case c;
        struct err err = { 0 };

        make_good(&c);
        cases[i].spoil(&c);
        assert_int_equal(solve_best(&c.data, &c.options, &r, &err), ST_INVALID);
        assert_string_equal(err.code, "search.input");
        if (strstr(err.text, cases[i].want) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, cases[i].want);
        assert_int_equal(
            solve_front(&c.data, &c.options, 0, &f, NULL), ST_INVALID);
    }
}

static void
plans_that_do_not_fit_are_refused(void **state)
{
    static const uint64_t kept[] = { 0, 3, 4 + 8 };
    struct solve_plan p = { 0 };
    struct solve_tally t;
    struct brute_case c;

    (void)state;
    make_good(&c);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        p.kept = kept[i];
        assert_int_equal(solve_eval(&c.data, &p, &t, NULL), ST_INVALID);
    }
    p.kept = 5;
    p.threshold[0] = NAN;
    assert_int_equal(solve_eval(&c.data, &p, &t, NULL), ST_INVALID);
    p.threshold[0] = 0;
    assert_int_equal(solve_eval(&c.data, &p, &t, NULL), ST_OK);
}

static void
limits_that_contradict_each_other_have_no_plan(void **state)
{
    struct solve_result r;
    struct brute_case c;

    (void)state;
    make_good(&c);
    c.options.forced = 3;
    c.options.max_early = 1;
    assert_int_equal(solve_best(&c.data, &c.options, &r, NULL), ST_OK);
    assert_int_equal(r.status, SOLVE_INFEASIBLE);
    assert_true(r.proved);
    assert_int_equal(r.plan.kept, 0);
}

/* Reverse the rows of a case. */
static void
reverse(struct brute_case *c)
{
    size_t n = c->data.n;

    for (int e = 0; e < c->data.exits; e++)
        for (size_t i = 0; i < n / 2; i++) {
            size_t a = (size_t)e * n + i, b = (size_t)e * n + n - 1 - i;
            double s = c->score[a];
            uint8_t r = c->right[a];

            c->score[a] = c->score[b];
            c->score[b] = s;
            c->right[a] = c->right[b];
            c->right[b] = r;
        }
    for (size_t i = 0; i < n / 2; i++) {
        uint32_t w = c->weight[i];

        c->weight[i] = c->weight[n - 1 - i];
        c->weight[n - 1 - i] = w;
    }
}

static void
order_and_unit_do_not_change_the_plan(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        struct solve_result a, b;
        struct brute_case c;

        brute_make(&c, i, true);
        assert_int_equal(solve_best(&c.data, &c.options, &a, NULL), ST_OK);
        reverse(&c);
        assert_int_equal(solve_best(&c.data, &c.options, &b, NULL), ST_OK);
        assert_memory_equal(&a.plan, &b.plan, sizeof(a.plan));
        for (int e = 0; e < c.data.exits; e++) {
            c.segment[e] *= 1000;
            c.head[e] *= 1000;
        }
        if (c.options.worst_case != INT64_MAX)
            c.options.worst_case *= 1000;
        assert_int_equal(solve_best(&c.data, &c.options, &b, NULL), ST_OK);
        assert_int_equal(a.status, b.status);
        if (a.status == SOLVE_OPTIMAL) {
            assert_int_equal(a.tally.cost * 1000, b.tally.cost);
            assert_int_equal(a.tally.right, b.tally.right);
        }
    }
}

static void
a_weight_is_so_many_equal_rows(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        struct solve_result a, b;
        struct brute_case c, many;
        size_t n = 0, m = 0;

        brute_make(&c, i, true);
        if (c.data.weight == NULL)
            continue;
        many = c;
        for (size_t r = 0; r < c.data.n; r++)
            m += c.weight[r];
        if (m > BRUTE_N)
            continue;
        for (size_t r = 0; r < c.data.n; r++)
            for (uint32_t w = 0; w < c.weight[r]; w++, n++)
                for (int e = 0; e < c.data.exits; e++) {
                    many.score[(size_t)e * m + n] =
                        c.score[(size_t)e * c.data.n + r];
                    many.right[(size_t)e * m + n] =
                        c.right[(size_t)e * c.data.n + r];
                }
        many.data.n = m;
        many.data.weight = NULL;
        many.data.score = c.data.score ? many.score : NULL;
        many.data.right = many.right;
        assert_int_equal(solve_best(&c.data, &c.options, &a, NULL), ST_OK);
        assert_int_equal(solve_best(&many.data, &c.options, &b, NULL), ST_OK);
        assert_int_equal(a.status, b.status);
        assert_int_equal(a.tally.cost, b.tally.cost);
        assert_int_equal(a.tally.right, b.tally.right);
    }
}

/* Everybody is right at the first exit, so nobody comes to the second, which
 * would only take room; if it must be kept, it is. */
static void
exits_that_nobody_reaches_are_dropped(void **state)
{
    for (unsigned forced = 0; forced <= 2; forced += 2) {
        struct brute_case c;
        struct solve_result r;
        struct solve_front f;

        (void)state;
        make_good(&c);
        memset(c.right, 1, sizeof(c.right));
        c.options.floor = 4;
        c.options.forced = forced;
        assert_int_equal(solve_best(&c.data, &c.options, &r, NULL), ST_OK);
        assert_int_equal(r.plan.kept, 5 | forced);
        assert_int_equal(r.tally.left[0], 4);
        assert_int_equal(solve_front(&c.data, &c.options, 0, &f, NULL), ST_OK);
        assert_int_equal(f.n, 1);
        assert_int_equal(f.points[0].plan.kept, 5 | forced);
        solve_front_clear(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_input_is_refused_by_name),
        cmocka_unit_test(plans_that_do_not_fit_are_refused),
        cmocka_unit_test(limits_that_contradict_each_other_have_no_plan),
        cmocka_unit_test(order_and_unit_do_not_change_the_plan),
        cmocka_unit_test(a_weight_is_so_many_equal_rows),
        cmocka_unit_test(exits_that_nobody_reaches_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
