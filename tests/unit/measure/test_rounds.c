/* SPDX-License-Identifier: MIT */
/* Rounds on a scripted machine: when they stop, and what they say of work. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/flag.h"
#include "stand.h"

static void
looks_are_taken_on_the_fixed_schedule(void **state)
{
    static const size_t looks[] = { 11, 16, 24, 36, 54, 81, 122, 183 };
    size_t found = 0;

    (void)state;
    for (size_t k = 0; k < 300; k++)
        if (rounds_look(k)) {
            assert_true(found < 8);
            assert_int_equal(looks[found++], k);
        }
    assert_int_equal(found, 8);
}

static void
quiet_work_stops_at_the_second_look(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 3);
    stand_run(&t);
    for (size_t i = 0; i < 3; i++) {
        int64_t flags = flags_of(&t, i, &s);

        assert_int_equal(t.subject[i].stop, STOP_CI_MET);
        assert_int_equal(t.subject[i].rounds, 16);
        assert_true(fabs(s.median / t.work[i].cost_ns - 1) < 0.005);
        assert_int_equal(flags & ~FLAG(autocorrelated), 0);
    }
    stand_clear(&t);
}

static void
noise_is_measured_longer_and_said(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 2);
    t.work[1].noise = 0.5;
    stand_run(&t);
    assert_int_equal(t.subject[0].stop, STOP_CI_MET);
    assert_int_equal(t.subject[1].stop, STOP_MAX_ROUNDS);
    assert_int_equal(t.subject[1].rounds, 183);
    assert_true(flags_of(&t, 1, &s) & FLAG(ci_not_met));
    assert_true(s.lo <= t.work[1].cost_ns && t.work[1].cost_ns <= s.hi);
    stand_clear(&t);
}

static void
equal_seeds_give_equal_numbers(void **state)
{
    struct stand a, b;

    (void)state;
    stand_init(&a, 3);
    stand_init(&b, 3);
    stand_run(&a);
    stand_run(&b);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(a.subject[i].n_values, b.subject[i].n_values);
        assert_memory_equal(a.subject[i].values, b.subject[i].values,
            a.subject[i].n_values * sizeof(double));
    }
    stand_clear(&a);
    stand_clear(&b);
}

static void
two_modes_of_work_are_flagged(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 1);
    t.work[0].second = 1.3;
    t.work[0].second_odds = 0.35;
    stand_run(&t);
    assert_true(flags_of(&t, 0, &s) & FLAG(bimodal));
    stand_clear(&t);
}

static void
dependent_epochs_are_flagged(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 1);
    t.work[0].memory = 0.9;
    t.work[0].noise = 0.01;
    stand_run(&t);
    assert_true(flags_of(&t, 0, &s) & FLAG(autocorrelated));
    stand_clear(&t);
}

static void
many_interruptions_are_flagged_and_few_are_not(void **state)
{
    static const struct {
        double odds;
        bool want;
    } rows[] = { { 0.02, false }, { 0.5, true } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stand t;
        struct stats s;

        stand_init(&t, 1);
        t.work[0].interrupt_odds = rows[i].odds;
        t.work[0].noise = 0.1;
        stand_run(&t);
        assert_int_equal(
            (flags_of(&t, 0, &s) & FLAG(ctx_switched)) != 0, rows[i].want);
        stand_clear(&t);
    }
}

static void
a_layer_that_used_its_budget_stops_alone(void **state)
{
    struct stand t;

    (void)state;
    stand_init(&t, 2);
    t.work[0].noise = 0.5;
    t.work[1].noise = 0.5;
    t.work[1].cost_ns = 5e7; /* 50 ms an epoch */
    t.plan.layer_budget_ns = 2000000000;
    stand_run(&t);
    assert_int_equal(t.subject[1].stop, STOP_MAX_TIME);
    assert_in_range(t.subject[1].rounds, 15, 40);
    assert_int_equal(t.subject[0].rounds, 183);
    stand_clear(&t);
}

static void
single_executions_go_on_until_a_p99_is_possible(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 1);
    t.subject[0].single = true;
    t.work[0].cost_ns = 4e6; /* a block is 5 or 7 executions */
    stand_run(&t);
    assert_int_equal(t.subject[0].stop, STOP_CI_MET);
    assert_true(t.subject[0].n_values >= 662);
    assert_false(flags_of(&t, 0, &s) & FLAG(short_layer));
    stand_clear(&t);
}

static void
executions_shorter_than_a_hundred_reads_are_short(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 1);
    t.subject[0].single = true;
    t.work[0].cost_ns = 1900; /* the clock costs 20 */
    stand_run(&t);
    assert_true(flags_of(&t, 0, &s) & FLAG(short_layer));
    stand_clear(&t);
}

static void
a_failure_of_the_work_ends_the_rounds(void **state)
{
    struct stand t;
    struct subject *list[1] = { &t.subject[0] };
    struct err err = { 0 };

    (void)state;
    stand_init(&t, 1);
    t.subject[0].n = t.sentinel.n = 1;
    t.work[0].broken = true;
    assert_int_equal(rounds_run(list, 1, &t.sentinel, &t.plan, &t.machine.host,
                         &t.rng, &t.result, &err),
        ST_UNPROCESSABLE);
    assert_string_equal(err.code, "model.run");
    stand_clear(&t);
}

static void
when_time_is_up_rows_are_poor_but_there(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 3);
    t.plan.deadline_ns = 0; /* it was over before it began */
    stand_run(&t);
    for (size_t i = 0; i < 3; i++) {
        int64_t flags = flags_of(&t, i, &s);

        assert_int_equal(t.subject[i].n_values, 1);
        assert_int_equal(t.subject[i].stop, STOP_MAX_TIME);
        assert_true(flags & FLAG(few_samples));
        assert_true(flags & FLAG(ci_not_met));
        assert_int_equal(flag_grade(flags, stats_ci_rel(&s)), 'C');
    }
    stand_clear(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_are_taken_on_the_fixed_schedule),
        cmocka_unit_test(quiet_work_stops_at_the_second_look),
        cmocka_unit_test(noise_is_measured_longer_and_said),
        cmocka_unit_test(equal_seeds_give_equal_numbers),
        cmocka_unit_test(two_modes_of_work_are_flagged),
        cmocka_unit_test(dependent_epochs_are_flagged),
        cmocka_unit_test(many_interruptions_are_flagged_and_few_are_not),
        cmocka_unit_test(when_time_is_up_rows_are_poor_but_there),
        cmocka_unit_test(a_layer_that_used_its_budget_stops_alone),
        cmocka_unit_test(single_executions_go_on_until_a_p99_is_possible),
        cmocka_unit_test(executions_shorter_than_a_hundred_reads_are_short),
        cmocka_unit_test(a_failure_of_the_work_ends_the_rounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
