/* SPDX-License-Identifier: MIT */
/* Pipelines and flow shops against everything there is to try. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"
#include "search/partition/flowshop.h"
#include "search/partition/pipeline.h"

enum { LAYERS = 6, STAGES = 4, WAYS = 2, CASES = 2000 };

struct chain {
    int64_t time[STAGES * LAYERS];
    int64_t send[LAYERS * WAYS], encode[LAYERS * WAYS], decode[LAYERS * WAYS];
    struct pipeline p;
};

static void
make_chain(struct chain *c, uint64_t seed)
{
    struct rng rng = { seed };

    c->p = (struct pipeline){ 1 + rng_below(&rng, LAYERS),
        1 + rng_below(&rng, STAGES), 1 + rng_below(&rng, WAYS), c->time,
        c->send, c->encode, c->decode };
    for (int i = 0; i < STAGES * LAYERS; i++)
        c->time[i] = (int64_t)rng_below(&rng, 50);
    for (int i = 0; i < LAYERS * WAYS; i++) {
        c->send[i] = (int64_t)rng_below(&rng, 60);
        c->encode[i] = (int64_t)rng_below(&rng, 15);
        c->decode[i] = (int64_t)rng_below(&rng, 15);
    }
}

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The slowest stage when layers from `begin` on go to stages from `s` on, the
 * input having come in a way (-1: the network's own). */
static int64_t
try_rest(const struct pipeline *p, size_t s, size_t begin, int in)
{
    int64_t work =
        in < 0 ? 0 : p->decode_ps[(begin - 1) * p->ways + (size_t)in];
    int64_t best = INT64_MAX;

    for (size_t end = begin + 1; end <= p->layers; end++) {
        work += p->time_ps[s * p->layers + end - 1];
        if (end == p->layers && work < best)
            best = work;
        for (size_t w = 0; end < p->layers && s + 1 < p->stages && w < p->ways;
             w++) {
            size_t at = (end - 1) * p->ways + w;
            int64_t here = larger(work + p->encode_ps[at], p->send_ps[at]);
            int64_t all = larger(here, try_rest(p, s + 1, end, (int)w));

            if (all < best)
                best = all;
        }
    }
    return best;
}

/* What the plan says, added up again. */
static int64_t
judge(const struct pipeline *p, const struct pipeline_plan *plan)
{
    int64_t slowest = 0;
    size_t begin = 0;

    for (size_t s = 0; s < plan->stages; s++) {
        int64_t work = 0;

        assert_true(plan->end[s] > begin);
        if (s > 0)
            work +=
                p->decode_ps[(begin - 1) * p->ways + (size_t)plan->way[s - 1]];
        for (size_t i = begin; i < plan->end[s]; i++)
            work += p->time_ps[s * p->layers + i];
        if (plan->way[s] >= 0) {
            size_t at = (plan->end[s] - 1) * p->ways + (size_t)plan->way[s];

            work += p->encode_ps[at];
            slowest = larger(slowest, p->send_ps[at]);
        }
        slowest = larger(slowest, work);
        begin = plan->end[s];
    }
    assert_int_equal(begin, p->layers);
    return slowest;
}

static void
stages_are_the_best_of_all(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct pipeline_plan plan;
        struct chain c;

        make_chain(&c, seed);
        assert_int_equal(pipeline_solve(&c.p, &plan, NULL), ST_OK);
        assert_int_equal(plan.slowest_ps, try_rest(&c.p, 0, 0, -1));
        assert_int_equal(plan.slowest_ps, judge(&c.p, &plan));
    }
}

static void
impossible_pipelines_are_refused(void **state)
{
    struct pipeline_plan plan;
    struct chain c;

    (void)state;
    make_chain(&c, 1);
    c.p.stages = 0;
    assert_int_equal(pipeline_solve(&c.p, &plan, NULL), ST_INVALID);
    make_chain(&c, 1);
    c.time[0] = -1;
    assert_int_equal(pipeline_solve(&c.p, &plan, NULL), ST_INVALID);
}

enum { JOBS = 4, CUTS = 3 };

/* The least makespan over all orders of jobs from `i` on. */
static int64_t
try_orders(const struct flowshop_cut *jobs, size_t *order, size_t i, size_t n)
{
    int64_t best = INT64_MAX;

    if (i == n)
        return flowshop_makespan(jobs, order, n);
    for (size_t k = i; k < n; k++) {
        size_t x = order[i];
        int64_t got;

        order[i] = order[k];
        order[k] = x;
        got = try_orders(jobs, order, i + 1, n);
        best = got < best ? got : best;
        order[k] = order[i];
        order[i] = x;
    }
    return best;
}

static int64_t
try_cuts(const struct flowshop_job *jobs, struct flowshop_cut *now, size_t i,
    size_t n)
{
    size_t order[JOBS] = { 0, 1, 2, 3 };
    int64_t best = INT64_MAX;

    if (i == n)
        return try_orders(now, order, 0, n);
    for (size_t c = 0; c < jobs[i].n_cuts; c++) {
        int64_t got;

        now[i] = jobs[i].cut[c];
        got = try_cuts(jobs, now, i + 1, n);
        best = got < best ? got : best;
    }
    return best;
}

static void
cuts_and_order_are_the_best_of_all(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct flowshop_cut cut[JOBS][CUTS], now[JOBS];
        struct flowshop_job jobs[JOBS];
        struct flowshop_plan plan;
        struct rng rng = { seed };
        size_t n = 1 + rng_below(&rng, JOBS);

        for (size_t i = 0; i < n; i++) {
            for (size_t c = 0; c < CUTS; c++)
                cut[i][c] = (struct flowshop_cut){ (int64_t)rng_below(&rng, 9),
                    (int64_t)rng_below(&rng, 9) };
            /* some are alike */
            jobs[i] = (struct flowshop_job){
                i > 0 && rng_below(&rng, 2) ? jobs[i - 1].cut : cut[i], CUTS
            };
        }
        assert_int_equal(
            flowshop_solve(jobs, n, UINT64_MAX, &plan, NULL), ST_OK);
        assert_true(plan.proved);
        assert_int_equal(plan.makespan_ps, try_cuts(jobs, now, 0, n));
        for (size_t i = 0; i < n; i++)
            now[i] = jobs[i].cut[plan.cut[i]];
        assert_int_equal(
            flowshop_makespan(now, plan.order, n), plan.makespan_ps);
    }
}

static void
a_limit_leaves_a_true_bound(void **state)
{
    static const struct flowshop_cut cuts[] = { { 9, 1 }, { 5, 5 }, { 1, 9 } };
    struct flowshop_job jobs[JOBS];
    struct flowshop_plan all, few;

    (void)state;
    for (int i = 0; i < JOBS; i++)
        jobs[i] = (struct flowshop_job){ cuts, 3 };
    assert_int_equal(flowshop_solve(jobs, JOBS, UINT64_MAX, &all, NULL), ST_OK);
    assert_int_equal(flowshop_solve(jobs, JOBS, 2, &few, NULL), ST_OK);
    assert_true(few.bound_ps <= all.makespan_ps);
    assert_true(all.makespan_ps <= few.makespan_ps);
    assert_false(few.proved);
    assert_int_equal(flowshop_solve(jobs, 0, 2, &few, NULL), ST_INVALID);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_are_the_best_of_all),
        cmocka_unit_test(impossible_pipelines_are_refused),
        cmocka_unit_test(cuts_and_order_are_the_best_of_all),
        cmocka_unit_test(a_limit_leaves_a_true_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
