/* SPDX-License-Identifier: MIT */
/* Graphs of devices as people give them, and plans over them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "search/data/graph.h"

/* Three layers in a row; the second halves what it gets. */
#define GRAPH(device, a, b, c)                                                 \
    "{\"schema\":\"offramp.graph/1\",\"device\":\"" device                     \
    "\",\"input_bytes\":1000,\"layers\":["                                     \
    "{\"name\":\"a\",\"latency_ns\":" a ",\"bytes_out\":1000,\"reads\":[]},"   \
    "{\"name\":\"b\",\"latency_ns\":" b ",\"bytes_out\":100,\"reads\":[0]},"   \
    "{\"name\":\"c\",\"latency_ns\":" c ",\"bytes_out\":10,\"reads\":[1]}]}"

static enum status
read_text(const char *text, struct graph *g, struct err *err)
{
    json_t *doc = NULL;
    enum status st;

    assert_int_equal(json_parse(text, strlen(text), &doc, err), ST_OK);
    st = graph_read(doc, g, err);
    json_decref(doc);
    return st;
}

struct two {
    struct graph board, server;
};

static void
read_two(struct two *t)
{
    assert_int_equal(
        read_text(GRAPH("board", "1000", "1000", "50000"), &t->board, NULL),
        ST_OK);
    assert_int_equal(
        read_text(GRAPH("server", "100", "100", "5000"), &t->server, NULL),
        ST_OK);
}

static void
clear_two(struct two *t)
{
    graph_clear(&t->board);
    graph_clear(&t->server);
}

static void
the_cut_is_behind_the_layer_that_halves(void **state)
{
    const struct graph_link link = { .bytes_per_s = 1e8 }; /* 10 ns a byte */
    struct two t;
    json_t *doc;

    (void)state;
    read_two(&t);
    /* input sent: 10000 + 5200; behind b: 2000 + 1000 + 5000; kept: 52000 */
    assert_int_equal(
        graph_light(&t.board, &t.server, &link, &doc, NULL), ST_OK);
    assert_float_equal(json_get_number(doc, "latency_ns"), 8000, 1e-6);
    assert_int_equal(json_array_size(json_object_get(doc, "on_first")), 2);
    json_decref(doc);
    assert_int_equal(
        graph_heavy(&t.board, &t.server, &link, &doc, NULL), ST_OK);
    assert_float_equal(json_get_number(doc, "stage_ns"), 5000, 1e-6);
    assert_string_equal(json_get_string(doc, "status", ""), "optimal");
    json_decref(doc);
    clear_two(&t);
}

static void
a_table_covers_every_rate(void **state)
{
    const struct graph_link link = { .bytes_per_s = 1e5 };
    const json_t *rows, *row;
    struct two t;
    json_t *doc;
    size_t i;

    (void)state;
    read_two(&t);
    assert_int_equal(
        graph_rates(&t.board, &t.server, &link, &doc, NULL), ST_OK);
    rows = json_object_get(doc, "rows");
    /* fastest links send the input, slower ones what b made, the slowest
     * nothing: 52000 - 7000 over 100 bytes is 450 ns a byte */
    assert_int_equal(json_array_size(rows), 3);
    json_array_foreach(rows, i, row)
    {
        static const double layers[] = { 0, 2, 3 };

        assert_int_equal(json_array_size(json_object_get(row, "on_first")),
            (size_t)layers[i]);
    }
    assert_float_equal(
        json_get_number(json_array_get(rows, 1), "from_bytes_per_s"), 1e9 / 450,
        1);
    json_decref(doc);
    clear_two(&t);
}

static void
a_pipeline_shares_the_work(void **state)
{
    const struct graph_link link = { .bytes_per_s = 1e8 };
    struct graph g[2];
    json_t *doc;

    (void)state;
    assert_int_equal(
        read_text(GRAPH("p", "4000", "1000", "4000"), &g[0], NULL), ST_OK);
    assert_int_equal(
        read_text(GRAPH("q", "4000", "1000", "4000"), &g[1], NULL), ST_OK);
    assert_int_equal(graph_pipeline(g, 2, &link, &doc, NULL), ST_OK);
    assert_float_equal(json_get_number(doc, "stage_ns"), 5000, 1e-6);
    assert_int_equal(json_array_size(json_object_get(doc, "stages")), 2);
    json_decref(doc);
    graph_clear(&g[0]);
    graph_clear(&g[1]);
}

static void
links_and_networks_that_do_not_fit_are_refused(void **state)
{
    static const struct {
        struct graph_link link;
        const char *says;
    } bad[] = {
        { { 0, 0, 0 }, "the rate is 0" },
        { { 0, INFINITY, 0 }, "the rate is inf" },
        { { 0, -5, 0 }, "the rate is -5" },
        { { -1, 5, 0 }, "the base is -1" },
    };
    struct err err = { 0 };
    struct two t;
    json_t *doc;

    (void)state;
    read_two(&t);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err = (struct err){ 0 };
        assert_int_equal(
            graph_light(&t.board, &t.server, &bad[i].link, &doc, &err),
            ST_INVALID);
        assert_non_null(strstr(err.text, bad[i].says));
    }
    t.server.name[1][0] = 'x';
    err = (struct err){ 0 };
    assert_int_equal(
        graph_light(&t.board, &t.server,
            &(struct graph_link){ .bytes_per_s = 1e6 }, &doc, &err),
        ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "layer 1 is 'b' on board"));
    clear_two(&t);
}

static void
malformed_graphs_are_refused_by_member(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "{\"schema\":\"x\",\"device\":\"d\",\"input_bytes\":1,\"layers\":[]}",
            "schema is 'x'" },
        { "{\"schema\":\"offramp.graph/1\",\"device\":\"d\",\"input_bytes\":1,"
          "\"layers\":[]}",
            "0 layers" },
        { "{\"schema\":\"offramp.graph/1\",\"device\":\"d\",\"input_bytes\":1,"
          "\"layers\":[{\"name\":\"a\",\"latency_ns\":1,\"bytes_out\":1,"
          "\"reads\":[0]}]}",
            "layers[0].reads[0] must be the number of a layer before" },
        { "{\"schema\":\"offramp.graph/1\",\"device\":\"d\",\"input_bytes\":1,"
          "\"layers\":[{\"name\":\"a\",\"latency_ns\":-1,\"bytes_out\":1,"
          "\"reads\":[]}]}",
            "layers[0].latency_ns" },
        { "{\"schema\":\"offramp.graph/1\",\"device\":\"d\",\"input_bytes\":1,"
          "\"layers\":[{\"name\":\"a\",\"bytes_out\":1,\"reads\":[]}]}",
            "layers[0].latency_ns" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = { 0 };
        struct graph g;

        assert_int_equal(read_text(bad[i].text, &g, &err), ST_INVALID);
        assert_null(g.name);
        if (strstr(err.text, bad[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, bad[i].says);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cut_is_behind_the_layer_that_halves),
        cmocka_unit_test(a_table_covers_every_rate),
        cmocka_unit_test(a_pipeline_shares_the_work),
        cmocka_unit_test(links_and_networks_that_do_not_fit_are_refused),
        cmocka_unit_test(malformed_graphs_are_refused_by_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
