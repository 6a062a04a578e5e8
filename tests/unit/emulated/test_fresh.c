/* SPDX-License-Identifier: MIT */
/* Answers of copies of a process: they know nothing of what came later. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/emulated/fresh.h"

enum question { ASK_STATE, ASK_ADDRESS, ASK_CRASH, ASK_EXIT };

struct answer {
    int opened, asked, told;
    uintptr_t address;
};

static int opened, asked, told;

static void
open_once(void)
{
    opened++;
}

static void
answer(const void *question, void *out)
{
    const int q = *(const int *)question;
    struct answer *a = out;

    asked++;
    *a = (struct answer){ opened, asked, told, 0 };
    if (q == ASK_CRASH)
        raise(SIGKILL);
    if (q == ASK_EXIT)
        _exit(3);
    if (q == ASK_ADDRESS) {
        void *p = malloc(1000);

        a->address = (uintptr_t)p;
        free(p);
    }
}

static const struct fresh_work work = {
    .question = sizeof(int),
    .answer = sizeof(struct answer),
    .open = open_once,
    .run = answer,
};

static int
start(void **state)
{
    opened = asked = told = 0;
    return fresh_start((struct fresh **)state, &work, NULL) != ST_OK;
}

static int
stop(void **state)
{
    fresh_stop(*state);
    return 0;
}

static struct answer
ask(void **state, int question)
{
    struct answer a = { 0 };
    struct err err = { 0 };

    if (fresh_ask(*state, &question, &a, &err) != ST_OK)
        fail_msg("%s", err.text);
    return a;
}

static void
an_answer_knows_nothing_of_what_came_before_it(void **state)
{
    told = 7;
    for (int i = 0; i < 3; i++) {
        const struct answer a = ask(state, ASK_STATE);

        assert_int_equal(a.told, 0);
        assert_int_equal(a.asked, 1);
        assert_int_equal(a.opened, 1);
    }
    assert_int_equal(opened, 0);
}

static void
memory_lies_where_it_did_the_last_time(void **state)
{
    const uintptr_t first = ask(state, ASK_ADDRESS).address;
    void *more = malloc(123456);

    assert_non_null(more);
    assert_true(first != 0);
    (void)ask(state, ASK_STATE);
    assert_true(ask(state, ASK_ADDRESS).address == first);
    free(more);
}

static void
a_copy_that_dies_is_named_and_the_next_one_answers(void **state)
{
    static const struct {
        int question;
        const char *says;
    } bad[] = {
        { ASK_CRASH, "signal 9" },
        { ASK_EXIT, "without an answer" },
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct answer a;
        struct err err = { 0 };

        assert_int_equal(
            fresh_ask(*state, &bad[i].question, &a, &err), ST_UNAVAILABLE);
        assert_string_equal(err.code, "device.crashed");
        assert_non_null(strstr(err.text, bad[i].says));
        assert_int_equal(ask(state, ASK_STATE).asked, 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_answer_knows_nothing_of_what_came_before_it, start, stop),
        cmocka_unit_test_setup_teardown(
            memory_lies_where_it_did_the_last_time, start, stop),
        cmocka_unit_test_setup_teardown(
            a_copy_that_dies_is_named_and_the_next_one_answers, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
