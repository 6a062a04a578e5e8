/* SPDX-License-Identifier: MIT */
/* Searches that are too large to look at every plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/search/generate.h"

/* Some 6e8 plans. */
static void
make(struct solve_data *d, struct solve_options *o, uint64_t seed)
{
    struct generate g = generate_default(160, 8, seed);

    assert_true(generate_make(&g, d));
    solve_options_init(o);
    o->grid = 17;
    o->floor = generate_full(d) - 2;
}

static void
assert_same(const struct solve_result *a, const struct solve_result *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->lower, b->lower);
    assert_int_equal(a->tally.cost, b->tally.cost);
    assert_int_equal(a->tally.right, b->tally.right);
    assert_memory_equal(&a->plan, &b->plan, sizeof(a->plan));
}

static void
the_number_of_threads_changes_nothing(void **state)
{
    static const int threads[] = { 2, 4 };

    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct solve_result one, more;
        struct solve_options o;
        struct solve_data d;

        make(&d, &o, seed);
        o.max_nodes = seed % 2 ? 0 : 12;
        assert_int_equal(solve_best(&d, &o, &one, NULL), ST_OK);
        assert_true(one.nodes > 1);
        for (size_t i = 0; i < 2; i++) {
            o.threads = threads[i];
            assert_int_equal(solve_best(&d, &o, &more, NULL), ST_OK);
            assert_same(&one, &more);
            assert_int_equal(one.nodes, more.nodes);
        }
        generate_clear(&d);
    }
}

struct trace {
    int64_t lower, upper;
    int calls;
};

static bool
follow(void *ctx, const struct solve_progress *p)
{
    struct trace *t = ctx;

    assert_true(p->lower >= t->lower);
    assert_true(p->upper <= t->upper);
    assert_true(p->lower <= p->upper);
    t->lower = p->lower;
    t->upper = p->upper;
    t->calls++;
    return false;
}

static void
bounds_only_ever_close_in(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct trace t = { .upper = INT64_MAX };
        struct solve_result got;
        struct solve_options o;
        struct solve_data d;

        make(&d, &o, seed);
        o.watch = follow;
        o.watch_ctx = &t;
        assert_int_equal(solve_best(&d, &o, &got, NULL), ST_OK);
        assert_true(t.calls > 10);
        assert_true(got.tally.cost <= t.upper && got.lower >= t.lower);
        assert_int_equal(got.status, SOLVE_OPTIMAL);
        generate_clear(&d);
    }
}

/* Samples in the other order, each twice by weight, costs tenfold. */
static void
order_weight_and_unit_do_not_matter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct solve_result want, got;
        struct solve_options o;
        struct solve_data d;
        double *score;
        uint8_t *right;
        uint32_t *weight;

        make(&d, &o, seed);
        assert_int_equal(solve_best(&d, &o, &want, NULL), ST_OK);
        assert_int_equal(want.status, SOLVE_OPTIMAL);
        score = (double *)d.score;
        right = (uint8_t *)d.right;
        weight = malloc(d.n * sizeof(*weight));
        assert_non_null(weight);
        for (size_t i = 0; i < d.n; i++)
            weight[i] = 2;
        for (int e = 0; e < d.exits; e++) {
            ((int64_t *)d.segment)[e] *= 10;
            ((int64_t *)d.head)[e] *= 10;
            for (size_t i = 0; i < d.n / 2; i++) {
                size_t a = (size_t)e * d.n + i,
                       b = (size_t)e * d.n + d.n - 1 - i;
                double s = score[a];
                uint8_t r = right[a];

                score[a] = score[b];
                score[b] = s;
                right[a] = right[b];
                right[b] = r;
            }
        }
        d.weight = weight;
        o.floor *= 2;
        assert_int_equal(solve_best(&d, &o, &got, NULL), ST_OK);
        assert_int_equal(got.status, SOLVE_OPTIMAL);
        assert_int_equal(got.tally.cost, 20 * want.tally.cost);
        free(weight);
        generate_clear(&d);
    }
}

static bool
at_once(void *ctx, const struct solve_progress *p)
{
    (void)p;
    return --*(int *)ctx <= 0;
}

static void
a_stopped_search_has_a_plan_and_a_bound(void **state)
{
    struct solve_result full, got;
    struct solve_options o;
    struct solve_data d;

    (void)state;
    make(&d, &o, 1);
    assert_int_equal(solve_best(&d, &o, &full, NULL), ST_OK);
    o.threads = 2;
    for (int calls = 1; calls <= 9; calls += 4) {
        int left = calls;

        o.watch = at_once;
        o.watch_ctx = &left;
        assert_int_equal(solve_best(&d, &o, &got, NULL), ST_OK);
        assert_int_equal(got.status, SOLVE_FEASIBLE);
        assert_true(got.tally.right >= o.floor);
        assert_true(got.lower > 0 && got.lower <= full.tally.cost);
        assert_true(got.tally.cost >= full.tally.cost);
        assert_true(got.gap > 0 && got.gap < 1);
    }
    generate_clear(&d);
}

static void
each_point_of_a_large_front_has_a_true_bound(void **state)
{
    struct solve_front f;
    struct solve_options o;
    struct solve_data d;

    (void)state;
    make(&d, &o, 2);
    o.floor = 0;
    assert_int_equal(solve_front(&d, &o, 6, &f, NULL), ST_OK);
    assert_false(f.complete);
    assert_true(f.n >= 4 && f.n <= 6);
    for (size_t i = 0; i < f.n; i++) {
        const struct solve_point *pt = &f.points[i];
        struct solve_tally t;
        struct solve_result best;

        assert_int_equal(solve_eval(&d, &pt->plan, &t, NULL), ST_OK);
        assert_int_equal(t.cost, pt->cost);
        assert_int_equal(t.right, pt->right);
        assert_true(
            i == 0 || (pt->cost < pt[-1].cost && pt->right < pt[-1].right));
        o.floor = pt->right;
        assert_int_equal(solve_best(&d, &o, &best, NULL), ST_OK);
        assert_int_equal(best.status, SOLVE_OPTIMAL);
        assert_true(pt->lower <= best.tally.cost);
        assert_true(best.tally.cost <= pt->cost);
        assert_true(pt->lower > pt->cost / 2);
    }
    solve_front_clear(&f);
    generate_clear(&d);
}

/* Without a floor too it goes from the full network's accuracy downwards. */
static void
a_large_front_without_floor_has_both_ends(void **state)
{
    struct solve_front f;
    struct solve_options o;
    struct solve_data d;

    (void)state;
    make(&d, &o, 3);
    o.floor = 0;
    assert_int_equal(solve_front(&d, &o, 12, &f, NULL), ST_OK);
    assert_true(f.n >= 8 && f.n <= 12);
    assert_true(f.points[0].right >= generate_full(&d));
    assert_true(f.points[f.n - 1].cost < f.points[0].cost / 2);
    solve_front_clear(&f);
    generate_clear(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_threads_changes_nothing),
        cmocka_unit_test(bounds_only_ever_close_in),
        cmocka_unit_test(order_weight_and_unit_do_not_matter),
        cmocka_unit_test(a_stopped_search_has_a_plan_and_a_bound),
        cmocka_unit_test(each_point_of_a_large_front_has_a_true_bound),
        cmocka_unit_test(a_large_front_without_floor_has_both_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
