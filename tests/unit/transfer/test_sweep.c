/* SPDX-License-Identifier: MIT */
/* Sweeps over a link of known costs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/flag.h"
#include "base/json.h"
#include "probes/transfer/report.h"

/* A link: what a way takes, and how its times waver. */
struct model {
    double base_ns, there_ns, back_ns, noise;
    struct rng rng;
    size_t most, calls, breaks_at;
};

static enum status
run(void *ctx, size_t forward, size_t back, int64_t *ns, struct err *err)
{
    struct model *m = ctx;
    double t = 2 * m->base_ns + m->there_ns * (double)forward +
               m->back_ns * (double)back;

    m->most = forward > m->most ? forward : m->most;
    m->most = back > m->most ? back : m->most;
    if (m->breaks_at != 0 && ++m->calls == m->breaks_at)
        return err_set(err, ST_UNAVAILABLE, "link.broken", "broken");
    *ns = (int64_t)(t * (1 + m->noise * rng_unit(&m->rng)));
    return ST_OK;
}

static struct exchange
exchange(struct model *m)
{
    return (struct exchange){
        .transport = "model", .max_bytes = 64 << 20, .run = run, .ctx = m
    };
}

static const struct sweep_policy usual = { .ci_rel = 0.03,
    .max_rounds = 183,
    .budget_ns = 20000000000,
    .max_bytes = 1 << 20,
    .seed = 3 };

static void
both_ways_of_a_link_are_told_apart(void **state)
{
    struct model m = {
        .base_ns = 100000, .there_ns = 8, .back_ns = 80, .noise = 0.05
    };
    const struct exchange x = exchange(&m);
    struct sweep s;

    (void)state;
    assert_int_equal(sweep_run(&x, &usual, &s, NULL), ST_OK);
    assert_string_equal(s.stop_reason, "ci_met");
    assert_int_equal(s.bytes[s.n - 1], 1 << 20);
    assert_true(fabs(s.way[SWEEP_SEND].fit.slope.value / 8 - 1) < 0.06);
    assert_true(fabs(s.way[SWEEP_RECEIVE].fit.slope.value / 80 - 1) < 0.06);
    for (int w = 0; w < SWEEP_WAYS; w++)
        assert_true(fabs(s.way[w].fit.base.value / 200000 - 1) < 0.06);
    assert_int_equal(s.flags, 0);
}

static void
the_same_seed_gives_the_same_line(void **state)
{
    struct sweep s[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct model m = {
            .base_ns = 1000, .there_ns = 1, .back_ns = 1, .noise = 0.3
        };
        const struct exchange x = exchange(&m);

        assert_int_equal(sweep_run(&x, &usual, &s[i], NULL), ST_OK);
    }
    assert_int_equal(s[0].rounds, s[1].rounds);
    assert_true(s[0].way[0].fit.base.lo == s[1].way[0].fit.base.lo);
    assert_true(s[0].way[1].fit.slope.hi == s[1].way[1].fit.slope.hi);
}

/* 115200 baud: a megabyte would take 90 s. */
static void
a_slow_link_is_swept_as_far_as_the_budget_goes(void **state)
{
    struct model m = { .base_ns = 1e6, .there_ns = 86806, .back_ns = 86806 };
    const struct exchange x = exchange(&m);
    struct sweep_policy p = usual;
    struct sweep s;

    (void)state;
    p.budget_ns = 10000000000;
    assert_int_equal(sweep_run(&x, &p, &s, NULL), ST_OK);
    assert_true(s.n >= 3 && m.most <= 4096);
    assert_true(fabs(s.way[0].fit.slope.value / 86806 - 1) < 1e-3);
    p.budget_ns = 1000000;
    assert_int_equal(sweep_run(&x, &p, &s, NULL), ST_INVALID);
}

static void
a_link_that_wavers_says_so(void **state)
{
    struct model m = {
        .base_ns = 1e6, .there_ns = 10, .back_ns = 10, .noise = 5
    };
    const struct exchange x = exchange(&m);
    struct sweep_policy p = usual;
    struct sweep s;

    (void)state;
    p.max_rounds = 16;
    assert_int_equal(sweep_run(&x, &p, &s, NULL), ST_OK);
    assert_string_equal(s.stop_reason, "max_rounds");
    assert_int_equal(s.flags, FLAG(ci_not_met));
    p.max_rounds = 5;
    assert_int_equal(sweep_run(&x, &p, &s, NULL), ST_OK);
    assert_int_equal(s.flags, FLAG(ci_not_met) | FLAG(few_samples));
    p.max_rounds = 183;
    p.budget_ns = 500000000;
    assert_int_equal(sweep_run(&x, &p, &s, NULL), ST_OK);
    assert_string_equal(s.stop_reason, "max_time");
}

static void
a_broken_exchange_ends_the_sweep(void **state)
{
    struct model m = {
        .base_ns = 1000, .there_ns = 1, .back_ns = 1, .breaks_at = 60
    };
    const struct exchange x = exchange(&m);
    struct err err = { 0 };
    struct sweep s;

    (void)state;
    assert_int_equal(sweep_run(&x, &usual, &s, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "link.broken");
}

static void
the_document_halves_the_base_and_keeps_what_is_left_over(void **state)
{
    struct model m = { .base_ns = 100000, .there_ns = 8, .back_ns = 8 };
    const struct exchange x = exchange(&m);
    const struct report_facts facts = { .from = "a",
        .to = "server",
        .transport = "model",
        .env_fingerprint = "00",
        .flags = FLAG(no_energy_sensor) };
    json_t *doc, *send;
    struct sweep s;

    (void)state;
    assert_int_equal(sweep_run(&x, &usual, &s, NULL), ST_OK);
    doc = report_link(&s, &facts);
    assert_non_null(doc);
    send = json_object_get(doc, "send");
    assert_true(
        fabs(json_get_number(json_object_get(send, "base_ns"), "value") -
             100004) < 5);
    assert_true(fabs(json_get_number(send, "bytes_per_s") - 1.25e8) < 1e3);
    assert_true(json_get_number(send, "worst_rel") < 1e-3);
    assert_int_equal(json_array_size(json_object_get(send, "exchanges")), s.n);
    assert_true(json_is_null(json_object_get(doc, "energy")));
    assert_string_equal(json_get_string(doc, "grade", ""), "A");
    json_decref(doc);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_of_a_link_are_told_apart),
        cmocka_unit_test(the_same_seed_gives_the_same_line),
        cmocka_unit_test(a_slow_link_is_swept_as_far_as_the_budget_goes),
        cmocka_unit_test(a_link_that_wavers_says_so),
        cmocka_unit_test(a_broken_exchange_ends_the_sweep),
        cmocka_unit_test(
            the_document_halves_the_base_and_keeps_what_is_left_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
