/* SPDX-License-Identifier: MIT */
/* The bell: who waits is woken by it or by the deadline, once. */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "server/wait.h"

#define SECOND INT64_C(1000000000)

/* A waiter that another thread can wait for. */
struct guest {
    struct waiter waiter; /* first: wake() finds the guest by it */
    pthread_mutex_t lock;
    pthread_cond_t woken;
    int wakes;
    bool left;
};

static void
wake(struct waiter *w)
{
    struct guest *g = (struct guest *)w;

    pthread_mutex_lock(&g->lock);
    g->wakes++;
    pthread_cond_signal(&g->woken);
    pthread_mutex_unlock(&g->lock);
}

static void
guest_init(struct guest *g, int64_t for_ns)
{
    *g = (struct guest){
        .waiter = { .wake = wake, .deadline_ns = clock_ns() + for_ns },
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .woken = PTHREAD_COND_INITIALIZER,
    };
}

/* Wait until it was woken; how often so far. */
static int
guest_join(struct guest *g)
{
    int wakes;

    pthread_mutex_lock(&g->lock);
    while (g->wakes == 0)
        pthread_cond_wait(&g->woken, &g->lock);
    wakes = g->wakes;
    pthread_mutex_unlock(&g->lock);
    return wakes;
}

static int
setup(void **state)
{
    struct waits *s;

    assert_int_equal(waits_new(&s, NULL), ST_OK);
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    waits_free(*state);
    return 0;
}

static void
the_bell_wakes_everybody_once(void **state)
{
    struct guest g[3];

    for (int i = 0; i < 3; i++) {
        guest_init(&g[i], 1000 * SECOND);
        assert_true(waits_add(*state, &g[i].waiter, waits_heard(*state)));
    }
    assert_int_equal(waits_count(*state), 3);
    waits_ring(*state);
    waits_ring(*state);
    assert_int_equal(waits_count(*state), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(guest_join(&g[i]), 1);
}

static void
who_asks_for_work_hears_of_no_other_news(void **state)
{
    struct guest agent, page;

    guest_init(&agent, 1000 * SECOND);
    agent.waiter.ask = "";
    guest_init(&page, 1000 * SECOND);
    assert_true(waits_add(*state, &agent.waiter, waits_heard(*state)));
    assert_true(waits_add(*state, &page.waiter, waits_heard(*state)));
    waits_ring_watchers(*state);
    assert_int_equal(guest_join(&page), 1);
    assert_int_equal(waits_count(*state), 1);
    assert_int_equal(agent.wakes, 0);
    waits_ring(*state);
    assert_int_equal(guest_join(&agent), 1);
}

static bool
is_in(const void *ask, const void *work)
{
    return strchr(ask, *(const char *)work) != NULL;
}

static void
a_task_wakes_one_agent_that_can_do_it(void **state)
{
    static const char *const can[] = { "x", "ab", "", "bc", "b" };
    enum { N = sizeof(can) / sizeof(can[0]) };
    struct guest g[N], page;

    guest_init(&page, 1000 * SECOND);
    assert_true(waits_add(*state, &page.waiter, waits_heard(*state)));
    for (size_t i = 0; i < N; i++) {
        guest_init(&g[i], 1000 * SECOND);
        g[i].waiter.ask = can[i];
        assert_true(waits_add(*state, &g[i].waiter, waits_heard(*state)));
    }
    assert_true(waits_offer(*state, 7, 3, is_in, "b"));
    assert_int_equal(guest_join(&g[1]), 1); /* who waited longest */
    assert_int_equal(g[1].waiter.task, 7);
    assert_int_equal(g[1].waiter.tries, 3);
    assert_true(waits_offer(*state, 7, 2, is_in, "b"));
    assert_int_equal(guest_join(&g[3]), 1);
    assert_true(waits_offer(*state, 8, 3, is_in, "b"));
    assert_int_equal(guest_join(&g[4]), 1);
    assert_false(waits_offer(*state, 9, 3, is_in, "b"));
    assert_int_equal(waits_count(*state), 3);
    assert_int_equal(waits_woken(*state), 3);
    assert_int_equal(page.wakes + g[0].wakes + g[2].wakes, 0);
    waits_ring(*state);
    assert_int_equal(guest_join(&g[0]), 1);
    assert_int_equal(g[0].waiter.task, 0);
    assert_int_equal(waits_woken(*state), 5);
}

static void
an_offer_in_between_is_not_missed(void **state)
{
    uint64_t heard = waits_heard(*state);
    struct guest g;

    guest_init(&g, 1000 * SECOND);
    g.waiter.ask = "a";
    assert_false(waits_offer(*state, 7, 3, is_in, "a"));
    assert_false(waits_add(*state, &g.waiter, heard));
}

static void
a_dropped_waiter_is_not_woken(void **state)
{
    struct guest g;

    guest_init(&g, 1000 * SECOND);
    assert_true(waits_add(*state, &g.waiter, waits_heard(*state)));
    waits_drop(*state, &g.waiter);
    waits_drop(*state, &g.waiter);
    assert_int_equal(waits_count(*state), 0);
    waits_ring(*state);
    assert_int_equal(g.wakes, 0);
}

static void
a_bell_in_between_is_not_missed(void **state)
{
    uint64_t heard = waits_heard(*state);
    struct guest g;

    guest_init(&g, 1000 * SECOND);
    waits_ring(*state);
    assert_false(waits_add(*state, &g.waiter, heard));
    assert_int_equal(waits_count(*state), 0);
    assert_int_equal(g.wakes, 0);
}

static void
a_deadline_wakes_its_own_waiter_only(void **state)
{
    struct guest late, early, past;

    guest_init(&late, 1000 * SECOND);
    guest_init(&early, SECOND / 50);
    guest_init(&past, -SECOND);
    assert_true(waits_add(*state, &late.waiter, waits_heard(*state)));
    assert_true(waits_add(*state, &early.waiter, waits_heard(*state)));
    assert_true(waits_add(*state, &past.waiter, waits_heard(*state)));
    assert_int_equal(guest_join(&past), 1);
    assert_int_equal(guest_join(&early), 1);
    assert_true(clock_ns() >= early.waiter.deadline_ns);
    assert_int_equal(waits_count(*state), 1);
    waits_stop(*state);
    assert_int_equal(guest_join(&late), 1);
}

static bool
has_left(const struct waiter *w)
{
    return ((const struct guest *)w)->left;
}

static void
who_has_gone_is_let_go(void **state)
{
    struct guest here, left;

    guest_init(&here, 1000 * SECOND);
    guest_init(&left, 1000 * SECOND);
    here.waiter.gone = left.waiter.gone = has_left;
    left.left = true;
    assert_true(waits_add(*state, &here.waiter, waits_heard(*state)));
    assert_true(waits_add(*state, &left.waiter, waits_heard(*state)));
    waits_wake_gone(*state);
    assert_int_equal(guest_join(&left), 1);
    assert_int_equal(waits_count(*state), 1);
    waits_ring(*state);
    assert_int_equal(guest_join(&here), 1);
}

static void
after_the_stop_nobody_waits(void **state)
{
    struct guest g;

    guest_init(&g, 1000 * SECOND);
    assert_false(waits_stopped(*state));
    waits_stop(*state);
    assert_true(waits_stopped(*state));
    assert_false(waits_add(*state, &g.waiter, waits_heard(*state)));
}

enum { ROUNDS = 2000 };

static void *
ring_often(void *ctx)
{
    for (int i = 0; i < ROUNDS; i++)
        waits_ring(ctx);
    return NULL;
}

static void
nobody_is_forgotten_in_a_race(void **state)
{
    pthread_t ringer;
    int waited = 0;

    assert_int_equal(pthread_create(&ringer, NULL, ring_often, *state), 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct guest g;

        guest_init(&g, SECOND / 10000);
        if (!waits_add(*state, &g.waiter, waits_heard(*state)))
            continue;
        assert_int_equal(guest_join(&g), 1);
        /* Whoever woke it has let go of it once this lock was had. */
        assert_int_equal(waits_count(*state), 0);
        waited++;
    }
    pthread_join(ringer, NULL);
    assert_true(waited > 0);
    assert_int_equal(waits_count(*state), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_bell_wakes_everybody_once),
        TEST(who_asks_for_work_hears_of_no_other_news),
        TEST(a_task_wakes_one_agent_that_can_do_it),
        TEST(an_offer_in_between_is_not_missed),
        TEST(a_dropped_waiter_is_not_woken),
        TEST(a_bell_in_between_is_not_missed),
        TEST(a_deadline_wakes_its_own_waiter_only),
        TEST(who_has_gone_is_let_go),
        TEST(after_the_stop_nobody_waits),
        TEST(nobody_is_forgotten_in_a_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
