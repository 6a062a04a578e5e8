/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "search/certify/promise.h"
#include "tests/unit/certify/population.h"

/* Sanitizers look for other mistakes than those that take many draws. */
#ifdef __SANITIZE_ADDRESS__
enum { DRAWS = 200, NAIVE = 100, POPULATION = 8000 };
#else
enum { DRAWS = 2000, NAIVE = 400, POPULATION = 8000 };
#endif

/* One way to promise, on samples so few and noisy that optimising without a
 * promise breaks the limit far too often. */
struct setting {
    const char *name;
    size_t n, len; /* samples of a draw; of a group */
    enum promise_loss loss;
    enum promise_method method;
    enum promise_family family;
    enum promise_order order;
};

static const struct setting settings[] = {
    { "front", 500, 1, PROMISE_DROP, PROMISE_EXACT, PROMISE_FRONT,
        PROMISE_SEQUENCE },
    { "front of flips", 500, 1, PROMISE_FLIPS, PROMISE_EXACT, PROMISE_FRONT,
        PROMISE_SEQUENCE },
    { "shared", 300, 1, PROMISE_DROP, PROMISE_EXACT, PROMISE_SHARED,
        PROMISE_SEQUENCE },
    { "auto", 500, 1, PROMISE_DROP, PROMISE_EXACT, PROMISE_AUTO,
        PROMISE_SEQUENCE },
    { "bonferroni", 500, 1, PROMISE_DROP, PROMISE_EXACT, PROMISE_FRONT,
        PROMISE_BONFERRONI },
    { "bets", 500, 1, PROMISE_DROP, PROMISE_BETTING, PROMISE_AUTO,
        PROMISE_SEQUENCE },
    { "groups", 1200, 4, PROMISE_DROP, PROMISE_BETTING, PROMISE_AUTO,
        PROMISE_SEQUENCE },
};

struct outcome {
    int broken, naive_broken, early;
};

static void
options(const struct setting *s, struct promise_options *o)
{
    promise_options_init(o);
    o->question.loss = s->loss;
    o->question.method = s->method;
    o->question.eps = 0.05;
    o->question.delta = 0.1;
    o->family = s->family;
    o->order = s->order;
}

/* The optimum that only looks at the sample: how often is it wrong? */
static bool
naive_breaks(const struct population *all, const struct population *sample,
    const struct solve_options *so, double eps, bool flips)
{
    struct solve_options o = *so;
    struct solve_result r;
    int64_t full = 0;

    for (size_t i = 0; i < sample->data.n; i++)
        full +=
            sample
                ->right[(size_t)(sample->data.exits - 1) * sample->data.n + i];
    o.floor = full - (int64_t)(eps * (double)sample->data.n);
    assert_int_equal(solve_best(&sample->data, &o, &r, NULL), ST_OK);
    return population_loss(all, &r.plan, flips) > eps;
}

static void
one_draw(const struct setting *s, const struct population *all,
    const struct promise_options *po, struct rng *rng, int draw,
    struct outcome *out)
{
    bool flips = s->loss == PROMISE_FLIPS;
    struct population sample;
    struct solve_options so;
    struct promise p;

    population_draw(&sample, all, s->n, rng);
    solve_options_init(&so);
    so.grid = 8;
    assert_int_equal(
        promise_make(&sample.data, sample.group, &so, po, &p, NULL), ST_OK);
    assert_true(p.status != PROMISE_NONE);
    out->early += p.status == PROMISE_CERTIFIED;
    out->broken += population_loss(all, &p.plan, flips) > po->question.eps;
    if (draw < NAIVE)
        out->naive_broken +=
            naive_breaks(all, &sample, &so, po->question.eps, flips);
    population_free(&sample);
}

static void
promises_are_broken_with_at_most_delta(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(settings) / sizeof(settings[0]); k++) {
        const struct setting *s = &settings[k];
        struct rng rng = { .state = 1000 + k };
        struct outcome o = { 0 };
        struct promise_options po;
        struct population all;

        options(s, &po);
        population_make(&all, POPULATION, 3, s->len, 0.5, 7);
        for (int i = 0; i < DRAWS; i++) {
            po.seed = (uint64_t)i;
            one_draw(s, &all, &po, &rng, i, &o);
        }
        population_free(&all);
        print_message("%-15s broken %4.1f %%, without a promise %4.1f %%; "
                      "early exits in %4.1f %%\n",
            s->name, 100.0 * o.broken / DRAWS, 100.0 * o.naive_broken / NAIVE,
            100.0 * o.early / DRAWS);
        assert_true(o.broken <= 0.1 * DRAWS);
        assert_true(o.naive_broken > 0.1 * NAIVE);
        assert_true(o.early > 0.5 * DRAWS);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promises_are_broken_with_at_most_delta),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
