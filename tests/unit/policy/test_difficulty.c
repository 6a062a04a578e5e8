/* SPDX-License-Identifier: MIT */
/* Samples clustered by difficulty onto three tiers: the choice and its account
 * against a replay that computes every mean and distance anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "search/data/difficulty.h"

enum { ROWS = 240, DIMS = 2, EXITS = 4, TIERS = 3, STEPS = 16 };

static struct costs costs[TIERS];
static struct map_processor processor[TIERS];
static struct map_link link[2] = { { 0, 1, 40, 0.5 }, { 1, 2, 10, 0.25 } };
static struct map_system sys = { processor, TIERS, link, 2 };
static struct search_options o;
static struct records r;

/* Every tier is four times as fast as the one before; exit e's segment takes
 * (e + 1) * 64 on the first and reads 100 bytes. */
static int
make_costs(void **state)
{
    (void)state;
    for (int t = 0; t < TIERS; t++) {
        json_t *exits = json_array(), *doc;

        for (int e = 0; e < EXITS; e++) {
            char name[8];

            snprintf(name, sizeof(name), "e%d", e);
            json_array_append_new(exits,
                json_pack("{s:s,s:{s:f},s:{s:f},s:i}", "name", name, "segment",
                    "latency_ns", 64.0 * (e + 1) / (1 << 2 * t), "head",
                    "latency_ns", 8.0 / (1 << 2 * t), "input_bytes", 100));
        }
        doc = json_pack("{s:s,s:s,s:[s],s:o}", "schema", "offramp.costs/1",
            "device",
            t == 0   ? "mobile"
            : t == 1 ? "edge"
                     : "cloud",
            "metrics", "latency_ns", "exits", exits);
        if (costs_read(doc, &costs[t], NULL) != ST_OK)
            return 1;
        json_decref(doc);
        processor[t] = (struct map_processor){ &costs[t], t, INFINITY };
    }
    search_options_init(&o);
    o.max_drop = 0.03;
    return 0;
}

/* Easy samples lie near (0, 0), hard ones near (4, 4); exits get them right
 * and are sure of them the sooner the easier they are. */
static void
make_records(uint64_t seed)
{
    struct rng rng = { seed };
    struct buf b;

    buf_init(&b, 1 << 20);
    assert_int_equal(buf_addstr(&b,
                         "sample,label,feature_0,feature_1,feature_2"
                         ",pred_0,score_0,pred_1,score_1,pred_2,"
                         "score_2,pred_3,score_3,split\n",
                         NULL),
        ST_OK);
    for (int i = 0; i < ROWS; i++) {
        double hard = 4 * rng_unit(&rng), x = hard + rng_unit(&rng);

        assert_int_equal(
            buf_addf(&b, NULL, "s%d,1,%.4f %.4f,%.4f %.4f,%.4f %.4f", i, x,
                hard, hard, x, x, x),
            ST_OK);
        for (int e = 0; e < EXITS; e++)
            assert_int_equal(buf_addf(&b, NULL, ",%d,%.4f",
                                 rng_unit(&rng) * 4 < 4.6 + e - hard,
                                 1 / (1 + exp(hard - 1 - e + rng_unit(&rng)))),
                ST_OK);
        assert_int_equal(
            buf_addf(&b, NULL, ",%s\n", i % 2 ? "cal" : "test"), ST_OK);
    }
    assert_int_equal(records_parse(b.data, b.len, &r, NULL), ST_OK);
    buf_clear(&b);
}

/* ---- the obvious replay ---- */

struct account {
    double cost, right, share[TIERS];
};

static double
path(int tier, const int *exit)
{
    double sum = 0;

    for (int e = 0; e <= exit[0]; e++)
        sum += 64.0 * (e + 1);
    sum += 8;
    if (tier == 0)
        return sum;
    sum += tier == 1 ? 40 + 50 + 1 : 40 + 50 + 10 + 25 + 2;
    for (int e = exit[0] + 1; e <= exit[tier]; e++)
        sum += 64.0 * (e + 1) / (1 << 2 * tier);
    return sum + 8.0 / (1 << 2 * tier);
}

static int
pool_of(int i, const int *exit, double score)
{
    for (int t = 0; t < TIERS - 1; t++)
        if (r.score[exit[t] * ROWS + i] >= score)
            return t;
    return TIERS - 1;
}

static struct account
slow(const int *exit, double score, int half)
{
    const float *v = r.feature[exit[0]].v;
    double mean[TIERS][DIMS] = { { 0 } }, n[TIERS] = { 0 }, rows = 0;
    struct account a = { 0 };

    for (int i = 0; i < ROWS; i++) {
        int t = pool_of(i, exit, score);

        if (r.half[i] != RECORDS_CAL)
            continue;
        n[t]++;
        for (int k = 0; k < DIMS; k++)
            mean[t][k] += (double)v[i * DIMS + k];
    }
    for (int i = 0; i < ROWS; i++) {
        double least = INFINITY;
        int tier = 0;

        if (r.half[i] != half)
            continue;
        for (int t = 0; t < TIERS; t++) {
            double far = n[t] > 0
                             ? hypot((double)v[i * DIMS] - mean[t][0] / n[t],
                                   (double)v[i * DIMS + 1] - mean[t][1] / n[t])
                             : INFINITY;

            if (far < least) {
                least = far;
                tier = t;
            }
        }
        rows++;
        a.cost += path(tier, exit);
        a.share[tier]++;
        a.right += r.pred[exit[tier] * ROWS + i] == 1;
    }
    a.cost /= rows;
    a.right /= rows;
    for (int t = 0; t < TIERS; t++)
        a.share[t] /= rows;
    return a;
}

static int
exit_of(const json_t *pool)
{
    return json_get_string(pool, "exit", "e?")[1] - '0';
}

/* The cheapest account that keeps the floor, over all placements and the same
 * quantiles of scores. */
static double
cheapest(double floor)
{
    double best = INFINITY, sorted[ROWS];

    for (int a = 0; a < EXITS - 1; a++)
        for (int b = a + 1; b < EXITS - 1; b++) {
            const int exit[] = { a, b, EXITS - 1 };
            int n = 0;

            for (int i = 0; i < ROWS; i++) {
                int k;

                if (r.half[i] != RECORDS_CAL)
                    continue;
                for (k = n++; k > 0 && sorted[k - 1] > r.score[a * ROWS + i];
                     k--)
                    sorted[k] = sorted[k - 1];
                sorted[k] = r.score[a * ROWS + i];
            }
            for (int q = 0; q < STEPS; q++) {
                struct account x =
                    slow(exit, sorted[q * (n - 1) / (STEPS - 1)], RECORDS_CAL);

                if (x.right >= floor - 1e-9)
                    best = fmin(best, x.cost);
            }
        }
    return best;
}

static void
the_choice_and_its_account_are_those_of_the_obvious_replay(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        int exit[TIERS], full = 0, n = 0;
        struct account cal, test;
        json_t *doc, *pools;
        double score;

        make_records(seed);
        assert_int_equal(difficulty_json(&r, &sys, &o, &doc, NULL), ST_OK);
        pools = json_object_get(doc, "pools");
        for (int t = 0; t < TIERS; t++)
            exit[t] = exit_of(json_array_get(pools, (size_t)t));
        score = json_get_number(doc, "score");
        cal = slow(exit, score, RECORDS_CAL);
        test = slow(exit, score, RECORDS_TEST);
        assert_float_equal(
            json_get_number(json_object_get(doc, "calibration"), "cost"),
            cal.cost, 1e-9);
        assert_float_equal(
            json_get_number(json_object_get(doc, "test"), "cost"), test.cost,
            1e-9);
        assert_float_equal(
            json_get_number(json_object_get(doc, "test"), "accuracy"),
            test.right, 1e-12);
        for (int t = 0; t < TIERS; t++)
            assert_float_equal(
                json_get_number(json_array_get(pools, (size_t)t), "share"),
                test.share[t], 1e-12);
        for (int i = 0; i < ROWS; i++)
            if (r.half[i] == RECORDS_CAL) {
                full += r.pred[(EXITS - 1) * ROWS + i] == 1;
                n++;
            }
        assert_true(json_is_true(json_object_get(doc, "meets")));
        assert_float_equal(cal.cost, cheapest((double)full / n - 0.03), 1e-9);
        json_decref(doc);
        records_clear(&r);
    }
}

static void
what_pools_know_nothing_of_gives_none(void **state)
{
    struct map_system alone = sys;
    json_t *doc;

    (void)state;
    make_records(1);
    processor[1].memory_bytes = 1000;
    assert_int_equal(difficulty_json(&r, &sys, &o, &doc, NULL), ST_OK);
    assert_true(json_is_null(doc));
    json_decref(doc);
    processor[1].memory_bytes = INFINITY;
    alone.links = 0; /* nothing leads on */
    assert_int_equal(difficulty_json(&r, &alone, &o, &doc, NULL), ST_OK);
    assert_true(json_is_null(doc));
    json_decref(doc);
    records_clear(&r);
}

static int
drop_costs(void **state)
{
    (void)state;
    for (int t = 0; t < TIERS; t++)
        costs_clear(&costs[t]);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_choice_and_its_account_are_those_of_the_obvious_replay),
        cmocka_unit_test(what_pools_know_nothing_of_gives_none),
    };

    return cmocka_run_group_tests(tests, make_costs, drop_costs);
}
