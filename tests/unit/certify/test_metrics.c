/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "search/certify/metrics.h"

enum { POINTS = 40 };

static const double ones[PARETO_DIMS_MAX] = { 1, 1, 1, 1 };

/* Coordinates on a coarse lattice, so that some are equal; a few beyond 1. */
static void
scatter(double *v, int n, int dims, uint64_t seed)
{
    struct rng rng = { .state = seed };

    for (int i = 0; i < n * dims; i++)
        v[i] = (double)rng_below(&rng, 12) / 10;
}

/* The volume of a union of boxes that end on a lattice of tenths: count the
 * cells. */
static double
cells(const double *v, int n, int dims)
{
    int all = 1, filled = 0;

    for (int k = 0; k < dims; k++)
        all *= 10;
    for (int c = 0; c < all; c++) {
        bool in = false;

        for (int i = 0; i < n && !in; i++) {
            in = true;
            for (int k = 0, at = c; k < dims; k++, at /= 10)
                in &= v[i * dims + k] < at % 10 / 10.0 + 0.05;
        }
        filled += in;
    }
    return (double)filled / all;
}

static void
the_hypervolume_is_the_number_of_cells_filled(void **state)
{
    double v[POINTS * PARETO_DIMS_MAX], got;

    (void)state;
    for (int dims = 1; dims <= PARETO_DIMS_MAX; dims++)
        for (int n = 0; n <= POINTS; n += n < 4 ? 1 : 9)
            for (uint64_t seed = 1; seed <= 20; seed++) {
                scatter(v, n, dims, seed * 97);
                assert_int_equal(
                    pareto_hypervolume(v, (size_t)n, dims, ones, &got, NULL),
                    ST_OK);
                if (fabs(got - cells(v, n, dims)) > 1e-9)
                    fail_msg("%d points in %d dimensions: %g, not %g", n, dims,
                        got, cells(v, n, dims));
            }
}

static void
only_points_that_no_other_beats_are_marked(void **state)
{
    double v[POINTS * PARETO_DIMS_MAX], some, all;
    bool keep[POINTS];

    (void)state;
    for (int dims = 1; dims <= PARETO_DIMS_MAX; dims++)
        for (uint64_t seed = 1; seed <= 50; seed++) {
            double left[POINTS * PARETO_DIMS_MAX];
            size_t m = 0;

            scatter(v, POINTS, dims, seed);
            pareto_mark(v, POINTS, dims, keep);
            for (int i = 0; i < POINTS; i++)
                for (int j = 0; j < POINTS && keep[i]; j++) {
                    bool beats = i != j, same = true;

                    for (int k = 0; k < dims; k++) {
                        beats &= v[j * dims + k] <= v[i * dims + k];
                        same &= v[j * dims + k] == v[i * dims + k];
                    }
                    assert_false(beats && (!same || keep[j]));
                }
            /* The others add nothing. */
            for (int i = 0; i < POINTS; i++)
                if (keep[i])
                    memcpy(&left[(int)m++ * dims], &v[i * dims],
                        (size_t)dims * sizeof(*v));
            assert_int_equal(
                pareto_hypervolume(left, m, dims, ones, &some, NULL), ST_OK);
            assert_int_equal(
                pareto_hypervolume(v, POINTS, dims, ones, &all, NULL), ST_OK);
            assert_true(fabs(some - all) < 1e-12);
        }
}

static void
the_knee_is_farthest_from_the_line_between_the_ends(void **state)
{
    static const double v[] = { 0, 100, 1, 60, 2, 30, 3, 8, 6, 4, 10, 0 };
    static const double same[] = { 5, 5, 5, 5 };

    (void)state;
    assert_int_equal(pareto_knee(v, 6, 2), 3);
    assert_int_equal(pareto_knee(v, 1, 2), 0);
    assert_int_equal(pareto_knee(same, 2, 2), 0);
}

enum { N = 30, EXITS = 3 };

struct world {
    double score[(EXITS - 1) * N];
    uint8_t right[EXITS * N];
    int64_t segment[METRICS_MAX][EXITS], head[METRICS_MAX][EXITS];
    struct metrics_costs metric[METRICS_MAX];
    struct solve_data d;
};

static void
make(struct world *w, uint64_t seed)
{
    struct rng rng = { .state = seed };

    *w = (struct world){ 0 };
    for (int i = 0; i < (EXITS - 1) * N; i++)
        w->score[i] = (double)rng_below(&rng, 6);
    for (int i = 0; i < EXITS * N; i++)
        w->right[i] = rng_below(&rng, 10) < 4 + (uint64_t)(i / N) * 2;
    for (int m = 0; m < METRICS_MAX; m++) {
        for (int e = 0; e < EXITS; e++) {
            w->segment[m][e] = 100 + (int64_t)rng_below(&rng, 1000);
            w->head[m][e] = e < EXITS - 1 ? (int64_t)rng_below(&rng, 60) : 0;
        }
        w->metric[m] = (struct metrics_costs){ w->segment[m], w->head[m] };
    }
    w->d = (struct solve_data){ .n = N,
        .exits = EXITS,
        .score = w->score,
        .right = w->right,
        .segment = w->segment[0],
        .head = w->head[0] };
}

/* Is (cost in each metric, right) beaten by any plan there is? */
static bool
is_beaten(const struct world *w, const struct metrics_point *pt, int metrics)
{
    for (int a = 0; a <= 6; a++)
        for (int b = 0; b <= 6; b++) {
            struct solve_plan plan = { .kept = 4 | (uint64_t)(a < 6) |
                                               (uint64_t)(b < 6) << 1,
                .threshold = { a, b } };
            bool covers = true, better = false;
            struct solve_tally t;

            for (int m = 0; m < metrics; m++) {
                struct solve_data d = w->d;

                d.segment = w->segment[m];
                d.head = w->head[m];
                assert_int_equal(solve_eval(&d, &plan, &t, NULL), ST_OK);
                covers &= t.cost <= pt->cost[m];
                better |= t.cost < pt->cost[m];
            }
            covers &= t.right >= pt->right;
            better |= t.right > pt->right;
            if (covers && better)
                return true;
        }
    return false;
}

static void
no_plan_beats_a_point_of_several_metrics(void **state)
{
    int many = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        int metrics = 1 + (int)(seed % METRICS_MAX);
        struct metrics_front f;
        struct solve_options so;
        struct world w;

        make(&w, seed);
        solve_options_init(&so);
        so.grid = SOLVE_GRID_ALL;
        so.floor = 10;
        assert_int_equal(
            metrics_make(&w.d, &so, w.metric, metrics, 0, &f, NULL), ST_OK);
        assert_true(f.complete);
        assert_true(f.n > 0 && f.knee < f.n);
        assert_true(f.hypervolume > 0 && f.hypervolume < 1);
        for (size_t i = 0; i < f.n; i++) {
            assert_true(f.points[i].right >= so.floor);
            assert_true(i == 0 || f.points[i].right <= f.points[i - 1].right);
            assert_false(is_beaten(&w, &f.points[i], metrics));
        }
        many += f.n > 8;
        metrics_clear(&f);
    }
    assert_true(many > 20);
}

static void
one_metric_gives_the_front_of_the_solver(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct metrics_front f;
        struct solve_front want;
        struct solve_options so;
        struct world w;

        make(&w, seed);
        solve_options_init(&so);
        assert_int_equal(
            metrics_make(&w.d, &so, w.metric, 1, 0, &f, NULL), ST_OK);
        assert_int_equal(solve_front(&w.d, &so, 0, &want, NULL), ST_OK);
        assert_int_equal(f.n, want.n);
        for (size_t i = 0; i < f.n; i++) {
            assert_int_equal(f.points[i].cost[0], want.points[i].cost);
            assert_int_equal(f.points[i].right, want.points[i].right);
        }
        metrics_clear(&f);
        solve_front_clear(&want);
    }
}

/* Time for so many fronts. */
static bool
count_down(void *ctx, const struct solve_progress *p)
{
    int *left = ctx;

    (void)p;
    return (*left)-- <= 0;
}

static void
what_there_was_no_time_for_is_not_called_complete(void **state)
{
    struct metrics_front f;
    struct solve_options so;
    struct world w;
    int left = 0;

    (void)state;
    make(&w, 4);
    solve_options_init(&so);
    so.watch = count_down;
    so.watch_ctx = &left;
    assert_int_equal(metrics_make(&w.d, &so, w.metric, 2, 0, &f, NULL), ST_OK);
    assert_int_equal(f.n, 0);
    assert_false(f.complete);
    metrics_clear(&f);
}

static void
limits_hold_for_every_point(void **state)
{
    struct metrics_front f;
    struct solve_options so;
    struct solve_tally t;
    struct world w;

    (void)state;
    make(&w, 4);
    solve_options_init(&so);
    so.worst_case =
        w.segment[0][0] + w.segment[0][1] + w.segment[0][2] + w.head[0][1];
    so.max_early = 1;
    assert_int_equal(metrics_make(&w.d, &so, w.metric, 3, 0, &f, NULL), ST_OK);
    assert_true(f.n > 0);
    for (size_t i = 0; i < f.n; i++) {
        assert_int_equal(solve_eval(&w.d, &f.points[i].plan, &t, NULL), ST_OK);
        assert_true(t.worst <= so.worst_case);
        assert_true(__builtin_popcountll(f.points[i].plan.kept) <= 2);
    }
    metrics_clear(&f);
    so.worst_case = 1;
    assert_int_equal(metrics_make(&w.d, &so, w.metric, 2, 0, &f, NULL), ST_OK);
    assert_int_equal(f.n, 0);
    metrics_clear(&f);
    assert_int_equal(
        metrics_make(&w.d, &so, w.metric, 4, 0, &f, NULL), ST_INVALID);
    assert_int_equal(
        metrics_make(&w.d, &so, w.metric, 0, 0, &f, NULL), ST_INVALID);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hypervolume_is_the_number_of_cells_filled),
        cmocka_unit_test(only_points_that_no_other_beats_are_marked),
        cmocka_unit_test(the_knee_is_farthest_from_the_line_between_the_ends),
        cmocka_unit_test(no_plan_beats_a_point_of_several_metrics),
        cmocka_unit_test(one_metric_gives_the_front_of_the_solver),
        cmocka_unit_test(what_there_was_no_time_for_is_not_called_complete),
        cmocka_unit_test(limits_hold_for_every_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
