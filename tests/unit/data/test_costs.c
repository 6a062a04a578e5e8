/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "search/data/costs.h"

#define DOC(metrics, exits)                                                    \
    "{\"schema\":\"offramp.costs/1\",\"metrics\":" metrics ",\"exits\":" exits \
    "}"

static enum status
read_text(const char *text, struct costs *c, struct err *err)
{
    json_t *doc;
    enum status st;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), ST_OK);
    st = costs_read(doc, c, err);
    json_decref(doc);
    return st;
}

static void
every_form_of_a_cost_is_read(void **state)
{
    static const char text[] = DOC("[\"latency_ns\",\"energy_nj\"]",
        "[{\"name\":\"a\",\"segment\":{\"latency_ns\":[10,9,12],"
        "\"energy_nj\":null},\"head\":{\"latency_ns\":3.5}},"
        "{\"segment\":{\"latency_ns\":7},\"head\":null},"
        "{\"segment\":{\"latency_ns\":8}}]");
    struct costs c;

    (void)state;
    assert_int_equal(read_text(text, &c, NULL), ST_OK);
    assert_int_equal(c.exits, 3);
    assert_int_equal(c.metrics, 2);
    assert_int_equal(costs_metric(&c, "energy_nj"), 1);
    assert_int_equal(costs_metric(&c, "ops"), -1);
    assert_string_equal(c.exit[0].name, "a");
    assert_string_equal(c.exit[1].name, "exit1");
    assert_true(c.exit[0].segment[0].median == 10);
    assert_true(c.exit[0].segment[0].lo == 9);
    assert_true(c.exit[0].segment[0].hi == 12);
    assert_true(isnan(c.exit[0].segment[1].median));
    assert_true(c.exit[0].head[0].hi == 3.5);
    assert_true(isnan(c.exit[0].head[1].median)); /* not measured */
    assert_true(c.exit[1].head[0].median == 0);   /* no head */
    assert_true(c.exit[2].head[1].median == 0);
    costs_clear(&c);
}

static void
epochs_are_found_by_part_and_metric(void **state)
{
    static const char text[] = DOC("[\"m\",\"n\"]",
        "[{\"segment\":{\"m\":2},\"epochs\":{\"segment\":{\"m\":[1,2,3.5],"
        "\"n\":[7]},\"head\":{\"m\":[4]}}},{\"segment\":{\"m\":1}}]");
    const struct costs_epochs *e;
    struct costs c;

    (void)state;
    assert_int_equal(read_text(text, &c, NULL), ST_OK);
    assert_non_null(e = costs_epochs(&c, 0, false, 0));
    assert_int_equal(e->n, 3);
    assert_true(e->value[2] == 3.5);
    assert_non_null(e = costs_epochs(&c, 0, false, 1));
    assert_true(e->n == 1 && e->value[0] == 7);
    assert_non_null(e = costs_epochs(&c, 0, true, 0));
    assert_true(e->value[0] == 4);
    assert_null(costs_epochs(&c, 0, true, 1));
    assert_null(costs_epochs(&c, 1, false, 0));
    costs_clear(&c);
}

static void
what_is_wrong_is_named_by_its_path(void **state)
{
#define EPOCHS(doc)  DOC("[\"m\"]", "[{\"segment\":{},\"epochs\":" doc "}]")
#define ONE(segment) DOC("[\"m\"]", "[{\"segment\":" segment "}]")
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "[]", "must be an object" },
        { "{\"metrics\":[\"m\"],\"exits\":[]}", "schema is required" },
        { "{\"schema\":\"offramp.costs/2\",\"metrics\":[\"m\"],\"exits\":[]}",
            "not offramp.costs/1" },
        { DOC("[]", "[]"), "exits must hold 1 to 64" },
        { DOC("[]", "[{}]"), "metrics must name 1 to 16" },
        { DOC("[1]", "[{}]"), "metrics[0] must be a name" },
        { DOC("[\"m\",\"m\"]", "[{}]"), "metrics[1]: 'm' is there twice" },
        { DOC("[\"m\"]", "[{}]"), "exits[0].segment is required" },
        { DOC("[\"m\"]", "[{\"segment\":{},\"size\":1}]"),
            "unknown member exits[0].size" },
        { DOC("[\"m\"]", "[{\"segment\":{\"m\":1}},{\"segment\":3}]"),
            "exits[1].segment must be an object" },
        { ONE("{\"n\":1}"), "exits[0].segment.n is not one of the metrics" },
        { ONE("{\"m\":\"1\"}"), "exits[0].segment.m must be a number" },
        { ONE("{\"m\":[1,2]}"), "exits[0].segment.m must be a number" },
        { ONE("{\"m\":[1,null,2]}"), "exits[0].segment.m[1] must be" },
        { ONE("{\"m\":-1}"), "0 <= lo <= median <= hi" },
        { ONE("{\"m\":[2,3,4]}"), "0 <= lo <= median <= hi" },
        { ONE("{\"m\":[2,1,1]}"), "0 <= lo <= median <= hi" },
        { DOC("[\"m\"]", "[{\"segment\":{\"m\":1},\"head\":{\"m\":true}}]"),
            "exits[0].head.m must be" },
        { EPOCHS("{\"tail\":{}}"), "unknown member exits[0].epochs.tail" },
        { EPOCHS("{\"head\":{\"n\":[1]}}"),
            "exits[0].epochs.head.n is not one of the metrics" },
        { EPOCHS("{\"segment\":{\"m\":[]}}"),
            "exits[0].epochs.segment.m must have 1 to 4096" },
        { EPOCHS("{\"segment\":{\"m\":[1,-1]}}"),
            "exits[0].epochs.segment.m[1] must be" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        struct costs c;

        assert_int_equal(read_text(cases[i].text, &c, &err), ST_INVALID);
        assert_string_equal(err.code, "costs.json");
        if (strstr(err.text, cases[i].want) == NULL)
            fail_msg(
                "case %zu: '%s' does not say '%s'", i, err.text, cases[i].want);
        assert_int_equal(c.exits, 0);
    }
}

static void
a_weighted_sum_is_one_metric_more(void **state)
{
    struct costs c;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(read_text(DOC("[\"a\",\"b\"]",
                                   "[{\"segment\":{\"a\":[2,1,4],\"b\":10}},"
                                   "{\"segment\":{\"a\":1,\"b\":null},"
                                   "\"head\":{\"a\":1,\"b\":2}}]"),
                         &c, &err),
        ST_OK);
    assert_int_equal(costs_sum(&c, "a", &err), ST_OK);
    assert_int_equal(costs_sum(&c, "c", &err), ST_OK); /* somebody else's */
    assert_int_equal(c.metrics, 2);
    assert_int_equal(costs_sum(&c, "a+0.5*b", &err), ST_OK);
    assert_int_equal(costs_metric(&c, "a+0.5*b"), 2);
    assert_true(c.exit[0].segment[2].median == 7);
    assert_true(c.exit[0].segment[2].lo == 6);
    assert_true(c.exit[0].segment[2].hi == 9);
    assert_true(c.exit[0].head[2].median == 0);
    assert_true(isnan(c.exit[1].segment[2].median));
    assert_true(c.exit[1].head[2].hi == 2);
    assert_int_equal(costs_sum(&c, "a+0.5*b", &err), ST_OK); /* it is there */
    assert_int_equal(c.metrics, 3);
    assert_int_equal(costs_sum(&c, "a+-1*b", &err), ST_INVALID);
    assert_string_equal(err.code, "search.objective");
    costs_clear(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_cost_is_read),
        cmocka_unit_test(epochs_are_found_by_part_and_metric),
        cmocka_unit_test(what_is_wrong_is_named_by_its_path),
        cmocka_unit_test(a_weighted_sum_is_one_metric_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
