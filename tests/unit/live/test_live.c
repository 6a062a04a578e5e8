/* SPDX-License-Identifier: MIT */
/* Policies live on the fixture: the same decisions here, across two ends of a
 * line, and in a replay of what was recorded; orders that contradict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "probes/live/far.h"
#include "probes/live/order.h"
#include "probes/live/record.h"
#include "search/data/preprocess.h"
#include "search/data/records.h"
#include "search/policy/replay.h"
#include "server/cli/run_plan.h"

enum { ROWS = 120, EXITS = 4 };

/* Two copies of the network, and rows for the first. */
struct rig {
    struct run_plan here, there;
    float *rows; /* owned */
    double cost[EXITS], offload[EXITS];
    struct policy_setting setting;
};

static void
open_rows(struct rig *g)
{
    struct preprocess prepare = { .scale = 1.0 / 255 };
    struct npy a;
    size_t elements;
    float *raw;

    (void)runner_input(g->here.runner, &elements);
    assert_int_equal(
        npy_open(&a, OFFRAMP_FIXTURES "/cnn3_images_u8.npy", "inputs", NULL),
        ST_OK);
    assert_int_equal(a.row_elements, elements);
    raw = malloc(elements * sizeof(*raw));
    g->rows = malloc(ROWS * elements * sizeof(*raw));
    assert_non_null(raw);
    assert_non_null(g->rows);
    for (size_t i = 0; i < ROWS; i++) {
        npy_row(&a, i, raw);
        preprocess_row(&prepare, &a, raw, g->rows + i * elements);
    }
    free(raw);
    npy_close(&a);
}

static int
open_rig(void **state)
{
    static struct rig g;
    static const char model[] = OFFRAMP_FIXTURES "/cnn3.onnx";
    struct err err = { 0 };

    g = (struct rig){ .cost = { 0.1, 0.2, 0.3, 0.4 }, .offload = { 0.1 } };
    if (run_plan_open(&g.here, NULL, SCORE_MAX_PROBABILITY, model, &err) !=
            ST_OK ||
        run_plan_open(&g.there, NULL, SCORE_MAX_PROBABILITY, model, &err) !=
            ST_OK)
        return -1;
    open_rows(&g);
    policy_setting_init(&g.setting);
    g.setting.arms = EXITS;
    g.setting.cost = g.cost;
    g.setting.offload = g.offload;
    g.setting.alpha = 0.8;
    policy_setting_range(&g.setting);
    *state = &g;
    return 0;
}

static int
close_rig(void **state)
{
    struct rig *g = *state;

    run_plan_close(&g->here);
    run_plan_close(&g->there);
    free(g->rows);
    return 0;
}

static void
run(const struct rig *g, const char *policy, const struct live_other *other,
    struct stream_result *out)
{
    const struct stream_setup setup = { .runner = g->here.runner,
        .kind = policy_find(policy),
        .setting = &g->setting,
        .other = other,
        .rows = g->rows,
        .n = ROWS,
        .until_ns = INT64_MAX };
    struct err err = { 0 };

    if (stream_run(&setup, out, &err) != ST_OK)
        fail_msg("%s: %s", policy, err.text);
    assert_int_equal(out->n, ROWS);
}

/* ---- the other end ---- */

struct serving {
    struct tcp_door *door;
    struct far_service service;
    int64_t served;
    enum status st;
};

static void *
serve(void *ctx)
{
    struct serving *s = ctx;

    s->st = far_serve(s->door, &s->service, &s->served, NULL);
    return NULL;
}

static enum status
visit(const struct rig *g, const struct serving *s, const char *what,
    struct far **far, struct err *err)
{
    return far_open(far, g->here.runner,
        &(struct relay_peer){ .name = "cloud",
            .host = "127.0.0.1",
            .port = tcp_port(s->door),
            .secret = tcp_secret(s->door),
            .what = what,
            .answer_ms = 20000 },
        err);
}

static void
what_goes_over_comes_back_as_it_would_here(void **state)
{
    static const char *const policies[] = { "splitee", "splitee-s",
        "thompson-probe" };
    struct rig *g = *state;
    struct serving s = { .service = {
                             g->there.runner, "cnn3", 20000, NULL, NULL } };
    struct live_other other;
    struct far *far = NULL;
    pthread_t thread;
    int64_t over = 0;
    struct err err = { 0 };

    assert_int_equal(tcp_listen(&s.door, "127.0.0.1", &err), ST_OK);
    assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
    assert_int_not_equal(visit(g, &s, "another", &far, &err), ST_OK);
    assert_string_equal(err.code, "relay.mismatch");
    assert_int_equal(visit(g, &s, "cnn3", &far, NULL), ST_OK);
    other = far_other(far);
    for (size_t p = 0; p < 3; p++) {
        struct stream_result here, there;

        run(g, policies[p], &live_here, &here);
        run(g, policies[p], &other, &there);
        for (size_t i = 0; i < ROWS; i++) {
            assert_int_equal(here.step[i].arm, there.step[i].arm);
            assert_int_equal(
                here.step[i].handed_over, there.step[i].handed_over);
            assert_int_equal(here.step[i].answer, there.step[i].answer);
            assert_true(!there.step[i].handed_over ||
                        there.step[i].rest_ns >= there.step[i].far_ns);
        }
        over += (int64_t)there.handed_over;
        stream_result_clear(&here);
        stream_result_clear(&there);
    }
    far_close(far);
    pthread_join(thread, NULL);
    tcp_close(s.door);
    assert_int_equal(s.st, ST_OK);
    assert_true(over > ROWS / 10);
    assert_int_equal(s.served, over);
}

static void
each_exit_hands_over_its_own_tensor(void **state)
{
    struct rig *g = *state;
    size_t bytes[EXITS], most, at = 0;

    assert_int_equal(far_bytes(g->here.runner, bytes, &most, NULL), ST_OK);
    for (int e = 0; e + 1 < EXITS; e++) {
        assert_true(bytes[e] > sizeof(uint64_t));
        at = bytes[e] > at ? bytes[e] : at;
    }
    assert_int_equal(most, at);
}

/* ---- replay ---- */

static void
the_record_replays_to_the_same_decisions(void **state)
{
    struct rig *g = *state;
    const struct record_setup setup = { g->here.runner, g->rows, NULL, ROWS,
        0 };
    const double none[EXITS] = { 0 };
    const struct replay_costs costs = { none, none, none };
    const struct replay_settings settings = { g->setting, g->setting };
    struct replay_step step[ROWS];
    struct replay_result result;
    struct replay_order order;
    struct replay_stream stream = { .n = ROWS, .arms = EXITS };
    struct records r = { 0 };
    uint8_t right[EXITS * ROWS] = { 0 };
    int64_t last[ROWS];
    double full_ns;
    struct buf csv;

    buf_init(&csv, 1 << 20);
    assert_int_equal(record_stream(&setup, &csv, last, &full_ns, NULL), ST_OK);
    assert_true(full_ns > 0);
    assert_int_equal(records_parse(csv.data, csv.len, &r, NULL), ST_OK);
    assert_int_equal(r.n, ROWS);
    stream.score = r.score;
    stream.right = right;
    assert_int_equal(
        replay_order_given(&order, &stream, &g->setting, NULL), ST_OK);
    for (size_t k = 0; policy_kinds[k] != NULL; k++) {
        const struct policy_kind *kind = policy_kinds[k];
        void *memory = malloc(policy_state_size(kind, EXITS));
        struct stream_result live;

        assert_non_null(memory);
        replay_run(
            kind, memory, &settings, &stream, &costs, &order, step, &result);
        free(memory);
        if (kind->view == POLICY_LEAK)
            continue;
        run(g, kind->name, &live_here, &live);
        for (size_t i = 0; i < ROWS; i++) {
            assert_int_equal(live.step[i].arm, step[i].arm);
            assert_int_equal(live.step[i].probe, step[i].probe);
            assert_int_equal(live.step[i].handed_over, step[i].offloaded);
            if (live.step[i].handed_over || live.step[i].arm == EXITS - 1)
                assert_int_equal(live.step[i].answer, last[i]);
        }
        stream_result_clear(&live);
    }
    replay_order_clear(&order);
    records_clear(&r);
    buf_clear(&csv);
}

/* ---- orders ---- */

static const char good[] =
    "{\"policies\":[\"splitee\"],\"timed\":true,\"budget_s\":1,"
    "\"setting\":{\"alpha\":0.7,\"beta\":1,\"probes\":60,\"memory\":2000,"
    "\"seed\":1},"
    "\"cost\":{\"own\":[1,2],\"path\":[1,3],\"over\":[1]},"
    "\"earn\":{\"own\":[0.1,0.2],\"path\":[0.1,0.3],\"over\":[0.5]}}";

static void
an_order_that_contradicts_is_named(void **state)
{
    static const struct {
        const char *from, *to; /* in `good` */
        int arms;
        const char *code, *word;
    } bad[] = {
        { "splitee", "guess", 2, "policy.name", "guess" },
        { "splitee", "splitee-s-published", 2, "policy.name", "no device" },
        { "\"splitee\"", "", 2, "request.field", "policies" },
        { "0.7", "7", 2, "policy.setting", "alpha" },
        { "2000", "2", 2, "policy.setting", "memory" },
        { "[0.5]", "[-1]", 2, "policy.setting", "offload" },
        { "[0.1,0.3]", "[0.1,-0.3]", 2, "policy.setting", "arm 1" },
        { "[1,2]", "[1]", 2, "request.field", "cost.own" },
        { "[1,2]", "[1,true]", 2, "request.field", "cost.own[1]" },
        { "", "", 1, "policy.setting", "2 to" },
        { "\"budget_s\":1", "\"budget_s\":0", 2, "request.field", "budget_s" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        static struct live_order o;
        const char *at = strstr(good, bad[i].from);
        char text[1024];
        struct err err = { 0 };
        json_t *doc;

        assert_non_null(at);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good,
            bad[i].to, at + strlen(bad[i].from));
        doc = json_loads(text, 0, NULL);
        assert_non_null(doc);
        assert_int_not_equal(
            live_order_read(doc, bad[i].arms, &o, &err), ST_OK);
        if (strcmp(err.code, bad[i].code) != 0 ||
            strstr(err.text, bad[i].word) == NULL)
            fail_msg("%zu: %s: %s", i, err.code, err.text);
        json_decref(doc);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_over_comes_back_as_it_would_here),
        cmocka_unit_test(each_exit_hands_over_its_own_tensor),
        cmocka_unit_test(the_record_replays_to_the_same_decisions),
        cmocka_unit_test(an_order_that_contradicts_is_named),
    };

    if (getenv("OFFRAMP_RUNTIME") == NULL)
        return 77;
    return cmocka_run_group_tests(tests, open_rig, close_rig);
}
