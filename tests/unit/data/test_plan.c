/* SPDX-License-Identifier: MIT */
#include "unit/data/plan_rig.h"

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
    assert_string_equal(plan_word(plan, "schema"), "offramp.plan/1");
    assert_string_equal(plan_word(plan, "status"), "optimal");
    assert_string_equal(plan_word(plan, "objective"), "latency_ns");
    assert_string_equal(plan_word(plan, "reference"), "label");
    assert_string_equal(plan_word(plan, "solver"), "exact");
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
    assert_true(plan_number(plan, "solve_ms") >= 0);
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
    assert_string_equal(plan_word(plan, "reference"), "final");
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
    assert_string_equal(plan_word(plan, "status"), "infeasible");
    CLOSE(plan, "floor", 0.99);
    CLOSE(plan, "calibration.accuracy", 5 / 6.0);
    assert_true(json_is_null(json_object_get(plan, "lower_bound")));
    json_decref(plan);
    json_decref(curve);

    o.min_accuracy = 0;
    o.worst_case = 250; /* less than the network itself */
    assert_int_equal(
        search_records(&g->records, &g->costs, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(plan_word(plan, "status"), "infeasible");
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

/* The cheapest plan leaves early with everybody, at 110. */
static void
limits_of_single_exits_reach_the_solver(void **state)
{
    static const struct {
        const char *keep, *without, *accuracy;
        double cost; /* of all who are in the calibration half; NaN: more than
                        110 and less than 310 */
    } cases[] = {
        { "[0]", NULL, NULL, 110 },
        { NULL, "[0]", NULL, 300 },
        { "[]", "[]", "{}", 110 },
        { NULL, NULL, "0", 110 },
        { NULL, NULL, "1.0", NAN },
        { NULL, NULL, "{\"0\":1}", NAN },
        { "[0]", NULL, "{\"1\":0}", 110 },
    };
    struct given *g = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct search_options o;
        json_t *plan, *curve,
            *keep = cases[i].keep ? json_loads(cases[i].keep, 0, NULL) : NULL,
            *without =
                cases[i].without ? json_loads(cases[i].without, 0, NULL) : NULL,
            *accuracy = cases[i].accuracy ? json_loads(cases[i].accuracy,
                                                JSON_DECODE_ANY, NULL)
                                          : NULL;

        search_options_init(&o);
        o.min_accuracy = 0;
        o.limits = (struct exit_limits){ keep, without, accuracy };
        assert_int_equal(
            search_records(&g->records, &g->costs, &o, &plan, &curve, NULL),
            ST_OK);
        if (isnan(cases[i].cost)) {
            const json_t *early =
                json_array_get(json_object_get(plan, "exits"), 0);
            double cost =
                plan_number(json_object_get(plan, "calibration"), "cost");

            assert_true(cost > 110 && cost < 310);
            assert_true(plan_number(early, "accuracy") == 1);
        } else {
            CLOSE(plan, "calibration.cost", cases[i].cost);
        }
        json_decref(plan);
        json_decref(curve);
        json_decref(keep);
        json_decref(without);
        json_decref(accuracy);
    }
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
        { "{\"max_drop\":0,\"keep\":[1.5]}", "keep[0] must be" },
        { "{\"max_drop\":0,\"min_exit_accuracy\":2}", "within 0 and 1" },
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
        c.exit[e] = (struct costs_exit){
            .name = name, .segment = &segment[e], .head = &head
        };
    assert_int_equal(records_load(file, &r, NULL), ST_OK);
    search_options_init(&o);
    o.objective = "ops";
    o.max_drop = 0.01;
    assert_int_equal(search_records(&r, &c, &o, &plan, &curve, NULL), ST_OK);
    assert_string_equal(plan_word(plan, "status"), "optimal");
    assert_true(
        plan_number(plan, "calibration.n") + plan_number(plan, "test.n") ==
        10000);
    assert_true(plan_number(plan, "calibration.accuracy") >=
                plan_number(plan, "calibration.accuracy_full") - 0.01);
    assert_true(plan_number(plan, "test.accuracy") >=
                plan_number(plan, "test.accuracy_full") - 0.03);
    assert_true(
        plan_number(plan, "test.cost") < plan_number(plan, "test.cost_full"));
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
            the_document_says_what_a_reader_can_recount, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            accuracy_against_the_final_exit_counts_every_sample, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            a_floor_out_of_reach_gives_the_nearest_miss, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            limits_reach_the_solver, plan_set_up, plan_tear_down),
        cmocka_unit_test_setup_teardown(limits_of_single_exits_reach_the_solver,
            plan_set_up, plan_tear_down),
        cmocka_unit_test_setup_teardown(
            what_does_not_fit_together_is_refused, plan_set_up, plan_tear_down),
        cmocka_unit_test(options_are_read_from_a_problem),
        cmocka_unit_test(real_records_save_time_within_one_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
