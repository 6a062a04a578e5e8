/* SPDX-License-Identifier: MIT */
/* A connection is cut when its time is over, and not where it gets on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "server/pace.h"

#define MS   INT64_C(1000000)
#define LONG (3600 * 1000 * MS)

struct line {
    struct pace *pace;
    struct paced *paced;
    int ours, theirs;
};

static int
setup(void **state)
{
    static struct line l;
    int fd[2];

    assert_int_equal(pace_new(&l.pace, NULL), ST_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    l.ours = fd[0];
    l.theirs = fd[1];
    l.paced = pace_begin(l.pace, l.ours, LONG);
    assert_non_null(l.paced);
    *state = &l;
    return 0;
}

static int
teardown(void **state)
{
    struct line *l = *state;

    pace_end(l->paced);
    pace_free(l->pace);
    close(l->ours);
    close(l->theirs);
    return 0;
}

/* Wait until the line is cut; how long it stood since `since_ns`. */
static int64_t
until_cut(const struct line *l, int64_t since_ns)
{
    char byte;

    assert_int_equal(recv(l->theirs, &byte, 1, 0), 0);
    return clock_ns() - since_ns;
}

static void
it_is_cut_when_its_time_is_over(void **state)
{
    struct line *l = *state;
    int64_t t0 = clock_ns();

    pace_allow(l->paced, 30 * MS, 0);
    assert_true(until_cut(l, t0) >= 30 * MS);
}

static void
bytes_bring_the_time_they_take(void **state)
{
    struct line *l = *state;
    int64_t t0 = clock_ns();

    pace_allow(l->paced, 0, PACE_BYTES_PER_S / 20);
    assert_true(until_cut(l, t0) >= 45 * MS);
}

static void
more_of_them_bring_more_but_never_much(void **state)
{
    struct line *l = *state;
    int64_t t0 = clock_ns();

    pace_allow(l->paced, 0, PACE_BYTES_PER_S / 50);
    pace_more(l->paced, LONG, PACE_BYTES_PER_S / 25);
    assert_true(until_cut(l, t0) >= 50 * MS);
}

static void
who_was_fast_may_not_rest_on_it(void **state)
{
    struct line *l = *state;
    int64_t t0 = clock_ns();

    pace_more(l->paced, 30 * MS, INT64_C(1) << 30);
    assert_true(until_cut(l, t0) < 3600 * 1000 * MS);
}

/* One that began later is cut, and this one is not; unless this test was
 * itself kept from saying in time whose turn it is. */
static void
nothing_is_cut_while_it_is_our_turn(void **state)
{
    struct line *l = *state, other = { .pace = l->pace };
    int64_t t0 = clock_ns();
    bool in_time;
    char byte;
    int fd[2];

    pace_allow(l->paced, 200 * MS, 0);
    pace_rest(l->paced);
    in_time = clock_ns() - t0 < 200 * MS;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    other.theirs = fd[1];
    other.paced = pace_begin(l->pace, fd[0], 220 * MS);
    until_cut(&other, t0);
    if (in_time)
        assert_int_equal(recv(l->theirs, &byte, 1, MSG_DONTWAIT), -1);
    pace_end(other.paced);
    close(fd[0]);
    close(fd[1]);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_is_cut_when_its_time_is_over),
        TEST(bytes_bring_the_time_they_take),
        TEST(more_of_them_bring_more_but_never_much),
        TEST(who_was_fast_may_not_rest_on_it),
        TEST(nothing_is_cut_while_it_is_our_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
