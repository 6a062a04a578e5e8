/* SPDX-License-Identifier: MIT */
/* Costs of a plan from pieces: what dropped exits save is in them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/export/cut.h"
#include "server/export/export.h"

enum { EXITS = 3 };

/* Three exits: segments 100, 200, 300, heads 10 and 20; a cut after exit 0
 * costs 30, after exit 1 costs 50.  Every interval is 1 either way. */
static const struct {
    const char *role;
    int index;
    double ns;
} measured[] = {
    { "segment", 0, 100 },
    { "segment", 1, 200 },
    { "segment", 2, 300 },
    { "head", 0, 10 },
    { "head", 1, 20 },
    { "joint", 0, 270 },
    { "joint", 1, 450 },
};

/* The rows, with row `changed` (-1: none) at another time; 0 leaves it out. */
static json_t *
make_rows(int changed, double ns)
{
    json_t *rows = json_array();

    for (int i = 0; i < (int)(sizeof(measured) / sizeof(measured[0])); i++) {
        double t = i == changed ? ns : measured[i].ns;

        if (t > 0)
            json_array_append_new(rows,
                json_pack("{s:s, s:s, s:i, s:f, s:f, s:f}", "level", "L6",
                    "role", measured[i].role, "index", measured[i].index,
                    "median_ns", t, "ci95_lo_ns", t - 1, "ci95_hi_ns", t + 1));
    }
    assert_non_null(rows);
    return rows;
}

static json_t *
make_exits(void)
{
    json_t *exits = json_array();

    for (int k = 0; k < EXITS; k++)
        json_array_append_new(exits,
            json_pack("{s:{s:i}, s:o}", "segment", "macs", 1, "head",
                k + 1 < EXITS ? json_pack("{s:i}", "macs", 1) : json_null()));
    return exits;
}

static double
cost(const json_t *rows, const char *part, size_t index, size_t which)
{
    json_t *v = cut_latency(rows, part, index);
    double x = json_real_value(json_array_get(v, which));

    assert_int_equal(json_array_size(v), 3);
    json_decref(v);
    return x;
}

static void
assert_near(double have, double want)
{
    if (!(fabs(have - want) < 1e-9))
        fail_msg("%.12g is not %.12g", have, want);
}

static void
a_path_costs_what_its_files_cost_whichever_exits_are_kept(void **state)
{
    static const struct {
        bool kept[2]; /* of the early exits */
        double full;  /* what a sample that goes all the way pays */
    } plans[] = {
        { { true, true }, 100 + 10 + 200 + 20 + 300 },
        { { true, false }, 100 + 10 + 450 },
        { { false, true }, 270 + 20 + 300 },
        { { false, false }, 600 - 30 - 50 },
    };
    json_t *rows = make_rows(-1, 0);

    (void)state;
    for (size_t p = 0; p < sizeof(plans) / sizeof(plans[0]); p++) {
        double sum = 0;

        for (size_t k = 0; k < EXITS; k++) {
            sum += cost(rows, "segment", k, 0);
            if (k < 2 && plans[p].kept[k])
                sum += cost(rows, "head", k, 0);
        }
        assert_near(sum, plans[p].full);
    }
    /* Leaving at exit 1 without exit 0: one file of two segments, a head. */
    assert_near(cost(rows, "segment", 0, 0) + cost(rows, "segment", 1, 0) +
                    cost(rows, "head", 1, 0),
        270 + 20);
    json_decref(rows);
}

static void
intervals_grow_by_what_is_added_and_taken_off(void **state)
{
    json_t *rows = make_rows(-1, 0);

    (void)state;
    assert_near(cost(rows, "segment", 0, 1), 70 - sqrt(2));
    assert_near(cost(rows, "segment", 0, 2), 70 + sqrt(2));
    assert_near(cost(rows, "head", 0, 1), 40 - sqrt(4));
    assert_near(cost(rows, "head", 0, 2), 40 + sqrt(4));
    assert_near(cost(rows, "segment", 2, 2), 301); /* nothing to take off */
    json_decref(rows);
}

static void
no_part_costs_less_than_nothing(void **state)
{
    json_t *dear = make_rows(5, 150), *cheap = make_rows(5, 400);

    (void)state;
    /* A cut of 150 would take more than the segment of 100 has. */
    assert_near(cost(dear, "segment", 0, 0), 0);
    assert_near(cost(dear, "head", 0, 0), 110);
    /* A joint file slower than its halves by more than the head has. */
    assert_near(cost(cheap, "segment", 0, 0), 110);
    assert_near(cost(cheap, "head", 0, 0), 0);
    json_decref(dear);
    json_decref(cheap);
}

static void
cuts_count_only_where_all_are_known(void **state)
{
    json_t *exits = make_exits(), *rows = make_rows(-1, 0);

    (void)state;
    assert_true(cut_known(rows, exits));
    json_decref(rows);
    for (int i = 0; i < 7; i++) { /* any one missing */
        rows = make_rows(i, 0);
        assert_false(cut_known(rows, exits));
        json_decref(rows);
    }
    json_decref(exits);
}

static void
the_document_has_them(void **state)
{
    static const struct {
        int without;
        double segment, head; /* of exit 0 */
    } cases[] = { { -1, 70, 40 }, { 5, 100, 10 } };
    json_t *exits = make_exits();
    json_t *model = json_pack("{s:{s:o}}", "analysis", "exits", exits);
    json_t *profile = json_pack("{s:i, s:s}", "id", 1, "device", "bench");

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct export_input in = { .profile = profile,
            .model = model,
            .rows = make_rows(cases[i].without, 0),
            .min_grade = "B" };
        struct err err = { 0 };
        const json_t *first;
        json_t *doc;

        if (export_costs_document(&in, &doc, &err) != ST_OK)
            fail_msg("%s: %s", err.code, err.text);
        first = json_array_get(json_object_get(doc, "exits"), 0);
        assert_near(json_real_value(json_array_get(
                        json_object_get(
                            json_object_get(first, "segment"), "latency_ns"),
                        0)),
            cases[i].segment);
        assert_near(
            json_real_value(json_array_get(
                json_object_get(json_object_get(first, "head"), "latency_ns"),
                0)),
            cases[i].head);
        json_decref(doc);
        json_decref(in.rows);
    }
    json_decref(model);
    json_decref(profile);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_path_costs_what_its_files_cost_whichever_exits_are_kept),
        cmocka_unit_test(intervals_grow_by_what_is_added_and_taken_off),
        cmocka_unit_test(no_part_costs_less_than_nothing),
        cmocka_unit_test(cuts_count_only_where_all_are_known),
        cmocka_unit_test(the_document_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
