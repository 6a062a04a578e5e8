/* SPDX-License-Identifier: MIT */
/* Exit, cut and bits against everything there is to try; several samples at
 * once, ways of sending and a wavering link against plain ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "search/data/action_plan.h"
#include "search/data/graph_coded.h"
#include "search/data/graph_jobs.h"

enum { EXITS = 4, WAYS = 3, CASES = 2000 };

struct made {
    int64_t segment[2][EXITS], head[2][EXITS], bytes[EXITS];
    int64_t right[EXITS * (WAYS + 1)];
    struct action_bits way[WAYS];
    struct action_problem p;
};

static void
make(struct made *m, uint64_t seed)
{
    struct rng rng = { seed };
    int ways = 1 + (int)rng_below(&rng, WAYS);

    for (int e = 0; e < EXITS; e++) {
        for (int d = 0; d < 2; d++) {
            m->segment[d][e] = (int64_t)rng_below(&rng, 100);
            m->head[d][e] = (int64_t)rng_below(&rng, 20);
        }
        m->bytes[e] = (int64_t)rng_below(&rng, 30);
    }
    for (int w = 0; w < WAYS; w++)
        m->way[w] = (struct action_bits){ 1 + (int)rng_below(&rng, 32),
            (int64_t)rng_below(&rng, 3), (int64_t)rng_below(&rng, 3) };
    for (int i = 0; i < EXITS * (WAYS + 1); i++)
        m->right[i] = (int64_t)rng_below(&rng, 12);
    m->p = (struct action_problem){ 1 + (int)rng_below(&rng, EXITS), ways,
        { m->segment[0], m->segment[1] }, { m->head[0], m->head[1] }, m->bytes,
        m->way, m->right, (int64_t)rng_below(&rng, 20),
        (int64_t)rng_below(&rng, 4) };
}

/* What it takes, written out for one sample that runs through. */
static int64_t
takes(const struct made *m, int exit, int cut, int way)
{
    int64_t t = 0;

    for (int e = 0; e <= exit; e++) {
        if (e == cut) {
            double over = (double)m->bytes[e] * m->way[way].bits / 32;

            t += m->p.base_ps + (int64_t)ceil(over - 1e-9) * m->p.byte_ps;
            t += m->bytes[e] * m->way[way].encode_ps;
            t += m->bytes[e] * m->way[way].decode_ps;
        }
        t += m->segment[e < cut ? 0 : 1][e];
    }
    return t + m->head[cut == exit + 1 ? 0 : 1][exit];
}

static int64_t
is_right(const struct made *m, int exit, int cut, int way)
{
    return m
        ->right[exit * (m->p.ways + 1) + (cut == exit + 1 ? m->p.ways : way)];
}

static void
the_best_of_all_actions_is_found(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        int64_t floor = (int64_t)(seed % 13), limit = (int64_t)(seed % 200);
        int64_t fastest = INT64_MAX, surest = -1;
        struct action a, b;
        bool fast, sure;
        struct made m;

        make(&m, seed);
        for (int e = 0; e < m.p.exits; e++)
            for (int c = 0; c <= e + 1; c++)
                for (int w = 0; w < m.p.ways; w++) {
                    int64_t t = takes(&m, e, c, w), r = is_right(&m, e, c, w);

                    if (r >= floor && t < fastest)
                        fastest = t;
                    if (t <= limit && r > surest)
                        surest = r;
                }
        assert_int_equal(action_fastest(&m.p, floor, &a, &fast, NULL), ST_OK);
        assert_int_equal(action_surest(&m.p, limit, &b, &sure, NULL), ST_OK);
        assert_int_equal(fast, fastest < INT64_MAX);
        assert_int_equal(sure, surest >= 0);
        if (fast) {
            assert_int_equal(a.latency_ps, fastest);
            assert_int_equal(takes(&m, a.exit, a.cut, a.way), fastest);
            assert_true(is_right(&m, a.exit, a.cut, a.way) >= floor);
        }
        if (sure) {
            assert_int_equal(b.right, surest);
            assert_true(takes(&m, b.exit, b.cut, b.way) <= limit);
        }
    }
}

static void
a_front_rises_and_nothing_beats_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct action front[64];
        struct made m;
        size_t n;

        make(&m, seed);
        assert_int_equal(action_front(&m.p, front, 64, &n, NULL), ST_OK);
        assert_true(n > 0);
        for (size_t i = 1; i < n; i++)
            assert_true(front[i].latency_ps > front[i - 1].latency_ps &&
                        front[i].right > front[i - 1].right);
        for (int e = 0; e < m.p.exits; e++)
            for (int c = 0; c <= e + 1; c++)
                for (int w = 0; w < m.p.ways; w++) {
                    bool beaten = false;

                    for (size_t i = 0; i < n; i++)
                        beaten |= front[i].latency_ps <= takes(&m, e, c, w) &&
                                  front[i].right >= is_right(&m, e, c, w);
                    assert_true(beaten);
                }
    }
}

/* ---- documents ---- */

static void
read_records(struct records *r, const char *csv)
{
    struct err err = { 0 };

    if (records_parse(csv, strlen(csv), r, &err) != ST_OK)
        fail_msg("%s", err.text);
}

static void
read_costs(struct costs *c, double segment, double head)
{
    json_t *doc =
        json_pack("{s:s,s:[s],s:[{s:s,s:{s:f},s:{s:f},s:i},{s:s,s:{s:f},s:i}]}",
            "schema", "offramp.costs/1", "metrics", "latency_ns", "exits",
            "name", "early", "segment", "latency_ns", segment, "head",
            "latency_ns", head, "input_bytes", 1000, "name", "final", "segment",
            "latency_ns", 3 * segment, "input_bytes", 100);
    struct err err = { 0 };

    if (costs_read(doc, c, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_decref(doc);
}

#define HEAD "sample,label,pred_0,score_0,pred_1,score_1,split\n"
static const char plain[] = HEAD "a,1,1,0,1,0,cal\nb,1,0,0,1,0,cal\n"
                                 "c,1,1,0,1,0,test\nd,1,0,0,0,0,test\n";
static const char coarse[] = HEAD "a,1,1,0,1,0,cal\nb,1,0,0,0,0,cal\n"
                                  "c,1,1,0,1,0,test\nd,1,0,0,0,0,test\n";

static void
fewer_bits_are_taken_where_they_lose_nothing(void **state)
{
    struct records r, few;
    struct costs first, second;
    struct action_way way[] = { { 32, &r, 0, 0 }, { 8, &few, 0, 0 } };
    struct action_wish w = { &r, &first, &second, way, 2,
        { .bytes_per_s = 1e9 }, SEARCH_LABEL, 0.5, NAN, 1 };
    const json_t *a;
    json_t *doc;

    (void)state;
    read_records(&r, plain);
    read_records(&few, coarse);
    read_costs(&first, 1000, 10);
    read_costs(&second, 100, 1);
    /* half may be wrong: the early exit, all but the input elsewhere; the
     * input in 8 bits takes 250 ns, and 100 and 1 there */
    assert_int_equal(action_plan(&w, &doc, NULL), ST_OK);
    a = json_object_get(doc, "action");
    assert_true(json_get_number(a, "exit") == 0);
    assert_true(json_get_number(a, "bits") == 8);
    assert_float_equal(json_get_number(a, "latency_ns"), 250 + 100 + 1, 1e-9);
    json_decref(doc);
    /* nothing may be lost: 8 bits lose b at the last exit */
    w.max_drop = 0;
    assert_int_equal(action_plan(&w, &doc, NULL), ST_OK);
    a = json_object_get(doc, "action");
    assert_true(json_get_number(a, "exit") == 1);
    assert_true(json_get_number(a, "bits") == 32);
    assert_float_equal(json_get_number(a, "latency_ns"), 1000 + 400, 1e-9);
    assert_float_equal(json_get_number(a, "accuracy"), 1, 1e-12);
    assert_float_equal(json_get_number(a, "test_accuracy"), 0.5, 1e-12);
    json_decref(doc);
    w.max_drop = NAN;
    w.limit_ms = 1e-5;
    assert_int_equal(action_plan(&w, &doc, NULL), ST_OK);
    assert_true(json_is_null(json_object_get(doc, "action")));
    json_decref(doc);
    records_clear(&r);
    records_clear(&few);
    costs_clear(&first);
    costs_clear(&second);
}

static void
what_does_not_fit_is_refused_by_name(void **state)
{
    struct records r, other;
    struct costs first, second;
    struct action_way way[] = { { 32, &r, 0, 0 }, { 8, &other, 0, 0 } };
    struct action_wish w = { &r, &first, &second, way, 2,
        { .bytes_per_s = 1e9 }, SEARCH_LABEL, 0.5, NAN, 1 };
    struct err err = { 0 };
    json_t *doc;

    (void)state;
    read_records(&r, plain);
    read_records(&other, HEAD "x,1,1,0,1,0,cal\nb,1,0,0,1,0,cal\n"
                              "c,1,1,0,1,0,test\nd,1,0,0,0,0,test\n");
    read_costs(&first, 1000, 10);
    read_costs(&second, 100, 1);
    assert_int_equal(action_plan(&w, &doc, &err), ST_INVALID);
    assert_non_null(strstr(err.text, "sample 'x'"));
    err_clear(&err);
    w.ways = 1;
    w.limit_ms = 3;
    assert_int_equal(action_plan(&w, &doc, &err), ST_INVALID);
    assert_non_null(strstr(err.text, "either"));
    err_clear(&err);
    w.limit_ms = NAN;
    w.link.bytes_per_s = 0;
    assert_int_equal(action_plan(&w, &doc, &err), ST_INVALID);
    assert_string_equal(err.code, "partition.link");
    err_clear(&err);
    w.link.bytes_per_s = 1e9;
    first.exit[1].input_bytes = second.exit[1].input_bytes = -1;
    assert_int_equal(action_plan(&w, &doc, &err), ST_INVALID);
    assert_non_null(strstr(err.text, "input_bytes"));
    records_clear(&r);
    records_clear(&other);
    costs_clear(&first);
    costs_clear(&second);
}

/* ---- graphs ---- */

/* Three layers in a row, 1000, 500 and 10 bytes. */
static void
read_graph(struct graph *g, const char *device, double each_ns)
{
    json_t *doc = json_pack("{s:s,s:s,s:i,s:[{s:s,s:f,s:i,s:[]},"
                            "{s:s,s:f,s:i,s:[i]},{s:s,s:f,s:i,s:[i]}]}",
        "schema", "offramp.graph/1", "device", device, "input_bytes", 1000,
        "layers", "name", "a", "latency_ns", each_ns, "bytes_out", 500, "reads",
        "name", "b", "latency_ns", each_ns, "bytes_out", 100, "reads", 0,
        "name", "c", "latency_ns", each_ns, "bytes_out", 10, "reads", 1);
    struct err err = { 0 };

    if (graph_read(doc, g, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_decref(doc);
}

/* Device time and link time of a cut, in ns, at 1 ns a byte. */
static const double device_ns[] = { 0, 300, 600, 900 },
                    link_ns[] = { 1000, 500, 100, 0 };

/* Johnson's rule need not be known: try each order of two. */
static double
both(int a, int b)
{
    double one = fmax(device_ns[a] + link_ns[a], device_ns[a] + device_ns[b]);
    double two = fmax(device_ns[b] + link_ns[b], device_ns[a] + device_ns[b]);

    return fmin(one + link_ns[b], two + link_ns[a]);
}

static void
two_samples_at_once_share_device_and_link(void **state)
{
    const struct graph_link l = { .bytes_per_s = 1e9 };
    struct graph g;
    double best = INFINITY;
    struct err err = { 0 };
    json_t *doc;

    (void)state;
    read_graph(&g, "board", 300);
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            best = fmin(best, both(a, b));
    assert_int_equal(graph_jobs(&g, &l, 2, &doc, NULL), ST_OK);
    assert_string_equal(json_get_string(doc, "status", ""), "optimal");
    assert_float_equal(json_get_number(doc, "makespan_ns"), best, 1e-9);
    assert_float_equal(json_get_number(doc, "alone_ns"), 1800, 1e-9);
    json_decref(doc);
    assert_int_equal(graph_jobs(&g, &l, 65, &doc, &err), ST_INVALID);
    assert_non_null(strstr(err.text, "65 samples"));
    graph_clear(&g);
}

static void
a_coded_tensor_is_sent_where_it_makes_the_longest_stage_shorter(void **state)
{
    const struct graph_link l = { .bytes_per_s = 1e8 }; /* 10 ns a byte */
    const struct graph_way quarter = { 0.25, 0.1, 0.1 }, bad = { 0, 0, 0 };
    struct graph g[2];
    struct err err = { 0 };
    json_t *doc, *stages;

    (void)state;
    read_graph(&g[0], "a", 3000);
    read_graph(&g[1], "b", 3000);
    /* plainly: 500 bytes behind a, or 100 behind b, where two layers are left
     * to one device; a quarter of 500 takes 1250 */
    assert_int_equal(graph_pipeline(g, 2, &l, &doc, NULL), ST_OK);
    assert_float_equal(json_get_number(doc, "stage_ns"), 6000, 1e-9);
    json_decref(doc);
    g[0].time_ps[1] = 9000000; /* b is slow on a */
    g[1].time_ps[1] = g[1].time_ps[2] = 1000000;
    assert_int_equal(graph_pipeline(g, 2, &l, &doc, NULL), ST_OK);
    assert_float_equal(json_get_number(doc, "stage_ns"), 5000, 1e-9);
    json_decref(doc);
    assert_int_equal(
        graph_pipeline_ways(g, 2, &l, &quarter, 1, &doc, NULL), ST_OK);
    assert_float_equal(json_get_number(doc, "stage_ns"), 3050, 1e-9);
    stages = json_object_get(doc, "stages");
    assert_true(json_get_number(json_array_get(stages, 0), "way") == 1);
    json_decref(doc);
    assert_int_equal(
        graph_pipeline_ways(g, 2, &l, &bad, 1, &doc, &err), ST_INVALID);
    assert_string_equal(err.code, "partition.way");
    graph_clear(&g[0]);
    graph_clear(&g[1]);
}

/* The same network: what was measured of an edge counts there and nowhere
 * else, and a lossy way only where few answers change. */
static void
a_measured_way_is_for_its_edge_alone(void **state)
{
    static const char text[] =
        "{\"edges\":[{\"after_layer\":0,\"ways\":["
        "{\"name\":\"zstd\",\"lossless\":true,\"share\":[0.5,0.5,0.5],"
        "\"encode_ns\":[0.2,0.2,0.2],\"decode_ns\":[0.1,0.1,0.1],\"agree\":1},"
        "{\"name\":\"int8\",\"lossless\":false,\"share\":[0.25,0.2,0.3],"
        "\"encode_ns\":[0.1,0.1,0.1],\"decode_ns\":[0.1,0.1,0.1],"
        "\"agree\":0.97}]}]}";
    static const struct {
        double max_disagree, stage_ns;
        const char *way;
    } want[] = { { 0, 3100, "zstd" }, { 0.03, 3050, "int8" } };
    const struct graph_link l = { .bytes_per_s = 1e8 };
    struct graph g[2];
    struct err err = { 0 };
    json_t *table, *doc;

    (void)state;
    read_graph(&g[0], "a", 3000);
    read_graph(&g[1], "b", 3000);
    g[0].time_ps[1] = 9000000;
    g[1].time_ps[1] = g[1].time_ps[2] = 1000000;
    assert_int_equal(json_parse(text, strlen(text), &table, NULL), ST_OK);
    for (size_t i = 0; i < 2; i++) {
        const json_t *stage, *ways, *coding;
        struct graph_coded coded;

        assert_int_equal(
            graph_coded_read(table, want[i].max_disagree, &coded, NULL), ST_OK);
        assert_int_equal(
            graph_pipeline_coded(g, 2, &l, NULL, 0, &coded, &doc, NULL), ST_OK);
        assert_float_equal(
            json_get_number(doc, "stage_ns"), want[i].stage_ns, 1e-9);
        ways = json_object_get(doc, "ways");
        stage = json_array_get(json_object_get(doc, "stages"), 0);
        coding = json_object_get(stage, "coding");
        assert_string_equal(
            json_get_string(
                json_array_get(ways, (size_t)json_get_number(stage, "way")),
                "name", ""),
            want[i].way);
        assert_string_equal(json_get_string(coding, "source", ""), "measured");
        assert_float_equal(
            json_get_number(coding, "agree"), i ? 0.97 : 1, 1e-12);
        json_decref(doc);
        coded.row[0].edge = coded.row[coded.n - 1].edge = 1; /* not there */
        assert_int_equal(
            graph_pipeline_coded(g, 2, &l, NULL, 0, &coded, &doc, NULL), ST_OK);
        assert_float_equal(json_get_number(doc, "stage_ns"), 5000, 1e-9);
        json_decref(doc);
        graph_coded_clear(&coded);
    }
    json_object_clear(json_array_get(
        json_object_get(
            json_array_get(json_object_get(table, "edges"), 0), "ways"),
        0));
    assert_int_equal(
        graph_coded_read(table, 0, &(struct graph_coded){ 0 }, &err),
        ST_INVALID);
    assert_non_null(strstr(err.text, "behind layer 0"));
    json_decref(table);
    graph_clear(&g[0]);
    graph_clear(&g[1]);
}

static void
a_link_that_wavers_does_not_make_the_cut_waver(void **state)
{
    static const double rate[] = { 1e9, 1e7, 9e6, 1e7, 1e9 }, none[] = { 0 };
    const struct graph_link l = { .bytes_per_s = 1e5 };
    struct graph a, b;
    struct err err = { 0 };
    json_t *doc;

    (void)state;
    read_graph(&a, "board", 30000);
    read_graph(&b, "server", 300);
    for (int k = 0; k < 2; k++) {
        const struct graph_seen seen = { rate, 5, k ? 1e6 : 0 };
        const json_t *x;
        size_t i;

        assert_int_equal(
            graph_rates_seen(&a, &b, &l, &seen, &doc, NULL), ST_OK);
        json_array_foreach(json_object_get(doc, "choices"), i, x)
        {
            double now = json_get_number(x, "latency_ns");
            double best = json_get_number(x, "best_ns");

            assert_true(k ? now >= best : now == best);
        }
        assert_int_equal(i, 5);
        /* whoever bears anything never moves; who bears nothing does */
        assert_true((json_get_number(doc, "changes") > 0) == (k == 0));
        json_decref(doc);
    }
    assert_int_equal(graph_rates_seen(&a, &b, &l,
                         &(struct graph_seen){ none, 1, 0 }, &doc, &err),
        ST_INVALID);
    assert_string_equal(err.code, "partition.link");
    graph_clear(&a);
    graph_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_all_actions_is_found),
        cmocka_unit_test(a_front_rises_and_nothing_beats_it),
        cmocka_unit_test(fewer_bits_are_taken_where_they_lose_nothing),
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(two_samples_at_once_share_device_and_link),
        cmocka_unit_test(
            a_coded_tensor_is_sent_where_it_makes_the_longest_stage_shorter),
        cmocka_unit_test(a_measured_way_is_for_its_edge_alone),
        cmocka_unit_test(a_link_that_wavers_does_not_make_the_cut_waver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
