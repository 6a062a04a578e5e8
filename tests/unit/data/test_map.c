/* SPDX-License-Identifier: MIT */
/* Plans over several processors, small enough to count by hand: see rig. */
#include <stdlib.h>

#include "unit/data/plan_rig.h"

#include "search/data/map.h"

/* A board that is slow, and a server: 100 bytes go to the late part. */
static const char board_text[] =
    "{\"schema\":\"offramp.costs/1\",\"device\":\"board\",\"source\":"
    "\"modelled\",\"metrics\":[\"latency_ns\"],\"exits\":["
    "{\"name\":\"early\",\"segment\":{\"latency_ns\":100},"
    "\"head\":{\"latency_ns\":10},\"input_bytes\":400,\"segment_bytes\":60,"
    "\"head_bytes\":5,\"peak_bytes\":20},"
    "{\"name\":\"final\",\"segment\":{\"latency_ns\":900},"
    "\"input_bytes\":100,\"segment_bytes\":200,\"head_bytes\":0,"
    "\"peak_bytes\":30}]}";
static const char server_text[] =
    "{\"schema\":\"offramp.costs/1\",\"device\":\"server\",\"source\":"
    "\"measured\",\"metrics\":[\"latency_ns\"],\"exits\":["
    "{\"name\":\"early\",\"segment\":{\"latency_ns\":%s},"
    "\"head\":{\"latency_ns\":1}%s},"
    "{\"name\":\"final\",\"segment\":{\"latency_ns\":20}}]}";

struct two {
    struct costs board, server;
    struct map_processor processor[2];
    struct map_link link;
    struct map_system sys;
    struct search_options o;
};

static void
read_costs(const char *text, struct costs *out)
{
    struct err err = { 0 };
    json_t *doc;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), ST_OK);
    if (costs_read(doc, out, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_decref(doc);
}

static void
make(struct two *t, const char *early, const char *reason)
{
    char text[1024];

    snprintf(text, sizeof(text), server_text, early, reason);
    read_costs(board_text, &t->board);
    read_costs(text, &t->server);
    t->processor[0] = (struct map_processor){ &t->board, 0, INFINITY };
    t->processor[1] = (struct map_processor){ &t->server, 7, INFINITY };
    t->link = (struct map_link){ 0, 1, 50, 1 };
    t->sys = (struct map_system){ t->processor, 2, &t->link, 1 };
    search_options_init(&t->o);
    t->o.max_drop = 0.5;
}

static void
drop(struct two *t)
{
    costs_clear(&t->board);
    costs_clear(&t->server);
}

static json_t *
mapped(const struct given *g, const struct two *t)
{
    struct err err = { 0 };
    json_t *plan;

    if (map_records(&g->records, &t->sys, &t->o, &plan, &err) != ST_OK)
        fail_msg("%s", err.text);
    return plan;
}

static const char *
segment_of(const json_t *plan, size_t e)
{
    return json_string_value(json_array_get(
        json_object_get(json_object_get(plan, "mapping"), "segments"), e));
}

/* Of the six samples of the calibration half, at most three may be lost: all
 * leave at the early exit, on the board, where 110 is less than 450 + 7. */
static void
the_board_answers_alone_where_that_is_enough(void **state)
{
    struct two t;
    json_t *plan;

    make(&t, "5", "");
    plan = mapped(*state, &t);
    assert_string_equal(plan_word(plan, "status"), "optimal");
    assert_string_equal(segment_of(plan, 0), "board");
    CLOSE(plan, "calibration.cost", 110);
    CLOSE(plan, "mapping.processors.0.reach", 1);
    json_decref(plan);
    drop(&t);
}

/* Nothing may be lost: a and b leave early (c only with d, who would then be
 * wrong), the other four are handed over: 50 + 100 bytes + 7 + 20 more. */
static void
what_is_unsure_is_handed_over(void **state)
{
    struct two t;
    json_t *plan;

    make(&t, "5", "");
    t.o.max_drop = 0;
    plan = mapped(*state, &t);
    assert_string_equal(segment_of(plan, 0), "board");
    assert_string_equal(segment_of(plan, 1), "server");
    CLOSE(plan, "calibration.cost", 110 + 4.0 / 6 * 177);
    CLOSE(plan, "mapping.processors.1.reach", 4.0 / 6);
    CLOSE(plan, "worst_case", 287);
    assert_string_equal(
        json_string_value(json_object_get(
            json_array_get(
                json_object_get(json_object_get(plan, "mapping"), "processors"),
                0),
            "source")),
        "modelled");
    json_decref(plan);
    drop(&t);
}

/* With a dear link the server would do all; if it cannot, the board must. */
static void
a_part_that_cannot_run_says_why(void **state)
{
    struct two t;
    json_t *plan, *options;
    int seen = 0;

    make(&t, "null", ",\"reason\":\"no kernel for Early\"");
    t.o.max_drop = 0;
    t.processor[0].memory_bytes = 95; /* 60 + 5 + 20, but not 260 + 30 */
    plan = mapped(*state, &t);
    assert_string_equal(segment_of(plan, 0), "board");
    assert_string_equal(segment_of(plan, 1), "server");
    options = json_object_get(json_object_get(plan, "mapping"), "options");
    assert_int_equal(json_array_size(options), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *o = json_array_get(options, i);
        const char *why = json_string_value(json_object_get(o, "why"));

        if (strcmp(plan_word(o, "state"), "no_room") == 0) {
            assert_string_equal(why, "board needs 290 bytes of 95");
            seen |= 1;
        } else if (strcmp(plan_word(o, "state"), "unsupported") == 0) {
            assert_string_equal(
                why, "server cannot run segment early: no kernel for Early");
            seen |= 2;
        }
    }
    assert_int_equal(seen, 3);
    json_decref(plan);
    drop(&t);
}

static void
what_does_not_fit_together_is_named(void **state)
{
    const struct given *g = *state;
    struct two t;
    struct err err = { 0 };
    json_t *plan;

    make(&t, "5", "");
    t.o.objective = "energy_nj";
    assert_int_equal(
        map_records(&g->records, &t.sys, &t.o, &plan, &err), ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "board have no metric 'energy_nj'"));
    t.o.objective = "latency_ns";
    t.link.per_byte = INFINITY;
    err = (struct err){ 0 };
    assert_int_equal(
        map_records(&g->records, &t.sys, &t.o, &plan, &err), ST_INVALID);
    assert_non_null(strstr(err.text, "link 0"));
    t.link.per_byte = 1;
    t.board.exit[1].input_bytes = -1;
    err = (struct err){ 0 };
    assert_int_equal(
        map_records(&g->records, &t.sys, &t.o, &plan, &err), ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "input_bytes"));
    t.board.exit[1].input_bytes = 100;
    t.processor[1].memory_bytes = 1;
    err = (struct err){ 0 };
    assert_int_equal(
        map_records(&g->records, &t.sys, &t.o, &plan, &err), ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "segment_bytes"));
    drop(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_board_answers_alone_where_that_is_enough, plan_set_up,
            plan_tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_unsure_is_handed_over, plan_set_up, plan_tear_down),
        cmocka_unit_test_setup_teardown(
            a_part_that_cannot_run_says_why, plan_set_up, plan_tear_down),
        cmocka_unit_test_setup_teardown(
            what_does_not_fit_together_is_named, plan_set_up, plan_tear_down),
    };

    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
