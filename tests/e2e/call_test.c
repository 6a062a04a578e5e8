/* SPDX-License-Identifier: MIT */
/* Who is called for a task: of many agents in long polls, one that can do it.
 * A task here is an end of a link, which needs nothing but devices. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "e2e/poll.h"

enum {
    AGENTS = 40,
    GONE = 6,
    WOKEN_MAX = 3, /* one; a reminder may come between call and lease */
};

static void
start_polls(struct poll *polls, int n)
{
    for (int i = 0; i < n; i++)
        assert_int_equal(
            pthread_create(&polls[i].thread, NULL, poll_ask, &polls[i]), 0);
    poll_until(polls[0].url, n);
}

/* Of polls that a stopped server has ended, how many have this answer. */
static int
count_polls(struct poll *polls, int n, int http)
{
    int found = 0;

    for (int i = 0; i < n; i++) {
        pthread_join(polls[i].thread, NULL);
        found += polls[i].http == http;
    }
    return found;
}

static void
ask_for_link(const char *url, const char *from, const char *to)
{
    json_t *body =
        json_pack("{s:s, s:s}", "from", from, "to", to != NULL ? to : "server");

    place_ask(url,
        &(struct rest_call){
            .method = "POST", .path = "/v1/links", .json = body },
        NULL, 201, NULL);
    json_decref(body);
}

static void
the_agent_of_the_device_is_called_and_no_other(void **state)
{
    static struct poll polls[AGENTS];
    struct poll *last = &polls[AGENTS - 1];
    char agent[16], device[16];
    struct daemon d;
    int before;

    place_start(&d, *state, NULL, NULL);
    for (int i = 0; i < AGENTS; i++) {
        snprintf(agent, sizeof(agent), "a%d", i);
        snprintf(device, sizeof(device), "d%d", i);
        poll_open(&polls[i], d.url, agent, "link", device);
    }
    start_polls(polls, AGENTS);
    before = poll_metric(d.url, "offramp_agents_woken_total");
    ask_for_link(d.url, "d0", last->device);
    poll_until(d.url, AGENTS - 1);
    pthread_join(last->thread, NULL);
    assert_int_equal(last->http, 200);
    assert_in_range(poll_metric(d.url, "offramp_agents_woken_total") - before,
        1, WOKEN_MAX);
    place_stop(&d);
    assert_int_equal(count_polls(polls, AGENTS - 1, 204), AGENTS - 1);
}

static void
of_equal_agents_one_is_called(void **state)
{
    static struct poll polls[AGENTS];
    struct poll board;
    struct daemon d;
    char agent[16];
    int before;

    place_start(&d, *state, NULL, NULL);
    poll_open(&board, d.url, "board", "link", "d0");
    for (int i = 0; i < AGENTS; i++) {
        snprintf(agent, sizeof(agent), "w%d", i);
        poll_open(&polls[i], d.url, agent, "link", NULL);
    }
    start_polls(polls, AGENTS);
    before = poll_metric(d.url, "offramp_agents_woken_total");
    ask_for_link(d.url, "d0", NULL);
    poll_until(d.url, AGENTS - 1);
    assert_in_range(poll_metric(d.url, "offramp_agents_woken_total") - before,
        1, WOKEN_MAX);
    place_stop(&d);
    assert_int_equal(count_polls(polls, AGENTS, 200), 1);
}

/* Those who hung up waited longest.  Reminders alone, every 5 s, would come to
 * the last one after its time. */
static void
who_has_gone_passes_the_task_on(void **state)
{
    struct poll gone[GONE], board, last;
    struct daemon d;
    char agent[16];
    int fds[GONE];

    place_start(&d, *state, "--poll", "20");
    poll_open(&board, d.url, "board", "link", "d0");
    for (int i = 0; i < GONE; i++) {
        snprintf(agent, sizeof(agent), "w%d", i);
        poll_open(&gone[i], d.url, agent, "link", NULL);
        fds[i] = poll_socket(&gone[i]);
        poll_until(d.url, i + 1);
    }
    poll_open(&last, d.url, "last", "link", NULL);
    assert_int_equal(pthread_create(&last.thread, NULL, poll_ask, &last), 0);
    poll_until(d.url, GONE + 1);
    for (int i = 0; i < GONE; i++)
        close(fds[i]);
    ask_for_link(d.url, "d0", NULL);
    pthread_join(last.thread, NULL);
    assert_int_equal(last.http, 200);
    place_stop(&d);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_agent_of_the_device_is_called_and_no_other),
        TEST(of_equal_agents_one_is_called),
        TEST(who_has_gone_passes_the_task_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
