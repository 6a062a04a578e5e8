/* SPDX-License-Identifier: MIT */
/* Rounds on a scripted machine that slows, warms up or changes its pace. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/flag.h"
#include "stand.h"

static void
assert_about(double got, double want)
{
    if (!(fabs(got - want) < 0.01))
        fail_msg("%.4f is not about %.4f", got, want);
}

/* A subject that slows the machine down while it runs. */
static enum status
heat(void *ctx, int64_t n, struct err *err)
{
    struct fake_work *w = ctx;

    (void)n;
    (void)err;
    w->machine->now_ns += 2000000 * w->machine->slowdown;
    w->machine->slowdown *= w->second;
    return ST_OK;
}

/* Two subjects; each turn of the second leaves the machine that much slower. */
static void
stand_heating(struct stand *t, double factor)
{
    stand_init(t, 2);
    t->subject[1].run = heat;
    t->subject[1].n = 1;
    t->work[1].second = factor;
}

static void
a_sentinel_that_slows_a_little_marks_drift(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_heating(&t, 1.03);
    t.plan.max_rounds = 12;
    stand_run(&t);
    assert_int_equal(t.result.discarded, 0);
    assert_true(flags_of(&t, 0, &s) & FLAG(drift));
    stand_clear(&t);
}

static void
rounds_that_drift_far_are_set_aside_and_end_the_job(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_heating(&t, 1.10); /* and it never recovers */
    stand_run(&t);
    assert_true(t.result.thermal_unstable);
    assert_int_equal(t.result.discarded, 3);
    assert_true(t.result.waited_ns > 0);   /* for a machine to come back, */
    assert_int_equal(t.machine.sleeps, 0); /* which idling would not help */
    assert_int_equal(t.subject[0].n_discarded, 3); /* kept, but not used */
    assert_int_equal(t.subject[0].n_values, 1);    /* all that there is */
    assert_int_equal(t.subject[0].stop, STOP_MAX_TIME);
    assert_true(flags_of(&t, 0, &s) & FLAG(few_samples));
    stand_clear(&t);
}

/* Work that leaves the machine hot and slow. */
static enum status
warm(void *ctx, int64_t n, struct err *err)
{
    struct fake_machine *m = ((struct fake_work *)ctx)->machine;

    (void)n;
    (void)err;
    m->now_ns += 2000000 * m->slowdown;
    m->sample.temp_c = 60;
    m->slowdown = 1.3;
    return ST_OK;
}

/* Each pause takes a degree off it, and below 52 it is itself again. */
static void
cool(void *ctx, int64_t ns)
{
    struct fake_machine *m = ctx;

    m->now_ns += (double)ns;
    m->sleeps++;
    m->sample.temp_c--;
    if (m->sample.temp_c <= 52)
        m->slowdown = 1;
}

static void
a_machine_that_is_too_warm_is_left_alone_until_it_is_cool(void **state)
{
    struct stand t;

    (void)state;
    stand_init(&t, 2);
    t.machine.sample.temp_c = 50;
    t.machine.host.sleep_ns = cool;
    t.subject[1].run = warm;
    t.subject[1].n = 1;
    t.plan.max_rounds = 4;
    stand_run(&t);
    assert_false(t.result.thermal_unstable);
    assert_int_equal(t.machine.sleeps, 8 * (int64_t)t.result.discarded);
    /* Twice the rounds to be kept at most, and the last is kept. */
    assert_int_equal(t.result.discarded, 7);
    assert_int_equal(t.result.kept, 1);
    stand_clear(&t);
}

/* A machine with another pace from its `calls`-th epoch on, for so long. */
static enum status
step(void *ctx, int64_t n, struct err *err)
{
    struct fake_work *w = ctx;
    int64_t phase = w->calls++ / (int64_t)w->memory % 2;

    (void)n;
    (void)err;
    w->machine->slowdown = phase == 0 ? 1 : w->second;
    w->machine->now_ns += 2000000 * w->machine->slowdown;
    return ST_OK;
}

static void
a_pace_that_comes_and_goes_costs_rounds_but_not_the_job(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 2);
    t.work[0].noise = 0.2;
    t.subject[1].run = step;
    t.subject[1].n = 1;
    t.work[1].second = 1.12;
    t.work[1].memory = 5;
    t.plan.max_rounds = 54;
    stand_run(&t);
    assert_false(t.result.thermal_unstable);
    assert_in_range(t.result.discarded, 3, 8);
    assert_int_equal(t.subject[0].rounds, 54);
    /* Waits are as short as this, and it is said that there were two paces. */
    assert_true(t.result.waited_ns < 60000000 * (int64_t)t.result.discarded);
    assert_about(t.result.spread, 0.12);
    assert_true(flags_of(&t, 0, &s) & FLAG(freq_varied));
    stand_clear(&t);
}

static void
a_new_pace_that_stays_is_followed_at_once(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 2);
    t.work[0].noise = 0.2;
    t.subject[1].run = step;
    t.subject[1].n = 1;
    t.work[1].second = 1.12;
    t.work[1].memory = 1000;
    t.work[1].calls = 998; /* a few at the old one */
    t.plan.max_rounds = 54;
    stand_run(&t);
    assert_false(t.result.thermal_unstable);
    assert_int_equal(t.result.discarded, 1);
    assert_int_equal(t.subject[0].rounds, 54);
    /* Under a tenth of the rounds were at another pace. */
    assert_true(t.result.spread < 0.01);
    assert_false(flags_of(&t, 0, &s) & FLAG(freq_varied));
    stand_clear(&t);
}

/* Its only round drifted: it is marked, and not lost. */
static void
a_round_that_drifts_when_time_is_up_is_kept(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_heating(&t, 1.10);
    t.plan.deadline_ns = 0;
    stand_run(&t);
    assert_int_equal(t.result.discarded, 0);
    assert_int_equal(t.subject[0].n_values, 1);
    assert_true(flags_of(&t, 0, &s) & FLAG(drift));
    stand_clear(&t);
}

/* The machine slows in every round: whatever ends the rounds, the last of them
 * is what there is. */
static void
nobody_leaves_with_nothing(void **state)
{
    const struct {
        double deadline_ns, budget_ns;
        size_t max_rounds;
    } ends[] = {
        { 60e6, 60e9, 183 },  /* the first wait uses up the time */
        { 900e9, 1e6, 183 },  /* the first round uses up the budget */
        { 900e9, 60e9, 1 },   /* the second round is the last */
        { 900e9, 60e9, 183 }, /* slower three times over */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct stand t;
        struct stats s;

        stand_heating(&t, 1.10);
        t.plan.deadline_ns = (int64_t)ends[i].deadline_ns;
        t.plan.layer_budget_ns = (int64_t)ends[i].budget_ns;
        t.plan.max_rounds = ends[i].max_rounds;
        stand_run(&t);
        assert_int_equal(t.result.kept, 1);
        for (size_t k = 0; k < t.n; k++) {
            assert_int_equal(t.subject[k].n_values, 1);
            assert_true(t.subject[k].stop != STOP_NONE);
            assert_true(flags_of(&t, k, &s) & FLAG(drift));
        }
        stand_clear(&t);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentinel_that_slows_a_little_marks_drift),
        cmocka_unit_test(rounds_that_drift_far_are_set_aside_and_end_the_job),
        cmocka_unit_test(
            a_machine_that_is_too_warm_is_left_alone_until_it_is_cool),
        cmocka_unit_test(
            a_pace_that_comes_and_goes_costs_rounds_but_not_the_job),
        cmocka_unit_test(a_new_pace_that_stays_is_followed_at_once),
        cmocka_unit_test(a_round_that_drifts_when_time_is_up_is_kept),
        cmocka_unit_test(nobody_leaves_with_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
