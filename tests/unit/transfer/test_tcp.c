/* SPDX-License-Identifier: MIT */
/* Both ends of a TCP link, on this machine. */
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/flag.h"
#include "base/hash.h"
#include "probes/transfer/place.h"
#include "probes/transfer/tcp.h"

/* An answering end in a thread of its own. */
struct answerer {
    struct tcp_door *door;
    pthread_t thread;
    int wait_ms;
    int64_t exchanges;
    enum status st;
    struct err err;
};

static void *
answer(void *arg)
{
    struct answerer *a = arg;

    a->st = tcp_answer(a->door, a->wait_ms, &a->exchanges, &a->err);
    return NULL;
}

static void
begin(struct answerer *a, int wait_ms)
{
    *a = (struct answerer){ .wait_ms = wait_ms };
    assert_int_equal(tcp_listen(&a->door, "127.0.0.1", NULL), ST_OK);
    assert_int_equal(pthread_create(&a->thread, NULL, answer, a), 0);
}

static void
finish(struct answerer *a)
{
    pthread_join(a->thread, NULL);
    tcp_close(a->door);
}

static enum status
visit(const struct answerer *a, struct tcp_line **line, const char *secret,
    struct err *err)
{
    return tcp_visit(line, "127.0.0.1", tcp_port(a->door),
        secret ? secret : tcp_secret(a->door), err);
}

static void
messages_go_there_and_come_back(void **state)
{
    static const struct {
        size_t forward, back;
    } sizes[] = { { 1, 1 }, { 1000000, 1 }, { 1, 1000000 }, { 7, 100 } };
    struct tcp_line *line;
    struct answerer a;
    struct exchange x;
    int64_t ns;

    (void)state;
    begin(&a, 10000);
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK);
    x = tcp_exchange(line, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        ns = 0;
        assert_int_equal(
            x.run(x.ctx, sizes[i].forward, sizes[i].back, &ns, NULL), ST_OK);
        assert_true(ns > 0);
    }
    tcp_leave(line);
    finish(&a);
    assert_int_equal(a.st, ST_OK);
    assert_int_equal(a.exchanges, 4);
}

/* The least of a few: a busy machine only adds. */
static void
work_between_messages_is_in_no_time(void **state)
{
    int64_t least_ns = INT64_MAX, ns;
    struct tcp_line *line;
    struct answerer a;
    struct exchange x;

    (void)state;
    begin(&a, 10000);
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK);
    x = tcp_exchange(line, TCP_WORK_MAX_NS);
    assert_int_equal(x.work_ns, TCP_WORK_MAX_NS);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(x.run(x.ctx, 5000, 100, &ns, NULL), ST_OK);
        least_ns = ns < least_ns ? ns : least_ns;
    }
    assert_in_range(least_ns, 1, TCP_WORK_MAX_NS - 1);
    x = tcp_exchange(line, (int64_t)TCP_WORK_MAX_NS + 1);
    assert_int_equal(x.run(x.ctx, 1, 1, &ns, NULL), ST_UNAVAILABLE);
    tcp_leave(line);
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK);
    tcp_leave(line);
    finish(&a);
    assert_int_equal(a.exchanges, 4);
}

static void
ends_know_whether_they_share_a_machine_or_a_core(void **state)
{
#define BOOT "01234567-89ab-cdef-0123-456789abcdef"
    static const struct {
        const char *a, *b;
        enum tcp_place place;
    } cases[] = {
        { BOOT " 1", BOOT " 1", TCP_ONE_CORE },
        { BOOT " 1", BOOT " 0", TCP_ONE_MACHINE },
        { BOOT " -", BOOT " -", TCP_ONE_MACHINE },
        { BOOT " 1", "f" BOOT " 1", TCP_ELSEWHERE },
        { "-", "-", TCP_ELSEWHERE },
    };
    char own[PLACE_TEXT + 1];
    struct tcp_line *line;
    struct answerer a;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(place_compare(cases[i].a, cases[i].b), cases[i].place);
    assert_int_equal(tcp_place_flags(TCP_ELSEWHERE), 0);
    assert_int_equal(
        tcp_place_flags(TCP_ONE_CORE), FLAG(one_machine) | FLAG(shared_core));
    place_own(own);
    assert_int_equal(strlen(own), PLACE_TEXT);
    if (access("/proc/sys/kernel/random/boot_id", R_OK) == 0)
        assert_int_not_equal(place_compare(own, own), TCP_ELSEWHERE);
    begin(&a, 10000);
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK);
    assert_int_equal(tcp_place(line), place_compare(own, own));
    tcp_leave(line);
    finish(&a);
}

static void
nobody_is_let_in_without_the_secret(void **state)
{
    char wrong[TCP_SECRET];
    struct err err = { 0 };
    struct tcp_line *line;
    struct answerer a;

    (void)state;
    begin(&a, 10000);
    strcpy(wrong, tcp_secret(a.door));
    wrong[TCP_SECRET - 2] ^= 1;
    assert_int_equal(visit(&a, &line, wrong, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "link.refused");
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK); /* still there */
    tcp_leave(line);
    finish(&a);
    assert_int_equal(a.st, ST_OK);
    assert_int_equal(a.exchanges, 0);
}

/* A visitor that breaks off in the middle of a message. */
static void
break_off(const struct answerer *a)
{
    const struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_port = htons((uint16_t)tcp_port(a->door)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char hello[128], ok[3];

    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    snprintf(hello, sizeof(hello), "offramp-link/2 %s\n%s", tcp_secret(a->door),
        "\x40\x42\x0f\x00\x00\x00\x00");
    assert_true(write(fd, hello, strlen(hello)) > 0);
    assert_int_equal(read(fd, ok, sizeof(ok)), 3);
    close(fd);
}

static void
a_visitor_that_broke_off_may_come_again(void **state)
{
    struct tcp_line *line;
    struct answerer a;
    struct exchange x;
    int64_t ns;

    (void)state;
    begin(&a, 10000);
    break_off(&a);
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK);
    x = tcp_exchange(line, 0);
    assert_int_equal(x.run(x.ctx, 10, 10, &ns, NULL), ST_OK);
    tcp_leave(line);
    finish(&a);
    assert_int_equal(a.st, ST_OK);
}

static void
a_message_beyond_the_limit_ends_the_visit(void **state)
{
    struct err err = { 0 };
    struct tcp_line *line;
    struct answerer a;
    struct exchange x;
    int64_t ns;

    (void)state;
    begin(&a, 10000);
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK);
    x = tcp_exchange(line, 0);
    assert_int_equal(x.run(x.ctx, 1, (size_t)TCP_MESSAGE_MAX + 1, &ns, &err),
        ST_UNAVAILABLE);
    assert_string_equal(err.code, "link.broken");
    tcp_leave(line);
    assert_int_equal(visit(&a, &line, NULL, NULL), ST_OK);
    tcp_leave(line);
    finish(&a);
}

static void
an_end_that_nobody_visits_says_so(void **state)
{
    struct answerer a;

    (void)state;
    begin(&a, 50);
    finish(&a);
    assert_int_equal(a.st, ST_TIMEOUT);
    assert_string_equal(a.err.code, "link.nobody_came");
}

static void
addresses_that_are_none_are_told(void **state)
{
    struct err err = { 0 };
    struct tcp_door *door;
    struct tcp_line *line;
    int port;

    (void)state;
    assert_int_equal(tcp_listen(&door, "203.0.113.7", &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "link.address");
    assert_int_equal(tcp_listen(&door, "127.0.0.1", NULL), ST_OK);
    port = tcp_port(door);
    tcp_close(door);
    err_clear(&err);
    assert_int_equal(
        tcp_visit(&line, "127.0.0.1", port, "x", &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "link.unreachable");
}

static int
start(void **state)
{
    (void)state;
    return hash_start(NULL) == ST_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_there_and_come_back),
        cmocka_unit_test(work_between_messages_is_in_no_time),
        cmocka_unit_test(ends_know_whether_they_share_a_machine_or_a_core),
        cmocka_unit_test(nobody_is_let_in_without_the_secret),
        cmocka_unit_test(a_visitor_that_broke_off_may_come_again),
        cmocka_unit_test(a_message_beyond_the_limit_ends_the_visit),
        cmocka_unit_test(an_end_that_nobody_visits_says_so),
        cmocka_unit_test(addresses_that_are_none_are_told),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
