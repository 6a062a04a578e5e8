/* SPDX-License-Identifier: MIT */
/* Cuts of small random graphs against every cut there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/rng.h"
#include "search/partition/split.h"

enum { LAYERS = 9, READS = 3, CASES = 4000 };

/* A random graph; some are chains, some have dear or free links. */
struct made {
    int32_t reads[LAYERS][READS];
    struct dag_layer layer[LAYERS];
    struct dag dag;
    struct dag_link link;
};

static void
make(struct made *m, uint64_t seed)
{
    struct rng rng = { seed };
    bool chain = rng_below(&rng, 4) == 0;

    m->dag = (struct dag){ m->layer, 1 + rng_below(&rng, LAYERS),
        (int64_t)rng_below(&rng, 50) };
    m->link = (struct dag_link){ (int64_t)rng_below(&rng, 5),
        (int64_t)rng_below(&rng, 4) };
    for (size_t i = 0; i < m->dag.n; i++) {
        size_t n = chain ? 1 : rng_below(&rng, READS + 1);

        for (size_t k = 0; k < n; k++)
            m->reads[i][k] =
                chain ? (int32_t)i - 1 : (int32_t)rng_below(&rng, i + 1) - 1;
        m->layer[i] = (struct dag_layer){ (int64_t)rng_below(&rng, 60),
            (int64_t)rng_below(&rng, 40), (int64_t)rng_below(&rng, 30),
            m->reads[i], n };
    }
}

/* Does a layer on the second processor read t? */
static bool
wanted(const struct dag *d, unsigned first, int32_t t)
{
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < d->layer[i].n_reads; k++)
            if (!(first >> i & 1) && d->layer[i].reads[k] == t)
                return true;
    return false;
}

static bool
closed(const struct dag *d, unsigned first)
{
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < d->layer[i].n_reads; k++)
            if ((first >> i & 1) && d->layer[i].reads[k] >= 0 &&
                !(first >> d->layer[i].reads[k] & 1))
                return false;
    return true;
}

static void
slow_bill(
    const struct made *m, unsigned first, int64_t *a, int64_t *link, int64_t *b)
{
    const struct dag *d = &m->dag;

    *a = *b = *link = 0;
    if (wanted(d, first, DAG_INPUT))
        *link += m->link.base_ps + d->input_bytes * m->link.byte_ps;
    for (size_t i = 0; i < d->n; i++) {
        if (!(first >> i & 1)) {
            *b += d->layer[i].second_ps;
            continue;
        }
        *a += d->layer[i].first_ps;
        if (wanted(d, first, (int32_t)i))
            *link += m->link.base_ps + d->layer[i].bytes * m->link.byte_ps;
    }
}

static int64_t
slowest(int64_t a, int64_t b, int64_t c)
{
    int64_t x = a > b ? a : b;

    return x > c ? x : c;
}

/* The least sum and the least largest stage over all cuts. */
static void
brute(const struct made *m, int64_t *sum, int64_t *stage)
{
    *sum = *stage = INT64_MAX;
    for (unsigned first = 0; first < 1u << m->dag.n; first++) {
        int64_t a, l, b;

        if (!closed(&m->dag, first))
            continue;
        slow_bill(m, first, &a, &l, &b);
        if (a + l + b < *sum)
            *sum = a + l + b;
        if (slowest(a, l, b) < *stage)
            *stage = slowest(a, l, b);
    }
}

/* Is what came back a cut, and its bill right? */
static void
check_cut(
    const struct made *m, const uint8_t *on_first, const struct dag_bill *bill)
{
    unsigned first = 0;
    int64_t a, l, b;

    for (size_t i = 0; i < m->dag.n; i++)
        first |= (unsigned)on_first[i] << i;
    assert_true(closed(&m->dag, first));
    slow_bill(m, first, &a, &l, &b);
    assert_int_equal(bill->first_ps, a);
    assert_int_equal(bill->link_ps, l);
    assert_int_equal(bill->second_ps, b);
}

static void
the_minimum_cut_is_the_best_of_all_cuts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint8_t on_first[LAYERS];
        struct dag_bill bill;
        struct made m;
        int64_t sum, stage;

        make(&m, seed);
        brute(&m, &sum, &stage);
        assert_int_equal(
            split_light(&m.dag, &m.link, on_first, &bill, NULL), ST_OK);
        check_cut(&m, on_first, &bill);
        assert_int_equal(bill.first_ps + bill.link_ps + bill.second_ps, sum);
    }
}

static void
throughput_is_the_best_of_all_cuts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint8_t on_first[LAYERS];
        struct dag_bill bill;
        struct made m;
        int64_t sum, stage, bound;

        make(&m, seed);
        brute(&m, &sum, &stage);
        assert_int_equal(
            split_heavy(&m.dag, &m.link, on_first, &bill, &bound, NULL), ST_OK);
        check_cut(&m, on_first, &bill);
        assert_int_equal(
            slowest(bill.first_ps, bill.link_ps, bill.second_ps), stage);
        assert_int_equal(bound, stage);
    }
}

/* 40 pairs of branches that never join: 3^40 cuts. */
static void
a_wide_graph_keeps_a_true_bound(void **state)
{
    enum { WIDE = 80 };
    static const int32_t input = DAG_INPUT;
    static int32_t before[WIDE];
    struct dag_layer layer[WIDE];
    const struct dag d = { layer, WIDE, 3 };
    const struct dag_link link = { 1, 1 };
    struct rng rng = { 5 };
    uint8_t on_first[WIDE];
    struct dag_bill bill;
    int64_t bound, got;

    (void)state;
    for (int i = 0; i < WIDE; i++) {
        before[i] = i - 1;
        layer[i] = (struct dag_layer){ 100 + (int64_t)rng_below(&rng, 100),
            70 + (int64_t)rng_below(&rng, 90), (int64_t)rng_below(&rng, 20),
            i % 2 ? &before[i] : &input, 1 };
    }
    assert_int_equal(
        split_heavy(&d, &link, on_first, &bill, &bound, NULL), ST_OK);
    got = slowest(bill.first_ps, bill.link_ps, bill.second_ps);
    assert_true(bound > 0 && bound <= got);
    assert_true(got < bound + bound / 10);
}

static void
the_table_gives_the_best_cut_for_every_rate(void **state)
{
    enum { MOST = 40 };

    (void)state;
    for (uint64_t seed = 1; seed <= CASES / 4; seed++) {
        struct split_table t;
        struct made m;
        size_t row = 0;

        make(&m, seed);
        assert_int_equal(
            split_table_init(&t, &m.dag, m.link.base_ps, MOST, NULL), ST_OK);
        for (int64_t x = 0; x <= MOST; x++) {
            int64_t sum, stage;

            m.link.byte_ps = x;
            brute(&m, &sum, &stage);
            row = split_table_choose(&t, t.n, x, 0);
            assert_int_equal(t.row[row].fixed_ps + t.row[row].bytes * x, sum);
        }
        assert_int_equal(row, t.n - 1);
        for (size_t i = 1; i < t.n; i++) {
            assert_true(t.row[i].bytes < t.row[i - 1].bytes);
            assert_true(t.row[i].upto_byte_ps > t.row[i - 1].upto_byte_ps);
        }
        split_table_clear(&t);
    }
}

/* One layer of 100 here or 10 there; its input has 9 bytes. */
static void
a_link_that_wavers_does_not_move_the_cut(void **state)
{
    static const int32_t input = DAG_INPUT;
    const struct dag_layer layer = { 100, 10, 0, &input, 1 };
    const struct dag d = { &layer, 1, 9 };
    struct split_table t;

    (void)state;
    assert_int_equal(split_table_init(&t, &d, 0, 1000, NULL), ST_OK);
    assert_int_equal(t.n, 2); /* sent up to 10 a byte, kept beyond */
    assert_int_equal(t.row[0].upto_byte_ps, 10);
    assert_int_equal(split_table_choose(&t, t.n, 11, 0.2), 1);
    assert_int_equal(split_table_choose(&t, 0, 11, 0.2), 0);
    assert_int_equal(split_table_choose(&t, 0, 20, 0.2), 1);
    assert_int_equal(split_table_choose(&t, 1, 9, 0.2), 1);
    assert_int_equal(split_table_choose(&t, 1, 1, 0.2), 0);
    split_table_clear(&t);
}

static void
impossible_graphs_are_refused_by_layer(void **state)
{
    static const int32_t itself = 0, input = DAG_INPUT;
    static const struct dag_layer cases[] = {
        { 1, 1, 1, &itself, 1 },
        { -1, 1, 1, &input, 1 },
        { 1, 1, -1, &input, 1 },
        { INT64_C(1) << 60, 1, 1, &input, 1 },
    };
    static const char *const says[] = { "layer 0 reads layer 0",
        "a time is negative", "-1 bytes", "too long to be added up" };
    const struct dag none = { NULL, 0, 0 };
    const struct dag_link link = { 0, 1 }, backwards = { 0, -1 };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct dag d = { &cases[i], 1, 1 };
        struct err err = { 0 };

        assert_int_equal(dag_check(&d, &link, &err), ST_INVALID);
        if (strstr(err.text, says[i]) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, says[i]);
    }
    assert_int_equal(dag_check(&none, &link, NULL), ST_INVALID);
    assert_int_equal(
        dag_check(&(struct dag){ cases, 1, 1 }, &backwards, NULL), ST_INVALID);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_minimum_cut_is_the_best_of_all_cuts),
        cmocka_unit_test(throughput_is_the_best_of_all_cuts),
        cmocka_unit_test(a_wide_graph_keeps_a_true_bound),
        cmocka_unit_test(the_table_gives_the_best_cut_for_every_rate),
        cmocka_unit_test(a_link_that_wavers_does_not_move_the_cut),
        cmocka_unit_test(impossible_graphs_are_refused_by_layer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
