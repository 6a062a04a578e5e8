/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "search/baseline/baseline.h"
#include "unit/solve/brute.h"

enum { TRIALS = 3000 };

static const struct baseline *
named(const char *name)
{
    for (int b = 0; b < BASELINES; b++)
        if (strcmp(baselines[b].name, name) == 0)
            return &baselines[b];
    fail_msg("no baseline %s", name);
    return NULL;
}

static struct baseline_result
apply(
    const char *name, const struct solve_data *d, const struct solve_options *o)
{
    struct baseline_result r;
    struct err err = { 0 };

    if (baseline_run(named(name), d, o, &r, &err) != ST_OK)
        fail_msg("%s: %s", name, err.text);
    return r;
}

/* One rule on one random case: what it reports is so, and nothing that
 * meets floor and limits is cheaper than the optimum. */
static void
check(const struct baseline *b, const struct brute_case *c,
    const struct brute_answer *want, uint64_t number)
{
    const struct solve_options *o = &c->options;
    struct baseline_result r = apply(b->name, &c->data, o);
    bool floor, allows;
    struct solve_tally t;

    if (r.status == BASELINE_NONE) {
        assert_non_null(r.why);
        return;
    }
    brute_eval(&c->data, &r.plan, &t);
    assert_int_equal(r.tally.cost, t.cost);
    assert_int_equal(r.tally.right, t.right);
    floor = t.right >= o->floor;
    allows = brute_allows(&c->data, o, &r.plan);
    if (r.status != (!allows    ? BASELINE_LIMIT
                        : floor ? BASELINE_MEETS
                                : BASELINE_FLOOR))
        fail_msg("%s, case %llu: status %d, but floor %d, limits %d", b->name,
            (unsigned long long)number, r.status, floor, allows);
    if (r.status == BASELINE_MEETS && (!want->found || t.cost < want->cost))
        fail_msg("%s, case %llu: cost %lld is below the optimum", b->name,
            (unsigned long long)number, (long long)t.cost);
}

static void
no_rule_beats_the_optimum_and_misses_are_marked(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct brute_case c;
        struct brute_answer want;

        brute_make(&c, i, i % 2);
        brute_solve(&c, &want);
        for (int b = 0; b < BASELINES; b++)
            check(&baselines[b], &c, &want, i);
    }
}

/* With one early exit these rules look at everything there is. */
static void
one_exit_leaves_no_room_for_mistakes(void **state)
{
    static const char *const exact[] = { "enumeration", "shared", "descent",
        "descent_many" };
    int seen = 0;

    (void)state;
    for (uint64_t i = 0; i < 4 * TRIALS; i++) {
        struct brute_case c;
        struct brute_answer want;

        brute_make(&c, i, false);
        if (c.data.exits != 2)
            continue;
        brute_solve(&c, &want);
        if (!want.found)
            continue;
        seen++;
        for (size_t b = 0; b < sizeof(exact) / sizeof(exact[0]); b++) {
            struct baseline_result r = apply(exact[b], &c.data, &c.options);

            assert_int_equal(r.status, BASELINE_MEETS);
            if (r.tally.cost != want.cost)
                fail_msg("%s, case %llu: %lld, not %lld", exact[b],
                    (unsigned long long)i, (long long)r.tally.cost,
                    (long long)want.cost);
        }
    }
    assert_true(seen > 500);
}

/* The cheapest plan of one threshold, by trying every number that occurs. */
static int64_t
shared_slowly(const struct brute_case *c)
{
    int early = c->data.exits - 1;
    size_t n = c->data.n, values = (size_t)early * n;
    int64_t best = INT64_MAX;

    for (size_t v = 0; v <= values; v++) {
        double value = v < values ? c->score[v] : INFINITY;
        struct solve_plan plan = { .kept = UINT64_C(1) << early };
        struct solve_tally t;

        for (int e = 0; e < early; e++)
            for (size_t i = 0; i < n; i++)
                if (c->score[(size_t)e * n + i] >= value) {
                    plan.kept |= UINT64_C(1) << e;
                    plan.threshold[e] = value;
                }
        brute_eval(&c->data, &plan, &t);
        if (t.right >= c->options.floor && t.cost < best)
            best = t.cost;
    }
    return best;
}

static void
a_shared_threshold_is_the_best_shared_threshold(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct brute_case c;
        struct baseline_result r;
        int64_t want;

        brute_make(&c, i, false);
        c.options.grid = SOLVE_GRID_ALL;
        want = shared_slowly(&c);
        r = apply("shared", &c.data, &c.options);
        assert_int_equal(r.status == BASELINE_MEETS, want != INT64_MAX);
        if (want != INT64_MAX)
            assert_int_equal(r.tally.cost, want);
    }
}

/* Two exits over 16 samples whose scores are all pairs of 1..4, so that they
 * are independent; higher scores are right. */
enum { SQUARE = 16 };

static void
make_square(struct brute_case *c)
{
    memset(c, 0, sizeof(*c));
    for (int i = 0; i < SQUARE; i++) {
        c->score[i] = i / 4 + 1;
        c->score[SQUARE + i] = i % 4 + 1;
        c->right[i] = c->score[i] > 2;
        c->right[SQUARE + i] = c->score[SQUARE + i] > 1;
        c->right[2 * SQUARE + i] = 1;
    }
    c->segment[0] = c->segment[1] = c->segment[2] = 100;
    c->head[0] = c->head[1] = 10;
    c->data = (struct solve_data){ .n = SQUARE,
        .exits = 3,
        .score = c->score,
        .right = c->right,
        .segment = c->segment,
        .head = c->head };
    solve_options_init(&c->options);
    c->options.grid = SOLVE_GRID_ALL;
    c->options.floor = SQUARE;
}

static void
independence_is_right_where_exits_are_independent(void **state)
{
    struct brute_case c;
    struct baseline_result r;

    (void)state;
    make_square(&c);
    r = apply("independent", &c.data, &c.options);
    assert_int_equal(r.status, BASELINE_MEETS);
    /* 8 leave at exit 0, 6 of the others at exit 1, 2 go to the end. */
    assert_int_equal(r.tally.cost, 8 * 110 + 6 * 220 + 2 * 320);
    assert_true(fabs(r.cost - (double)r.tally.cost) < 1e-6);
    assert_true(fabs(r.right - SQUARE) < 1e-6);
}

static void
independence_misjudges_exits_that_agree(void **state)
{
    struct brute_case c;
    struct baseline_result face, repaired;

    (void)state;
    make_square(&c);
    /* The second exit is as sure as the first, about the same samples, and
     * knows nothing of the others: nobody leaves there. */
    memcpy(c.score + SQUARE, c.score, SQUARE * sizeof(double));
    memcpy(c.right + SQUARE, c.right, SQUARE);
    c.segment[2] = 1000;
    face = apply("independent", &c.data, &c.options);
    assert_int_equal(face.tally.cost, 8 * 110 + 8 * 1220);
    assert_true(face.cost < 0.7 * (double)face.tally.cost);
    repaired = apply("independent_repaired", &c.data, &c.options);
    assert_int_equal(repaired.status, BASELINE_MEETS);
    assert_true(repaired.tally.cost <= face.tally.cost);
    assert_true(isnan(repaired.cost));
}

static void
geometric_shares_become_quantiles_of_the_survivors(void **state)
{
    struct brute_case c;
    struct baseline_result r;

    (void)state;
    make_square(&c);
    c.options.floor = 0;
    r = apply("geometric", &c.data, &c.options);
    /* The smallest ratio sends nearly all out at once, at score >= 1. */
    assert_int_equal(r.status, BASELINE_MEETS);
    assert_int_equal(r.plan.kept, 7);
    assert_true(r.plan.threshold[0] == 1);
    assert_int_equal(r.tally.left[0], SQUARE);
    /* For all right answers exit 0 may take 8 of 16 at most: half. */
    c.options.floor = SQUARE;
    r = apply("geometric", &c.data, &c.options);
    assert_int_equal(r.status, BASELINE_MEETS);
    assert_true(r.plan.threshold[0] >= 3 && r.plan.threshold[1] >= 2);
    r = apply("eenet", &c.data, &c.options);
    assert_int_equal(r.status, BASELINE_MEETS);
    assert_int_equal(r.tally.cost, 8 * 110 + 6 * 220 + 2 * 320);
}

static void
greedy_adds_what_saves_most_first(void **state)
{
    struct brute_case c;
    struct baseline_result r;

    (void)state;
    make_square(&c);
    r = apply("greedy", &c.data, &c.options);
    assert_int_equal(r.status, BASELINE_MEETS);
    /* Alone, exit 0 at >= 3 saves 8 x 200 - 160 = 1440, and exit 1 at >= 2
     * saves 12 x 100 - 160 = 1040; after exit 0, exit 1 saves 6 x 100 - 80. */
    assert_int_equal(r.tally.cost, 16 * 300 - 1440 - 520);
}

static void
screening_takes_entropies_with_a_minus(void **state)
{
    struct brute_case c;
    struct baseline_result r;

    (void)state;
    make_square(&c);
    for (int i = 0; i < 2 * SQUARE; i++)
        c.score[i] -= 5; /* -4 .. -1: an entropy of 1 is the surest */
    r = apply("branchynet", &c.data, &c.options);
    assert_int_equal(r.status, BASELINE_MEETS);
    assert_true(r.plan.threshold[0] == -2 && r.plan.threshold[1] == -3);
}

/* The released sum, edge by edge, over one path of (exit, threshold). */
static double
peax_path(
    const struct brute_case *c, const int *exit, const double *value, int early)
{
    int n = (int)c->data.n, last = c->data.exits - 1;
    double backbone = 0, sum = 0, was_m = 0, was_t = 0, was_a = 0;

    for (int e = 0; e <= last; e++)
        backbone += (double)c->segment[e];
    backbone += (double)c->head[last];
    for (int x = 0; x <= early; x++) {
        int e = x < early ? exit[x] : last;
        double m = 0, t = 0, a = 0;

        for (int j = 0; j <= e; j++)
            m += (double)c->segment[j];
        m = (m + (double)c->head[e]) / backbone;
        for (int i = 0; i < n; i++)
            if (e == last || c->score[e * n + i] >= value[x]) {
                t += 1;
                a += c->right[e * n + i];
            }
        if (t == 0)
            return INFINITY;
        a /= t;
        t /= n;
        sum += x == 0
                   ? 0.5 * m * t + 0.5 * (1 - a)
                   : 0.5 * (was_m - m) * (was_t - t) + 0.5 * (1 - (was_a - a));
        was_m = m;
        was_t = t;
        was_a = a;
    }
    return sum;
}

static const double peax_values[] = { 0.6, 0.7, 0.8, 0.9, 0.95, 0.99 };

/* The least of all paths through exits from `first` on. */
static double
peax_best(
    const struct brute_case *c, int *exit, double *value, int early, int first)
{
    double best = early ? peax_path(c, exit, value, early) : INFINITY;

    for (int e = first; e < c->data.exits - 1; e++)
        for (int v = 0; v < 6; v++) {
            double x;

            exit[early] = e;
            value[early] = peax_values[v];
            x = peax_best(c, exit, value, early + 1, e + 1);
            best = x < best ? x : best;
        }
    return best;
}

static void
peax_takes_the_shortest_path_of_its_own_graph(void **state)
{
    int found = 0;

    (void)state;
    for (uint64_t i = 0; i < 400; i++) {
        struct brute_case c;
        struct baseline_result r;
        int exit[BRUTE_E], early = 0;
        double value[BRUTE_E], want;

        brute_make(&c, i, false);
        c.data.weight = NULL;
        c.segment[0]++;
        c.options.grid = SOLVE_GRID_ALL;
        for (int s = 0; s < (c.data.exits - 1) * (int)c.data.n; s++)
            c.score[s] = 0.5 + 0.05 * (double)((s * 7 + (int)i) % 11);
        want = peax_best(&c, exit, value, 0, 0);
        r = apply("peax", &c.data, &c.options);
        assert_int_equal(r.status != BASELINE_NONE, isfinite(want));
        if (r.status == BASELINE_NONE)
            continue;
        found++;
        for (int e = 0; e < c.data.exits - 1; e++)
            if (r.plan.kept >> e & 1) {
                exit[early] = e;
                value[early++] = r.plan.threshold[e];
            }
        assert_true(fabs(peax_path(&c, exit, value, early) - want) < 1e-9);
    }
    assert_true(found > 100);
}

/* A floor that nothing meets, and a limit that a rule cannot know. */
static void
what_finds_nothing_shows_its_nearest_miss(void **state)
{
    struct brute_case c;
    struct baseline_result all, screen, most;

    (void)state;
    make_square(&c);
    c.options.floor = (int64_t)c.data.n + 1;
    all = apply("enumeration", &c.data, &c.options);
    screen = apply("branchynet", &c.data, &c.options);
    assert_int_equal(all.status, BASELINE_FLOOR);
    assert_int_equal(screen.status, BASELINE_FLOOR);
    assert_true(all.tally.right >= screen.tally.right);
    for (int64_t floor = (int64_t)c.data.n; floor > all.tally.right; floor--) {
        c.options.floor = floor;
        assert_int_equal(
            apply("enumeration", &c.data, &c.options).status, BASELINE_FLOOR);
    }
    c.options.floor = all.tally.right;
    most = apply("enumeration", &c.data, &c.options);
    assert_int_equal(most.status, BASELINE_MEETS);
    assert_int_equal(most.tally.cost, all.tally.cost);
    c.options.floor = 0;
    c.options.max_early = 1; /* the screen keeps both */
    screen = apply("branchynet", &c.data, &c.options);
    assert_int_equal(screen.status, BASELINE_LIMIT);
    assert_int_equal(__builtin_popcountll(screen.plan.kept), 3);
}

enum { MANY = 100000, MANY_EXITS = 6 };

/* Says stop the first time it is asked. */
static bool
stops_at_once(void *ctx, const struct solve_progress *p)
{
    (void)p;
    return ++*(int *)ctx > 0;
}

/* More samples than a question's worth of work holds many passes over. */
static void
a_rule_that_is_told_to_stop_gives_what_it_has(void **state)
{
    size_t cells = (size_t)MANY * MANY_EXITS;
    double *score = malloc(cells * sizeof(*score));
    uint8_t *right = malloc(cells);
    const int64_t segment[MANY_EXITS] = { 9, 9, 9, 9, 9, 9 },
                  head[MANY_EXITS] = { 1, 1, 1, 1, 1, 0 };
    struct solve_data d = { MANY, MANY_EXITS, score, right, NULL, segment,
        head };
    struct solve_options o;
    uint32_t s = 1;
    int stopped = 0;

    (void)state;
    assert_true(score != NULL && right != NULL);
    for (size_t i = 0; i < cells; i++) {
        s = s * 1664525 + 1013904223;
        score[i] = (double)(s >> 8);
        right[i] = s >> 31 | (i >= cells - MANY);
    }
    solve_options_init(&o);
    o.floor = MANY * 9 / 10;
    o.grid = 32;
    o.watch = stops_at_once;
    for (int b = 0; b < BASELINES; b++) {
        int asked = 0;
        struct baseline_result r;

        o.watch_ctx = &asked;
        assert_int_equal(baseline_run(&baselines[b], &d, &o, &r, NULL), ST_OK);
        assert_int_equal(r.stopped, asked > 0);
        assert_true(asked <= 1); /* nothing goes on after a stop */
        if (r.status == BASELINE_NONE)
            assert_non_null(r.why);
        stopped += r.stopped;
    }
    assert_true(stopped >= 3);
    free(score);
    free(right);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rule_beats_the_optimum_and_misses_are_marked),
        cmocka_unit_test(one_exit_leaves_no_room_for_mistakes),
        cmocka_unit_test(a_shared_threshold_is_the_best_shared_threshold),
        cmocka_unit_test(independence_is_right_where_exits_are_independent),
        cmocka_unit_test(independence_misjudges_exits_that_agree),
        cmocka_unit_test(geometric_shares_become_quantiles_of_the_survivors),
        cmocka_unit_test(greedy_adds_what_saves_most_first),
        cmocka_unit_test(screening_takes_entropies_with_a_minus),
        cmocka_unit_test(peax_takes_the_shortest_path_of_its_own_graph),
        cmocka_unit_test(what_finds_nothing_shows_its_nearest_miss),
        cmocka_unit_test(a_rule_that_is_told_to_stop_gives_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
