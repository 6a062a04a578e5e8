/* SPDX-License-Identifier: MIT */
/* What each processor of a chain took, and its hand-overs' median. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "probes/relay/account.h"

/* A sample that went over: the first waited `link_ns` longer than the second
 * took, which is 1000. */
static void
hand_over(struct account *a, double link_ns)
{
    struct relay_answer x = { .hops = 2,
        .hop = {
            { 5000 + link_ns, 1000 + link_ns, NAN }, { 1000, NAN, NAN } } };

    account_time(a, &x);
}

static struct account *
new_account(void)
{
    struct account *a = calloc(1, sizeof(*a));

    assert_non_null(a);
    return a;
}

static void
one_slow_hand_over_does_not_move_the_median(void **state)
{
    struct account *a = new_account();
    struct account_median m;

    (void)state;
    for (int i = 0; i < 20; i++)
        hand_over(a, 100 + i);
    hand_over(a, 1e9);
    m = account_link_median(&a->processor[0]);
    assert_true(m.ns == 110);
    assert_true(m.lo >= 100 && m.lo <= m.ns && m.ns <= m.hi && m.hi < 120);
    assert_true(a->processor[0].own_ns == 21 * 4000);
    assert_true(a->processor[1].own_ns == 21 * 1000);
    m = account_link_median(&a->processor[1]);
    assert_true(isnan(m.ns) && isnan(m.lo));
    free(a);
}

static void
of_more_hand_overs_than_are_kept_all_may_count(void **state)
{
    struct account *a = new_account();
    size_t late = 0;

    (void)state;
    for (int i = 0; i < 4 * ACCOUNT_LINKS; i++)
        hand_over(a, i);
    for (size_t i = 0; i < ACCOUNT_LINKS; i++)
        late += a->processor[0].link.ns[i] >= ACCOUNT_LINKS;
    assert_int_equal(a->processor[0].link.seen, 4 * ACCOUNT_LINKS);
    assert_in_range(late, ACCOUNT_LINKS / 2, ACCOUNT_LINKS - 1);
    assert_true(account_link_median(&a->processor[0]).ns > ACCOUNT_LINKS);
    free(a);
}

static void
a_processor_without_a_clock_has_no_hand_over(void **state)
{
    struct account *a = new_account();

    (void)state;
    hand_over(a, NAN);
    assert_true(isnan(account_link_median(&a->processor[0]).ns));
    free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slow_hand_over_does_not_move_the_median),
        cmocka_unit_test(of_more_hand_overs_than_are_kept_all_may_count),
        cmocka_unit_test(a_processor_without_a_clock_has_no_hand_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
