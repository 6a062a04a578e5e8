/* SPDX-License-Identifier: MIT */
/* What two environments have against each other, and how that is told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/flag.h"
#include "server/diff.h"
#include "server/rank_test.h"

static void
ranks_give_the_probabilities_of_the_tables(void **state)
{
    /* By hand: 2 of C(6,3) = 20 orders are as extreme as a complete
     * separation; 4 of C(5,2) = 10 as extreme as U = 1. */
    static const struct {
        double a[4], b[4];
        size_t n, m;
        double p;
    } cases[] = {
        { { 1, 2, 3 }, { 4, 5, 6 }, 3, 3, 0.1 },
        { { 4, 5, 6 }, { 1, 2, 3 }, 3, 3, 0.1 },
        { { 1, 3 }, { 2, 4, 5 }, 2, 3, 0.4 },
        { { 1, 4 }, { 2, 3 }, 2, 2, 1 },
        { { 7, 7 }, { 7, 7 }, 2, 2, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double p;

        assert_int_equal(
            rank_test(cases[i].a, cases[i].n, cases[i].b, cases[i].m, &p, NULL),
            ST_OK);
        assert_true(fabs(p - cases[i].p) < 1e-12);
    }
}

static void
the_approximation_joins_the_exact_count(void **state)
{
    double a[20], b[20], exact, normal;

    (void)state;
    for (int i = 0; i < 20; i++) {
        a[i] = 2 * i;
        b[i] = 2 * i + 9; /* odd: no ties */
    }
    assert_int_equal(rank_test(a, 20, b, 20, &exact, NULL), ST_OK);
    a[1] = a[0]; /* a tie that changes no rank against b */
    assert_int_equal(rank_test(a, 20, b, 20, &normal, NULL), ST_OK);
    assert_true(exact > 0.01 && exact < 0.1);
    assert_true(exact != normal && fabs(exact - normal) < 0.002);
    assert_int_equal(rank_test(a, 0, b, 20, &exact, NULL), ST_OK);
    assert_true(isnan(exact));
}

/* The names in the order told. */
static void
env_is(const char *a, const char *b, const char *names)
{
    json_t *ja = json_loads(a, 0, NULL), *jb = json_loads(b, 0, NULL), *out, *o;
    char got[256] = "";
    size_t i;

    assert_non_null(ja);
    assert_non_null(jb);
    assert_int_equal(diff_env(ja, jb, &out, NULL), ST_OK);
    json_array_foreach(out, i, o)
    {
        strcat(got, json_string_value(json_object_get(o, "name")));
        strcat(got, " ");
    }
    assert_string_equal(got, names);
    json_decref(out);
    json_decref(ja);
    json_decref(jb);
}

static void
stable_members_come_first_and_small_changes_do_not(void **state)
{
    (void)state;
    env_is("{\"stable\":{\"governor\":\"powersave\",\"soc\":null},"
           "\"volatile\":{\"loadavg\":0.1,\"freq_max_khz\":2000000}}",
        "{\"stable\":{\"governor\":\"performance\",\"kernel\":\"6.1\"},"
        "\"volatile\":{\"loadavg\":1.9,\"freq_max_khz\":2010000}}",
        "governor kernel loadavg ");
    env_is("{\"stable\":{},\"volatile\":{\"temp_max_c\":40}}",
        "{\"stable\":{},\"volatile\":{\"temp_max_c\":null}}", "");
    env_is("{\"stable\":{\"threads\":1},\"volatile\":{\"temp_max_c\":40}}",
        "{\"stable\":{\"threads\":1},\"volatile\":{\"temp_max_c\":44}}", "");
}

/* Does line `i` of the summary have `text`? */
static void
says(const json_t *lines, size_t i, const char *text)
{
    const char *line = json_string_value(json_array_get(lines, i));

    assert_non_null(line);
    if (strstr(line, text) == NULL)
        fail_msg("line %zu is: %s", i, line);
}

static void
causes_are_told_strongest_first(void **state)
{
    static const struct diff_totals totals = {
        .compared = 9, .apart = 4, .same = 1, .ratio = 1.25, .sentinel = 1.1
    };
    json_t *env, *lines;

    (void)state;
    env = json_pack("[{s:s,s:f,s:f},{s:s,s:s,s:s}]", "name", "loadavg", "a",
        0.1, "b", 2.5, "name", "runtime_version", "a", "1.29.0", "b", "1.30.0");
    assert_int_equal(diff_summary(env, FLAG(bimodal), FLAG(no_energy_sensor),
                         &totals, &lines, NULL),
        ST_OK);
    assert_int_equal(json_array_size(lines), 5);
    says(lines, 0, "4 of 9 rows differ beyond both intervals; B / A is 1.250");
    says(lines, 1, "runtime_version is 1.29.0 in A and 1.30.0 in B");
    says(lines, 2, "golden kernel took 1.100 times as long in B");
    says(lines, 3, "loadavg is 0.1 in A and 2.5 in B");
    says(lines, 4, "only A is flagged bimodal");
    json_decref(lines);
    json_decref(env);
}

static void
what_nothing_explains_is_said_to_be_so(void **state)
{
    const struct diff_totals apart = {
        .compared = 2, .apart = 1, .ratio = 1.1, .sentinel = NAN
    };
    const struct diff_totals none = { .ratio = NAN, .sentinel = NAN };
    json_t *env = json_array(), *lines;

    (void)state;
    assert_int_equal(diff_summary(env, 0, 0, &apart, &lines, NULL), ST_OK);
    assert_int_equal(json_array_size(lines), 2);
    says(lines, 1, "no recorded condition explains it");
    json_decref(lines);
    assert_int_equal(diff_summary(env, 0, 0, &none, &lines, NULL), ST_OK);
    assert_int_equal(json_array_size(lines), 1);
    says(lines, 0, "nothing can be compared");
    json_decref(lines);
    json_decref(env);
}

/* Of emulated boards; and what a board's environment has to say. */
static void
counts_are_told_as_counts(void **state)
{
    const struct diff_totals totals = { .compared = 9,
        .apart = 4,
        .ratio = 1.25,
        .sentinel = 1.5,
        .counted = true };
    json_t *env, *lines;

    (void)state;
    env = json_pack(
        "[{s:s,s:s,s:s}]", "name", "kernels", "a", "portable", "b", "dsp");
    assert_int_equal(diff_summary(env, 0, 0, &totals, &lines, NULL), ST_OK);
    says(lines, 0, "4 of 9 rows differ in their counts; B / A is 1.250");
    says(lines, 1, "kernels is portable in A and dsp in B");
    says(lines, 2, "took 1.500 times the instructions in B");
    json_decref(lines);
    json_decref(env);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_give_the_probabilities_of_the_tables),
        cmocka_unit_test(the_approximation_joins_the_exact_count),
        cmocka_unit_test(stable_members_come_first_and_small_changes_do_not),
        cmocka_unit_test(causes_are_told_strongest_first),
        cmocka_unit_test(what_nothing_explains_is_said_to_be_so),
        cmocka_unit_test(counts_are_told_as_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
