/* SPDX-License-Identifier: MIT */
/* How sure a classifier is: the formulas, and their limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/score.h"

#define LN2 0.69314718055994531

static size_t
largest(const float *v, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (v[i] > v[best])
            best = i;
    return best;
}

static void
scores_are_what_their_formulas_say(void **state)
{
    static const struct {
        float p[4];
        double want[SCORE_KINDS];
    } cases[] = {
        { { 0.5f, 0.25f, 0.125f, 0.125f }, { 0.5, 0.25, 1 - 1.75 / 2 } },
        { { 0.25f, 0.25f, 0.25f, 0.25f }, { 0.25, 0, 0 } },
        { { 0, 0, 1, 0 }, { 1, 1, 1 } },
        { { 0, 0.5f, 0, 0.5f }, { 0.5, 0, 0.5 } },
        { { 0.125f, 0.125f, 0, 0.75f },
            { 0.75, 0.625,
                1 - (0.75 * -log(0.75) + 0.25 * 3 * LN2) / (2 * LN2) } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int s = 0; s < SCORE_KINDS; s++) {
            const float *p = cases[i].p;

            assert_true(
                fabs(score_from((enum score)s, p, 4, largest(p, 4), false) -
                     cases[i].want[s]) < 1e-12);
        }
}

static void
logits_have_the_scores_of_their_softmax(void **state)
{
    static const float z[][5] = {
        { 1, 2, 3, 4, 5 },
        { -0.5f, 0, 0.25f, 0.1f, -3 },
        { 40, -40, 0, 1, 39.5f },
        { 0, 0, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(z) / sizeof(z[0]); i++) {
        const size_t best = largest(z[i], 5);
        double sum = 0;
        float p[5];

        for (int k = 0; k < 5; k++)
            sum += exp(z[i][k] - z[i][best]);
        for (int k = 0; k < 5; k++)
            p[k] = (float)(exp(z[i][k] - z[i][best]) / sum);
        for (int s = 0; s < SCORE_KINDS; s++)
            assert_true(
                fabs(score_from((enum score)s, z[i], 5, best, true) -
                     score_from((enum score)s, p, 5, best, false)) < 1e-6);
    }
}

static void
scores_stay_within_0_and_1(void **state)
{
    /* Far apart, equal, and probabilities that do not quite add up. */
    static const float far[] = { 1e30f, -1e30f, 0 }, flat[] = { 7, 7, 7 };
    static const float over[] = { 1.0001f, 0, 0 };
    static const float loose[] = { 0.3335f, 0.3335f, 0.3335f }, one[] = { 3 };

    (void)state;
    for (int s = 0; s < SCORE_KINDS; s++) {
        const enum score kind = (enum score)s;

        assert_true(score_from(kind, far, 3, 0, true) == 1);
        assert_true(score_from(kind, over, 3, 0, false) == 1);
        assert_true(score_from(kind, one, 1, 0, true) == 1);
    }
    assert_true(score_from(SCORE_ENTROPY, flat, 3, 0, true) < 1e-15);
    assert_true(score_from(SCORE_MARGIN, flat, 3, 0, true) == 0);
    assert_true(score_from(SCORE_ENTROPY, loose, 3, 0, false) >= 0);
}

static void
words_are_read_and_others_refused(void **state)
{
    struct err err = { 0 };
    enum score s;

    (void)state;
    for (int i = 0; i < SCORE_KINDS; i++) {
        assert_int_equal(
            score_read(score_word((enum score)i), "x", &s, NULL), ST_OK);
        assert_int_equal(s, i);
    }
    assert_int_equal(
        score_read("confidence", "exits[1].score", &s, &err), ST_INVALID);
    assert_non_null(strstr(err.text, "exits[1].score must be max_probability"));
    assert_int_equal(score_read(NULL, "x", &s, NULL), ST_INVALID);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_what_their_formulas_say),
        cmocka_unit_test(logits_have_the_scores_of_their_softmax),
        cmocka_unit_test(scores_stay_within_0_and_1),
        cmocka_unit_test(words_are_read_and_others_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
