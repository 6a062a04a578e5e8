/* SPDX-License-Identifier: MIT */
/* Promises where there is little, or nothing, to go by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "search/certify/promise.h"
#include "tests/unit/certify/population.h"

static const enum promise_family families[] = { PROMISE_AUTO, PROMISE_FRONT,
    PROMISE_SHARED };

/* n samples of a two-exit network, every answer the same. */
static void
constant(struct population *p, size_t n, int early, int last)
{
    population_make(p, n, 2, 1, 0.5, 3);
    memset(p->right, early, n);
    memset(p->right + n, last, n);
}

static struct promise
make(const struct population *p, const struct promise_options *po)
{
    struct solve_options so;
    struct promise out;

    solve_options_init(&so);
    assert_int_equal(
        promise_make(&p->data, p->group, &so, po, &out, NULL), ST_OK);
    return out;
}

static void
one_sample_promises_nothing_but_the_full_network(void **state)
{
    struct promise_options po;
    struct population p;

    (void)state;
    constant(&p, 1, 1, 1);
    promise_options_init(&po);
    for (int f = 0; f < 3; f++) {
        struct promise got;

        po.family = families[f];
        got = make(&p, &po);
        assert_int_equal(got.status, PROMISE_FULL);
        assert_int_equal(got.plan.kept, 2);
        assert_int_equal(got.passed, 0);
    }
    population_free(&p);
}

/* Without any loss ln(delta) / ln(1 - eps) samples are enough: 230. */
static void
too_few_samples_are_told_how_many_it_takes(void **state)
{
    struct promise_options po;
    struct population p;
    struct promise got;

    (void)state;
    promise_options_init(&po);
    po.family = PROMISE_SHARED;
    po.question.loss = PROMISE_FLIPS;
    for (size_t n = 226; n < 234; n++) {
        constant(&p, n, 1, 1);
        got = make(&p, &po);
        if (n < 230) {
            assert_int_equal(got.status, PROMISE_FULL);
            assert_int_equal(got.reason, PROMISE_TOO_SMALL);
            assert_int_equal(got.needed, 230);
        } else {
            assert_int_equal(got.status, PROMISE_CERTIFIED);
            assert_int_equal(got.reason, PROMISE_ALL_PASSED);
        }
        population_free(&p);
    }
}

static void
all_right_and_all_wrong_lose_nothing(void **state)
{
    struct promise_options po;
    struct population p;

    (void)state;
    promise_options_init(&po);
    for (int right = 0; right < 2; right++)
        for (int f = 0; f < 3; f++) {
            struct promise got;

            constant(&p, 2000, right, right);
            po.family = families[f];
            got = make(&p, &po);
            assert_int_equal(got.status, PROMISE_CERTIFIED);
            assert_int_equal(got.plan.kept, 3);
            assert_true(got.loss == 0 && got.plus == 0 && got.minus == 0);
            assert_true(got.p <= got.level);
            population_free(&p);
        }
}

static void
an_early_exit_that_is_always_wrong_is_refused(void **state)
{
    struct promise_options po;
    struct population p;
    struct promise got;

    (void)state;
    promise_options_init(&po);
    constant(&p, 2000, 0, 1);
    got = make(&p, &po);
    assert_int_equal(got.status, PROMISE_FULL);
    assert_int_equal(got.plan.kept, 2);
    population_free(&p);
}

static void
one_group_is_one_draw(void **state)
{
    struct promise_options po;
    struct population p;

    (void)state;
    promise_options_init(&po);
    po.question.method = PROMISE_BETTING;
    population_make(&p, 500, 3, 500, 0.5, 3);
    memset(p.right, 1, 1500);
    for (int f = 0; f < 3; f++) {
        struct promise got;

        po.family = families[f];
        got = make(&p, &po);
        assert_true(got.grouped);
        assert_int_equal(got.status, PROMISE_FULL);
        assert_true(got.n_test <= 1);
    }
    population_free(&p);
}

static void
a_network_without_early_exits_is_its_own_promise(void **state)
{
    static const int64_t cost = 5;
    static const uint8_t right[300] = { 1 };
    struct solve_data d = {
        .n = 300, .exits = 1, .right = right, .segment = &cost, .head = &cost
    };
    struct promise_options po;
    struct solve_options so;
    struct promise got;

    (void)state;
    promise_options_init(&po);
    solve_options_init(&so);
    for (int f = 0; f < 3; f++) {
        po.family = families[f];
        assert_int_equal(promise_make(&d, NULL, &so, &po, &got, NULL), ST_OK);
        assert_int_equal(got.status, PROMISE_FULL);
        assert_int_equal(got.reason, PROMISE_LIMITS);
    }
}

static void
limits_that_nobody_keeps_to_promise_nothing(void **state)
{
    struct promise_options po;
    struct solve_options so;
    struct population p;
    struct promise got;

    (void)state;
    promise_options_init(&po);
    solve_options_init(&so);
    constant(&p, 2000, 1, 1);
    so.worst_case = 1000;
    assert_int_equal(promise_make(&p.data, NULL, &so, &po, &got, NULL), ST_OK);
    assert_int_equal(got.status, PROMISE_NONE);
    assert_int_equal(got.plan.kept, 0);
    assert_int_equal(got.reason, PROMISE_LIMITS);
    assert_int_equal(got.needed, -1);
    population_free(&p);
}

static void
questions_without_sense_are_refused(void **state)
{
    static const uint32_t weight[20] = { 1, 2 };
    struct promise_options po;
    struct solve_options so;
    struct population p;
    struct promise got;
    struct err err = { 0 };

    (void)state;
    solve_options_init(&so);
    population_make(&p, 20, 2, 2, 0.5, 3);
    promise_options_init(&po);
    assert_int_equal(
        promise_make(&p.data, p.group, &so, &po, &got, &err), ST_INVALID);
    assert_string_equal(err.code, "search.guarantee");
    assert_non_null(strstr(err.text, "groups"));
    for (int i = 0; i < 6; i++) {
        double bad = i & 1 ? 0 : 1;

        promise_options_init(&po);
        *(i < 2     ? &po.question.eps
            : i < 4 ? &po.question.delta
                    : &po.share) = bad;
        assert_int_equal(
            promise_make(&p.data, NULL, &so, &po, &got, NULL), ST_INVALID);
    }
    promise_options_init(&po);
    p.data.weight = weight;
    assert_int_equal(
        promise_make(&p.data, NULL, &so, &po, &got, NULL), ST_INVALID);
    population_free(&p);
}

/* The p-value of one shared threshold, counted anew. */
static double
p_shared(const struct population *p, const struct promise_question *q, double t)
{
    const struct solve_data *d = &p->data;
    struct evidence e;

    evidence_init(&e, q, (int64_t)d->n);
    for (size_t i = 0; i < d->n; i++) {
        int x = 0, last = d->exits - 1;

        while (x < last && d->score[(size_t)x * d->n + i] < t)
            x++;
        evidence_move(&e, 0,
            p->right[(size_t)last * d->n + i] - p->right[(size_t)x * d->n + i]);
    }
    return evidence_p(&e);
}

static void
the_last_that_passed_is_returned_not_the_first_that_failed(void **state)
{
    struct promise_options po;
    struct population p;
    struct promise got;

    (void)state;
    population_make(&p, 3000, 4, 1, 0.7, 11);
    promise_options_init(&po);
    po.family = PROMISE_SHARED;
    got = make(&p, &po);
    assert_int_equal(got.status, PROMISE_CERTIFIED);
    po.question.delta = got.level;
    assert_true(p_shared(&p, &po.question, got.plan.threshold[0]) == got.p);
    assert_true(got.p <= 0.1);
    assert_int_equal(got.tried, got.passed + 1);
    /* Scores are multiples of 0.002: the next threshold is that much lower. */
    assert_true(
        p_shared(&p, &po.question, got.plan.threshold[0] - 0.0021) > 0.1);
    assert_int_equal(got.reason, PROMISE_UNSURE);
    population_free(&p);
}

static void
the_same_seed_gives_the_same_promise(void **state)
{
    struct promise_options po;
    struct promise a, b;
    struct population p;
    int different = 0;

    (void)state;
    population_make(&p, 1500, 4, 1, 0.7, 5);
    promise_options_init(&po);
    po.family = PROMISE_FRONT;
    po.question.eps = 0.03;
    for (po.seed = 1; po.seed < 6; po.seed++) {
        a = make(&p, &po);
        b = make(&p, &po);
        assert_memory_equal(&a.plan, &b.plan, sizeof(a.plan));
        assert_true(a.p == b.p && a.tried == b.tried);
        po.seed += 100;
        b = make(&p, &po);
        po.seed -= 100;
        different += memcmp(&a.plan, &b.plan, sizeof(a.plan)) != 0;
    }
    assert_true(different > 0);
    population_free(&p);
}

static void
a_floor_holds_beside_the_promise(void **state)
{
    struct promise_options po;
    struct solve_options so;
    struct solve_tally t;
    struct population p;
    struct promise got;

    (void)state;
    population_make(&p, 3000, 4, 1, 0.7, 5);
    promise_options_init(&po);
    po.question.eps = 0.1;
    solve_options_init(&so);
    for (int f = 0; f < 3; f++) {
        struct solve_plan full;

        solve_plan_full(&p.data, &full);
        assert_int_equal(solve_eval(&p.data, &full, &t, NULL), ST_OK);
        so.floor = t.right - 15;
        po.family = families[f];
        assert_int_equal(
            promise_make(&p.data, NULL, &so, &po, &got, NULL), ST_OK);
        assert_true(got.status != PROMISE_NONE);
        assert_int_equal(solve_eval(&p.data, &got.plan, &t, NULL), ST_OK);
        assert_true(t.right >= so.floor);
    }
    population_free(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_promises_nothing_but_the_full_network),
        cmocka_unit_test(too_few_samples_are_told_how_many_it_takes),
        cmocka_unit_test(all_right_and_all_wrong_lose_nothing),
        cmocka_unit_test(an_early_exit_that_is_always_wrong_is_refused),
        cmocka_unit_test(one_group_is_one_draw),
        cmocka_unit_test(a_network_without_early_exits_is_its_own_promise),
        cmocka_unit_test(limits_that_nobody_keeps_to_promise_nothing),
        cmocka_unit_test(questions_without_sense_are_refused),
        cmocka_unit_test(
            the_last_that_passed_is_returned_not_the_first_that_failed),
        cmocka_unit_test(the_same_seed_gives_the_same_promise),
        cmocka_unit_test(a_floor_holds_beside_the_promise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
