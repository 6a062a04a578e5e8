/* SPDX-License-Identifier: MIT */
/* A whole profile on a scripted machine and runtime: what it measures and what
 * it leaves out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "recorded.h"
#include "world.h"

static void
every_part_gets_its_row_with_median_and_interval(void **state)
{
    static const struct {
        const char *level, *role;
        int index;
        double cost;
    } rows[] = {
        { "L0", "whole", 0, 100000 }, { "L1", "layer", 0, 41000 },
        { "L1", "layer", 1, 39000 }, /* in situ, so not a copy */
        { "L1", "layer", 2, 10000 }, { "L2", "layer", 0, 40000 },
        { "L2", "layer", 1, 40000 }, /* the same kernel as layer 0 */
        { "L2", "layer", 2, 10000 }, { "L2", "aa", 2, 10000 },
        { "L6", "segment", 0, 41000 }, { "L6", "head", 0, 9000 },
        { "L6", "prefix", 0, 48000 }, { "L6", "segment", 1, 51000 },
        { "L6", "prefix", 1, 91000 }, { "L6", "joint", 0, 89500 },
        { "L6", "stage", 0, 48000 }, /* the same file as prefix 0 */
    };
    struct world w;
    json_t *doc;

    (void)state;
    world_init(&w);
    doc = world_profile(&w);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *r =
            world_row(doc, rows[i].level, rows[i].role, rows[i].index);

        if (r == NULL)
            fail_msg(
                "no row %s %s %d", rows[i].level, rows[i].role, rows[i].index);
        assert_about(row_number(r, "median_ns"), rows[i].cost,
            rows[i].level[1] == '1' ? 0.04 : 0.01);
        assert_true(row_number(r, "ci95_lo_ns") <= row_number(r, "median_ns"));
        assert_true(row_number(r, "ci95_hi_ns") >= row_number(r, "median_ns"));
        assert_string_equal(
            json_string_value(json_object_get(r, "stop_reason")), "ci_met");
        assert_int_equal(json_integer_value(json_object_get(r, "seed")), 5);
    }
    assert_null(world_row(doc, "L6", "head", 1)); /* the last exit has none */
    assert_non_null(world_row(doc, "L2", "sentinel", 0));
    assert_int_equal(w.parts, 4);
    assert_true(w.phases >= 4 && !w.progress_bad);
    json_decref(doc);
    world_clear(&w);
}

static void
percentiles_are_of_single_executions_and_else_null(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *whole, *one;

    (void)state;
    world_init(&w);
    doc = world_profile(&w);
    whole = world_row(doc, "L0", "whole", 0);
    one = world_row(doc, "L2", "layer", 0);
    assert_true(row_number(whole, "n_epochs") >= 662);
    assert_true(row_number(whole, "p99_ns") >= row_number(whole, "p90_ns"));
    assert_true(row_number(whole, "p90_ns") >= row_number(whole, "median_ns"));
    assert_int_equal(row_number(whole, "iters_per_epoch"), 1);
    assert_true(json_is_null(json_object_get(one, "p90_ns")));
    assert_true(json_is_null(json_object_get(one, "p99_ns")));
    assert_true(row_number(one, "iters_per_epoch") > 1);
    json_decref(doc);
    world_clear(&w);
}

static void
equal_kernels_are_measured_once(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *copy;

    (void)state;
    world_init(&w);
    doc = world_profile(&w);
    copy = world_row(doc, "L2", "layer", 1);
    assert_true(row_has_flag(copy, "cached"));
    assert_false(row_has_flag(world_row(doc, "L2", "layer", 0), "cached"));
    assert_string_equal(
        json_string_value(json_object_get(copy, "name")), "layer1");
    assert_int_equal(json_array_size(json_object_get(copy, "epochs_ns")), 0);
    json_decref(doc);
    world_clear(&w);
}

static void
closure_adds_up(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *c, *exits, *first, *last;

    (void)state;
    world_init(&w);
    doc = world_profile(&w);
    c = json_object_get(doc, "closure");
    exits = json_object_get(doc, "exits");
    assert_about(row_number(c, "sum_layers_ns"), 90000, 0.01);
    assert_about(row_number(c, "whole_ns"), 100000, 0.01);
    assert_about(row_number(c, "closure_hot_rel"), -0.1, 0.1);
    assert_true(fabs(row_number(c, "aa_rel")) < 0.01);
    assert_about(row_number(c, "closure_rel"), -0.1, 0.1);
    assert_about(row_number(c, "dispatch_ns"), 10000, 0.1);
    /* 41 + 9 against 48; 41 + 51 against 91, where cutting takes 2.5 */
    first = json_array_get(exits, 0);
    last = json_array_get(exits, 1);
    assert_about(row_number(first, "prefix_split_rel"), 2.0 / 48, 0.2);
    assert_true(fabs(row_number(last, "prefix_split_rel") - 1.0 / 91) < 0.005);
    assert_true(
        fabs(row_number(last, "prefix_residual_rel") + 1.5 / 91) < 0.005);
    assert_about(row_number(first, "cut_ns"), 2500, 0.3);
    assert_about(row_number(first, "head_cut_ns"), 2000, 0.3);
    /* A prefix that is its own stage tells nothing; after the last exit and
     * before no head there is nothing to cut. */
    assert_true(json_is_null(json_object_get(first, "prefix_residual_rel")));
    assert_true(json_is_null(json_object_get(last, "cut_ns")));
    assert_true(json_is_null(json_object_get(last, "head_cut_ns")));
    json_decref(doc);
    world_clear(&w);
}

static void
layers_in_situ_and_the_dispatch_row_add_up_to_the_whole(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *dispatch, *c;
    double sum = 0;

    (void)state;
    world_init(&w);
    doc = world_profile(&w);
    c = json_object_get(doc, "closure");
    dispatch = world_row(doc, "L1", "dispatch", 0);
    for (int i = 0; i < 3; i++)
        sum += row_number(world_row(doc, "L1", "layer", i), "median_ns");
    assert_string_equal(
        json_string_value(json_object_get(dispatch, "name")), "__dispatch__");
    assert_string_equal(
        json_string_value(json_object_get(dispatch, "source")), "modelled");
    assert_about(sum + row_number(dispatch, "median_ns"),
        row_number(world_row(doc, "L0", "whole", 0), "median_ns"), 1e-9);
    assert_true(
        row_has_flag(doc, "closure_warn") ^ row_has_flag(doc, "closure_fail"));
    /* 4 kernels, 5 us of the profiler's each, of 100 us */
    assert_about(row_number(c, "overhead_rel"), 0.2, 0.05);
    assert_true(
        row_has_flag(world_row(doc, "L1", "layer", 0), "overhead_high"));
    assert_false(
        row_has_flag(world_row(doc, "L0", "whole", 0), "overhead_high"));
    json_decref(doc);
    world_clear(&w);
}

static void
an_unreadable_trace_costs_only_its_own_level(void **state)
{
    struct world w;
    json_t *doc;

    (void)state;
    world_init(&w);
    w.runtime.trace_broken = true;
    doc = world_profile(&w);
    assert_non_null(world_row(doc, "L0", "whole", 0));
    assert_non_null(world_row(doc, "L2", "layer", 0));
    assert_null(world_row(doc, "L1", "layer", 0));
    assert_true(row_has_flag(doc, "partial"));
    assert_true(json_is_null(
        json_object_get(json_object_get(doc, "closure"), "closure_rel")));
    json_decref(doc);
    world_clear(&w);
}

static void
what_the_server_has_is_not_measured_again(void **state)
{
    struct world w;
    json_t *doc;

    (void)state;
    world_init(&w);
    json_object_set_new(w.payload, "have",
        json_pack("[{s:s, s:s, s:f}]", "level", "L2", "kernel_key", "conv",
            "median_ns", 40000.0));
    doc = world_profile(&w);
    assert_null(world_row(doc, "L2", "layer", 0));
    assert_null(world_row(doc, "L2", "layer", 1));
    assert_non_null(world_row(doc, "L2", "layer", 2));
    assert_about(row_number(json_object_get(doc, "closure"), "sum_layers_ns"),
        90000, 0.01);
    json_decref(doc);

    /* What was measured in another environment does not count. */
    json_object_set_new(w.payload, "have_fingerprint", json_string("another"));
    doc = world_profile(&w);
    assert_non_null(world_row(doc, "L2", "layer", 0));
    json_decref(doc);
    world_clear(&w);
}

/* Their medians tell the rest: how prefixes add up. */
static void
parts_that_the_server_has_are_left_out(void **state)
{
    static const struct {
        const char *level, *digit;
        double ns;
    } had[] = {
        { "L0", "0", 100000 }, /* measured all the same: L1 is, too */
        { "L6", "4", 41000 },  /* segment 0 */
        { "L6", "5", 9000 },   /* head 0 */
        { "L6", "6", 48000 },  /* prefix 0, which is stage 0 */
        { "L6", "7", 51000 },  /* segment 1 */
        { "L6", "a", 89500 },  /* joint 0 */
    };
    struct world w;
    json_t *doc, *have = json_array();
    const json_t *exits;

    (void)state;
    world_init(&w);
    for (size_t i = 0; i < sizeof(had) / sizeof(had[0]); i++) {
        char hex[65] = { 0 };

        memset(hex, had[i].digit[0], 64);
        json_array_append_new(
            have, json_pack("{s:s, s:s, s:f}", "level", had[i].level,
                      "kernel_key", hex, "median_ns", had[i].ns));
    }
    json_object_set_new(w.payload, "have", have);
    doc = world_profile(&w);
    exits = json_object_get(doc, "exits");
    assert_null(world_row(doc, "L6", "segment", 0));
    assert_null(world_row(doc, "L6", "head", 0));
    assert_null(world_row(doc, "L6", "prefix", 0));
    assert_null(world_row(doc, "L6", "stage", 0));
    assert_null(world_row(doc, "L6", "joint", 0));
    assert_non_null(world_row(doc, "L6", "prefix", 1));
    assert_non_null(world_row(doc, "L0", "whole", 0));
    assert_true(
        fabs(row_number(json_array_get(exits, 1), "prefix_residual_rel") +
             1.5 / 91) < 0.005);
    assert_about(row_number(json_array_get(exits, 0), "prefix_split_rel"),
        2.0 / 48, 0.2);
    json_decref(doc);

    /* With both of one run the whole is left out, too. */
    json_array_append_new(
        have, json_pack("{s:s, s:O}", "level", "L1", "kernel_key",
                  json_object_get(json_array_get(have, 0), "kernel_key")));
    doc = world_profile(&w);
    assert_null(world_row(doc, "L0", "whole", 0));
    assert_null(world_row(doc, "L1", "whole", 0));
    assert_null(world_row(doc, "L1", "layer", 0));
    assert_true(json_is_null(
        json_object_get(json_object_get(doc, "closure"), "closure_rel")));
    assert_non_null(world_row(doc, "L2", "aa", 2)); /* which is left to time */
    json_decref(doc);

    /* Without L1 nothing is left to do for the whole. */
    json_object_set_new(w.payload, "levels", json_pack("[s, s]", "L0", "L6"));
    doc = world_profile(&w);
    assert_null(world_row(doc, "L0", "whole", 0));
    assert_about(
        row_number(json_object_get(doc, "closure"), "whole_ns"), 100000, 0.01);
    json_decref(doc);
    world_clear(&w);
}

static void
cold_times_are_of_single_executions_each_after_a_flush(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *cold;

    (void)state;
    world_init(&w);
    json_object_set_new(w.payload, "levels", json_pack("[s, s]", "L2", "L3"));
    doc = world_profile(&w);
    cold = world_row(doc, "L3", "layer", 2);
    assert_about(row_number(cold, "median_ns"), 15000, 0.01);
    assert_int_equal(row_number(cold, "iters_per_epoch"), 1);
    assert_about(
        row_number(world_row(doc, "L2", "layer", 2), "median_ns"), 10000, 0.01);
    /* Two kernels, so two flushes a round; layer 1 is a copy of layer 0. */
    assert_int_equal(w.machine.flushes, 2 * (int)row_number(cold, "n_epochs"));
    assert_true(row_has_flag(world_row(doc, "L3", "layer", 1), "cached"));
    /* They enter no sum. */
    assert_about(row_number(json_object_get(doc, "closure"), "sum_layers_ns"),
        90000, 0.01);
    json_decref(doc);

    /* Nobody asked: nothing is flushed. */
    json_object_del(w.payload, "levels");
    w.machine.flushes = 0;
    doc = world_profile(&w);
    assert_null(world_row(doc, "L3", "layer", 0));
    assert_int_equal(w.machine.flushes, 0);
    json_decref(doc);
    world_clear(&w);
}

static void
only_the_levels_asked_for_are_run(void **state)
{
    struct world w;
    json_t *doc;

    (void)state;
    world_init(&w);
    json_object_set_new(w.payload, "levels", json_pack("[s]", "L0"));
    doc = world_profile(&w);
    assert_int_equal(json_array_size(json_object_get(doc, "rows")), 1);
    assert_true(json_is_null(
        json_object_get(json_object_get(doc, "closure"), "sum_layers_ns")));
    json_decref(doc);
    world_clear(&w);
}

static void
absent_meters_are_null_and_said(void **state)
{
    struct world w;
    json_t *doc;
    const json_t *l4, *l5;

    (void)state;
    world_init(&w);
    doc = world_profile(&w);
    l4 = world_row(doc, "L4", "whole", 0);
    l5 = world_row(doc, "L5", "whole", 0);
    assert_true(row_has_flag(l4, "counter_missing"));
    assert_true(json_is_null(json_object_get(l4, "counters")));
    assert_true(row_has_flag(l5, "no_energy_sensor"));
    assert_true(json_is_null(json_object_get(l5, "energy")));
    assert_true(row_has_flag(doc, "counter_missing"));
    assert_true(row_has_flag(doc, "no_energy_sensor"));
    json_decref(doc);

    /* Nobody asked: nothing is said. */
    json_object_set_new(w.payload, "policy",
        json_pack("{s:b, s:b}", "energy", 0, "counters", 0));
    doc = world_profile(&w);
    assert_null(world_row(doc, "L4", "whole", 0));
    assert_false(row_has_flag(doc, "no_energy_sensor"));
    json_decref(doc);
    world_clear(&w);
}

static void
an_energy_sensor_gives_every_part_its_energy(void **state)
{
    struct recorded_energy meter;
    struct world w;
    double time_ns;
    json_t *doc;
    const json_t *row, *e;

    (void)state;
    world_init(&w);
    w.kit.energy = recorded_energy(&meter, &w.machine);
    doc = world_profile(&w);
    row = world_row(doc, "L5", "segment", 1);
    e = json_object_get(row, "energy");
    /* 51 us at 20 W above idle */
    assert_true(fabs(row_number(e, "net_nj") - 51000 * 20) <=
                row_number(e, "err_nj") + 0.01 * 51000 * 20);
    assert_string_equal(
        json_string_value(json_object_get(e, "method")), "loop");
    assert_true(json_is_null(json_object_get(row, "median_ns")));
    /* What leaving at the first exit takes, as it takes time. */
    row = world_row(doc, "L5", "prefix", 0);
    time_ns = row_number(world_row(doc, "L6", "prefix", 0), "median_ns");
    e = json_object_get(row, "energy");
    assert_true(fabs(row_number(e, "net_nj") - time_ns * 20) <=
                row_number(e, "err_nj") + 0.01 * time_ns * 20);
    assert_null(world_row(doc, "L5", "stage", 0)); /* that prefix's file */
    assert_false(row_has_flag(doc, "no_energy_sensor"));
    json_decref(doc);
    world_clear(&w);
}

static void
go_back(struct recorded_energy *r)
{
    r->start = UINT64_C(1) << 40;
    r->backwards = true;
}

static void
stand_still(struct recorded_energy *r)
{
    r->stuck = true;
}

static void
tell_too_little(struct recorded_energy *r)
{
    r->facts.longest_ns = r->facts.window_ns;
}

static void
a_sensor_that_fails_costs_its_row_the_energy_and_is_named(void **state)
{
    static const struct {
        void (*change)(struct recorded_energy *r);
        const char *flag;
    } rows[] = {
        { go_back, "meter_backwards" },
        { stand_still, "meter_stuck" },
        { tell_too_little, "meter_window" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct recorded_energy meter;
        struct world w;
        json_t *doc;
        const json_t *row;

        world_init(&w);
        w.kit.energy = recorded_energy(&meter, &w.machine);
        rows[i].change(&meter);
        doc = world_profile(&w);
        row = world_row(doc, "L5", "whole", 0);
        assert_true(row_has_flag(row, rows[i].flag));
        assert_true(json_is_null(json_object_get(row, "energy")));
        assert_string_equal(
            json_string_value(json_object_get(row, "grade")), "X");
        assert_non_null(world_row(doc, "L0", "whole", 0));
        json_decref(doc);
        world_clear(&w);
    }
}

static void
idle_power_that_changed_meanwhile_is_flagged(void **state)
{
    struct recorded_energy meter;
    struct world w;
    json_t *doc;
    const json_t *row;

    (void)state;
    world_init(&w);
    w.kit.energy = recorded_energy(&meter, &w.machine);
    meter.warming_w_s = 0.5; /* the board draws more every second */
    doc = world_profile(&w);
    row = world_row(doc, "L5", "whole", 0);
    assert_true(row_has_flag(row, "idle_drift"));
    /* Which the bound has in it. */
    assert_true(row_number(json_object_get(row, "energy"), "err_nj") > 0);
    json_decref(doc);
    world_clear(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_that_the_server_has_are_left_out),
        cmocka_unit_test(every_part_gets_its_row_with_median_and_interval),
        cmocka_unit_test(percentiles_are_of_single_executions_and_else_null),
        cmocka_unit_test(equal_kernels_are_measured_once),
        cmocka_unit_test(closure_adds_up),
        cmocka_unit_test(
            layers_in_situ_and_the_dispatch_row_add_up_to_the_whole),
        cmocka_unit_test(an_unreadable_trace_costs_only_its_own_level),
        cmocka_unit_test(what_the_server_has_is_not_measured_again),
        cmocka_unit_test(
            cold_times_are_of_single_executions_each_after_a_flush),
        cmocka_unit_test(only_the_levels_asked_for_are_run),
        cmocka_unit_test(absent_meters_are_null_and_said),
        cmocka_unit_test(an_energy_sensor_gives_every_part_its_energy),
        cmocka_unit_test(
            a_sensor_that_fails_costs_its_row_the_energy_and_is_named),
        cmocka_unit_test(idle_power_that_changed_meanwhile_is_flagged),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
