/* SPDX-License-Identifier: MIT */
/* offramp search on records that are odd: right, or clearly refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "unit/cli/run_search.h"

#define HEAD  "sample,label,pred_0,score_0,pred_1,score_1,split\n"
#define DROP  "--max-drop", "0"
#define FINAL "--max-drop", "0", "--reference", "final"

/* Leaving early costs 110, going on 310, and without the exit 300. */
static const char costs_text[] =
    "{\"schema\":\"offramp.costs/1\",\"metrics\":[\"latency_ns\"],\"exits\":["
    "{\"name\":\"early\",\"segment\":{\"latency_ns\":100},"
    "\"head\":{\"latency_ns\":10}},"
    "{\"name\":\"final\",\"segment\":{\"latency_ns\":200}}]}";

struct place {
    char folder[64], records[96], costs[96];
};

static int
set_up(void **state)
{
    static struct place p;

    snprintf(p.folder, sizeof(p.folder), "/tmp/offramp-odd-XXXXXX");
    if (mkdtemp(p.folder) == NULL)
        return -1;
    snprintf(p.records, sizeof(p.records), "%s/records.csv", p.folder);
    snprintf(p.costs, sizeof(p.costs), "%s/costs.json", p.folder);
    *state = &p;
    return file_write(p.costs, costs_text, strlen(costs_text), NULL);
}

static int
tear_down(void **state)
{
    struct place *p = *state;

    unlink(p->records);
    unlink(p->costs);
    return rmdir(p->folder);
}

static int
search(const struct place *p, const char *csv, const char *const more[6],
    char out[RUN_OUT_MAX])
{
    const char *words[12] = { "--records", p->records, "--costs", p->costs,
        "--json" };

    for (int i = 0; more[i] != NULL; i++)
        words[5 + i] = more[i];
    assert_int_equal(file_write(p->records, csv, strlen(csv), NULL), ST_OK);
    return run_search(words, out);
}

static void
odd_records_give_the_right_plan(void **state)
{
    static const struct {
        const char *what, *csv;
        const char *more[6];
        double cost, accuracy, threshold; /* NaN: the exit is dropped */
    } cases[] = {
        { "one sample", HEAD "a,1,1,0.5,1,,cal\n", { DROP }, 110, 1, 0.5 },
        { "a constant exit that is right",
            HEAD "a,1,1,0.5,1,,cal\nb,2,2,0.5,2,,cal\n", { DROP }, 110, 1,
            0.5 },
        { "ties that cannot be told apart",
            HEAD "a,1,1,0.5,1,,cal\nb,2,0,0.5,2,,cal\n", { DROP }, 300, 1,
            NAN },
        { "an exit at chance",
            HEAD "a,1,0,0.9,1,,cal\nb,1,1,0.8,1,,cal\nc,1,0,0.7,1,,cal\n"
                 "d,1,1,0.6,1,,cal\n",
            { DROP }, 300, 1, NAN },
        { "an early exit better than the last",
            HEAD "a,1,1,0.9,0,,cal\nb,1,1,0.1,0,,cal\n",
            { "--min-accuracy", "1" }, 110, 1, 0.1 },
        { "logits below zero",
            HEAD "a,1,1,-1,1,,cal\nb,1,1,-2,1,,cal\nc,1,0,-3,1,,cal\n",
            { DROP }, (2 * 110 + 310) / 3.0, 1, -2 },
        { "scores below 1 / classes",
            HEAD "a,1,1,0.03,1,,cal\nb,1,1,0.02,1,,cal\nc,1,0,0.01,1,,cal\n",
            { DROP }, (2 * 110 + 310) / 3.0, 1, 0.02 },
        { "duplicate rows",
            HEAD "a,1,1,3,1,,cal\na,1,1,3,1,,cal\nb,1,1,2,1,,cal\n"
                 "b,1,1,2,1,,cal\nc,1,0,1,1,,cal\nc,1,0,1,1,,cal\n",
            { DROP }, (2 * 110 + 310) / 3.0, 1, 2 },
        { "one class", HEAD "a,0,0,0.1,0,,cal\nb,0,0,0.2,0,,cal\n", { DROP },
            110, 1, 0.1 },
        { "the largest and smallest numbers",
            HEAD "a,1,1,1.7e308,1,,cal\nb,1,1,5e-324,1,,cal\n"
                 "c,1,0,-1.7e308,1,,cal\n",
            { DROP }, (2 * 110 + 310) / 3.0, 1, 5e-324 },
        { "neighbours that differ in the last bit",
            HEAD "a,1,1,0.30000000000000004,1,,cal\nb,1,0,0.3,1,,cal\n",
            { DROP }, 210, 1, 0.30000000000000004 },
        { "everybody wrong", HEAD "a,1,0,0.5,0,,cal\nb,1,0,0.6,0,,cal\n",
            { DROP }, 110, 0, 0.5 },
        { "no label, against the last exit", HEAD "a,-1,2,0.5,2,,cal\n",
            { FINAL }, 110, 1, 0.5 },
    };
    static char out[RUN_OUT_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int code = search(*state, cases[i].csv, cases[i].more, out);
        json_t *plan = NULL, *exit;
        double cost, accuracy, threshold;

        if (code != 0 || json_parse(out, strlen(out), &plan, NULL) != ST_OK)
            fail_msg("%s: exit code %d, %s", cases[i].what, code, out);
        assert_string_equal(json_get_string(plan, "status", ""), "optimal");
        cost = json_get_number(json_object_get(plan, "calibration"), "cost");
        accuracy =
            json_get_number(json_object_get(plan, "calibration"), "accuracy");
        exit = json_array_get(json_object_get(plan, "exits"), 0);
        threshold = json_get_number(exit, "threshold");
        if (!(fabs(cost - cases[i].cost) < 1e-6) ||
            accuracy != cases[i].accuracy ||
            isnan(threshold) != isnan(cases[i].threshold) ||
            (!isnan(threshold) && threshold != cases[i].threshold))
            fail_msg("%s: cost %g, accuracy %g, threshold %.17g", cases[i].what,
                cost, accuracy, threshold);
        assert_true(json_is_null(
            json_object_get(json_object_get(plan, "test"), "accuracy")));
        json_decref(plan);
    }
}

static void
what_has_no_meaning_is_refused_by_name(void **state)
{
    static const struct {
        const char *csv;
        const char *more[6];
        const char *want;
    } cases[] = {
        { HEAD "a,1,1,nan,1,,cal\n", { DROP }, "line 2" },
        { HEAD "a,1,1,0.5,1,,cal\nb,1,1,inf,1,,cal\n", { DROP }, "line 3" },
        { HEAD "a,1,1,1e999,1,,cal\n", { DROP }, "score_0" },
        { HEAD "a,1,1,,1,,cal\n", { DROP }, "score_0" },
        { HEAD "a,1,1,sure,1,,cal\n", { DROP }, "finite number" },
        { HEAD "a,1,1,0.5,1,,test\n", { DROP }, "calibration half" },
        { HEAD "a,-1,1,0.5,1,,cal\n", { DROP }, "with a label" },
        { HEAD, { DROP }, "[records.csv]" },
        { "sample,label,pred_0,score_0,split\na,1,1,0.5,cal\n", { DROP },
            "not of one network" },
    };
    static char out[RUN_OUT_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int code = search(*state, cases[i].csv, cases[i].more, out);

        if (code != 2 || strstr(out, cases[i].want) == NULL)
            fail_msg("case %zu: exit code %d, %s", i, code, out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_records_give_the_right_plan),
        cmocka_unit_test(what_has_no_meaning_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
