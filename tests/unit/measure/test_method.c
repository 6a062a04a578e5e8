/* SPDX-License-Identifier: MIT */
/* Clock test, warm-up, epochs and conditions on a scripted machine. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/flag.h"
#include "fake.h"
#include "probes/measure/epoch.h"
#include "probes/measure/warmup.h"

static void
the_clock_test_finds_resolution_and_cost(void **state)
{
    struct fake_machine m;
    struct clocktest c;

    (void)state;
    fake_machine_init(&m);
    m.read_cost_ns = 25;
    assert_int_equal(clocktest_run(&m.host, &c, NULL), ST_OK);
    assert_int_equal(c.resolution_ns, 25);
    assert_true(fabs(c.cost_ns - 25) < 0.1);
    assert_true(clocktest_ok(&c));
    m.resolution_ns = 1000; /* a microsecond clock: most reads see no step */
    assert_int_equal(clocktest_run(&m.host, &c, NULL), ST_OK);
    assert_int_equal(c.resolution_ns, 1000);
    assert_true(fabs(c.cost_ns - 25) < 1);
    m.read_cost_ns = 0; /* it stands still */
    assert_int_equal(clocktest_run(&m.host, &c, NULL), ST_OK);
    assert_false(clocktest_ok(&c));
    m.read_cost_ns = -5; /* it runs backwards */
    assert_int_equal(clocktest_run(&m.host, &c, NULL), ST_OK);
    assert_false(c.monotonic);
}

static void
an_epoch_is_long_enough_for_the_clock(void **state)
{
    static const struct {
        struct clocktest clock;
        int64_t least, want;
    } rows[] = {
        { { .resolution_ns = 1, .cost_ns = 20 }, 2000000, 2000000 },
        { { .resolution_ns = 10000, .cost_ns = 20 }, 2000000, 10000000 },
        { { .resolution_ns = 1, .cost_ns = 50000 }, 2000000, 5000000 },
        { { .resolution_ns = 1000000, .cost_ns = 20 }, 2000000, 100000000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(
            epoch_target_ns(&rows[i].clock, rows[i].least), rows[i].want);
}

static void
calibration_reaches_the_target_from_any_cost(void **state)
{
    static const double costs[] = { 3, 70, 1234, 150000, 1999999, 5e7 };

    (void)state;
    for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        struct fake_machine m;
        struct fake_work w;
        struct subject s;

        fake_machine_init(&m);
        fake_work_init(&w, &m, costs[i], &s);
        assert_int_equal(epoch_calibrate(&s, &m.host, 2000000, NULL), ST_OK);
        assert_true((double)s.n * costs[i] >= 0.99 * 2000000);
        assert_true(s.n == 1 || (double)s.n * costs[i] < 2 * 2000000);
    }
}

static void
single_executions_come_in_blocks_of_64_at_most(void **state)
{
    struct fake_machine m;
    struct fake_work w;
    struct subject s;
    struct rng rng = { 1 };

    (void)state;
    fake_machine_init(&m);
    fake_work_init(&w, &m, 5000, &s);
    s.single = true;
    assert_int_equal(epoch_calibrate(&s, &m.host, 2000000, NULL), ST_OK);
    assert_int_equal(s.n, 64);
    assert_int_equal(epoch_run(&s, &m.host, &rng, NULL), ST_OK);
    assert_int_equal(s.n_pending, 64);
    subject_clear(&s);
}

static void
warm_up_waits_for_times_to_settle(void **state)
{
    struct warmup w = warmup_for(0.5, INT64_MAX);
    struct fake_machine m;
    struct fake_work work;
    struct subject s;

    (void)state;
    assert_int_equal(w.least_ns, 500000000);
    assert_int_equal(w.window_ns, 50000000);
    assert_int_equal(w.cap_ns, 10000000000);
    fake_machine_init(&m);
    fake_work_init(&work, &m, 1e6, &s);
    work.noise = 0.002;
    work.settle = 30; /* the first execution takes 31 times as long */
    assert_int_equal(warmup_run(&s, &m.host, &w, NULL), ST_OK);
    assert_false(s.not_steady);
    assert_true(s.first_ns > 30e6 && s.first_ns < 32e6);
    assert_true(m.now_ns >= 0.5e9 && m.now_ns < 3e9);
}

static void
a_machine_that_keeps_slowing_is_not_steady(void **state)
{
    struct warmup w = warmup_for(0.5, INT64_MAX);
    struct fake_machine m;
    struct fake_work work;
    struct subject s;

    (void)state;
    fake_machine_init(&m);
    m.creep = 0.5; /* half as slow again every second */
    fake_work_init(&work, &m, 1e6, &s);
    assert_int_equal(warmup_run(&s, &m.host, &w, NULL), ST_OK);
    assert_true(s.not_steady);
    assert_true(m.now_ns >= 10e9); /* it was given its ten seconds */
    m.now_ns = 0;
    w = warmup_for(0.5, 1000000000); /* its share of the job is one second */
    assert_int_equal(warmup_run(&s, &m.host, &w, NULL), ST_OK);
    assert_true(m.now_ns < 2e9);
}

static void
conditions_of_the_machine_become_flags(void **state)
{
    struct fake_machine m;
    struct watch w;

    (void)state;
    fake_machine_init(&m);
    watch_start(&w, &m.host);
    m.now_ns += 1e9;
    watch_look(&w);
    assert_int_equal(watch_flags(&w), 0); /* NaN and -1 mean unknown */

    fake_machine_init(&m);
    m.sample.freq_khz = 2000000;
    m.sample.throttle_count = 4;
    watch_start(&w, &m.host);
    m.now_ns += 1e9;
    m.others_share = 0.3;
    m.sample.freq_khz = 1800000;
    m.sample.throttle_count = 5;
    m.sample.undervoltage = true;
    watch_look(&w);
    assert_int_equal(watch_flags(&w), FLAG(freq_varied) | FLAG(throttled) |
                                          FLAG(undervoltage) |
                                          FLAG(shared_host));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_test_finds_resolution_and_cost),
        cmocka_unit_test(an_epoch_is_long_enough_for_the_clock),
        cmocka_unit_test(calibration_reaches_the_target_from_any_cost),
        cmocka_unit_test(single_executions_come_in_blocks_of_64_at_most),
        cmocka_unit_test(warm_up_waits_for_times_to_settle),
        cmocka_unit_test(a_machine_that_keeps_slowing_is_not_steady),
        cmocka_unit_test(conditions_of_the_machine_become_flags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
