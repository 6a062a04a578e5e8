/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "search/certify/evidence.h"
#include "search/certify/tail.h"

/* One line of tails.csv (make_tails.py). */
struct row {
    char kind[16];
    double x[5], value;
};

static double
ours(const struct row *r)
{
    const double *x = r->x;
    struct evidence e;

    if (strcmp(r->kind, "binomial") == 0)
        return tail_binomial((int64_t)x[0], x[1], (int64_t)x[2]);
    if (strcmp(r->kind, "upper") == 0)
        return tail_share_upper((int64_t)x[0], (int64_t)x[2], x[1]);
    if (strcmp(r->kind, "signed") == 0)
        return tail_signed((int64_t)x[0], x[1], x[2], (int64_t)x[3]);
    evidence_init(&e,
        &(struct promise_question){ PROMISE_DROP, PROMISE_EXACT, x[1], x[2] },
        (int64_t)x[0]);
    for (int i = 0; i < (int)x[3]; i++)
        evidence_move(&e, 0, 1);
    for (int i = 0; i < (int)x[4]; i++)
        evidence_move(&e, 0, -1);
    return evidence_p(&e);
}

static bool
read_row(FILE *f, struct row *r)
{
    char line[256], *at = line;

    if (fgets(line, sizeof(line), f) == NULL)
        return false;
    *r = (struct row){ 0 };
    snprintf(r->kind, sizeof(r->kind), "%s", strsep(&at, ","));
    for (int i = 0; i < 5; i++) {
        const char *cell = strsep(&at, ",");

        if (*cell != '\0')
            assert_int_equal(sscanf(cell, "%lf", &r->x[i]), 1);
    }
    assert_int_equal(sscanf(at, "%lf", &r->value), 1);
    return true;
}

static void
tails_are_those_of_scipy(void **state)
{
    FILE *f = fopen(TAILS, "r");
    char head[128];
    struct row r;
    int rows = 0;

    (void)state;
    assert_non_null(f);
    assert_non_null(fgets(head, sizeof(head), f));
    for (; read_row(f, &r); rows++) {
        double got = ours(&r), off = fabs(got - r.value);

        if (!(off <= 1e-11 * r.value || off <= 1e-12))
            fail_msg("%s(%g, %g, %g, %g, %g) is %.15g, scipy has %.15g", r.kind,
                r.x[0], r.x[1], r.x[2], r.x[3], r.x[4], got, r.value);
    }
    fclose(f);
    assert_true(rows > 200);
}

/* P(A - B <= d) by adding one draw at a time. */
static double
signed_slow(int n, double rate, double mean, int d)
{
    double at[129] = { [64] = 1 }, next[129], sum = 0;

    for (int i = 0; i < n; i++) {
        memset(next, 0, sizeof(next));
        for (int s = 64 - i; s <= 64 + i; s++) {
            next[s] += at[s] * (1 - rate);
            next[s + 1] += at[s] * (rate + mean) / 2;
            next[s - 1] += at[s] * (rate - mean) / 2;
        }
        memcpy(at, next, sizeof(at));
    }
    for (int s = 0; s <= 128 && s - 64 <= d; s++)
        sum += at[s];
    return sum;
}

static void
the_signed_tail_is_that_of_adding_draws_one_by_one(void **state)
{
    static const double rates[] = { 0.03, 0.2, 0.5, 0.7, 1 };

    (void)state;
    for (int n = 1; n <= 60; n += n < 8 ? 1 : 13)
        for (int r = 0; r < 5; r++)
            for (double mean = rates[r] / 8; mean <= rates[r];
                 mean += rates[r] / 8)
                for (int d = -n - 1; d <= n; d++) {
                    double want = signed_slow(n, rates[r], mean, d);
                    double got = tail_signed(n, rates[r], mean, d);

                    if (!(fabs(got - want) < 1e-12))
                        fail_msg("n %d, rate %g, mean %g, d %d: %.15g, %.15g",
                            n, rates[r], mean, d, got, want);
                }
}

static void
counts_at_both_ends_are_certain(void **state)
{
    (void)state;
    assert_true(tail_binomial(10, 0.3, -1) == 0);
    assert_true(tail_binomial(10, 0.3, 10) == 1);
    assert_true(tail_binomial(10, 0, 0) == 1);
    assert_true(tail_binomial(10, 1, 9) == 0);
    assert_true(tail_binomial_at(10, 0, 0) == 1);
    assert_true(tail_binomial_at(10, 1, 9) == 0);
    assert_true(tail_share_upper(5, 5, 0.1) == 1);
    assert_true(tail_signed(4, 0.5, 0.1, 4) == 1);
    assert_true(tail_signed(4, 0.5, 0.1, -5) == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_are_those_of_scipy),
        cmocka_unit_test(the_signed_tail_is_that_of_adding_draws_one_by_one),
        cmocka_unit_test(counts_at_both_ends_are_certain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
