/* SPDX-License-Identifier: MIT */
/* The statistics against values worked out by hand or by counting. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "probes/measure/stats.h"

static void
close_to(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.17g is not %.17g", got, want);
}

/* Coverage of [k-th, (n+1-k)-th] of n by counting all 2^n ways in which
 * samples fall below or above the median. */
static double
count_coverage(unsigned n, unsigned k)
{
    uint64_t inside = 0, ways = UINT64_C(1) << n;

    for (uint64_t w = 0; w < ways; w++) {
        unsigned below = (unsigned)__builtin_popcountll(w);

        inside += below >= k && below <= n - k;
    }
    return (double)inside / (double)ways;
}

static void
interval_ranks_are_the_published_ones(void **state)
{
    static const struct {
        size_t n;
        double confidence;
        size_t k;
        double coverage;
    } rows[] = {
        { 5, 0.95, 0, 0 },
        { 6, 0.95, 1, 0.96875 },
        { 8, 0.95, 1, 0.9921875 },
        { 9, 0.95, 2, 0.9609375 },
        { 10, 0.95, 2, 0.978515625 },
        { 11, 0.95, 2, 0.98828125 }, /* the 98.8 % of measurement.md */
        { 11, 0.99, 1, 0.9990234375 },
        { 16, 0.95, 4, 0.97872 },
        { 20, 0.95, 6, 0.9586 },
        { 24, 0.99, 6, 0.9934 },
        { 7, 0.99, 0, 0 },
        { 8, 0.99, 1, 0.9921875 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double coverage;
        size_t k =
            stats_interval_rank(rows[i].n, rows[i].confidence, &coverage);

        assert_int_equal(k, rows[i].k);
        close_to(coverage, rows[i].coverage, 5e-5);
    }
}

static void
interval_coverage_is_what_counting_gives(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 18; n++)
        for (int c = 0; c < 3; c++) {
            double want = (double[]){ 0.9, 0.95, 0.99 }[c], coverage;
            size_t k = stats_interval_rank(n, want, &coverage);

            if (k > 0)
                close_to(coverage, count_coverage(n, (unsigned)k), 1e-9);
            /* and k is the largest that will do */
            assert_true(k + 1 > (n + 1) / 2 ||
                        count_coverage(n, (unsigned)k + 1) < want);
        }
}

static void
the_interval_holds_the_true_median_as_often_as_it_says(void **state)
{
    struct rng rng = { 99 };
    int held = 0, trials = 4000;

    (void)state;
    for (int t = 0; t < trials; t++) {
        double v[16];
        struct stats s;

        /* Skewed on purpose: no shape is assumed.  The median is ln 2. */
        for (int i = 0; i < 16; i++)
            v[i] = -log(1 - rng_unit(&rng));
        assert_int_equal(stats_of(v, 16, 0.95, &s, NULL), ST_OK);
        if (!s.autocorrelated)
            held += s.lo <= M_LN2 && M_LN2 <= s.hi;
        else
            trials--, t--;
    }
    assert_true((double)held / trials > 0.965); /* exact: 0.9787 */
    assert_true((double)held / trials < 0.99);
}

static void
quantiles_moments_and_mad_are_right(void **state)
{
    static const double v[] = { 9, 1, 8, 2, 7, 3, 6, 4, 5, 10, 11 };
    struct stats s;

    (void)state;
    assert_int_equal(stats_of(v, 11, 0.95, &s, NULL), ST_OK);
    close_to(s.min, 1, 0);
    close_to(s.p10, 2, 1e-12);
    close_to(s.p25, 3.5, 1e-12);
    close_to(s.median, 6, 0);
    close_to(s.p75, 8.5, 1e-12);
    close_to(s.p90, 10, 1e-12);
    close_to(s.max, 11, 0);
    close_to(s.mean, 6, 1e-12);
    close_to(s.sd, sqrt(11), 1e-12);
    close_to(s.mad, 3, 1e-12);
    close_to(s.lo, 2, 0); /* 2nd and 10th */
    close_to(s.hi, 10, 0);
    close_to(stats_ci_rel(&s), 4.0 / 6, 1e-12);
}

static void
an_even_number_has_its_median_between_two(void **state)
{
    static const double v[] = { 4, 1, 3, 2 };
    struct stats s;

    (void)state;
    assert_int_equal(stats_of(v, 4, 0.95, &s, NULL), ST_OK);
    close_to(s.median, 2.5, 1e-12);
    assert_true(isnan(s.lo) && isnan(s.hi)); /* four are too few */
    assert_true(isnan(stats_ci_rel(&s)));
}

static void
nothing_gives_nothing(void **state)
{
    struct stats s;

    (void)state;
    assert_int_equal(stats_of(NULL, 0, 0.95, &s, NULL), ST_OK);
    assert_true(isnan(s.median) && isnan(s.lo) && isnan(s.sd));
    assert_int_equal(s.n, 0);
}

static void
outliers_are_counted_and_kept(void **state)
{
    /* Quartiles 10.375 and 12.625: fences at 16 and 19.375. */
    double v[] = { 9, 9.5, 10, 10.5, 11, 11, 11.5, 12, 12.5, 13, 17, 30 };
    struct stats s;

    (void)state;
    assert_int_equal(stats_of(v, 12, 0.95, &s, NULL), ST_OK);
    assert_int_equal(s.n_mild, 1);
    assert_int_equal(s.n_severe, 1);
    close_to(s.max, 30, 0);
    close_to(s.mean, 157.0 / 12, 1e-9);
}

static void
lag1_tells_dependence_from_alternation(void **state)
{
    static const double rising[] = { 1, 2, 3, 4, 5 };
    static const double swinging[] = { 1, 2, 1, 2, 1, 2 };
    static const double constant[] = { 3, 3, 3 };

    (void)state;
    close_to(stats_lag1(rising, 5), 0.4, 1e-12);
    close_to(stats_lag1(swinging, 6), -5.0 / 6, 1e-12);
    assert_true(isnan(stats_lag1(constant, 3)));
    assert_true(isnan(stats_lag1(rising, 2)));
}

static void
dependent_samples_get_the_wider_interval_of_blocks(void **state)
{
    struct rng rng = { 5 };
    double v[80], state_now = 0;
    struct stats s;

    (void)state;
    for (int i = 0; i < 80; i++) {
        state_now = 0.9 * state_now + rng_unit(&rng) - 0.5;
        v[i] = 100 + state_now;
    }
    assert_int_equal(stats_of(v, 80, 0.95, &s, NULL), ST_OK);
    assert_true(s.autocorrelated);
    assert_true(s.lo <= s.median && s.median <= s.hi);

    /* What ignoring the dependence would have claimed. */
    double sorted[80];
    size_t k = stats_interval_rank(80, 0.95, NULL);

    memcpy(sorted, v, sizeof(v));
    stats_sort(sorted, 80);
    assert_true(s.hi - s.lo > sorted[80 - k] - sorted[k - 1]);
}

static void
few_dependent_samples_say_no_more_than_their_range(void **state)
{
    static const double v[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    struct stats s;

    (void)state;
    assert_int_equal(stats_of(v, 11, 0.95, &s, NULL), ST_OK);
    assert_true(s.autocorrelated);
    close_to(s.lo, 1, 0);
    close_to(s.hi, 11, 0);
}

static void
two_groups_are_seen_and_a_tail_is_not(void **state)
{
    static const struct {
        double v[12];
        bool want;
    } rows[] = {
        /* 8 and 4 samples, far apart */
        { { 100, 100.2, 100.1, 100.3, 100.2, 100.1, 100.2, 100.3, 120, 120.1,
              120.2, 120.1 },
            true },
        /* one sample far away is an outlier, not a group */
        { { 100, 100.2, 100.1, 100.3, 100.2, 100.1, 100.2, 100.3, 100.1, 100.2,
              100.2, 120 },
            false },
        /* evenly spread */
        { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, false },
        /* two groups closer than 1 %: below what a row claims */
        { { 100, 100, 100, 100, 100, 100, 100, 100, 100.5, 100.5, 100.5,
              100.5 },
            false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stats s;

        assert_int_equal(stats_of(rows[i].v, 12, 0.95, &s, NULL), ST_OK);
        assert_int_equal(s.bimodal, rows[i].want);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interval_ranks_are_the_published_ones),
        cmocka_unit_test(interval_coverage_is_what_counting_gives),
        cmocka_unit_test(
            the_interval_holds_the_true_median_as_often_as_it_says),
        cmocka_unit_test(quantiles_moments_and_mad_are_right),
        cmocka_unit_test(an_even_number_has_its_median_between_two),
        cmocka_unit_test(nothing_gives_nothing),
        cmocka_unit_test(outliers_are_counted_and_kept),
        cmocka_unit_test(lag1_tells_dependence_from_alternation),
        cmocka_unit_test(dependent_samples_get_the_wider_interval_of_blocks),
        cmocka_unit_test(few_dependent_samples_say_no_more_than_their_range),
        cmocka_unit_test(two_groups_are_seen_and_a_tail_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
