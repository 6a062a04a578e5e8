/* SPDX-License-Identifier: MIT */
/* What a caller hears while it waits must be as true as the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "search/solve/solve.h"

enum { N = 400, EXITS = 10, CALLS_MAX = 40 };

struct heard {
    int64_t lower, upper;
    int calls;
    bool sank;
};

static bool
hear(void *ctx, const struct solve_progress *p)
{
    struct heard *h = ctx;

    h->sank |= p->lower < h->lower;
    h->lower = p->lower;
    h->upper = p->upper;
    return ++h->calls >= CALLS_MAX;
}

static void
a_bound_that_is_told_never_has_to_be_taken_back(void **state)
{
    static double score[(EXITS - 1) * N];
    static uint8_t right[EXITS * N];
    int64_t segment[EXITS], head[EXITS];
    struct solve_data d = { .n = N,
        .exits = EXITS,
        .score = score,
        .right = right,
        .segment = segment,
        .head = head };
    struct heard heard = { 0 };
    struct solve_options o;
    struct solve_result r;
    struct rng rng = { 1 };

    (void)state;
    for (int e = 0; e < EXITS; e++) {
        segment[e] = 100000000 + (int64_t)rng_below(&rng, 50000000);
        head[e] = e < EXITS - 1 ? 2000000 : 0;
        for (int i = 0; i < N; i++) {
            double sure = rng_unit(&rng);

            if (e < EXITS - 1)
                score[e * N + i] = sure;
            right[e * N + i] = rng_unit(&rng) < 0.3 + 0.6 * sure;
        }
    }
    solve_options_init(&o);
    o.floor = N * 6 / 10;
    o.watch = hear;
    o.watch_ctx = &heard;
    assert_int_equal(solve_best(&d, &o, &r, NULL), ST_OK);
    assert_true(heard.calls > 0);
    assert_false(heard.sank);
    assert_true(heard.lower <= r.lower);
    assert_true(heard.upper >= r.tally.cost);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_that_is_told_never_has_to_be_taken_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
