/* SPDX-License-Identifier: MIT */
/* Temporal policies: each rule's decisions and accounts against a replay that
 * keeps every vector and computes each distance anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "search/data/trial.h"
#include "search/policy/temporal.h"

enum { ROWS = 240, DIMS = 3 };

static const char costs_text[] =
    "{\"schema\":\"offramp.costs/1\",\"metrics\":[\"latency_ns\"],\"exits\":["
    "{\"name\":\"early\",\"segment\":{\"latency_ns\":100},"
    "\"head\":{\"latency_ns\":10}},"
    "{\"name\":\"final\",\"segment\":{\"latency_ns\":290},"
    "\"head\":{\"latency_ns\":5}}]}";

/* A sensor whose class stays for a while and then jumps; `head` is now and
 * then wrong, the full network seldom. */
static char *
make_csv(void)
{
    struct buf b;
    struct rng rng = { 11 };
    int label = 0;

    buf_init(&b, 1 << 20);
    assert_int_equal(buf_addstr(&b,
                         "sample,label,pred_0,score_0,pred_1,score_1,vector_0,"
                         "feature_0,group\n",
                         NULL),
        ST_OK);
    for (int i = 0; i < ROWS; i++) {
        double noise = 0.2 * rng_unit(&rng);

        if (rng_below(&rng, 12) == 0)
            label = (int)rng_below(&rng, 3);
        assert_int_equal(
            buf_addf(&b, NULL,
                "%d,%d,%d,0.5,%d,0.9,%.3f %.3f %.3f,%.3f %.3f %.3f,g%d\n", i,
                label, rng_below(&rng, 5) ? label : 2,
                rng_below(&rng, 20) ? label : 1, (label == 0) - noise,
                (label == 1) + noise, (double)(label == 2), label + noise,
                0.01 * i, noise, i / 60),
            ST_OK);
    }
    return buf_take(&b, &(size_t){ 0 });
}

/* ---- the obvious replay ---- */

struct tally {
    double repeated, right, cost;
};

static double
distance(const float *a, const float *b)
{
    return sqrt(pow((double)a[0] - (double)b[0], 2) +
                pow((double)a[1] - (double)b[1], 2) +
                pow((double)a[2] - (double)b[2], 2));
}

static struct tally
slow(const struct records *r, const char *rule, double threshold, size_t from,
    size_t to)
{
    const bool head = rule[0] != 'f', patience = rule[0] == 'p';
    const bool moving = strcmp(rule, "feature-previous") == 0;
    const float *v = head ? r->vector[0].v : r->feature[0].v;
    struct tally t = { 0 };
    size_t ran = from; /* the last sample that the full network answered */

    for (size_t i = from; i < to; i++) {
        bool begins = i == from || strcmp(r->group[i], r->group[i - 1]) != 0;
        size_t before = moving ? i - 1 : ran;
        bool same = !begins &&
                    distance(v + i * DIMS, v + before * DIMS) < threshold &&
                    (!patience || r->pred[i] == r->pred[ran]);

        if (!same)
            ran = i;
        t.repeated += same;
        t.right += r->pred[r->n + ran] == r->label[i];
        t.cost += (same ? 100 : 395) + (head ? 10 : 0) + 0.5 * DIMS;
    }
    t.repeated /= (double)(to - from);
    t.right /= (double)(to - from);
    t.cost /= (double)(to - from);
    return t;
}

static void
load(struct records *r, struct costs *c)
{
    char *csv = make_csv();
    json_t *doc;
    struct err err = { 0 };

    if (records_parse(csv, strlen(csv), r, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(
        json_parse(costs_text, strlen(costs_text), &doc, NULL), ST_OK);
    assert_int_equal(costs_read(doc, c, NULL), ST_OK);
    json_decref(doc);
    free(csv);
}

/* A figure, or the first of its kind where there is an interval. */
static double
figure(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    return json_number_value(json_is_array(v) ? json_array_get(v, 0) : v);
}

static void
is_near(const json_t *o, const struct tally *want)
{
    assert_float_equal(figure(o, "cost"), want->cost, 1e-9);
    assert_float_equal(figure(o, "accuracy"), want->right, 1e-12);
    assert_float_equal(figure(o, "repeated"), want->repeated, 1e-12);
}

/* The temporal rules alone, and the exact plan that always stands beside. */
static const char *const rules[] = { "difference", "patience", "feature-first",
    "feature-previous" };

static void
ask(struct trial_options *o, double distance, double max_drop)
{
    trial_options_init(o);
    o->ordered = true;
    o->distance = distance;
    o->max_drop = max_drop;
    o->offload[0] = 50;
    o->n_offload = 1;
    o->names = rules;
    o->n_names = 4;
}

static bool
is_temporal(const json_t *row)
{
    return strcmp(json_get_string(row, "family", ""), "temporal") == 0;
}

static void
every_rule_does_what_the_obvious_replay_does(void **state)
{
    struct records r;
    struct costs c;
    struct trial_options o;
    struct err err = { 0 };
    json_t *doc, *p;
    size_t i, seen = 0;

    (void)state;
    load(&r, &c);
    ask(&o, 0.5, 0.05);
    if (trial_run(&r, &c, &o, &doc, &err) != ST_OK)
        fail_msg("%s", err.text);
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        if (!is_temporal(p))
            continue;
        seen++;
        const char *name = json_get_string(p, "name", "");
        double x = json_is_null(json_object_get(p, "threshold"))
                       ? INFINITY
                       : json_get_number(p, "threshold");
        struct tally cal = slow(&r, name, x, 0, ROWS / 2);
        struct tally test = slow(&r, name, x, ROWS / 2, ROWS);
        struct tally never = slow(&r, name, 0, 0, ROWS / 2);

        is_near(json_object_get(p, "calibration"), &cal);
        is_near(p, &test);
        assert_true(json_is_null(json_object_get(p, "regret")));
        assert_true(cal.right >= never.right - 0.05 - 1e-9);
        assert_true(cal.cost < never.cost);
    }
    assert_int_equal(seen, 4);
    json_decref(doc);
    records_clear(&r);
    costs_clear(&c);
}

static void
no_threshold_that_keeps_the_floor_is_much_cheaper(void **state)
{
    struct records r;
    struct costs c;
    struct trial_options o;
    json_t *doc, *p;
    size_t i;

    (void)state;
    load(&r, &c);
    ask(&o, 0.5, 0.01);
    assert_int_equal(trial_run(&r, &c, &o, &doc, NULL), ST_OK);
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        if (!is_temporal(p))
            continue;
        const char *name = json_get_string(p, "name", "");
        const json_t *cal = json_object_get(p, "calibration");
        double best = INFINITY,
               floor = slow(&r, name, 0, 0, ROWS / 2).right - 0.01;

        for (double x = 0; x < 3; x += 0.001) {
            struct tally t = slow(&r, name, x, 0, ROWS / 2);

            if (t.right >= floor - 1e-9)
                best = fmin(best, t.cost);
        }
        /* a grid of 768 may miss a little of what 3,000 steps find */
        assert_true(json_get_number(cal, "cost") <= best * 1.05);
    }
    json_decref(doc);
    records_clear(&r);
    costs_clear(&c);
}

/* Online policies on the same stream, in its order, once. */
static void
all_policies_share_the_stream_and_its_halves(void **state)
{
    struct records r;
    struct costs c;
    struct trial_options o;
    struct err err = { 0 };
    json_t *doc, *p;
    size_t i, families = 0;

    (void)state;
    load(&r, &c);
    ask(&o, 0, 0.01);
    o.n_names = 0;
    if (trial_run(&r, &c, &o, &doc, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(json_get_number(doc, "steps"), ROWS / 2);
    assert_int_equal(json_get_number(doc, "shuffles"), 1);
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        const char *family = json_get_string(p, "family", "");

        families |= (size_t)(family[0] == 'o') | (size_t)is_temporal(p) << 1 |
                    (size_t)(family[0] == 'f') << 2;
        if (strcmp(json_get_string(p, "name", ""), "final") == 0) {
            struct tally never = slow(&r, "difference", 0, ROWS / 2, ROWS);

            assert_float_equal(figure(p, "accuracy"), never.right, 1e-12);
        }
    }
    assert_int_equal(families, 7);
    json_decref(doc);
    records_clear(&r);
    costs_clear(&c);
}

static void
vectors_read_back_as_they_were_written(void **state)
{
    struct records r, again;
    struct costs c;
    struct buf b;

    (void)state;
    load(&r, &c);
    buf_init(&b, 1 << 20);
    assert_int_equal(records_write(&r, &b, NULL), ST_OK);
    assert_int_equal(records_parse(b.data, b.len, &again, NULL), ST_OK);
    assert_int_equal(again.vector[0].dims, DIMS);
    assert_int_equal(again.vector[1].dims, 0);
    assert_memory_equal(r.vector[0].v, again.vector[0].v, ROWS * DIMS * 4);
    assert_memory_equal(r.feature[0].v, again.feature[0].v, ROWS * DIMS * 4);
    buf_clear(&b);
    records_clear(&r);
    records_clear(&again);
    costs_clear(&c);
}

static void
what_cannot_be_used_is_refused_by_name(void **state)
{
#define HEAD "sample,label,pred_0,score_0,pred_1,score_1"
#define ROW  "a,0,0,0.9,0,0.95"
    static const struct {
        const char *csv, *says;
        double distance;
        bool parses;
    } bad[] = {
        { HEAD ",vector_0\n" ROW ",1 nan\n", "finite numbers", 0, false },
        { HEAD ",vector_0\n" ROW ",\n", "1 to 1024", 0, false },
        { HEAD ",vector_0\n" ROW ",1  2\n", "a space between", 0, false },
        { HEAD ",vector_0\n" ROW ",1 2\n" ROW ",1\n", "rows before have 2", 0,
            false },
        { HEAD "\n" ROW "\n" ROW "\n" ROW "\n" ROW "\n" ROW "\n" ROW "\n" ROW
               "\n" ROW "\n",
            "vector_K", 0, true },
        { HEAD ",vector_0\n" ROW ",1\n", "1 samples for 2 exits", 0, true },
        { HEAD ",vector_0\n" ROW ",1\n" ROW ",1\n" ROW ",1\n" ROW ",1\n",
            "stream needs 4", 0, true },
        { HEAD ",vector_0\n" ROW ",1\n", "distance", -1, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct trial_options o;
        struct records r, spare;
        struct costs c;
        struct err err = { 0 };
        json_t *doc = NULL;
        enum status st =
            records_parse(bad[i].csv, strlen(bad[i].csv), &r, &err);

        ask(&o, bad[i].distance, 0.01);
        load(&spare, &c);
        assert_int_equal(st == ST_OK, bad[i].parses);
        if (st == ST_OK)
            st = trial_run(&r, &c, &o, &doc, &err);
        assert_int_equal(st, ST_INVALID);
        assert_null(doc);
        if (strstr(err.text, bad[i].says) == NULL)
            fail_msg("'%s' does not say %s", err.text, bad[i].says);
        records_clear(&r);
        records_clear(&spare);
        costs_clear(&c);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_does_what_the_obvious_replay_does),
        cmocka_unit_test(no_threshold_that_keeps_the_floor_is_much_cheaper),
        cmocka_unit_test(all_policies_share_the_stream_and_its_halves),
        cmocka_unit_test(vectors_read_back_as_they_were_written),
        cmocka_unit_test(what_cannot_be_used_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
