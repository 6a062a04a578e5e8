/* SPDX-License-Identifier: MIT */
/* Premodels, sets and cross-validation against slow and obvious ones: sort all
 * distances, try every split by counting, write the densities out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "search/select/cross.h"

enum { N = 120, D = 3, CLASSES = 3, CONFIGS = 4, FOLDS = 5 };

static double xs[N * D];
static uint8_t ys[N];

/* Classes that overlap; features in steps, so that ties are frequent. */
static void
make(uint64_t seed)
{
    struct rng rng = { seed };

    for (size_t i = 0; i < N; i++) {
        ys[i] = (uint8_t)rng_below(&rng, CLASSES);
        for (int j = 0; j < D; j++)
            xs[i * D + (size_t)j] =
                (double)(rng_below(&rng, 6) + (ys[i] == j ? 3 : 0)) / 8;
    }
}

/* ---- the obvious premodels ---- */

static int
vote(const size_t *count)
{
    int best = 0;

    for (int c = 1; c < CLASSES; c++)
        if (count[c] > count[best])
            best = c;
    return best;
}

static int
slow_knn(const double *x)
{
    bool used[N] = { false };
    size_t count[CLASSES] = { 0 };

    for (int k = 0; k < 5; k++) {
        size_t best = N;
        double least = INFINITY;

        for (size_t i = 0; i < N; i++) {
            double d = 0;

            for (size_t j = 0; j < D; j++)
                d += (xs[i * D + j] - x[j]) * (xs[i * D + j] - x[j]);
            if (!used[i] && d < least) {
                least = d;
                best = i;
            }
        }
        used[best] = true;
        count[ys[best]]++;
    }
    return vote(count);
}

static int
slow_bayes(const double *x)
{
    double mean[CLASSES][D] = { { 0 } }, var[CLASSES][D] = { { 0 } };
    double n[CLASSES] = { 0 }, top = 0, most = -INFINITY;
    int best = 0;

    for (size_t i = 0; i < N; i++)
        n[ys[i]]++;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            mean[ys[i]][j] += xs[i * D + j] / n[ys[i]];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            var[ys[i]][j] += pow(xs[i * D + j] - mean[ys[i]][j], 2) / n[ys[i]];
    for (int c = 0; c < CLASSES; c++)
        for (int j = 0; j < D; j++)
            top = fmax(top, var[c][j]);
    for (int c = 0; c < CLASSES; c++) {
        double p = n[c] / N;

        for (int j = 0; j < D; j++) {
            double v = var[c][j] + 1e-9 * top;

            p *= exp(-pow(x[j] - mean[c][j], 2) / (2 * v)) / sqrt(v);
        }
        if (p > most) {
            most = p;
            best = c;
        }
    }
    return best;
}

/* Gini impurity times rows of those in `in` that lie on one side. */
static double
side(const bool *in, size_t j, double threshold, bool left, size_t *rows)
{
    double count[CLASSES] = { 0 }, n = 0, gini;

    for (size_t i = 0; i < N; i++)
        if (in[i] && (xs[i * D + j] <= threshold) == left) {
            count[ys[i]]++;
            n++;
        }
    *rows = (size_t)n;
    gini = n;
    for (int c = 0; n > 0 && c < CLASSES; c++)
        gini -= count[c] * count[c] / n;
    return gini;
}

/* Walk down with x, looking for the best split of what is left each time. */
static int
slow_tree(const double *x)
{
    size_t count[CLASSES] = { 0 }, all;
    bool in[N];

    memset(in, 1, sizeof(in));
    for (int depth = 0; depth < 16; depth++) {
        double best = side(in, 0, INFINITY, true, &all), at = 0;
        int feature = -1;

        if (best <= 0 || all < 10)
            break;
        for (size_t j = 0; j < D; j++)
            for (int step = 0; step < 16; step++) {
                double t = (step + 0.5) / 8;
                size_t a, b;
                double g = side(in, j, t, true, &a) + side(in, j, t, false, &b);

                if (a >= 5 && b >= 5 && g < best - 1e-9) {
                    best = g;
                    at = t;
                    feature = (int)j;
                }
            }
        if (feature < 0)
            break;
        for (size_t i = 0; i < N; i++)
            in[i] = in[i] &&
                    (xs[i * D + (size_t)feature] <= at) == (x[feature] <= at);
    }
    for (size_t i = 0; i < N; i++)
        count[ys[i]] += in[i];
    return vote(count);
}

static void
premodels_decide_as_the_obvious_ones_do(void **state)
{
    static int (*const slow[])(
        const double *x) = { slow_knn, slow_tree, slow_bayes };

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        make(seed);
        for (size_t k = 0; premodel_kinds[k] != NULL; k++) {
            struct premodel_rows rows = { xs, ys, N, D, CLASSES };
            size_t bytes = 0;
            void *model;

            assert_int_equal(
                premodel_kinds[k]->train(&rows, &model, &bytes, NULL), ST_OK);
            assert_true(bytes > 0);
            for (size_t i = 0; i < N; i++)
                if (premodel_kinds[k]->predict(model, xs + i * D) !=
                    slow[k](xs + i * D))
                    fail_msg("%s, seed %d, row %zu", premodel_kinds[k]->name,
                        (int)seed, i);
            free(model);
        }
    }
}

/* ---- sets ---- */

static double cost[CONFIGS * N];
static uint8_t right[CONFIGS * N];
static const struct select_table table = { N, CONFIGS, cost, right };

static void
make_table(uint64_t seed)
{
    struct rng rng = { seed };

    make(seed);
    for (size_t c = 0; c < CONFIGS; c++)
        for (size_t i = 0; i < N; i++) {
            cost[c * N + i] = (double)(c + 1 + rng_below(&rng, 2));
            right[c * N + i] =
                rng_below(&rng, 10) < 4 + c || (c < CLASSES && ys[i] == c);
        }
}

static void
labels_are_the_cheapest_right_ones(void **state)
{
    struct select_set all;

    (void)state;
    make_table(3);
    select_all(&table, &all);
    for (size_t i = 0; i < N; i++) {
        int label = select_label(&table, &all, i), none = 1;

        for (int c = 0; c < CONFIGS; c++)
            if (right[(size_t)c * N + i]) {
                none = 0;
                assert_true(label != SELECT_NONE);
                assert_true(
                    cost[(size_t)label * N + i] < cost[(size_t)c * N + i] ||
                    (cost[(size_t)label * N + i] == cost[(size_t)c * N + i] &&
                        label <= c));
            }
        assert_int_equal(label == SELECT_NONE, none);
    }
}

static double
covered(unsigned members)
{
    size_t n = 0;

    for (size_t i = 0; i < N; i++) {
        int any = 0;

        for (unsigned c = 0; c < CONFIGS; c++)
            any |= members >> c & 1 && right[c * N + i];
        n += (size_t)any;
    }
    return (double)n / N;
}

static void
a_set_grows_by_the_largest_gain_until_it_is_small(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct select_set s;
        unsigned in;

        make_table(seed);
        select_choose(&table, SELECT_ACCURACY, 0.02, &s);
        in = 1U << s.member[0];
        for (int k = 1; k < s.n; k++) {
            double gain = covered(in | 1U << s.member[k]) - covered(in);

            assert_true(gain > 0.02);
            for (unsigned c = 0; c < CONFIGS; c++)
                assert_true(
                    covered(in | 1U << c) - covered(in) <= gain + 1e-12);
            in |= 1U << s.member[k];
        }
        assert_float_equal(select_coverage(&table, &s), covered(in), 1e-12);
        for (unsigned c = 0; c < CONFIGS; c++)
            assert_true(covered(in | 1U << c) - covered(in) <= 0.02 + 1e-12);
    }
}

static void
nothing_chosen_is_never_a_success(void **state)
{
    uint8_t chosen[N];
    struct select_outcome o;

    (void)state;
    make_table(5);
    memset(right, 1, sizeof(right));
    memset(chosen, SELECT_NONE, sizeof(chosen));
    o = select_judge(&table, chosen, 7);
    assert_true(o.cost == 7 && o.accuracy == 0 && o.declined == 1);
}

/* ---- cross-validation ---- */

/* A fold's choice must not move when that fold's own answers do. */
static void
a_sample_is_not_chosen_for_by_what_has_seen_it(void **state)
{
    uint8_t fold[N], before[N], after[N];
    const struct select_ask ask = { &table, xs, D, fold, FOLDS, SELECT_ACCURACY,
        0.01 };
    size_t bytes;

    (void)state;
    make_table(9);
    for (size_t i = 0; i < N; i++)
        fold[i] = (uint8_t)(i % FOLDS);
    for (size_t k = 0; premodel_kinds[k] != NULL; k++)
        for (int shape = SELECT_CASCADE; shape <= SELECT_SINGLE; shape++) {
            assert_int_equal(
                select_cross(&ask, premodel_kinds[k], (enum select_shape)shape,
                    before, &bytes, NULL),
                ST_OK);
            for (size_t i = 0; i < N; i += FOLDS) /* all of fold 0 */
                for (size_t c = 0; c < CONFIGS; c++)
                    right[c * N + i] = !right[c * N + i];
            assert_int_equal(select_cross(&ask, premodel_kinds[k],
                                 (enum select_shape)shape, after, &bytes, NULL),
                ST_OK);
            for (size_t i = 0; i < N; i += FOLDS)
                assert_int_equal(before[i], after[i]);
            assert_memory_not_equal(before, after, N);
        }
}

/* What a feature tells outright is learned: configuration 0 is right where
 * the first feature is low, 1 where it is high. */
static void
a_cascade_learns_what_a_feature_tells(void **state)
{
    uint8_t fold[N], chosen[N];
    const struct select_ask ask = { &table, xs, D, fold, FOLDS, SELECT_ACCURACY,
        0 };
    size_t bytes;

    (void)state;
    make_table(2);
    for (size_t i = 0; i < N; i++) {
        fold[i] = (uint8_t)(i / 7 % FOLDS);
        xs[i * D] = i % 2 ? 10 : 0;
        for (size_t c = 0; c < CONFIGS; c++)
            right[c * N + i] = c == i % 2;
    }
    for (size_t k = 0; premodel_kinds[k] != NULL; k++)
        for (int shape = SELECT_CASCADE; shape <= SELECT_SINGLE; shape++) {
            assert_int_equal(
                select_cross(&ask, premodel_kinds[k], (enum select_shape)shape,
                    chosen, &bytes, NULL),
                ST_OK);
            assert_true(select_judge(&table, chosen, 0).accuracy > 0.95);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(premodels_decide_as_the_obvious_ones_do),
        cmocka_unit_test(labels_are_the_cheapest_right_ones),
        cmocka_unit_test(a_set_grows_by_the_largest_gain_until_it_is_small),
        cmocka_unit_test(nothing_chosen_is_never_a_success),
        cmocka_unit_test(a_sample_is_not_chosen_for_by_what_has_seen_it),
        cmocka_unit_test(a_cascade_learns_what_a_feature_tells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
