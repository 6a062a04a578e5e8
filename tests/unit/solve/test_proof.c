/* SPDX-License-Identifier: MIT */
/* Every proof is checked by verify.c, and a changed one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "search/solve/prob.h"
#include "search/solve/tree.h"
#include "unit/solve/verify.h"

enum { TRIALS = 20000, BRANCHED = 6000 };

static void
accept_proof(const struct verify *v, int64_t cost, uint64_t number)
{
    const char *bad = verify_proof(v, cost);

    if (bad != NULL)
        fail_msg("case %llu: %s", (unsigned long long)number, bad);
}

static void
solve_best_proves_every_answer(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < TRIALS; i++) {
        struct solve_result got;
        struct brute_case c;
        struct verify v;

        brute_make(&c, i, i % 2);
        verify_init(&v, &c);
        c.options.claim = verify_hear;
        c.options.claim_ctx = &v;
        assert_int_equal(solve_best(&c.data, &c.options, &got, NULL), ST_OK);
        accept_proof(
            &v, got.status == SOLVE_INFEASIBLE ? INT64_MAX : got.tally.cost, i);
        verify_clear(&v);
    }
}

/* Branch and bound on a case that solve_best() would rather enumerate; the
 * cost it ends with. */
static int64_t
branch(struct brute_case *c, struct verify *v, uint64_t number)
{
    struct pick best = { .cost = INT64_MAX };
    struct brake brake = { 0 };
    const struct tree_task task = { .o = &c->options,
        .price = (double)(number % 7) * 20,
        .walk_max = number % 3 ? 8 : 1,
        .brake = &brake };
    struct tree_result out;
    struct tree *tree;
    struct prob p;

    verify_init(v, c);
    c->options.claim = verify_hear;
    c->options.claim_ctx = v;
    assert_int_equal(prob_init(&p, &c->data, &c->options, NULL), ST_OK);
    prob_fewest(&p, &best.lab);
    assert_int_equal(tree_new(&tree, &p, 1, NULL), ST_OK);
    assert_int_equal(tree_search(tree, &task, &best, &out, NULL), ST_OK);
    assert_true(out.done);
    tree_free(tree);
    prob_clear(&p);
    return best.cost;
}

static void
branch_and_bound_proves_every_answer(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < BRANCHED; i++) {
        struct brute_case c;
        struct verify v;

        brute_make(&c, i, i % 2);
        accept_proof(&v, branch(&c, &v, i), i);
        verify_clear(&v);
    }
}

static void
a_changed_proof_is_refused(void **state)
{
    int refused = 0, tried = 0;

    (void)state;
    for (uint64_t i = 0; i < 1500; i++) {
        struct verify_claim last, *at;
        struct brute_case c;
        struct verify v;
        int64_t cost;

        brute_make(&c, i, i % 2);
        cost = branch(&c, &v, i);
        if (v.n == 0 || cost == INT64_MAX || v.last == 0) {
            verify_clear(&v);
            continue;
        }
        assert_non_null(verify_proof(&v, cost + 1));
        last = v.claim[--v.n]; /* left out */
        assert_non_null(verify_proof(&v, cost));
        v.n++;
        at = &v.claim[i % v.n];
        last = *at;
        at->part[0].drop = !at->part[0].drop; /* one choice more or less */
        assert_non_null(verify_proof(&v, cost));
        *at = last;
        at->part[0].count++;
        assert_non_null(verify_proof(&v, cost));
        *at = last;
        /* Prices that exits cannot earn: many bounds fall, but not those of
         * parts where next to nothing is left to choose. */
        for (size_t x = 0; x < c.data.n && !at->looked; x++)
            for (int e = 0; e < v.last; e++)
                (x % 2 ? at->accept : at->refuse)[e][x] -= 1 << 26;
        tried += !at->looked;
        refused += !at->looked && verify_proof(&v, cost) != NULL;
        at->looked = true; /* of a whole that holds the plan: fine */
        assert_null(verify_proof(&v, cost));
        verify_clear(&v);
    }
    assert_true(tried > 100);
    assert_true(refused > tried / 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solve_best_proves_every_answer),
        cmocka_unit_test(branch_and_bound_proves_every_answer),
        cmocka_unit_test(a_changed_proof_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
