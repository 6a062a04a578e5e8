/* SPDX-License-Identifier: MIT */
/* Energy and counters from recorded meters: wraps, bounds, attribution. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/flag.h"
#include "probes/measure/counters.h"
#include "probes/measure/energy.h"
#include "recorded.h"

static void
within(double got, double want, double rel)
{
    if (!(fabs(got - want) <= rel * fabs(want)))
        fail_msg("%.9g is not %.9g", got, want);
}

static void
differences_see_through_one_wrap(void **state)
{
    static const struct {
        uint64_t range, from, to, want;
        enum status st;
    } rows[] = {
        { 0, 5, 12, 7, ST_OK },
        { 0, 5, 5, 0, ST_OK },
        { 0, 12, 5, 0, ST_INVALID },
        { 0, UINT64_MAX - 1, UINT64_MAX, 1, ST_OK },
        { 262143328850 + 1, 262143328800, 100, 151, ST_OK },
        { UINT64_C(1) << 32, UINT32_MAX, 0, 1, ST_OK },
        /* beyond half its range there is no telling forth from back */
        { UINT64_C(1) << 32, 0, 1u << 31, 1u << 31, ST_OK },
        { UINT64_C(1) << 32, 0, UINT32_MAX, 0, ST_INVALID },
        { 1000, 400, 399, 0, ST_INVALID },
        { 1000, 400, 1000, 0, ST_INVALID }, /* beyond its own range */
        { 1000, 1001, 3, 0, ST_INVALID },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct meter_facts f = { .source = "test", .range = rows[i].range };
        uint64_t delta;

        assert_int_equal(
            meter_delta(&f, rows[i].from, rows[i].to, &delta, NULL),
            rows[i].st);
        assert_int_equal(delta, rows[i].want);
    }
}

static void
the_account_is_the_papers_arithmetic(void **state)
{
    /* 0.5 s at 20 W: 10 J, 1000 runs; idle 7 W before and 9 W after. */
    static const struct meter_facts f = { .n = 1,
        .unit_nj = 1,
        .quantum_nj = 61000,
        .update_ns = 1000000,
        .gain_error = 0.01 };
    static const struct energy_window w = {
        .total_nj = 10e9, .window_ns = 500000000, .runs = 1000
    };
    struct energy e;

    (void)state;
    energy_account(&f, &w, 7, 9, &e);
    within(e.gross_nj, 10e6, 1e-12);
    within(e.idle_nj, 4e6, 1e-12);
    within(e.net_nj, 6e6, 1e-12);
    /* 2 quanta, 2 updates at 20 W, 1 % of gain, 2 W of idle spread */
    within(e.err_nj, (122000 + 40e6 + 100e6 + 1000e6) / 1000, 1e-12);
    within(e.quant_err_rel, (122000 + 40e6) / 10e9, 1e-12);
    assert_int_equal(energy_flags(&e), 0);
    assert_int_equal(energy_idle_flags(7, 9), FLAG(idle_drift));
    assert_int_equal(energy_idle_flags(7, 7.3), 0);
}

static void
a_short_window_is_coarse(void **state)
{
    static const struct meter_facts f = {
        .n = 1, .unit_nj = 1, .quantum_nj = 61000, .update_ns = 1000000
    };
    static const struct energy_window w = {
        .total_nj = 0.2e9, .window_ns = 10000000, .runs = 10
    };
    struct energy e;

    (void)state;
    energy_account(&f, &w, 5, 5, &e);
    assert_int_equal(energy_flags(&e), FLAG(energy_coarse));
}

/* Measure 100 us of work on a recorded package; the truth is known. */
static enum status
measure(struct recorded_energy *r, struct fake_machine *m,
    void (*change)(struct recorded_energy *r), struct energy *e,
    struct err *err)
{
    struct fake_work w;
    struct subject s;
    struct meter_handle h;
    struct energy_window window;
    double before_w, after_w;
    enum status st;

    fake_machine_init(m);
    fake_work_init(&w, m, 100000, &s);
    s.n = 20;
    h = recorded_energy(r, m);
    if (change != NULL)
        change(r);
    if ((st = energy_idle(&h, &m->host, 5000000000, &before_w, err)) != ST_OK ||
        (st = energy_measure(&h, &s, &m->host, &window, err)) != ST_OK ||
        (st = energy_idle(&h, &m->host, 5000000000, &after_w, err)) != ST_OK)
        return st;
    energy_account(&r->facts, &window, before_w, after_w, e);
    return ST_OK;
}

static void
wrap_soon(struct recorded_energy *r)
{
    r->facts.range = 262143328851;        /* a real package's register, in uJ */
    r->start = r->facts.range - 51000000; /* 51 J before its end */
}

static void
stand_still(struct recorded_energy *r)
{
    r->stuck = true;
}

static void
go_back(struct recorded_energy *r)
{
    r->start = UINT64_C(1) << 40;
    r->backwards = true;
}

static void
wrap_at_once(struct recorded_energy *r)
{
    r->facts.longest_ns = 300000000;
}

static void
a_window_gives_the_energy_of_the_work_within_its_bound(void **state)
{
    void (*const cases[])(struct recorded_energy *) = { NULL, wrap_soon };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct recorded_energy r;
        struct fake_machine m;
        struct energy e;
        struct err err = { 0 };

        if (measure(&r, &m, cases[i], &e, &err) != ST_OK)
            fail_msg("%s", err.text);
        /* 100 us at 20 W above idle, and at 30 W in all */
        assert_true(fabs(e.net_nj - 2e6) <= e.err_nj);
        assert_true(fabs(e.gross_nj - 3e6) <= e.err_nj);
        assert_true(e.err_nj > 0 && e.err_nj < 0.05 * e.gross_nj);
    }
}

static void
a_sensor_that_cannot_be_right_is_refused(void **state)
{
    static const struct {
        void (*change)(struct recorded_energy *);
        const char *code;
    } rows[] = {
        { stand_still, "measure.meter_stuck" },
        { go_back, "measure.meter_negative" },
        { wrap_at_once, "measure.meter_window" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recorded_energy r;
        struct fake_machine m;
        struct energy e;
        struct err err = { 0 };

        assert_int_equal(measure(&r, &m, rows[i].change, &e, &err), ST_INVALID);
        assert_string_equal(err.code, rows[i].code);
    }
}

/* 100 us of work on a sensor of power; *executions is how often it ran. */
static enum status
measure_sampled(int lost, struct energy *e, struct energy_window *w,
    int64_t *executions, struct err *err)
{
    struct recorded_power r;
    struct fake_machine m;
    struct fake_work work;
    struct subject s;
    struct meter_handle h;
    double before_w, after_w;
    enum status st;

    fake_machine_init(&m);
    fake_work_init(&work, &m, 100000, &s);
    s.n = 20;
    h = recorded_power(&r, &m);
    r.lost = lost;
    if ((st = energy_idle(&h, &m.host, 5000000000, &before_w, err)) != ST_OK ||
        (st = energy_measure(&h, &s, &m.host, w, err)) != ST_OK ||
        (st = energy_idle(&h, &m.host, 5000000000, &after_w, err)) != ST_OK)
        return st;
    energy_account(&r.facts, w, before_w, after_w, e);
    *executions = work.executions;
    return ST_OK;
}

static void
a_power_sensor_gives_the_energy_of_the_work_within_its_bound(void **state)
{
    struct energy_window w;
    struct energy e;
    struct err err = { 0 };
    int64_t executions;

    (void)state;
    if (measure_sampled(0, &e, &w, &executions, &err) != ST_OK)
        fail_msg("%s", err.text);
    /* 100 us at 3 W above idle, and at 5 W in all */
    assert_true(fabs(e.net_nj - 3e5) <= e.err_nj);
    assert_true(fabs(e.gross_nj - 5e5) <= e.err_nj);
    assert_true(e.err_nj < 0.05 * e.gross_nj);
    assert_true(w.window_ns >= 1000000000);
    /* It ran on for the guard time on either side: a batch is 2 ms. */
    assert_int_equal(executions, w.runs + 2 * 20);
}

static void
lost_samples_cost_the_window_beyond_one_in_a_thousand(void **state)
{
    struct energy_window w;
    struct energy e;
    struct err err = { 0 };
    int64_t executions;

    (void)state;
    assert_int_equal(measure_sampled(1, &e, &w, &executions, &err), ST_OK);
    assert_int_equal(
        measure_sampled(20, &e, &w, &executions, &err), ST_INVALID);
    assert_string_equal(err.code, "measure.meter_drops");
}

static void
every_failure_of_a_sensor_has_its_flag(void **state)
{
    static const struct {
        const char *code;
        int64_t flag;
    } rows[] = {
        { "measure.meter_negative", FLAG(meter_backwards) },
        { "measure.meter_range", FLAG(meter_backwards) },
        { "measure.meter_stuck", FLAG(meter_stuck) },
        { "measure.meter_window", FLAG(meter_window) },
        { "measure.meter_drops", FLAG(meter_drops) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(energy_failure_flag(rows[i].code) == rows[i].flag);
}

static double
count_of(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

static json_t *
count_as(double cycles_1, double instructions, bool backwards, int64_t *flags)
{
    struct fake_machine m;
    struct fake_work w;
    struct subject s;
    struct recorded_counters r;
    struct meter_handle h;
    json_t *out;

    fake_machine_init(&m);
    fake_work_init(&w, &m, 1000, &s);
    s.n = 100;
    h = recorded_counters(&r, &w);
    r.cycles[1] = cycles_1;
    r.other[0] = instructions;
    r.backwards = backwards;
    *flags = 0;
    assert_int_equal(counters_measure(&h, &s, &out, flags, NULL), ST_OK);
    return out;
}

static json_t *
count(double cycles_1, double instructions, int64_t *flags)
{
    return count_as(cycles_1, instructions, false, flags);
}

static void
counts_are_per_execution_and_groups_agree(void **state)
{
    int64_t flags;
    json_t *o = count(3010, 9000, &flags);

    (void)state;
    within(count_of(o, "PAPI_TOT_CYC"), 3000, 1e-9);
    within(count_of(o, "PAPI_TOT_INS"), 9000, 1e-9);
    within(count_of(o, "PAPI_L1_DCM"), 120, 1e-9);
    assert_int_equal(flags, 0);
    json_decref(o);
}

static void
groups_that_disagree_on_cycles_are_flagged(void **state)
{
    int64_t flags;
    json_t *o = count(3300, 9000, &flags);

    (void)state;
    assert_int_equal(flags, FLAG(counter_pass_mismatch));
    json_decref(o);
}

static void
an_impossible_count_is_null_never_zero(void **state)
{
    int64_t flags;
    json_t *o = count(3000, 0, &flags);

    (void)state;
    assert_true(json_is_null(json_object_get(o, "PAPI_TOT_INS")));
    assert_int_equal(flags, FLAG(counter_pass_mismatch));
    json_decref(o);
}

/* One counter that fails does not cost the others, nor the job. */
static void
a_total_that_goes_down_is_null_and_the_others_stay(void **state)
{
    int64_t flags;
    json_t *o = count_as(3010, 9000, true, &flags);

    (void)state;
    assert_true(json_is_null(json_object_get(o, "PAPI_L1_DCM")));
    within(count_of(o, "PAPI_TOT_INS"), 9000, 1e-9);
    within(count_of(o, "PAPI_TOT_CYC"), 3000, 1e-9);
    assert_int_equal(flags, FLAG(counter_pass_mismatch));
    json_decref(o);
}

static void
absent_meters_say_what_is_missing(void **state)
{
    const struct meter *const meters[] = { &meter_papi, &meter_rapl,
        &meter_powercap, &meter_hwmon };

    (void)state;
    for (size_t i = 0; i < sizeof(meters) / sizeof(meters[0]); i++) {
        struct meter_handle h;
        struct err err = { 0 };
        enum status st = meter_open(&h, meters[i], METER_ROOT, &err);

        /* Probed, never assumed: there, or absent with a reason. */
        if (st == ST_OK) {
            assert_true(h.ops->facts(h.self)->n > 0);
        } else {
            assert_int_equal(st, ST_NOT_FOUND);
            assert_null(h.self);
            assert_true(strcmp(err.code, "device.no_meter") == 0 ||
                        strcmp(err.code, "device.meter_denied") == 0 ||
                        strcmp(err.code, "device.meter_untrusted") == 0);
            assert_true(err.text[0] != '\0');
        }
        meter_close(&h);
        meter_close(&h); /* twice is fine */
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_see_through_one_wrap),
        cmocka_unit_test(the_account_is_the_papers_arithmetic),
        cmocka_unit_test(a_short_window_is_coarse),
        cmocka_unit_test(
            a_window_gives_the_energy_of_the_work_within_its_bound),
        cmocka_unit_test(a_sensor_that_cannot_be_right_is_refused),
        cmocka_unit_test(
            a_power_sensor_gives_the_energy_of_the_work_within_its_bound),
        cmocka_unit_test(lost_samples_cost_the_window_beyond_one_in_a_thousand),
        cmocka_unit_test(every_failure_of_a_sensor_has_its_flag),
        cmocka_unit_test(counts_are_per_execution_and_groups_agree),
        cmocka_unit_test(groups_that_disagree_on_cycles_are_flagged),
        cmocka_unit_test(an_impossible_count_is_null_never_zero),
        cmocka_unit_test(a_total_that_goes_down_is_null_and_the_others_stay),
        cmocka_unit_test(absent_meters_say_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
