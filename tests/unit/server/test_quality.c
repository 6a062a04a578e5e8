/* SPDX-License-Identifier: MIT */
/* What costs say of themselves: the worst of their parts, and whether the
 * machine was the same while they were measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/export/quality.h"

static json_t *
row(const char *level, const char *role, int index, double ns,
    const char *grade, const char *flag)
{
    return json_pack("{s:s,s:s,s:i,s:o,s:s,s:[s]}", "level", level, "role",
        role, "index", index, "median_ns", json_number_or_null(ns), "grade",
        grade, "flags", flag);
}

/* Two exits: 60 + 5 and 40, and the network without the early head. */
static json_t *
quality_of(double whole_ns, double full_ns)
{
    json_t *model = json_pack("{s:{s:[{},{}]}}", "analysis", "exits");
    json_t *rows = json_pack("[o,o,o,o,o,o]",
        row("L0", "whole", 0, whole_ns, "A", "cached"),
        row("L2", "layer", 0, 10, "X", "timer_suspect"),
        row("L6", "segment", 0, 60, "A", "shared_host"),
        row("L6", "head", 0, 5, "C", "bimodal"),
        row("L6", "segment", 1, 40, "B", "shared_host"),
        row("L6", "prefix", 1, full_ns, "B", "drift"));
    const struct export_input in = { .model = model, .rows = rows };
    json_t *q = export_quality(&in);

    assert_non_null(q);
    json_decref(model);
    json_decref(rows);
    return q;
}

static void
the_worst_part_gives_the_grade_and_all_give_flags(void **state)
{
    json_t *q = quality_of(105, 100), *flags = json_object_get(q, "flags");

    (void)state;
    assert_string_equal(export_text(q, "grade"), "C");
    assert_int_equal(json_array_size(flags), 2);
    assert_string_equal(json_string_value(json_array_get(flags, 0)), "bimodal");
    assert_string_equal(
        json_string_value(json_array_get(flags, 1)), "shared_host");
    assert_true(export_number(q, "full_ns") == 100);
    assert_true(export_number(q, "whole_ns") == 105);
    json_decref(q);
}

static void
only_what_early_heads_do_not_explain_has_moved(void **state)
{
    static const struct {
        double whole_ns, full_ns, moved;
    } cases[] = {
        { 105, 100, 0 },    /* with the head: exactly */
        { 102, 100, 0 },    /* cheaper together than apart */
        { 100, 150, 0.5 },  /* slower while the parts were measured */
        { 210, 100, -0.5 }, /* faster */
        { NAN, 100, NAN },
        { 100, NAN, NAN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *q = quality_of(cases[i].whole_ns, cases[i].full_ns);
        double moved = export_number(q, "moved_rel");

        if (isnan(cases[i].moved) ? !isnan(moved)
                                  : !(fabs(moved - cases[i].moved) < 1e-12))
            fail_msg(
                "%g of %g: %g", cases[i].full_ns, cases[i].whole_ns, moved);
        json_decref(q);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_part_gives_the_grade_and_all_give_flags),
        cmocka_unit_test(only_what_early_heads_do_not_explain_has_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
