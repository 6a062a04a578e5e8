/* SPDX-License-Identifier: MIT */
/* Declared models: read with their intervals, refused where they make no
 * sense, and applied to counts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/device_model.h"

static enum status
read_text(const char *text, struct cost_model *out, struct err *err)
{
    json_t *doc = json_loads(text, 0, NULL);
    enum status st;

    assert_non_null(doc);
    st = device_model_read(doc, out, err);
    json_decref(doc);
    return st;
}

static void
assert_near(double got, double want)
{
    assert_true(fabs(got - want) <= 1e-9 * fabs(want));
}

static void
counts_become_times_between_the_worst_ends(void **state)
{
    struct cost_model m;
    struct figure f;

    (void)state;
    assert_int_equal(
        read_text("{\"clock_hz\":[1e8,9e7,1.1e8],\"cycles_per_instruction\":"
                  "[1.5,1,2],\"energy_per_cycle_nj\":0.2,\"from\":\"x\"}",
            &m, NULL),
        ST_OK);
    f = device_model_ns(&m, 1e6);
    assert_near(f.mid, 1.5e7);
    assert_near(f.low, 1e6 / 1.1e8 * 1e9);
    assert_near(f.high, 2e6 / 9e7 * 1e9);
    f = device_model_nj(&m, 1e6);
    assert_near(f.mid, 3e5);
    assert_near(f.low, 2e5);
    assert_near(f.high, 4e5);
}

static void
energy_that_is_not_declared_is_missing(void **state)
{
    struct cost_model m;

    (void)state;
    assert_int_equal(read_text("{\"clock_hz\":1e8,\"cycles_per_instruction\":1,"
                               "\"from\":\"x\"}",
                         &m, NULL),
        ST_OK);
    assert_true(isnan(device_model_nj(&m, 1e6).mid));
    assert_true(isnan(device_model_ns(&m, NAN).mid));
    assert_near(device_model_ns(&m, 1e6).low, 1e7);
}

static void
contradictions_are_refused_by_name(void **state)
{
#define REST ",\"from\":\"x\"}"
    static const struct {
        const char *text, *word;
    } bad[] = {
        { "{\"clock_hz\":0,\"cycles_per_instruction\":1" REST, "clock_hz" },
        { "{\"clock_hz\":-1e8,\"cycles_per_instruction\":1" REST, "clock_hz" },
        { "{\"clock_hz\":1e40,\"cycles_per_instruction\":1" REST, "clock_hz" },
        { "{\"clock_hz\":[1e8,2e8,3e8],\"cycles_per_instruction\":1" REST,
            "low <= middle" },
        { "{\"clock_hz\":[1e8,1e8],\"cycles_per_instruction\":1" REST,
            "[middle, low, high]" },
        { "{\"clock_hz\":[1e8,null,2e8],\"cycles_per_instruction\":1" REST,
            "clock_hz" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":{\"mac\":1}" REST,
            "classes" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":1e9" REST,
            "cycles_per_instruction" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":1,"
          "\"energy_per_cycle_nj\":0" REST,
            "energy_per_cycle_nj" },
        { "{\"clock_hz\":1e8" REST, "cycles_per_instruction" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":1}", "from" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":1,\"from\":\"\"}",
            "from" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":1,\"v\":1" REST, "v" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = { 0 };
        struct cost_model m;

        assert_int_equal(read_text(bad[i].text, &m, &err), ST_INVALID);
        assert_non_null(strstr(err.text, bad[i].word));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_become_times_between_the_worst_ends),
        cmocka_unit_test(energy_that_is_not_declared_is_missing),
        cmocka_unit_test(contradictions_are_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
