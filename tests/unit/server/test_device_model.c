/* SPDX-License-Identifier: MIT */
/* Declared models: read with their intervals, refused where they make no
 * sense, and applied to counts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* What counters become: {"instructions": 1e6} and the like. */
static struct figure
ns_of(const struct cost_model *m, const char *counters)
{
    json_t *o = json_loads(counters, 0, NULL);
    struct figure f = device_model_ns(m, device_model_cycles(m, o));

    assert_non_null(o);
    json_decref(o);
    return f;
}

static struct figure
nj_of(const struct cost_model *m, const char *counters)
{
    json_t *o = json_loads(counters, 0, NULL);
    struct figure f = device_model_nj(m, device_model_cycles(m, o));

    assert_non_null(o);
    json_decref(o);
    return f;
}

#define MILLION "{\"instructions\":1000000}"

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
    f = ns_of(&m, MILLION);
    assert_near(f.mid, 1.5e7);
    assert_near(f.low, 1e6 / 1.1e8 * 1e9);
    assert_near(f.high, 2e6 / 9e7 * 1e9);
    f = nj_of(&m, MILLION);
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
    assert_true(isnan(nj_of(&m, MILLION).mid));
    assert_true(isnan(ns_of(&m, "{}").mid));
    assert_near(ns_of(&m, MILLION).low, 1e7);
}

/* Counters of every class, from one text a class. */
static void
all_counters(char *out, size_t cap, const char *const given[INSN_COUNTS])
{
    size_t at = (size_t)snprintf(out, cap, "{\"instructions\":1");

    for (int c = 0; c < INSN_COUNTS; c++)
        at += (size_t)snprintf(out + at, cap - at, ",\"%s\":%s",
            insn_counter(c), given[c] != NULL ? given[c] : "0");
    snprintf(out + at, cap - at, "}");
}

static void
classes_are_summed_each_with_its_cycles(void **state)
{
    static const char *const counted[INSN_COUNTS] = { [INSN_alu] = "1000",
        [INSN_load] = "200",
        [INSN_vector] = "10",
        [INSN_jump] = "50",
        [INSN_word] = "7" };
    char counters[1024];
    struct cost_model m;
    struct figure f;

    (void)state;
    all_counters(counters, sizeof(counters), counted);
    assert_int_equal(
        read_text("{\"clock_hz\":1e9,\"energy_per_cycle_nj\":2,\"from\":\"x\","
                  "\"cycles_per_instruction\":{\"alu\":1,\"load\":[2,1,3],"
                  "\"jump\":[2,1,4],\"default\":[10,0,20]}}",
            &m, NULL),
        ST_OK);
    assert_true(m.by_class);
    f = ns_of(&m, counters);
    assert_near(f.mid, 1000 + 400 + 100 + 100);
    assert_near(f.low, 1000 + 200 + 0 + 50);
    assert_near(f.high, 1000 + 600 + 200 + 200);
    assert_near(nj_of(&m, counters).mid, 2 * 1600);
    /* One figure for all is what those counters also allow. */
    assert_int_equal(read_text("{\"clock_hz\":1e9,\"cycles_per_instruction\":3,"
                               "\"from\":\"x\"}",
                         &m, NULL),
        ST_OK);
    assert_near(ns_of(&m, counters).mid, 3);
}

static void
a_row_without_classes_has_no_time_by_class(void **state)
{
    struct cost_model m;

    (void)state;
    assert_int_equal(read_text("{\"clock_hz\":1e9,\"from\":\"x\","
                               "\"cycles_per_instruction\":{\"default\":1}}",
                         &m, NULL),
        ST_OK);
    assert_true(isnan(ns_of(&m, MILLION).mid));
    assert_true(isnan(ns_of(&m, "{\"instructions\":5,\"insn_alu\":5}").high));
}

static void
the_models_of_cores_that_are_published_can_be_read(void **state)
{
    static const char *const files[] = { "cortex-m3", "cortex-m4", "cortex-m7",
        "cortex-m55" };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[512];
        struct err err = { 0 };
        struct cost_model m;
        json_t *doc;

        snprintf(path, sizeof(path), OFFRAMP_FIXTURES "/device_models/%s.json",
            files[i]);
        doc = json_load_file(path, 0, NULL);
        assert_non_null(doc);
        if (device_model_read(doc, &m, &err) != ST_OK)
            fail_msg("%s: %s", files[i], err.text);
        assert_true(m.by_class);
        json_decref(doc);
    }
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
            "mac" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":{\"alu\":1}" REST,
            "multiply is missing" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":{}" REST,
            "alu is missing" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":{\"default\":1,"
          "\"load\":[2,3,4]}" REST,
            "cycles_per_instruction.load: [middle" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":{\"default\":1,"
          "\"jump\":-1}" REST,
            "cycles_per_instruction.jump" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":{\"default\":"
          "null}" REST,
            "cycles_per_instruction.default" },
        { "{\"clock_hz\":1e8,\"cycles_per_instruction\":{\"default\":0}" REST,
            "alu must be" },
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
        cmocka_unit_test(classes_are_summed_each_with_its_cycles),
        cmocka_unit_test(a_row_without_classes_has_no_time_by_class),
        cmocka_unit_test(the_models_of_cores_that_are_published_can_be_read),
        cmocka_unit_test(contradictions_are_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
