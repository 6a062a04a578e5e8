/* SPDX-License-Identifier: MIT */
/* Rounds on a scripted machine: when they stop, and what each trouble does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/flag.h"
#include "fake.h"
#include "probes/measure/epoch.h"
#include "probes/measure/rounds.h"

enum { MAX_WORKS = 4 };

/* A machine with works on it, ready for rounds. */
struct stand {
    struct fake_machine machine;
    struct fake_work work[MAX_WORKS], golden;
    struct subject subject[MAX_WORKS], sentinel;
    struct clocktest clock;
    struct rng rng;
    struct rounds_plan plan;
    struct rounds_result result;
    size_t n;
};

static void
stand_init(struct stand *t, size_t n)
{
    memset(t, 0, sizeof(*t));
    fake_machine_init(&t->machine);
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        fake_work_init(&t->work[i], &t->machine, 10000.0 * (double)(i + 1),
            &t->subject[i]);
        t->work[i].noise = 0.004;
        t->work[i].rng.state = 11 + i;
    }
    fake_work_init(&t->golden, &t->machine, 1000, &t->sentinel);
    t->rng.state = 3;
    t->plan = (struct rounds_plan){ .ci_rel = 0.01,
        .max_rounds = 183,
        .least_singles = 662,
        .layer_budget_ns = 60000000000,
        .deadline_ns = 900000000000 };
    assert_int_equal(clocktest_run(&t->machine.host, &t->clock, NULL), ST_OK);
}

static void
stand_run(struct stand *t)
{
    struct subject *list[MAX_WORKS];
    const struct host *h = &t->machine.host;

    assert_int_equal(epoch_calibrate(&t->sentinel, h, 1000000, NULL), ST_OK);
    for (size_t i = 0; i < t->n; i++) {
        list[i] = &t->subject[i];
        if (list[i]->n == 0)
            assert_int_equal(epoch_calibrate(list[i], h, 2000000, NULL), ST_OK);
    }
    assert_int_equal(rounds_run(list, t->n, &t->sentinel, &t->plan, h, &t->rng,
                         &t->result, NULL),
        ST_OK);
}

static int64_t
flags_of(const struct stand *t, size_t i, struct stats *s)
{
    assert_int_equal(
        stats_of(t->subject[i].values, t->subject[i].n_values, 0.95, s, NULL),
        ST_OK);
    return subject_flags(&t->subject[i], s, t->plan.ci_rel, &t->clock);
}

static void
assert_about(double got, double want)
{
    if (!(fabs(got - want) < 0.01))
        fail_msg("%.4f is not about %.4f", got, want);
}

static void
stand_clear(struct stand *t)
{
    for (size_t i = 0; i < t->n; i++)
        subject_clear(&t->subject[i]);
    subject_clear(&t->sentinel);
}

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

static void
a_sentinel_that_slows_a_little_marks_drift(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 2);
    t.subject[1].run = heat;
    t.subject[1].n = 1;
    t.work[1].second = 1.03;
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
    stand_init(&t, 2);
    t.subject[1].run = heat;
    t.subject[1].n = 1;
    t.work[1].second = 1.10; /* and it never recovers */
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

/* Its only round drifted: it is marked, and not lost. */
static void
a_round_that_drifts_when_time_is_up_is_kept(void **state)
{
    struct stand t;
    struct stats s;

    (void)state;
    stand_init(&t, 2);
    t.subject[1].run = heat;
    t.subject[1].n = 1;
    t.work[1].second = 1.10;
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

        stand_init(&t, 2);
        t.subject[1].run = heat;
        t.subject[1].n = 1;
        t.work[1].second = 1.10;
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
        cmocka_unit_test(a_sentinel_that_slows_a_little_marks_drift),
        cmocka_unit_test(rounds_that_drift_far_are_set_aside_and_end_the_job),
        cmocka_unit_test(
            a_machine_that_is_too_warm_is_left_alone_until_it_is_cool),
        cmocka_unit_test(
            a_pace_that_comes_and_goes_costs_rounds_but_not_the_job),
        cmocka_unit_test(a_new_pace_that_stays_is_followed_at_once),
        cmocka_unit_test(when_time_is_up_rows_are_poor_but_there),
        cmocka_unit_test(a_round_that_drifts_when_time_is_up_is_kept),
        cmocka_unit_test(nobody_leaves_with_nothing),
        cmocka_unit_test(a_layer_that_used_its_budget_stops_alone),
        cmocka_unit_test(single_executions_go_on_until_a_p99_is_possible),
        cmocka_unit_test(executions_shorter_than_a_hundred_reads_are_short),
        cmocka_unit_test(a_failure_of_the_work_ends_the_rounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
