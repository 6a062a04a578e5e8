/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "search/data/plan.h"

/* Exit 0 is right for a, b, c (sure of a and b), exit 1 for all but f; g has
 * no label.  The test half has one sample that leaves late. */
static const char records_text[] =
    "sample,label,pred_0,score_0,pred_1,score_1,split\n"
    "a,1,1,0.9,1,,cal\n"
    "b,1,1,0.8,1,,cal\n"
    "c,1,1,0.3,1,,cal\n"
    "d,1,0,0.7,1,,cal\n"
    "e,1,0,0.2,1,,cal\n"
    "f,1,0,0.1,0,,cal\n"
    "g,-1,0,0.99,1,,cal\n"
    "h,1,1,0.5,1,,test\n"
    "i,1,1,0.95,0,,test\n"
    "j,1,1,0.95,0,,validation\n";

static const char costs_text[] =
    "{\"schema\":\"offramp.costs/1\",\"metrics\":[\"latency_ns\",\"ops\"],"
    "\"exits\":[{\"name\":\"early\",\"segment\":{\"latency_ns\":[100,90,110],"
    "\"ops\":1},\"head\":{\"latency_ns\":10,\"ops\":null}},"
    "{\"name\":\"final\",\"segment\":{\"latency_ns\":200,\"ops\":2}}]}";

struct given {
    struct records records;
    struct costs costs;
};

static int
set_up(void **state)
{
    static struct given g;
    json_t *doc;

    assert_int_equal(
        records_parse(records_text, strlen(records_text), &g.records, NULL),
        ST_OK);
    assert_int_equal(
        json_parse(costs_text, strlen(costs_text), &doc, NULL), ST_OK);
    assert_int_equal(costs_read(doc, &g.costs, NULL), ST_OK);
    json_decref(doc);
    *state = &g;
    return 0;
}

static int
tear_down(void **state)
{
    struct given *g = *state;

    records_clear(&g->records);
    costs_clear(&g->costs);
    return 0;
}

static double
number(const json_t *o, const char *path)
{
    char part[32];
    size_t n;

    while (*path) {
        n = strcspn(path, ".");
        memcpy(part, path, n);
        part[n] = '\0';
        o = json_is_array(o) ? json_array_get(o, (size_t)(part[0] - '0'))
                             : json_object_get(o, part);
        path += n + (path[n] == '.');
    }
    return json_is_number(o) ? json_number_value(o) : NAN;
}

static const char *
word(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

#define CLOSE(plan, path, want)                                                \
    do {                                                                       \
        double got_ = number(plan, path);                                      \
        if (!(fabs(got_ - (want)) < 1e-9))                                     \
            fail_msg("%s is %.12g, not %.12g", path, got_, (double)(want));    \
    } while (0)

static void
the_document_says_what_a_reader_can_recount(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;

    search_options_init(&o);
    o.max_drop = 0;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(word(plan, "schema"), "offramp.plan/1");
    assert_string_equal(word(plan, "status"), "optimal");
    assert_string_equal(word(plan, "objective"), "latency_ns");
    assert_string_equal(word(plan, "reference"), "label");
    assert_string_equal(word(plan, "solver"), "exact");
    /* a and b leave early; d would be wrong there. */
    CLOSE(plan, "floor", 5 / 6.0);
    CLOSE(plan, "exits.0.threshold", 0.8);
    CLOSE(plan, "exits.0.share", 2 / 6.0);
    CLOSE(plan, "exits.0.accuracy", 1);
    CLOSE(plan, "exits.1.share", 4 / 6.0);
    CLOSE(plan, "exits.1.accuracy", 3 / 4.0);
    CLOSE(plan, "calibration.n", 6);
    CLOSE(plan, "calibration.cost", (2 * 110 + 4 * 310) / 6.0);
    CLOSE(plan, "calibration.accuracy", 5 / 6.0);
    CLOSE(plan, "calibration.cost_full", 300);
    CLOSE(plan, "calibration.accuracy_full", 5 / 6.0);
    CLOSE(plan, "test.n", 2);
    CLOSE(plan, "test.cost", (310 + 110) / 2.0);
    CLOSE(plan, "test.accuracy", 1);
    CLOSE(plan, "test.accuracy_full", 0.5);
    CLOSE(plan, "worst_case", 310);
    CLOSE(plan, "lower_bound", (2 * 110 + 4 * 310) / 6.0);
    CLOSE(plan, "gap", 0);
    CLOSE(plan, "grid", 32);
    CLOSE(plan, "seed", 1);
    assert_true(number(plan, "solve_ms") >= 0);
    assert_true(json_is_null(json_object_get(
        json_array_get(json_object_get(plan, "exits"), 1), "threshold")));

    /* Two leave early, or four, or all; three cost more than four. */
    assert_int_equal(json_array_size(curve), 3);
    CLOSE(curve, "0.cost", (2 * 110 + 4 * 310) / 6.0);
    CLOSE(curve, "0.accuracy", 5 / 6.0);
    CLOSE(curve, "0.test_cost", 210);
    CLOSE(curve, "0.kept", 2);
    CLOSE(curve, "1.cost", (4 * 110 + 2 * 310) / 6.0);
    CLOSE(curve, "1.accuracy", 4 / 6.0);
    CLOSE(curve, "2.cost", 110);
    CLOSE(curve, "2.accuracy", 3 / 6.0);
    json_decref(plan);
    json_decref(curve);
}

static void
accuracy_against_the_final_exit_counts_every_sample(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;

    search_options_init(&o);
    o.min_accuracy = 1;
    o.reference = SEARCH_FINAL;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(word(plan, "reference"), "final");
    CLOSE(plan, "calibration.n", 7);
    CLOSE(plan, "calibration.accuracy_full", 1);
    /* g is surest and disagrees, so nobody may leave early. */
    CLOSE(plan, "calibration.cost", 300);
    json_decref(plan);
    json_decref(curve);
}

static void
a_floor_out_of_reach_gives_the_nearest_miss(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;

    search_options_init(&o);
    o.min_accuracy = 0.99;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(word(plan, "status"), "infeasible");
    CLOSE(plan, "floor", 0.99);
    CLOSE(plan, "calibration.accuracy", 5 / 6.0);
    assert_true(json_is_null(json_object_get(plan, "lower_bound")));
    json_decref(plan);
    json_decref(curve);

    o.min_accuracy = 0;
    o.worst_case = 250; /* less than the network itself */
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(word(plan, "status"), "infeasible");
    CLOSE(plan, "worst_case", 300);
    assert_int_equal(json_array_size(curve), 0);
    json_decref(plan);
    json_decref(curve);
}

static void
limits_reach_the_solver(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;

    for (int i = 0; i < 2; i++) {
        search_options_init(&o);
        o.min_accuracy = 0;
        if (i == 0)
            o.max_exits = 1;
        else
            o.worst_case = 309.9;
        assert_int_equal(
            search_records(&g->records, &g->costs, &o, &plan, &curve, NULL),
            ST_OK);
        CLOSE(plan, "calibration.cost", 300);
        json_decref(plan);
        json_decref(curve);
    }
    o.worst_case = 310;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    CLOSE(plan, "calibration.cost", 110);
    json_decref(plan);
    json_decref(curve);
}

static void
the_table_of_methods_is_judged_on_both_halves(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve, *row;
    size_t i, seen = 0;

    search_options_init(&o);
    o.max_drop = 0;
    o.compare = true;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(
        word(json_object_get(plan, "comparison"), "against"), "optimum");
    CLOSE(plan, "comparison.reference_cost", (2 * 110 + 4 * 310) / 6.0);
    json_array_foreach(
        json_object_get(json_object_get(plan, "comparison"), "rows"), i, row)
    {
        bool exact = strcmp(word(row, "method"), "search") == 0 ||
                     strcmp(word(row, "method"), "enumeration") == 0 ||
                     strcmp(word(row, "method"), "shared") == 0;

        if (strcmp(word(row, "status"), "meets") != 0) {
            assert_true(json_is_null(json_object_get(row, "gap")));
            continue;
        }
        assert_true(number(row, "gap") > -1e-12);
        assert_true(number(row, "accuracy") >= 5 / 6.0);
        if (!exact)
            continue;
        seen++;
        CLOSE(row, "gap", 0);
        CLOSE(row, "test_cost", (110 + 310) / 2.0);
        CLOSE(row, "test_accuracy", 1);
    }
    assert_int_equal(seen, 3);
    json_decref(plan);
    json_decref(curve);
}

static bool
ends_at_once(void *ctx)
{
    (void)ctx;
    return true;
}

static void
a_stopped_comparison_says_what_it_left_out(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve, *rows;

    search_options_init(&o);
    o.max_drop = 0;
    o.compare = true;
    o.stop = ends_at_once;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    rows = json_object_get(json_object_get(plan, "comparison"), "rows");
    assert_string_equal(word(json_array_get(rows, 0), "status"), "meets");
    assert_string_equal(word(json_array_get(rows, 1), "status"), "none");
    assert_string_equal(
        word(json_array_get(rows, 1), "note"), "stopped before it ran");
    json_decref(plan);
    json_decref(curve);
}

static void
what_does_not_fit_together_is_refused(void **state)
{
    static const struct {
        const char *objective;
        double max_drop, min_accuracy;
        int exits;
        enum status want;
        const char *code;
    } cases[] = {
        { "latency_ns", NAN, NAN, 2, ST_INVALID, "search.floor" },
        { "latency_ns", 0, 0, 2, ST_INVALID, "search.floor" },
        { "energy_nj", 0, NAN, 2, ST_INVALID, "search.objective" },
        { "ops", 0, NAN, 2, ST_INVALID, "search.costs" },
        { "latency_ns", 0, NAN, 1, ST_UNPROCESSABLE, "search.exits" },
    };
    struct given *g = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        struct search_options o;
        json_t *plan, *curve;

        search_options_init(&o);
        o.objective = cases[i].objective;
        o.max_drop = cases[i].max_drop;
        o.min_accuracy = cases[i].min_accuracy;
        g->costs.exits = cases[i].exits;
        assert_int_equal(
            search_records(&g->records, &g->costs, &o, &plan, &curve, &err),
            cases[i].want);
        g->costs.exits = 2;
        assert_string_equal(err.code, cases[i].code);
        assert_null(plan);
    }
}

static void
options_are_read_from_a_problem(void **state)
{
    static const struct {
        const char *text, *want; /* part of the error, or NULL */
    } cases[] = {
        { "{\"max_drop\":0.01}", NULL },
        { "{\"objective\":\"ops\",\"min_accuracy\":0.5,\"grid\":\"all\","
          "\"reference\":\"final\",\"max_exits\":3,\"worst_case\":1e6,"
          "\"seed\":9,\"time_limit_s\":5}",
            NULL },
        { "{\"max_drop\":0.01,\"max_exits\":null,\"worst_case\":null}", NULL },
        { "{}", "either max_drop or min_accuracy" },
        { "{\"max_drop\":0.1,\"min_accuracy\":0.1}", "either max_drop" },
        { "{\"max_drop\":2}", "problem.max_drop must be within" },
        { "{\"max_drop\":0,\"grid\":0}", "grid must be" },
        { "{\"max_drop\":0,\"grid\":\"some\"}", "grid must be" },
        { "{\"max_drop\":0,\"grid\":1.5}", "grid must be" },
        { "{\"max_drop\":0,\"reference\":\"x\"}", "reference must be" },
        { "{\"max_drop\":0,\"speed\":1}", "unknown member problem.speed" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *doc = json_loads(cases[i].text, 0, NULL);
        struct err err = { 0 };
        struct search_options o;
        enum status st = search_options_read(doc, &o, &err);

        if (cases[i].want == NULL) {
            assert_int_equal(st, ST_OK);
        } else {
            assert_int_equal(st, ST_INVALID);
            assert_non_null(strstr(err.text, cases[i].want));
        }
        if (i == 1) {
            assert_int_equal(o.grid, 0);
            assert_int_equal(o.reference, SEARCH_FINAL);
            assert_int_equal(o.max_exits, 3);
            assert_int_equal(o.seed, 9);
            assert_true(o.worst_case == 1e6 && o.time_limit_s == 5);
        }
        json_decref(doc);
    }
}

static void
a_guarantee_is_read_from_a_problem(void **state)
{
    static const struct {
        const char *text, *want; /* part of the error, or NULL */
        struct promise_question q;
        enum promise_family family;
    } cases[] = {
        { "{\"max_drop\":0.01,\"guarantee\":{}}", NULL,
            { PROMISE_DROP, PROMISE_EXACT, 0.01, 0.1 }, PROMISE_AUTO },
        { "{\"max_drop\":0.01,\"reference\":\"final\",\"guarantee\":"
          "{\"eps\":0.02,\"delta\":0.05,\"family\":\"shared\"}}",
            NULL, { PROMISE_FLIPS, PROMISE_EXACT, 0.02, 0.05 },
            PROMISE_SHARED },
        { "{\"min_accuracy\":0.5,\"guarantee\":{\"eps\":0.2,\"test\":"
          "\"betting\",\"order\":\"bonferroni\",\"share\":0.5}}",
            NULL, { PROMISE_DROP, PROMISE_BETTING, 0.2, 0.1 }, PROMISE_AUTO },
        { .text = "{\"min_accuracy\":0.5,\"guarantee\":{}}",
            .want = "give guarantee.eps" },
        { .text = "{\"max_drop\":0,\"guarantee\":{}}",
            .want = "give guarantee.eps" },
        { .text = "{\"max_drop\":0.1,\"guarantee\":{\"eps\":1}}",
            .want = "guarantee.eps must be" },
        { .text = "{\"max_drop\":0.1,\"guarantee\":{\"loss\":\"all\"}}",
            .want = "guarantee.loss must be drop or flips" },
        { .text = "{\"max_drop\":0.1,\"guarantee\":{\"family\":\"x\"}}",
            .want = "guarantee.family must be auto, front or shared" },
        { .text = "{\"max_drop\":0.1,\"metrics\":[]}",
            .want = "metrics must name 1 to 3" },
        { .text = "{\"max_drop\":0.1,\"metrics\":[\"a\",\"a\"]}",
            .want = "metrics[1]: 'a' is there twice" },
        { .text = "{\"max_drop\":0.1,\"metrics\":[\"a\",\"\"]}",
            .want = "metrics[1] must be the name" },
        { .text = "{\"max_drop\":0.1,\"bootstrap\":{\"draws\":9}}",
            .want = "bootstrap.draws must be" },
        { .text = "{\"max_drop\":0.1,\"bootstrap\":{\"draws\":20,"
                  "\"solves\":21}}",
            .want = "at most 20" },
        { .text = "{\"max_drop\":0.1,\"guarantee\":{\"n\":1}}",
            .want = "unknown member guarantee.n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *doc = json_loads(cases[i].text, 0, NULL);
        struct err err = { 0 };
        struct search_options o;
        enum status st = search_options_read(doc, &o, &err);

        json_decref(doc);
        if (cases[i].want != NULL) {
            assert_int_equal(st, ST_INVALID);
            assert_non_null(strstr(err.text, cases[i].want));
            continue;
        }
        assert_int_equal(st, ST_OK);
        assert_true(o.sure.guarantee);
        assert_memory_equal(
            &o.sure.promise.question, &cases[i].q, sizeof(cases[i].q));
        assert_int_equal(o.sure.promise.family, cases[i].family);
    }
}

static void
robust_costs_are_the_upper_ends(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;

    search_options_init(&o);
    o.max_drop = 0;
    o.sure.robust = true;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(word(plan, "cost_basis"), "upper");
    CLOSE(plan, "calibration.cost_full", 310); /* 110 + 200 */
    CLOSE(plan, "calibration.cost", (2 * 120 + 4 * 320) / 6.0);
    assert_true(json_is_null(json_object_get(plan, "guarantee")));
    json_decref(plan);
    json_decref(curve);
}

/* 1000 samples that the early exit answers as well as the last one, and a few
 * that it gets wrong; of groups of five where `grouped`. */
static void
make_records(struct records *r, int wrong, bool grouped)
{
    static char text[1 << 16];
    size_t at;

    at = (size_t)sprintf(text, "sample,label,pred_0,score_0,pred_1,score_1%s\n",
        grouped ? ",group" : "");
    for (int i = 0; i < 1000; i++) {
        at += (size_t)sprintf(text + at, "s%d,1,%d,%g,1,", i,
            i * 7 % 1000 >= wrong, i * 7 % 1000 / 1000.0);
        at += (size_t)sprintf(
            text + at, grouped ? ",g%d\n" : "\n", i * 7 % 1000 / 5);
    }
    assert_int_equal(records_parse(text, at, r, NULL), ST_OK);
}

static void
a_promise_is_kept_beside_the_plan_that_makes_none(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;
    const json_t *doc;
    struct records r;

    for (int grouped = 0; grouped < 2; grouped++) {
        make_records(&r, 100, grouped);
        search_options_init(&o);
        o.max_drop = 0.1;
        o.sure = (struct search_sure){ .guarantee = true };
        promise_options_init(&o.sure.promise);
        o.sure.promise.question.eps = 0.1;
        assert_int_equal(
            search_records(&r, &g->costs, &o, &plan, &curve, NULL), ST_OK);
        doc = json_object_get(plan, "guarantee");
        assert_string_equal(word(doc, "status"), "certified");
        assert_string_equal(word(doc, "unit"), grouped ? "group" : "sample");
        assert_string_equal(word(doc, "test"), grouped ? "betting" : "exact");
        assert_true(number(doc, "p_value") <= number(doc, "level"));
        assert_true(number(doc, "tried") >= number(doc, "passed"));
        assert_true(
            number(plan, "calibration.cost") >= number(doc, "without.cost"));
        assert_true(number(plan, "calibration.accuracy") >= 0.9);
        assert_string_equal(word(plan, "status"),
            number(plan, "gap") > 0 ? "feasible" : "optimal");
        json_decref(plan);
        json_decref(curve);
        records_clear(&r);
    }
}

/* Only the first segment has an interval, 90 to 110: of two thirds of a mean
 * path it is all that moves. */
static void
costs_are_drawn_again_where_they_have_a_spread(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;
    const json_t *doc;

    search_options_init(&o);
    o.max_drop = 0;
    bootstrap_options_init(&o.sure.bootstrap);
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    doc = json_object_get(plan, "bootstrap");
    CLOSE(doc, "draws", 1000);
    CLOSE(doc, "solves", 32);
    assert_string_equal(word(doc, "from"), "intervals");
    CLOSE(doc, "chance_best", 1);
    CLOSE(doc, "regret.0", 0);
    assert_true(fabs(number(doc, "cost.0") - 730 / 3.0) < 1);
    assert_true(fabs(number(doc, "cost.1") - (730 / 3.0 - 10)) < 1.5);
    assert_true(fabs(number(doc, "cost.2") - (730 / 3.0 + 10)) < 1.5);
    json_decref(plan);
    json_decref(curve);

    /* Exact costs leave nothing to draw, which is not the same as certainty. */
    g->costs.exit[0].segment[0].lo = g->costs.exit[0].segment[0].hi = 100;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    doc = json_object_get(plan, "bootstrap");
    assert_string_equal(word(doc, "from"), "nothing");
    assert_true(json_is_null(json_object_get(doc, "chance_best")));
    assert_true(json_is_null(json_object_get(doc, "cost")));
    json_decref(plan);
    json_decref(curve);
}

/* Of eight plans' (latency, ops) the three that no other beats at the floor. */
static void
several_metrics_give_the_plans_that_nothing_beats(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;
    struct err err = { 0 };
    const json_t *doc;

    search_options_init(&o);
    o.max_drop = 0.2;
    o.sure.metrics = 2;
    strcpy(o.sure.metric[0], "latency_ns");
    strcpy(o.sure.metric[1], "ops");
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, &err),
        ST_INVALID);
    assert_string_equal(err.code, "search.costs"); /* a head without ops */

    g->costs.exit[0].head[1] = (struct cost){ 5, 5, 5 };
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    doc = json_object_get(plan, "metrics");
    assert_int_equal(json_array_size(json_object_get(doc, "points")), 3);
    CLOSE(doc, "points.0.costs.0", (2 * 110 + 4 * 310) / 6.0);
    CLOSE(doc, "points.0.costs.1", (2 * 6 + 4 * 8) / 6.0);
    CLOSE(doc, "points.0.accuracy", 5 / 6.0);
    CLOSE(doc, "points.0.test_accuracy", 1);
    CLOSE(doc, "points.0.thresholds.0", 0.8);
    /* Nobody leaves early, so there is no head to pay for. */
    CLOSE(doc, "points.1.costs.0", 300);
    CLOSE(doc, "points.1.costs.1", 3);
    CLOSE(doc, "points.1.kept", 1);
    CLOSE(doc, "points.2.accuracy", 4 / 6.0);
    CLOSE(doc, "points.2.costs.0", (4 * 110 + 2 * 310) / 6.0);
    assert_true(json_is_true(json_object_get(doc, "complete")));
    assert_true(number(doc, "hypervolume") >= 0);
    assert_true(number(doc, "knee") >= 0 && number(doc, "knee") < 3);
    CLOSE(plan, "knee", 0); /* of a straight line: its first point */
    json_decref(plan);
    json_decref(curve);
}

static void
too_few_records_leave_the_full_network(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;
    const json_t *doc;

    search_options_init(&o);
    o.max_drop = 0.2;
    o.sure.guarantee = true;
    promise_options_init(&o.sure.promise);
    o.sure.promise.question.eps = 0.2;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    doc = json_object_get(plan, "guarantee");
    assert_string_equal(word(doc, "status"), "full");
    assert_non_null(strstr(word(doc, "reason"), "too few samples"));
    assert_true(number(doc, "needed") > 6);
    assert_true(json_is_null(json_object_get(doc, "p_value")));
    CLOSE(plan, "exits.1.share", 1);
    CLOSE(doc, "without.cost", (4 * 110 + 2 * 310) / 6.0);
    json_decref(plan);
    json_decref(curve);
}

static void
real_records_save_time_within_one_point(void **state)
{
    static const char file[] =
        OFFRAMP_SHARED_DATA "/exit-records/cifar10_resnet8_4exits.csv";
    static char metric[] = "ops", name[] = "e";
    struct costs c = { .metrics = 1, .exits = 4, .metric = { metric } };
    struct cost segment[4] = { { 1e5, 1e5, 1e5 }, { 1e5, 1e5, 1e5 },
        { 1e5, 1e5, 1e5 }, { 1e5, 1e5, 1e5 } };
    struct cost head = { 2e3, 2e3, 2e3 };
    struct search_options o;
    json_t *plan, *curve;
    struct records r;

    (void)state;
    if (!file_exists(file)) {
        print_message("skipped: %s is not there\n", file);
        skip();
    }
    for (int e = 0; e < 4; e++)
        c.exit[e] = (struct costs_exit){ name, &segment[e], &head };
    assert_int_equal(records_load(file, &r, NULL), ST_OK);
    search_options_init(&o);
    o.objective = "ops";
    o.max_drop = 0.01;
    assert_int_equal(search_records(&r, &c, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(word(plan, "status"), "optimal");
    assert_true(
        number(plan, "calibration.n") + number(plan, "test.n") == 10000);
    assert_true(number(plan, "calibration.accuracy") >=
                number(plan, "calibration.accuracy_full") - 0.01);
    assert_true(number(plan, "test.accuracy") >=
                number(plan, "test.accuracy_full") - 0.03);
    assert_true(number(plan, "test.cost") < number(plan, "test.cost_full"));
    assert_in_range(json_array_size(curve), 10, 64);
    json_decref(plan);
    json_decref(curve);
    records_clear(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_document_says_what_a_reader_can_recount, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            accuracy_against_the_final_exit_counts_every_sample, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            a_floor_out_of_reach_gives_the_nearest_miss, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            limits_reach_the_solver, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_table_of_methods_is_judged_on_both_halves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_stopped_comparison_says_what_it_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_does_not_fit_together_is_refused, set_up, tear_down),
        cmocka_unit_test(options_are_read_from_a_problem),
        cmocka_unit_test(a_guarantee_is_read_from_a_problem),
        cmocka_unit_test_setup_teardown(
            robust_costs_are_the_upper_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_promise_is_kept_beside_the_plan_that_makes_none, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            costs_are_drawn_again_where_they_have_a_spread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            several_metrics_give_the_plans_that_nothing_beats, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            too_few_records_leave_the_full_network, set_up, tear_down),
        cmocka_unit_test(real_records_save_time_within_one_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
