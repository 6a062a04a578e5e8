/* SPDX-License-Identifier: MIT */
/*
 * External meters for real: a thread that speaks the line protocol over TCP
 * and over a terminal about a load of known power, good and broken in every
 * way; and a recording.
 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/flag.h"
#include "probes/measure/energy.h"
#include "probes/meters/external.h"
#include "probes/meters/meters.h"
#include "teller.h"

static const int64_t IDLE_NS = 250000000, WORK_NS = 1000000;
static const int64_t TROUBLE_NS = 200000000;

/* 1 ms of work, and the power that goes with it. */
struct work {
    struct teller_load load;
    int64_t first_ns; /* when it was run first */
};

static enum status
run(void *ctx, int64_t n, struct err *err)
{
    struct work *w = ctx;

    (void)err;
    if (w->first_ns == 0)
        w->first_ns = clock_ns();
    /* Past the guard time, and within the window. */
    if (clock_ns() - w->first_ns > TROUBLE_NS)
        w->load.trouble = true;
    for (int64_t i = 0; i < n; i++)
        teller_work(&w->load, WORK_NS);
    return ST_OK;
}

static void
work_init(struct work *w, struct subject *s)
{
    *w = (struct work){ .load = { .idle_w = 2, .busy_w = 3 } };
    *s = (struct subject){ .run = run, .ctx = w, .n = 5 };
}

/* Idle, a window, idle. */
static enum status
measure(const struct meter_handle *h, struct subject *s, struct energy *e,
    struct err *err)
{
    struct energy_window window;
    double before, after;
    enum status st;

    if ((st = energy_idle(h, &host_real, IDLE_NS, &before, err)) != ST_OK ||
        (st = energy_measure(h, s, &host_real, &window, err)) != ST_OK ||
        (st = energy_idle(h, &host_real, IDLE_NS, &after, err)) != ST_OK)
        return st;
    energy_account(h->ops->facts(h->self), &window, before, after, e);
    return ST_OK;
}

static void
open_meter(struct meter_handle *h)
{
    struct err err = { 0 };

    if (meter_open(h, &meter_external, METER_ROOT, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
}

static void
the_bound_covers_the_truth_over_every_line(void **state)
{
    static const struct {
        bool total, serial;
    } rows[] = { { false, false }, { true, false }, { false, true } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct meter_handle h;
        struct teller t;
        struct energy e;
        struct work w;
        struct subject s;
        struct err err = { 0 };
        double truth;

        work_init(&w, &s);
        truth = w.load.busy_w * (double)WORK_NS;
        teller_start(&t, &w.load, TELLER_GOOD, rows[i].total, rows[i].serial);
        teller_name(&t, NULL);
        open_meter(&h);
        assert_string_equal(h.ops->facts(h.self)->source, "teller");
        if (measure(&h, &s, &e, &err) != ST_OK)
            fail_msg("%s: %s", err.code, err.text);
        if (!(fabs(e.net_nj - truth) <= e.err_nj))
            fail_msg("net %.0f, truth %.0f, bound %.0f nJ", e.net_nj, truth,
                e.err_nj);
        assert_true(e.err_nj < 0.2 * e.net_nj);
        meter_close(&h);
        teller_stop(&t);
    }
}

static void
every_fault_of_a_meter_is_named_and_costs_only_its_windows(void **state)
{
    static const struct {
        enum teller_fault fault;
        bool total;
        const char *code;
        int64_t flag;
    } rows[] = {
        { TELLER_DROPS, false, "measure.meter_drops", FLAG(meter_drops) },
        { TELLER_GARBAGE, false, "measure.meter_drops", FLAG(meter_drops) },
        { TELLER_BACK, false, "measure.meter_negative", FLAG(meter_backwards) },
        { TELLER_SINKS, true, "measure.meter_negative", FLAG(meter_backwards) },
        { TELLER_SILENT, false, "measure.meter_stuck", FLAG(meter_stuck) },
        { TELLER_UNPLUGS, false, "measure.meter_lost", FLAG(meter_lost) },
        { TELLER_FAST, true, "measure.meter_clock", FLAG(meter_clock) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct meter_handle h;
        struct teller t;
        struct energy e;
        struct work w;
        struct subject s;
        struct err err = { 0 };

        work_init(&w, &s);
        teller_start(&t, &w.load, rows[i].fault, rows[i].total, false);
        teller_name(&t, NULL);
        open_meter(&h);
        if (measure(&h, &s, &e, &err) != ST_INVALID ||
            strcmp(err.code, rows[i].code) != 0)
            fail_msg(
                "fault %d: %s: %s", (int)rows[i].fault, err.code, err.text);
        assert_true(energy_failure_flag(err.code) == rows[i].flag);
        meter_close(&h);
        teller_stop(&t);
    }
}

static void
a_meter_that_is_plugged_in_again_is_used_again(void **state)
{
    struct meter_handle h;
    struct teller t;
    struct energy e;
    struct work w;
    struct subject s;
    struct err err = { 0 };
    double watts;

    (void)state;
    work_init(&w, &s);
    teller_start(&t, &w.load, TELLER_UNPLUGS, false, false);
    teller_name(&t, NULL);
    open_meter(&h);
    assert_int_equal(measure(&h, &s, &e, &err), ST_INVALID);
    assert_string_equal(err.code, "measure.meter_lost");
    w.load.trouble = false;
    assert_int_equal(energy_idle(&h, &host_real, IDLE_NS, &watts, NULL), ST_OK);
    assert_true(fabs(watts - w.load.idle_w) < 0.1);
    teller_stop(&t); /* for good: the next call finds nobody */
    err_clear(&err);
    assert_int_equal(
        energy_idle(&h, &host_real, IDLE_NS, &watts, &err), ST_INVALID);
    assert_string_equal(err.code, "measure.meter_lost");
    meter_close(&h);
}

static void
a_hostile_meter_is_absent_and_says_why(void **state)
{
    static const struct {
        enum teller_fault fault;
        const char *code;
    } rows[] = { { TELLER_NAMELESS, "device.no_meter" } };
    struct err err = { 0 };
    struct meter_handle h;
    struct teller t;
    struct work w;
    struct subject s;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        work_init(&w, &s);
        teller_start(&t, &w.load, rows[i].fault, false, false);
        teller_name(&t, NULL);
        err_clear(&err);
        assert_int_equal(
            meter_open(&h, &meter_external, METER_ROOT, &err), ST_NOT_FOUND);
        assert_string_equal(err.code, rows[i].code);
        assert_null(h.self);
        teller_stop(&t);
    }
    err_clear(&err); /* nobody is there any more */
    assert_int_equal(
        meter_open(&h, &meter_external, METER_ROOT, &err), ST_NOT_FOUND);
    assert_string_equal(err.code, "infra.no_meter");
    unsetenv("OFFRAMP_METERS");
    err_clear(&err);
    assert_int_equal(
        meter_open(&h, &meter_external, METER_ROOT, &err), ST_NOT_FOUND);
    assert_string_equal(err.code, "device.no_meter");
}

/* Bytes without end, and no line: it is lost samples, and a close that does
 * not wait for them. */
static void
a_flood_does_not_hold_anybody_up(void **state)
{
    struct err err = { 0 };
    struct meter_handle h;
    struct teller t;
    struct work w;
    struct subject s;
    int64_t start_ns;
    double watts;

    (void)state;
    work_init(&w, &s);
    teller_start(&t, &w.load, TELLER_FLOODS, false, false);
    teller_name(&t, NULL);
    open_meter(&h);
    start_ns = clock_ns();
    assert_int_equal(
        energy_idle(&h, &host_real, IDLE_NS, &watts, &err), ST_INVALID);
    assert_string_equal(err.code, "measure.meter_stuck");
    meter_close(&h);
    assert_true(clock_ns() - start_ns < 10000000000);
    teller_stop(&t);
}

/* ---- a recording ---- */

static void
write_trace(char path[64], int ms)
{
    FILE *f;
    int fd;

    strcpy(path, "/tmp/offramp-trace-XXXXXX");
    assert_true((fd = mkstemp(path)) >= 0);
    assert_non_null(f = fdopen(fd, "w"));
    fputs("meter bench kind=iv period_us=2000 quantum=0.001 gain=0.01 "
          "window_ms=200 latency_ms=5\n",
        f);
    for (int t = 0; t <= ms; t += 2)
        fprintf(f, "s %d 5.0 0.4\n", t * 1000);
    assert_int_equal(fclose(f), 0);
}

static void
a_recording_is_played_in_its_own_time_and_is_over_at_its_end(void **state)
{
    struct err err = { 0 };
    struct meter_handle h;
    char path[64], text[128];
    enum status st = ST_OK;
    double watts = 0;

    (void)state;
    write_trace(path, 1500);
    snprintf(text, sizeof(text), "{\"old\":{\"trace\":\"%s\"}}", path);
    assert_int_equal(setenv("OFFRAMP_METERS", text, 1), 0);
    open_meter(&h);
    assert_true(h.ops->facts(h.self)->replayed);
    assert_string_equal(h.ops->facts(h.self)->source, "bench");
    assert_int_equal(energy_idle(&h, &host_real, IDLE_NS, &watts, &err), ST_OK);
    assert_true(fabs(watts - 2) < 0.02);
    for (int i = 0; st == ST_OK && i < 10; i++)
        st = energy_idle(&h, &host_real, IDLE_NS, &watts, &err);
    assert_int_equal(st, ST_INVALID);
    if (strcmp(err.code, "measure.meter_lost") != 0)
        fail_msg("%s: %s", err.code, err.text);
    err_clear(&err); /* and it does not begin again */
    assert_int_equal(
        energy_idle(&h, &host_real, IDLE_NS, &watts, &err), ST_INVALID);
    meter_close(&h);
    assert_int_equal(unlink(path), 0);
}

static void
a_meter_that_was_named_goes_first(void **state)
{
    json_t *tried = json_array();
    struct meter_handle h;
    char path[64], text[128];

    (void)state;
    write_trace(path, 10);
    snprintf(text, sizeof(text), "{\"old\":{\"trace\":\"%s\"}}", path);
    assert_int_equal(setenv("OFFRAMP_METERS", text, 1), 0);
    assert_int_equal(
        meters_find(meters_energy, METER_ROOT, &h, tried, NULL), ST_OK);
    assert_ptr_equal(h.ops, &meter_external);
    assert_int_equal(json_array_size(tried), 1);
    meter_close(&h);
    json_decref(tried);
    /* One of a board is not the host's. */
    snprintf(text, sizeof(text),
        "{\"old\":{\"trace\":\"%s\",\"device\":\"m4\"}}", path);
    assert_int_equal(setenv("OFFRAMP_METERS", text, 1), 0);
    assert_int_equal(
        meter_open(&h, &meter_external, METER_ROOT, NULL), ST_NOT_FOUND);
    assert_int_equal(meter_external_open(&h, "m4", NULL), ST_OK);
    meter_close(&h);
    assert_int_equal(meter_external_open(&h, "m7", NULL), ST_NOT_FOUND);
    assert_int_equal(unlink(path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_covers_the_truth_over_every_line),
        cmocka_unit_test(
            every_fault_of_a_meter_is_named_and_costs_only_its_windows),
        cmocka_unit_test(a_meter_that_is_plugged_in_again_is_used_again),
        cmocka_unit_test(a_hostile_meter_is_absent_and_says_why),
        cmocka_unit_test(a_flood_does_not_hold_anybody_up),
        cmocka_unit_test(
            a_recording_is_played_in_its_own_time_and_is_over_at_its_end),
        cmocka_unit_test(a_meter_that_was_named_goes_first),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
