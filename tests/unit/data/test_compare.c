/* SPDX-License-Identifier: MIT */
/* The table of methods beside a plan. */
#include "unit/data/plan_rig.h"

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
        plan_word(json_object_get(plan, "comparison"), "against"), "optimum");
    CLOSE(plan, "comparison.reference_cost", (2 * 110 + 4 * 310) / 6.0);
    json_array_foreach(
        json_object_get(json_object_get(plan, "comparison"), "rows"), i, row)
    {
        bool exact = strcmp(plan_word(row, "method"), "search") == 0 ||
                     strcmp(plan_word(row, "method"), "enumeration") == 0 ||
                     strcmp(plan_word(row, "method"), "shared") == 0;

        if (strcmp(plan_word(row, "status"), "meets") != 0) {
            assert_true(json_is_null(json_object_get(row, "gap")));
            continue;
        }
        assert_true(plan_number(row, "gap") > -1e-12);
        assert_true(plan_number(row, "accuracy") >= 5 / 6.0);
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
    assert_string_equal(plan_word(json_array_get(rows, 0), "status"), "meets");
    assert_string_equal(plan_word(json_array_get(rows, 1), "status"), "none");
    assert_string_equal(
        plan_word(json_array_get(rows, 1), "note"), "no time was left for it");
    json_decref(plan);
    json_decref(curve);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_table_of_methods_is_judged_on_both_halves, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            a_stopped_comparison_says_what_it_left_out, plan_set_up,
            plan_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
