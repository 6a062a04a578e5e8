/* SPDX-License-Identifier: MIT */
/* The line protocol of external meters without a meter: what lines mean, what
 * windows of them are worth, and which are refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probes/meters/source.h"
#include "probes/meters/tape.h"

#define POWER "meter shunt kind=power period_us=1000 quantum=0.001 gain=0.01"

enum { MS = 1000000, DELAY_NS = 3 * MS };

static void
a_meter_says_what_it_is_or_is_refused_by_the_word(void **state)
{
    static const struct {
        const char *line, *word; /* NULL: it is good */
    } rows[] = {
        { POWER, NULL },
        { POWER " offset_w=0.1 range_j=5 marks=1 window_ms=10 new=thing",
            NULL },
        { "metre x kind=power", "does not begin with 'meter'" },
        { "meter", "has no name" },
        { "meter kind=power period_us=1 quantum=1 gain=0", "has no name" },
        { "meter x period_us=1 quantum=1 gain=0", "'kind' is missing" },
        { "meter x kind=heat period_us=1 quantum=1 gain=0", "'heat'" },
        { "meter x kind=iv quantum=1 gain=0", "'period_us' is missing" },
        { "meter x kind=iv period_us=1 gain=0", "'quantum' is missing" },
        { "meter x kind=iv period_us=1 quantum=1", "'gain' is missing" },
        { "meter x kind=iv period_us=0 quantum=1 gain=0", "'period_us' has" },
        { "meter x kind=iv period_us=1 quantum=nan gain=0", "'quantum' has" },
        { "meter x kind=iv period_us=1 quantum=1 gain=2", "'gain' has" },
        { "meter x kind=iv period_us=0x10 quantum=1 gain=0", "'period_us'" },
        { "meter x kind", "'kind' is not KEY=VALUE" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct said_meter m;
        struct err err = { 0 };
        enum status st = said_meter_read(&m, rows[i].line, &err);

        assert_int_equal(st, rows[i].word == NULL ? ST_OK : ST_INVALID);
        if (rows[i].word != NULL && strstr(err.text, rows[i].word) == NULL)
            fail_msg("%s: %s", rows[i].line, err.text);
    }
}

static void
a_line_is_an_event_or_garbage(void **state)
{
    static const struct {
        const char *line;
        enum said_what what;
        double t_ns, value;
    } rows[] = {
        { "s 12.5 0.25", SAID_SAMPLE, 12500, 0.25 },
        { "  s\t0  -1e-3 ", SAID_SAMPLE, 0, -0.001 },
        { "m 7 1", SAID_MARK, 7000, 1 },
        { "m 8 0", SAID_MARK, 8000, 0 },
        { "d 5", SAID_DROPS, 0, 5 },
        { "", SAID_NOTHING, 0, 0 },
        { "# s 1 2", SAID_NOTHING, 0, 0 },
        { POWER, SAID_NOTHING, 0, 0 },
        { "s", SAID_GARBAGE, 0, 0 },
        { "s 1", SAID_GARBAGE, 0, 0 },
        { "s 1 2 3", SAID_GARBAGE, 0, 0 },
        { "s -1 2", SAID_GARBAGE, 0, 0 },
        { "s 1 inf", SAID_GARBAGE, 0, 0 },
        { "s 1 0x10", SAID_GARBAGE, 0, 0 },
        { "s 1e300 1", SAID_GARBAGE, 0, 0 },
        { "m 1 2", SAID_GARBAGE, 0, 0 },
        { "m 1 0.5", SAID_GARBAGE, 0, 0 },
        { "d -1", SAID_GARBAGE, 0, 0 },
        { "sample 1 2", SAID_GARBAGE, 0, 0 },
        { "\xff\xfe\x01", SAID_GARBAGE, 0, 0 },
    };
    struct said_meter m;
    struct said iv;

    (void)state;
    assert_int_equal(said_meter_read(&m, POWER, NULL), ST_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct said s = said_read(&m, rows[i].line);

        assert_int_equal(s.what, rows[i].what);
        assert_true((double)s.t_ns == rows[i].t_ns);
        if (s.what == SAID_SAMPLE)
            assert_true(s.value == rows[i].value);
        if (s.what == SAID_MARK)
            assert_true(s.high == (rows[i].value > 0));
        if (s.what == SAID_DROPS)
            assert_true((double)s.drops == rows[i].value);
    }
    m.kind = SAID_IV;
    iv = said_read(&m, "s 1 5 0.3");
    assert_true(fabs(iv.value - 1.5) < 1e-12);
    assert_int_equal(said_read(&m, "s 1 5").what, SAID_GARBAGE);
}

static void
bytes_become_lines_of_bounded_length(void **state)
{
    struct source_lines l = { .len = 0 };
    int lines = 0;

    (void)state;
    for (int i = 0; i < 5000; i++)
        assert_false(source_line(&l, 'x'));
    assert_true(source_line(&l, '\n'));
    assert_string_equal(l.line, "?"); /* garbage, and one line only */
    for (const char *at = "s 1 2\r\n\ns 3 4\n"; *at != '\0'; at++)
        lines += source_line(&l, *at);
    assert_int_equal(lines, 3);
    assert_string_equal(l.line, "s 3 4");
}

/* ---- windows ---- */

static void
start(struct tape *t, const char *header)
{
    struct said_meter m;

    assert_int_equal(said_meter_read(&m, header, NULL), ST_OK);
    assert_int_equal(tape_init(t, &m, NULL), ST_OK);
}

/* A line that arrives `late_ns` after the meter's usual delay. */
static void
hear(struct tape *t, const char *line, int64_t late_ns)
{
    struct said s = said_read(&t->meter, line);

    tape_add(t, &s, s.t_ns + DELAY_NS + late_ns);
}

/* Watts at a time: 1 W, and 3 W from 100 to 200 ms. */
static double
watts(int ms)
{
    return ms >= 100 && ms < 200 ? 3 : 1;
}

/* What a test does to one line; false: it is not said. */
typedef bool spoil_fn(int ms, char *line, size_t cap);

static void
play(struct tape *t, spoil_fn *spoil)
{
    for (int ms = 0; ms <= 400; ms++) {
        char line[64];

        snprintf(line, sizeof(line), "s %d %.3f", ms * 1000, watts(ms));
        if (spoil == NULL || spoil(ms, line, sizeof(line)))
            hear(t, line, ms % 7 * MS); /* lines come late by up to 6 ms */
    }
}

/* The host's clock at a time of the meter's. */
static int64_t
at(int ms)
{
    return (int64_t)ms * MS + DELAY_NS;
}

static void
energy_between_two_moments_is_that_of_the_samples(void **state)
{
    static const struct {
        int from, to;
        double mj;
    } rows[] = {
        { 10, 60, 50 },
        { 120, 170, 150 },
        { 50, 250, 400 },
        { 0, 400, 600 },
    };
    struct meter_window w;
    struct tape t;

    (void)state;
    start(&t, POWER);
    play(&t, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            tape_between(&t, at(rows[i].from), at(rows[i].to), &w, NULL),
            ST_OK);
        /* Two periods at the most that it ever was. */
        assert_true(fabs(w.total_nj - rows[i].mj * 1e6) <= 2 * 3e6);
        assert_int_equal(w.window_ns, (rows[i].to - rows[i].from) * MS);
        assert_int_equal(w.dropped, 0);
    }
    assert_true(tape_covers(&t, at(399)));
    assert_false(tape_covers(&t, at(401)));
    assert_int_equal(tape_between(&t, at(300), at(500), &w, NULL), ST_INVALID);
    tape_clear(&t);
}

static void
a_total_is_followed_across_its_wrap_and_no_further(void **state)
{
    static const char header[] =
        "meter total kind=energy period_us=1000 quantum=1e-6 gain=0 range_j=10";
    struct meter_window w;
    struct err err = { 0 };
    struct tape t;
    char line[64];

    (void)state;
    start(&t, header);
    for (int ms = 0; ms <= 100; ms++) {
        snprintf(line, sizeof(line), "s %d %.3f", ms * 1000,
            fmod(9.9 + ms * 0.005, 10));
        hear(&t, line, 0);
    }
    assert_int_equal(tape_between(&t, at(0), at(100), &w, NULL), ST_OK);
    assert_true(fabs(w.total_nj - 0.5e9) < 1);
    hear(&t, "s 101000 0.350", 0); /* down by 50 mJ: that is no wrap */
    hear(&t, "s 102000 0.355", 0);
    assert_int_equal(tape_between(&t, at(90), at(102), &w, &err), ST_INVALID);
    assert_string_equal(err.code, "measure.meter_negative");
    tape_clear(&t);
}

static bool
lose_three(int ms, char *line, size_t cap)
{
    (void)line;
    (void)cap;
    return ms < 150 || ms > 152;
}

static bool
say_garbage(int ms, char *line, size_t cap)
{
    if (ms == 150)
        snprintf(line, cap, "s 150000 3.0\x01");
    return true;
}

static bool
own_up(int ms, char *line, size_t cap)
{
    if (ms == 150)
        snprintf(line, cap, "d 2");
    return true;
}

static bool
go_back(int ms, char *line, size_t cap)
{
    if (ms == 150)
        snprintf(line, cap, "s 20000 3");
    return true;
}

static bool
start_again(int ms, char *line, size_t cap)
{
    if (ms >= 150)
        snprintf(line, cap, "s %d 3", (ms - 150) * 1000);
    return true;
}

static void
a_window_with_a_fault_is_refused_and_the_others_hold(void **state)
{
    static const struct {
        spoil_fn *spoil;
        const char *code;
        bool later; /* a window after it is good */
    } rows[] = {
        { lose_three, "measure.meter_drops", true },
        { say_garbage, "measure.meter_drops", true },
        { own_up, "measure.meter_drops", true },
        { go_back, "measure.meter_negative", true },
        { start_again, "measure.meter_negative", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = { 0 };
        struct meter_window w;
        struct tape t;

        start(&t, POWER);
        play(&t, rows[i].spoil);
        assert_int_equal(
            tape_between(&t, at(120), at(180), &w, &err), ST_INVALID);
        assert_string_equal(err.code, rows[i].code);
        assert_int_equal(tape_between(&t, at(10), at(60), &w, NULL), ST_OK);
        assert_int_equal(tape_between(&t, at(210), at(290), &w, NULL),
            rows[i].later ? ST_OK : ST_INVALID);
        assert_true(rows[i].later || t.sum.backwards > 0);
        tape_clear(&t);
    }
}

/* EEMBC's runner once took times for 1.33 times what they were. */
static void
a_clock_of_another_speed_is_noticed(void **state)
{
    static const struct {
        double speed;
        enum status st;
    } rows[] = { { 1, ST_OK }, { 1.005, ST_OK }, { 1.33, ST_INVALID },
        { 0.5, ST_INVALID } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = { 0 };
        struct meter_window w;
        struct tape t;

        start(&t, POWER);
        for (int ms = 0; ms <= 2000; ms++) {
            struct said s = { .what = SAID_SAMPLE,
                .t_ns = (int64_t)(ms * rows[i].speed * MS),
                .value = 1 };

            tape_add(&t, &s, at(ms));
        }
        assert_int_equal(
            tape_between(&t, at(100), at(1100), &w, &err), rows[i].st);
        if (rows[i].st != ST_OK)
            assert_string_equal(err.code, "measure.meter_clock");
        tape_clear(&t);
    }
}

static void
a_pulse_is_measured_from_edge_to_edge(void **state)
{
    static const struct {
        const char *marks[4];
        int pulses; /* within the window */
    } rows[] = {
        { { "m 110000 1", "m 190500 0", NULL, NULL }, 1 },
        /* the end of an earlier one, and the beginning of a later one */
        { { "m 90000 0", "m 110000 1", "m 190500 0", "m 210000 1" }, 1 },
        { { "m 110000 1", "m 120000 0", "m 130000 1", "m 190500 0" }, 2 },
        { { "m 110000 1", NULL, NULL, NULL }, 0 },
        { { NULL, NULL, NULL, NULL }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = { 0 };
        struct meter_window w;
        struct tape t;
        enum status st;

        start(&t, POWER " marks=1");
        play(&t, NULL);
        for (int k = 0; k < 4 && rows[i].marks[k] != NULL; k++)
            hear(&t, rows[i].marks[k], 0);
        st = tape_marked(&t, at(80), at(220), &w, &err);
        if (rows[i].pulses == 1) {
            assert_int_equal(st, ST_OK);
            assert_int_equal(w.window_ns, 80500000);
            assert_true(fabs(w.total_nj - 3 * 80.5e6) < 1);
        } else {
            char words[32];

            snprintf(words, sizeof(words), "saw %d pulses", rows[i].pulses);
            assert_int_equal(st, ST_INVALID);
            assert_string_equal(err.code, "measure.meter_clock");
            assert_non_null(strstr(err.text, words));
        }
        tape_clear(&t);
    }
}

static void
a_pulse_that_ends_before_it_began_is_named(void **state)
{
    struct err err = { 0 };
    struct meter_window w;
    struct tape t;

    (void)state;
    start(&t, POWER " marks=1");
    play(&t, NULL);
    hear(&t, "m 190500 1", 0);
    hear(&t, "m 110000 0", 0);
    assert_int_equal(tape_marked(&t, at(80), at(220), &w, &err), ST_INVALID);
    assert_string_equal(err.code, "measure.meter_negative");
    tape_clear(&t);
}

static void
a_tape_forgets_what_is_too_long_ago(void **state)
{
    struct meter_window w;
    struct tape t;
    const int n = TAPE_POINTS + 1000;

    (void)state;
    start(&t, POWER);
    for (int ms = 0; ms < n; ms++) {
        struct said s = {
            .what = SAID_SAMPLE, .t_ns = (int64_t)ms * MS, .value = 2
        };

        tape_add(&t, &s, at(ms));
    }
    assert_int_equal(
        tape_between(&t, at(100), at(n - 10), &w, NULL), ST_INVALID);
    assert_int_equal(
        tape_between(&t, at(n - 1010), at(n - 10), &w, NULL), ST_OK);
    assert_true(fabs(w.total_nj - 2e9) < 10);
    tape_reset(&t);
    assert_false(tape_covers(&t, at(0)));
    tape_clear(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_meter_says_what_it_is_or_is_refused_by_the_word),
        cmocka_unit_test(a_line_is_an_event_or_garbage),
        cmocka_unit_test(bytes_become_lines_of_bounded_length),
        cmocka_unit_test(energy_between_two_moments_is_that_of_the_samples),
        cmocka_unit_test(a_total_is_followed_across_its_wrap_and_no_further),
        cmocka_unit_test(a_window_with_a_fault_is_refused_and_the_others_hold),
        cmocka_unit_test(a_clock_of_another_speed_is_noticed),
        cmocka_unit_test(a_pulse_is_measured_from_edge_to_edge),
        cmocka_unit_test(a_pulse_that_ends_before_it_began_is_named),
        cmocka_unit_test(a_tape_forgets_what_is_too_long_ago),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
