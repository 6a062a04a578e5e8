/* SPDX-License-Identifier: MIT */
/* Which of two counters a board's clock is, by its test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probes/firmware/ticker.h"

/* What is wrong with the counter that would be the better one. */
enum fault { NONE, STILL, BACKWARDS, NO_WRAP, STOPS_AT_WRAP, OTHER_CLOCK };

static enum fault fault;
static uint64_t core; /* cycles of the core: a reading takes some */
static uint64_t began_better, began_other;
static bool soon;

static void
start_better(bool wrap_soon)
{
    began_better = core;
    soon = wrap_soon;
}

static uint64_t
now_better(void)
{
    uint64_t now = (core += 20) - began_better;
    bool past = soon && now > TICKER_SOON;

    switch (fault) {
    case STILL:
        return 0;
    case BACKWARDS:
        return now % 1000;
    case NO_WRAP: /* as a counter that is not extended */
        return past ? now - TICKER_SOON : now;
    case STOPS_AT_WRAP:
        return past ? TICKER_SOON : now;
    case OTHER_CLOCK:
        return now * 2;
    default:
        return now;
    }
}

static void
start_other(bool wrap_soon)
{
    (void)wrap_soon;
    began_other = core;
}

static uint64_t
now_other(void)
{
    return (core += 25) - began_other;
}

static const struct ticker better = { 32, start_better, now_better };
static const struct ticker other = { 24, start_other, now_other };

static void
the_better_counter_is_taken_if_it_stands_its_test(void **state)
{
    static const struct {
        enum fault fault;
        bool moves, wraps;
        const struct ticker *want;
    } cases[] = {
        { NONE, true, true, &better },
        { STILL, false, false, &other },
        { BACKWARDS, false, false, &other },
        { NO_WRAP, true, false, &other },
        { STOPS_AT_WRAP, true, false, &other },
        { OTHER_CLOCK, true, true, &other },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct device_selftest test = { 0 };

        fault = cases[i].fault;
        ticker_test(&better, &test);
        assert_int_equal(test.moves, cases[i].moves);
        assert_int_equal(test.wraps, cases[i].wraps);
        assert_ptr_equal(ticker_choose(&better, &other), cases[i].want);
    }
}

static void
what_is_chosen_starts_at_0_and_runs(void **state)
{
    const struct ticker *t;
    struct device_selftest test = { 0 };

    (void)state;
    fault = NONE;
    t = ticker_choose(&better, &other);
    assert_int_equal(t->now(), 20);
    ticker_test(t, &test);
    assert_int_equal(test.cost, 20);
    fault = STILL;
    t = ticker_choose(&better, &other);
    assert_in_range(t->now(), 1, 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_better_counter_is_taken_if_it_stands_its_test),
        cmocka_unit_test(what_is_chosen_starts_at_0_and_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
