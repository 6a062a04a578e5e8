/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "search/certify/bootstrap.h"
#include "search/certify/draw.h"

enum { N = 12, EXITS = 3, DRAWS = 60 };

/* A small network, its costs with intervals. */
struct world {
    double score[2 * N];
    uint8_t right[EXITS * N];
    int64_t segment[EXITS], head[EXITS];
    struct bootstrap_part seg[EXITS], hd[EXITS];
    struct solve_data d;
};

static struct bootstrap_part
around(double median, double lo, double hi)
{
    return (struct bootstrap_part){ .median = median, .lo = lo, .hi = hi };
}

static void
make(struct world *w, uint64_t seed)
{
    struct rng rng = { .state = seed };

    *w = (struct world){ .head = { 90, 80, 0 },
        .segment = { 1000, 1000, 1000 } };
    for (int i = 0; i < 2 * N; i++)
        w->score[i] = (double)rng_below(&rng, 7);
    for (int i = 0; i < EXITS * N; i++)
        w->right[i] = rng_below(&rng, 10) < 5 + (uint64_t)(i / N) * 2;
    for (int e = 0; e < EXITS; e++) {
        double s = (double)w->segment[e], h = (double)w->head[e];

        w->seg[e] = around(s, s * 0.7, s * 1.2);
        w->hd[e] = around(h, h * 0.2, h * 4);
    }
    w->d = (struct solve_data){ .n = N,
        .exits = EXITS,
        .score = w->score,
        .right = w->right,
        .segment = w->segment,
        .head = w->head };
}

/* The least cost at the floor, over every plan there is. */
static int64_t
cheapest(const struct world *w, const int64_t *cost, int64_t floor)
{
    struct solve_data d = w->d;
    int64_t best = INT64_MAX;

    d.segment = cost;
    d.head = cost + EXITS;
    for (int a = 0; a <= 7; a++)
        for (int b = 0; b <= 7; b++) {
            struct solve_plan plan = { .kept = 4 | (uint64_t)(a < 7) |
                                               (uint64_t)(b < 7) << 1,
                .threshold = { a, b } };
            struct solve_tally t;

            assert_int_equal(solve_eval(&d, &plan, &t, NULL), ST_OK);
            if (t.right >= floor && t.cost < best)
                best = t.cost;
        }
    return best;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
every_draw_searched_gives_what_brute_force_gives(void **state)
{
    int surely = 0, unsure = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct bootstrap_options o = { DRAWS, DRAWS, 0.5, seed };
        int64_t cost[2 * EXITS];
        double mine[DRAWS], mean = 0;
        struct solve_options so;
        struct solve_result r;
        struct bootstrap got;
        struct world w;
        struct draw dr;
        int best = 0;

        make(&w, seed);
        solve_options_init(&so);
        so.floor = 6;
        assert_int_equal(solve_best(&w.d, &so, &r, NULL), ST_OK);
        if (r.status == SOLVE_INFEASIBLE)
            continue;
        assert_int_equal(
            bootstrap_run(&w.d, &so, &r.plan, w.seg, w.hd, &o, &got, NULL),
            ST_OK);
        assert_int_equal(draw_init(&dr, EXITS, w.seg, w.hd, &o, NULL), ST_OK);
        for (int i = 0; i < DRAWS; i++) {
            struct solve_data d = w.d;
            struct solve_tally t;
            int64_t least;

            draw_costs(&dr, i, cost);
            d.segment = cost;
            d.head = cost + EXITS;
            assert_int_equal(solve_eval(&d, &r.plan, &t, NULL), ST_OK);
            least = cheapest(&w, cost, so.floor);
            best += t.cost == least;
            mean += (double)(t.cost - least) / (double)least / DRAWS;
            mine[i] = (double)t.cost / N * 0.5;
        }
        draw_clear(&dr);
        qsort(mine, DRAWS, sizeof(*mine), by_value);
        assert_true(got.chance_best == (double)best / DRAWS);
        assert_true(fabs(got.regret_mean - mean) < 1e-12);
        assert_true(got.from == BOOTSTRAP_INTERVALS);
        assert_true(got.lo >= mine[1] && got.lo <= mine[2]);
        assert_true(got.hi >= mine[DRAWS - 3] && got.hi <= mine[DRAWS - 2]);
        assert_true(
            got.median >= mine[DRAWS / 2 - 1] && got.median <= mine[DRAWS / 2]);
        surely += best == DRAWS;
        unsure += best < DRAWS;
    }
    assert_true(surely > 3 && unsure > 3); /* both kinds were met */
}

static void
fewer_searches_only_ever_flatter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        double last = 1;

        for (int solves = 0; solves <= DRAWS; solves += 12) {
            struct bootstrap_options o = { DRAWS, solves, 1, seed };
            struct solve_options so;
            struct solve_result r;
            struct bootstrap got;
            struct world w;

            make(&w, seed);
            solve_options_init(&so);
            so.floor = 5;
            assert_int_equal(solve_best(&w.d, &so, &r, NULL), ST_OK);
            assert_int_equal(
                bootstrap_run(&w.d, &so, &r.plan, w.seg, w.hd, &o, &got, NULL),
                ST_OK);
            assert_true(got.chance_best <= last);
            assert_true(solves > 0 || got.chance_best == 1);
            last = got.chance_best;
        }
    }
}

static bool
no_time(void *ctx, const struct solve_progress *p)
{
    (void)ctx;
    (void)p;
    return true;
}

static void
searches_that_there_was_no_time_for_are_not_counted(void **state)
{
    struct bootstrap_options o;
    struct solve_options so;
    struct solve_plan plan;
    struct bootstrap got;
    struct world w;

    (void)state;
    make(&w, 3);
    bootstrap_options_init(&o);
    solve_options_init(&so);
    so.watch = no_time;
    solve_plan_full(&w.d, &plan);
    assert_int_equal(
        bootstrap_run(&w.d, &so, &plan, w.seg, w.hd, &o, &got, NULL), ST_OK);
    assert_int_equal(got.solves, 0);
    assert_int_equal(got.draws, 1000);
    assert_true(got.lo < got.hi);
}

static void
costs_without_any_spread_leave_no_doubt(void **state)
{
    struct bootstrap_options o;
    struct solve_options so;
    struct solve_result r;
    struct bootstrap got;
    struct world w;

    (void)state;
    make(&w, 3);
    for (int e = 0; e < EXITS; e++) {
        w.seg[e].lo = w.seg[e].hi = w.seg[e].median;
        w.hd[e].lo = w.hd[e].hi = w.hd[e].median;
    }
    bootstrap_options_init(&o);
    solve_options_init(&so);
    assert_int_equal(solve_best(&w.d, &so, &r, NULL), ST_OK);
    assert_int_equal(
        bootstrap_run(&w.d, &so, &r.plan, w.seg, w.hd, &o, &got, NULL), ST_OK);
    assert_int_equal(got.from, BOOTSTRAP_NOTHING);
    assert_true(got.chance_best == 1 && got.regret_hi == 0);
    assert_true(got.lo == got.hi && got.lo == (double)r.tally.cost / N);
}

static void
intervals_are_drawn_as_wide_as_they_are(void **state)
{
    struct bootstrap_part seg = around(1e6, 9e5, 1.3e6), hd = around(0, 0, 0);
    struct bootstrap_options o;
    int below = 0, above = 0, low = 0, n = 20000;
    struct draw dr;

    (void)state;
    bootstrap_options_init(&o);
    assert_int_equal(draw_init(&dr, 1, &seg, &hd, &o, NULL), ST_OK);
    for (int i = 0; i < n; i++) {
        int64_t cost[2];

        draw_costs(&dr, i, cost);
        below += cost[0] < 900000;
        above += cost[0] > 1300000;
        low += cost[0] < 1000000;
        assert_true(cost[1] == 0);
    }
    draw_clear(&dr);
    /* 2.5 % on each side, half below the median: four deviations. */
    assert_in_range(below, 500 - 90, 500 + 90);
    assert_in_range(above, 500 - 90, 500 + 90);
    assert_in_range(low, 10000 - 290, 10000 + 290);
}

static void
parts_of_the_same_rounds_move_together(void **state)
{
    double a[15], b[15], c[16];
    struct bootstrap_part seg[2] = { { 100, 90, 110, a, 15 },
        { 200, 180, 220, b, 15 } };
    struct bootstrap_part hd[2] = { { 100, 90, 110, c, 16 },
        { .median = 7, .lo = 7, .hi = 7 } };
    struct bootstrap_options o;
    int apart = 0, moved = 0;
    int64_t cost[4], first = 0;
    struct draw dr;

    (void)state;
    for (int i = 0; i < 15; i++) {
        a[i] = 1000 + i * 37 % 15;
        b[i] = 2 * a[i];
        c[i] = a[i];
    }
    c[15] = a[0];
    bootstrap_options_init(&o);
    assert_int_equal(draw_init(&dr, 2, seg, hd, &o, NULL), ST_OK);
    assert_int_equal(dr.from, BOOTSTRAP_EPOCHS);
    for (int i = 0; i < 200; i++) {
        draw_costs(&dr, i, cost);
        first = i ? first : cost[0];
        assert_int_equal(cost[1], 2 * cost[0]);
        assert_in_range(cost[0], 1000, 1014);
        assert_int_equal(cost[3], 7);
        apart += cost[2] != cost[0];
        moved += cost[0] != first;
    }
    draw_clear(&dr);
    assert_true(apart > 100 && moved > 100);
}

/* The spread of a median of n values is about 1.25 sd / sqrt(n); where runs of
 * neighbours are alike, blocks must widen it. */
static void
neighbours_that_are_alike_are_drawn_in_blocks(void **state)
{
    double apart[80], alike[80];
    struct bootstrap_options o;
    double sd[2];

    (void)state;
    for (int i = 0; i < 80; i++) {
        apart[i] = 1e6 + 1000 * (i * 31 % 80);
        alike[i] = 1e6 + 1000 * (i / 8 * 3 % 10 * 8 + i % 8);
    }
    bootstrap_options_init(&o);
    for (int k = 0; k < 2; k++) {
        struct bootstrap_part seg = { 1e6, 1e6, 1e6, k ? alike : apart, 80 },
                              hd = around(0, 0, 0);
        double sum = 0, squares = 0;
        struct draw dr;

        assert_int_equal(draw_init(&dr, 1, &seg, &hd, &o, NULL), ST_OK);
        for (int i = 0; i < 2000; i++) {
            int64_t cost[2];

            draw_costs(&dr, i, cost);
            sum += (double)cost[0] - 1e6;
            squares += ((double)cost[0] - 1e6) * ((double)cost[0] - 1e6);
        }
        draw_clear(&dr);
        sd[k] = sqrt(squares / 2000 - sum / 2000 * sum / 2000);
    }
    assert_true(sd[1] > 1.5 * sd[0]);
}

static void
draws_out_of_range_and_impossible_costs_are_refused(void **state)
{
    struct bootstrap_options o;
    struct solve_options so;
    struct solve_plan plan;
    struct bootstrap got;
    struct err err = { 0 };
    struct world w;

    (void)state;
    make(&w, 1);
    solve_plan_full(&w.d, &plan);
    solve_options_init(&so);
    for (int i = 0; i < 5; i++) {
        bootstrap_options_init(&o);
        if (i == 0)
            o.draws = 9;
        if (i == 1)
            o.draws = BOOTSTRAP_DRAWS_MAX + 1;
        if (i == 2)
            o.solves = o.draws + 1;
        if (i == 3)
            o.quantum = 0;
        if (i == 4)
            w.seg[1].lo = w.seg[1].hi + 1;
        err_clear(&err);
        assert_int_equal(
            bootstrap_run(&w.d, &so, &plan, w.seg, w.hd, &o, &got, &err),
            ST_INVALID);
        assert_string_equal(err.code, "search.bootstrap");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_draw_searched_gives_what_brute_force_gives),
        cmocka_unit_test(fewer_searches_only_ever_flatter),
        cmocka_unit_test(searches_that_there_was_no_time_for_are_not_counted),
        cmocka_unit_test(costs_without_any_spread_leave_no_doubt),
        cmocka_unit_test(intervals_are_drawn_as_wide_as_they_are),
        cmocka_unit_test(parts_of_the_same_rounds_move_together),
        cmocka_unit_test(neighbours_that_are_alike_are_drawn_in_blocks),
        cmocka_unit_test(draws_out_of_range_and_impossible_costs_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
