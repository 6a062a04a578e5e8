/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "search/certify/cross.h"
#include "tests/unit/certify/population.h"

/* Sanitizers look for other mistakes than those that take many draws. */
#ifdef __SANITIZE_ADDRESS__
enum { DRAWS = 6, POPULATION = 8000 };
#else
enum { DRAWS = 60, POPULATION = 8000 };
#endif

static int64_t
full_right(const struct population *p)
{
    size_t n = p->data.n;
    int64_t full = 0;

    for (size_t i = 0; i < n; i++)
        full += p->right[(size_t)(p->data.exits - 1) * n + i];
    return full;
}

static double
true_loss(const struct population *all, const struct population *sample,
    const struct solve_options *so, int64_t floor)
{
    struct solve_options o = *so;
    struct solve_result r;

    o.floor = floor;
    assert_int_equal(solve_best(&sample->data, &o, &r, NULL), ST_OK);
    return population_loss(all, &r.plan, false);
}

struct mean {
    double plain, crossed, said, said_plain;
};

static struct mean
many_draws(size_t n, size_t len, double allowed)
{
    struct population all, sample;
    struct cross_options co;
    struct solve_options so;
    struct rng rng = { 7 };
    struct mean m = { 0 };
    struct cross c;

    cross_options_init(&co);
    population_make(&all, POPULATION, 4, len, 0.6, 3);
    for (int i = 0; i < DRAWS; i++) {
        population_draw(&sample, &all, n, &rng);
        solve_options_init(&so);
        so.floor =
            full_right(&sample) - (int64_t)(allowed * (double)sample.data.n);
        assert_int_equal(
            cross_floor(&sample.data, sample.group, &so, &co, &c, NULL), ST_OK);
        assert_int_equal(c.grouped, len > 1);
        assert_true(c.floor >= so.floor);
        m.plain += true_loss(&all, &sample, &so, so.floor) / DRAWS;
        if (c.status != CROSS_FULL)
            m.crossed += true_loss(&all, &sample, &so, c.floor) / DRAWS;
        m.said += c.drop / DRAWS;
        m.said_plain += c.plain / DRAWS;
        population_free(&sample);
    }
    population_free(&all);
    return m;
}

static void
plans_at_the_raised_floor_lose_what_was_wanted_on_average(void **state)
{
    static const struct {
        size_t n, len;
        double allowed;
    } cases[] = {
        { 400, 1, 0.01 },
        { 800, 1, 0.02 },
        { 800, 4, 0.02 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mean m = many_draws(cases[i].n, cases[i].len, cases[i].allowed);

        print_message("%zu in %zus: %.4f wanted, lost %.4f without and %.4f "
                      "with care, expected %.4f and %.4f\n",
            cases[i].n, cases[i].len, cases[i].allowed, m.plain, m.crossed,
            m.said_plain, m.said);
        if (DRAWS < 60)
            continue;
        /* What the sample flatters is seen, and taken away. */
        assert_true(m.plain > cases[i].allowed + 0.003);
        assert_true(fabs(m.said_plain - m.plain) < 0.006);
        assert_true(m.crossed < cases[i].allowed + 0.003);
        assert_true(m.crossed > -0.01);
    }
}

static void
the_same_seed_gives_the_same_floor(void **state)
{
    struct population p;
    struct cross_options co;
    struct solve_options so;
    struct cross a, b;

    (void)state;
    cross_options_init(&co);
    solve_options_init(&so);
    population_make(&p, 500, 3, 1, 0.6, 5);
    so.floor = full_right(&p) - 5;
    assert_int_equal(cross_floor(&p.data, NULL, &so, &co, &a, NULL), ST_OK);
    assert_int_equal(cross_floor(&p.data, NULL, &so, &co, &b, NULL), ST_OK);
    assert_memory_equal(&a.floor, &b.floor, sizeof(a.floor));
    assert_true(a.drop == b.drop && a.error == b.error && a.plain == b.plain);
    population_free(&p);
}

static void
what_no_plan_keeps_is_said(void **state)
{
    struct population p;
    struct cross_options co;
    struct solve_options so;
    struct cross c;

    (void)state;
    cross_options_init(&co);
    solve_options_init(&so);
    population_make(&p, 200, 3, 1, 0.6, 5);
    so.floor = 200; /* all right: nobody is */
    assert_int_equal(cross_floor(&p.data, NULL, &so, &co, &c, NULL), ST_OK);
    assert_int_equal(c.status, CROSS_NONE);
    assert_int_equal(c.floor, 200);
    population_free(&p);
}

static bool
enough(void *ctx, const struct solve_progress *p)
{
    int *left = ctx;

    (void)p;
    return (*left)-- <= 0;
}

static void
a_run_that_is_ended_early_claims_nothing_of_its_last_repeat(void **state)
{
    static const int patience[] = { 0, 3, 40 };
    struct population p;
    struct cross_options co;
    struct solve_options so;
    struct cross c;

    (void)state;
    cross_options_init(&co);
    co.repeats = 20;
    population_make(&p, 300, 3, 1, 0.6, 5);
    for (size_t i = 0; i < sizeof(patience) / sizeof(patience[0]); i++) {
        int left = patience[i];

        solve_options_init(&so);
        so.floor = full_right(&p) - 3;
        so.watch = enough;
        so.watch_ctx = &left;
        assert_int_equal(cross_floor(&p.data, NULL, &so, &co, &c, NULL), ST_OK);
        assert_true(c.repeats < 20);
        if (c.repeats > 0)
            continue;
        assert_int_equal(c.status, CROSS_STOPPED);
        assert_int_equal(c.floor, so.floor);
        assert_true(isnan(c.drop) && isnan(c.plain));
    }
    population_free(&p);
}

/* An early exit that is right about nothing new, however sure it is. */
static void
exits_that_only_lose_leave_the_full_network(void **state)
{
    enum { N = 60 };
    double score[N];
    uint8_t right[2 * N];
    const int64_t segment[] = { 10, 90 }, head[] = { 1, 0 };
    const struct solve_data d = { .n = N,
        .exits = 2,
        .score = score,
        .right = right,
        .segment = segment,
        .head = head };
    struct cross_options co;
    struct solve_options so;
    struct cross c;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        score[i] = (double)i / N;
        right[i] = 0;
        right[N + i] = 1;
    }
    cross_options_init(&co);
    solve_options_init(&so);
    so.floor = N;
    assert_int_equal(cross_floor(&d, NULL, &so, &co, &c, NULL), ST_OK);
    assert_true(c.drop == 0);
    assert_true(c.status != CROSS_NONE && c.floor == N);
}

static void
what_cannot_be_parted_is_refused(void **state)
{
    static const struct {
        int folds, repeats;
        bool weights, one_group;
        const char *want;
    } cases[] = {
        { 1, 1, false, false, "2 to 20 folds" },
        { 21, 1, false, false, "2 to 20 folds" },
        { 5, 0, false, false, "1 to 20 repeats" },
        { 5, 2, true, false, "no weights" },
        { 5, 2, false, true, "cannot be parted" },
    };
    static const uint32_t ones[100] = { 0 };
    struct population p;
    struct solve_options so;
    struct cross c;

    (void)state;
    solve_options_init(&so);
    population_make(&p, 100, 3, 1, 0.6, 5);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cross_options co = { cases[i].folds, cases[i].repeats, 1 };
        struct solve_data d = p.data;
        struct err err = { 0 };

        d.weight = cases[i].weights ? ones : NULL;
        assert_int_equal(cross_floor(&d, cases[i].one_group ? ones : NULL, &so,
                             &co, &c, &err),
            ST_INVALID);
        assert_string_equal(err.code, "search.cross");
        assert_non_null(strstr(err.text, cases[i].want));
    }
    population_free(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            plans_at_the_raised_floor_lose_what_was_wanted_on_average),
        cmocka_unit_test(the_same_seed_gives_the_same_floor),
        cmocka_unit_test(what_no_plan_keeps_is_said),
        cmocka_unit_test(
            a_run_that_is_ended_early_claims_nothing_of_its_last_repeat),
        cmocka_unit_test(exits_that_only_lose_leave_the_full_network),
        cmocka_unit_test(what_cannot_be_parted_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
