/* SPDX-License-Identifier: MIT */
/* Branch and bound on cases that solve_best() would rather enumerate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "search/solve/prob.h"
#include "search/solve/tree.h"
#include "unit/solve/brute.h"

enum { TRIALS = 20000, CUT_SHORT = 4000 };

/* Search from a start that may be poor, at a price that may be wrong. */
static void
search(const struct brute_case *c, uint64_t number, double walk_max,
    struct pick *best, struct tree_result *out)
{
    struct prob p;
    struct brake brake = { .watch = c->options.watch,
        .ctx = c->options.watch_ctx };
    const struct tree_task task = { .o = &c->options,
        .price = (double)(number % 7) * 20,
        .walk_max = walk_max,
        .brake = &brake };
    struct tree *tree;

    assert_int_equal(prob_init(&p, &c->data, &c->options, NULL), ST_OK);
    *best = (struct pick){ .cost = INT64_MAX };
    prob_fewest(&p, &best->lab);
    if (number % 2 == 0 && prob_allows(&p, &best->lab)) {
        prob_eval(&p, &best->lab, best);
        if (best->right < p.floor)
            best->cost = INT64_MAX;
    }
    assert_int_equal(
        tree_new(&tree, &p, 1 + (int)(number % 16 == 0), NULL), ST_OK);
    assert_int_equal(tree_search(tree, &task, best, out, NULL), ST_OK);
    tree_free(tree);
    prob_clear(&p);
}

static void
splitting_down_to_single_choices_equals_brute_force(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct brute_answer want;
        struct tree_result out;
        struct brute_case c;
        struct pick best;

        brute_make(&c, i, i % 2);
        brute_solve(&c, &want);
        search(&c, i, i % 3 == 0 ? 1 : 20, &best, &out);
        assert_true(out.done);
        if (best.cost != (want.found ? want.cost : INT64_MAX))
            fail_msg("case %llu: cost %lld is not %lld", (unsigned long long)i,
                (long long)best.cost, (long long)(want.found ? want.cost : -1));
    }
}

static void
a_search_that_ends_early_has_a_true_bound(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CUT_SHORT; i++) {
        struct brute_answer want;
        struct tree_result out;
        struct brute_case c;
        struct pick best;

        brute_make(&c, TRIALS + i, i % 2);
        c.options.max_nodes = 1 + i % 4;
        brute_solve(&c, &want);
        search(&c, i, 1, &best, &out);
        if (!want.found) {
            assert_true(best.cost == INT64_MAX);
            continue;
        }
        assert_true(best.cost >= want.cost);
        assert_true(out.lower <= want.cost || best.cost == want.cost);
    }
}

/* Counts calls, and ends the run at one of them. */
static bool
stop_soon(void *ctx, const struct solve_progress *p)
{
    int *left = ctx;

    assert_true(p->lower <= p->upper);
    return --*left <= 0;
}

static void
a_caller_can_end_the_search(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        struct brute_answer want;
        struct tree_result out;
        struct brute_case c;
        struct pick best;
        int left = 1 + (int)(i % 5);

        brute_make(&c, i, true);
        c.options.watch = stop_soon;
        c.options.watch_ctx = &left;
        brute_solve(&c, &want);
        search(&c, i, 1, &best, &out);
        assert_true(left >= 0);
        if (want.found)
            assert_true(out.lower <= want.cost || best.cost == want.cost);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitting_down_to_single_choices_equals_brute_force),
        cmocka_unit_test(a_search_that_ends_early_has_a_true_bound),
        cmocka_unit_test(a_caller_can_end_the_search),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
