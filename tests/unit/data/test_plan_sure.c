/* SPDX-License-Identifier: MIT */
/* Promises, uncertain costs and several metrics in the plan document. */
#include "unit/data/plan_rig.h"

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
a_crossed_floor_is_read_from_a_problem(void **state)
{
    static const struct {
        const char *text, *want; /* part of the error, or NULL */
        int folds, repeats;
    } cases[] = {
        { "{\"max_drop\":0.01,\"cross\":{}}", NULL, 5, 2 },
        { "{\"max_drop\":0.01,\"cross\":{\"folds\":3,\"repeats\":7}}", NULL, 3,
            7 },
        { "{\"max_drop\":0.01,\"cross\":{\"folds\":1}}", "cross.folds must be",
            0, 0 },
        { "{\"max_drop\":0.01,\"cross\":{\"fold\":5}}",
            "unknown member cross.fold", 0, 0 },
        { "{\"max_drop\":0.01,\"cross\":{},\"guarantee\":{}}",
            "only one of them", 0, 0 },
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
        assert_true(o.sure.crossed);
        assert_int_equal(o.sure.cross.folds, cases[i].folds);
        assert_int_equal(o.sure.cross.repeats, cases[i].repeats);
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
    assert_string_equal(plan_word(plan, "cost_basis"), "upper");
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
        assert_string_equal(plan_word(doc, "status"), "certified");
        assert_string_equal(
            plan_word(doc, "unit"), grouped ? "group" : "sample");
        assert_string_equal(
            plan_word(doc, "test"), grouped ? "betting" : "exact");
        assert_true(plan_number(doc, "p_value") <= plan_number(doc, "level"));
        assert_true(plan_number(doc, "tried") >= plan_number(doc, "passed"));
        assert_true(plan_number(plan, "calibration.cost") >=
                    plan_number(doc, "without.cost"));
        assert_true(plan_number(plan, "calibration.accuracy") >= 0.9);
        assert_string_equal(plan_word(plan, "status"),
            plan_number(plan, "gap") > 0 ? "feasible" : "optimal");
        json_decref(plan);
        json_decref(curve);
        records_clear(&r);
    }
}

static void
a_crossed_plan_says_what_to_expect_of_new_data(void **state)
{
    struct given *g = *state;
    struct search_options o;
    json_t *plan, *curve;
    const json_t *doc;
    struct records r;

    for (int grouped = 0; grouped < 2; grouped++) {
        make_records(&r, 100, grouped);
        search_options_init(&o);
        o.max_drop = 0.02;
        o.sure = (struct search_sure){ .crossed = true };
        cross_options_init(&o.sure.cross);
        assert_int_equal(
            search_records(&r, &g->costs, &o, &plan, &curve, NULL), ST_OK);
        doc = json_object_get(plan, "cross");
        assert_string_equal(plan_word(doc, "status"), "met");
        assert_string_equal(
            plan_word(doc, "unit"), grouped ? "group" : "sample");
        assert_true(plan_number(doc, "drop") <= 0.02 + 1e-9);
        assert_true(plan_number(doc, "drop") <=
                    plan_number(doc, "drop_without") + 1e-9);
        assert_true(
            plan_number(doc, "floor") >= plan_number(plan, "floor") - 1e-3);
        assert_true(plan_number(plan, "calibration.accuracy") >=
                    plan_number(doc, "floor") - 1e-9);
        assert_true(plan_number(plan, "calibration.cost") >=
                    plan_number(doc, "without.cost"));
        assert_true(json_is_null(json_object_get(plan, "guarantee")));
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
    assert_string_equal(plan_word(doc, "from"), "intervals");
    CLOSE(doc, "chance_best", 1);
    CLOSE(doc, "regret.0", 0);
    assert_true(fabs(plan_number(doc, "cost.0") - 730 / 3.0) < 1);
    assert_true(fabs(plan_number(doc, "cost.1") - (730 / 3.0 - 10)) < 1.5);
    assert_true(fabs(plan_number(doc, "cost.2") - (730 / 3.0 + 10)) < 1.5);
    json_decref(plan);
    json_decref(curve);

    /* Exact costs leave nothing to draw, which is not the same as certainty. */
    g->costs.exit[0].segment[0].lo = g->costs.exit[0].segment[0].hi = 100;
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    doc = json_object_get(plan, "bootstrap");
    assert_string_equal(plan_word(doc, "from"), "nothing");
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
    assert_true(plan_number(doc, "hypervolume") >= 0);
    assert_true(plan_number(doc, "knee") >= 0 && plan_number(doc, "knee") < 3);
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
    assert_string_equal(plan_word(doc, "status"), "full");
    assert_non_null(strstr(plan_word(doc, "reason"), "too few samples"));
    assert_true(plan_number(doc, "needed") > 6);
    assert_true(json_is_null(json_object_get(doc, "p_value")));
    CLOSE(plan, "exits.1.share", 1);
    CLOSE(doc, "without.cost", (4 * 110 + 2 * 310) / 6.0);
    json_decref(plan);
    json_decref(curve);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guarantee_is_read_from_a_problem),
        cmocka_unit_test(a_crossed_floor_is_read_from_a_problem),
        cmocka_unit_test_setup_teardown(
            a_crossed_plan_says_what_to_expect_of_new_data, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            robust_costs_are_the_upper_ends, plan_set_up, plan_tear_down),
        cmocka_unit_test_setup_teardown(
            a_promise_is_kept_beside_the_plan_that_makes_none, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            costs_are_drawn_again_where_they_have_a_spread, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            several_metrics_give_the_plans_that_nothing_beats, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(too_few_records_leave_the_full_network,
            plan_set_up, plan_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
