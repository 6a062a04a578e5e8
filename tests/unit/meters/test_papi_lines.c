/* SPDX-License-Identifier: MIT */
/* test_papi_lines.c -- a meter named by an event of PAPI (--meter
 * NAME:papi=EVENT), with PAPI's answers made up. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "probes/measure/energy.h"
#include "probes/meters/external.h"
#include "tests/unit/meters/fake_papi.h"

static void
name_event(const char *event, const char *device)
{
    char text[400];

    snprintf(text, sizeof(text),
        "{\"gpu\":{\"papi\":\"%s\",\"device\":\"%s\"}}", event, device);
    assert_int_equal(setenv("OFFRAMP_METERS", text, 1), 0);
}

/* Threads of meters that were closed end by themselves. */
static void
all_sets_are_given_back(void)
{
    int64_t end_ns = clock_ns() + 60000000000;

    while (fake_sets > 0 && clock_ns() < end_ns)
        clock_sleep_ns(1000000);
    assert_int_equal(fake_sets, 0);
}

static void
an_event_of_power_or_energy_is_a_meter(void **state)
{
    static const struct {
        const char *event, *device;
        double watts, offset_w;
    } rows[] = {
        { FAKE_POWER, "", 12.5, 5.0005 },
        { FAKE_ENERGY, "", 4, 0 },
        { FAKE_POWER, "m4", 12.5, 5.0005 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *device = rows[i].device[0] != '\0' ? rows[i].device : NULL;
        struct meter_handle h;
        struct err err = { 0 };
        double watts;

        name_event(rows[i].event, rows[i].device);
        if (meter_external_open(&h, device, &err) != ST_OK ||
            energy_idle(&h, &host_real, 500000000, &watts, &err) != ST_OK)
            fail_msg("%s: %s", err.code, err.text);
        assert_string_equal(h.ops->facts(h.self)->source, "gpu");
        assert_true(
            fabs(h.ops->facts(h.self)->offset_w - rows[i].offset_w) < 1e-9);
        if (!(fabs(watts - rows[i].watts) < 0.02 * rows[i].watts))
            fail_msg("%s: %f W", rows[i].event, watts);
        meter_close(&h);
        all_sets_are_given_back();
    }
}

static void
what_cannot_be_used_is_named(void **state)
{
    static const struct {
        const char *event;
        bool denied;
        const char *code, *text;
    } rows[] = {
        { "rocm_smi:::power", false, "device.no_meter", "nvml, rapl, cuda" },
        { "nvml:::x:power", false, "device.no_meter", "are " FAKE_POWER },
        { "cuda:::power", false, "device.no_meter", "libcuda.so not found" },
        { "nvml:::NVIDIA_GeForce:device_0:temperature", false,
            "device.no_meter", "unit 'C'" },
        { "rapl:::PACKAGE_ENERGY_F:PACKAGE0", false, "device.no_meter",
            "whole numbers" },
        { FAKE_POWER, true, "device.meter_denied", "not for this user" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct meter_handle h;
        struct err err = { 0 };

        fake_denied = rows[i].denied;
        name_event(rows[i].event, "");
        assert_int_equal(meter_external_open(&h, NULL, &err), ST_NOT_FOUND);
        fake_denied = false;
        if (strcmp(err.code, rows[i].code) != 0 ||
            strstr(err.text, rows[i].text) == NULL)
            fail_msg("%s: %s: %s", rows[i].event, err.code, err.text);
        all_sets_are_given_back();
    }
}

static void
an_event_that_cannot_be_read_any_more_is_lost(void **state)
{
    struct meter_handle h;
    struct err err = { 0 };
    double watts;

    (void)state;
    name_event(FAKE_ENERGY, "");
    assert_int_equal(meter_external_open(&h, NULL, NULL), ST_OK);
    fake_gone = true;
    assert_int_equal(
        energy_idle(&h, &host_real, 100000000, &watts, &err), ST_INVALID);
    fake_gone = false;
    assert_string_equal(err.code, "measure.meter_lost");
    assert_int_equal(
        energy_idle(&h, &host_real, 100000000, &watts, NULL), ST_OK);
    meter_close(&h);
    all_sets_are_given_back();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_of_power_or_energy_is_a_meter),
        cmocka_unit_test(what_cannot_be_used_is_named),
        cmocka_unit_test(an_event_that_cannot_be_read_any_more_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
