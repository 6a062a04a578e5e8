/* SPDX-License-Identifier: MIT */
/* offramp search, called as the program calls it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "server/cli/search_bar.h"
#include "unit/cli/run_search.h"

#define RECORDS OFFRAMP_FIXTURES "/cnn3_records.csv"

static void
json_output_is_the_plan_document(void **state)
{
    static const char *const words[] = { "--records", RECORDS, "--costs",
        COSTS4, "--max-drop", "0.01", "--json", NULL };
    static char out[RUN_OUT_MAX];
    double cost, full;
    json_t *plan;

    (void)state;
    assert_int_equal(run_search(words, out), 0);
    assert_int_equal(json_parse(out, strlen(out), &plan, NULL), ST_OK);
    assert_string_equal(
        json_string_value(json_object_get(plan, "schema")), "offramp.plan/1");
    assert_string_equal(
        json_string_value(json_object_get(plan, "status")), "optimal");
    assert_int_equal(json_array_size(json_object_get(plan, "exits")), 4);
    cost = json_number_value(
        json_object_get(json_object_get(plan, "calibration"), "cost"));
    full = json_number_value(
        json_object_get(json_object_get(plan, "calibration"), "cost_full"));
    assert_true(full == 520000);
    assert_true(cost > 104000 && cost < full);
    json_decref(plan);
}

static void
what_people_read_and_the_exit_code_follow_the_options(void **state)
{
#define BASE "--records", RECORDS, "--costs", COSTS4
    static const struct {
        const char *words[12];
        int code;
        const char *want;
    } cases[] = {
        { { BASE, "--max-drop", "0.01" }, 0, "plan: optimal" },
        { { BASE, "--max-drop", "0.01", "--grid", "all" }, 0, "held-out" },
        { { BASE, "--min-accuracy", "0.5", "--max-exits", "1" }, 0,
            "exit0  no" },
        { { BASE, "--min-accuracy", "1" }, 1, "nearest miss" },
        { { BASE, "--min-accuracy", "1", "--reference", "final" }, 0,
            "floor 100.00 %" },
        { { BASE, "--max-drop", "0.02", "--curve", "5" }, 0, "test accuracy" },
        { { BASE, "--min-accuracy", "0", "--worst-case", "1000" }, 1,
            "infeasible" },
        { { BASE, "--max-drop", "0.1", "--guarantee", "0.1" }, 0,
            "with probability 0.9 the plan loses at most 10 %" },
        { { BASE, "--max-drop", "0.1", "--guarantee", "0.001", "--loss",
              "flips", "--robust" },
            0, "only the full network carries that" },
        { { BASE, "--max-drop", "0.1", "--bootstrap", "50" }, 0,
            "neither intervals nor epochs" },
        { { BASE, "--max-drop", "0.1", "--metrics", "latency_ns" }, 0, "knee" },
        { { BASE, "--max-drop", "0.1", "--metrics", "latency_ns,ops" }, 2,
            "no metric 'ops'" },
        { { BASE, "--max-drop", "0.1", "--delta", "0.1" }, 2,
            "belong to --guarantee" },
        { { BASE, "--max-drop", "0.1", "--guarantee", "0.1", "--family", "x" },
            2, "guarantee.family must be" },
        { { BASE, "--max-drop", "0.02", "--compare" }, 0,
            "to the proved optimum on the same candidates" },
        { { BASE, "--min-accuracy", "1", "--compare" }, 1,
            "The gap is not known: no plan meets the floor" },
        { { BASE, "--max-drop", "0.02", "--compare", "--time-limit", "0" }, 0,
            "to the proved optimum on the same candidates" },
        { { BASE, "--min-accuracy", "0", "--worst-case", "1000", "--compare" },
            1, "breaks a limit" },
        { { BASE, "--max-drop", "0.1", "--objective",
              "latency_ns+0.5*latency_ns" },
            0, "optimal" },
        { { BASE, "--max-drop", "0.1", "--objective", "latency_ns+ops" }, 2,
            "no metric 'ops'" },
        { { BASE, "--max-drop", "0.1", "--objective", "0*latency_ns" }, 2,
            "no weight above 0" },
        { { BASE, "--max-drop", "0.1", "--objective", "latency_ns+" }, 2,
            "no term such as" },
        { { BASE, "--max-drop", "0.1", "--keep", "exit1,2" }, 0, "optimal" },
        { { BASE, "--max-drop", "0.1", "--keep", "exit9" }, 2,
            "no exit 'exit9'" },
        { { BASE, "--max-drop", "0.1", "--without", "7" }, 2,
            "the exits are 0 to 3" },
        { { BASE, "--max-drop", "0.1", "--without", "final" }, 2,
            "is always kept" },
        { { BASE, "--max-drop", "0.1", "--keep", "0", "--without", "exit0" }, 2,
            "exit exit0 cannot be kept and dropped" },
        { { BASE, "--max-drop", "0.1", "--min-exit-accuracy", "0.99" }, 0,
            "optimal" },
        { { BASE, "--max-drop", "0.1", "--min-exit-accuracy", "exit0=2" }, 2,
            "min_exit_accuracy of exit0 must be" },
        { { BASE, "--max-drop", "0.1", "--min-exit-accuracy", "high" }, 2,
            "--min-exit-accuracy wants a share" },
        { { BASE }, 2, "either --max-drop or --min-accuracy" },
        { { "--costs", COSTS4, "--max-drop", "0" }, 2, "give --records" },
        { { BASE, "--max-drop", "0.01", "--grid", "few" }, 2, "grid must" },
        { { BASE, "--max-drop", "0.01", "--objective", "energy_nj" }, 2,
            "no metric 'energy_nj'" },
        { { "--records", COSTS4, "--costs", COSTS4, "--max-drop", "0" }, 2,
            "[records.csv]" },
        { { "--records", RECORDS, "--costs", RECORDS, "--max-drop", "0" }, 2,
            "[request.json]" },
        { { BASE, "--max-drop", "0", "more" }, 2, "more is not an option" },
        { { "--help" }, 0, "Usage: offramp search --records FILE" },
    };
    static char out[RUN_OUT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int code = run_search(cases[i].words, out);

        if (code != cases[i].code || strstr(out, cases[i].want) == NULL)
            fail_msg("case %zu: exit code %d, output:\n%s", i, code, out);
    }
}

static void
the_bar_shows_best_bound_and_gap(void **state)
{
    char text[SEARCH_BAR_TEXT];

    (void)state;
    search_bar_text("latency_ns",
        &(struct search_progress){
            .cost = 2000, .lower_bound = 1500, .seconds = 3 },
        text);
    assert_non_null(strstr(text, "[#####################.......]  best 2.00 us"
                                 ", bound 1.50 us, gap 25.00 %  3 s"));
    search_bar_text("latency_ns",
        &(struct search_progress){ .cost = NAN, .lower_bound = 1500 }, text);
    assert_non_null(
        strstr(text, "[............................]  best -, bound 1.50 us"));
    assert_null(strstr(text, "gap"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bar_shows_best_bound_and_gap),
        cmocka_unit_test(json_output_is_the_plan_document),
        cmocka_unit_test(what_people_read_and_the_exit_code_follow_the_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
