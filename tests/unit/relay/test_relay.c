/* SPDX-License-Identifier: MIT */
/* Both ends of a relay on this machine: tensors go over, answers come back,
 * and whatever breaks is named. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/relay/relay.h"

enum { VALUES = 4, WAIT_MS = 10000 };

/* A serving end in a thread of its own: it answers with the sum of its
 * tensor's values and the values times two. */
struct server {
    struct tcp_door *door;
    pthread_t thread;
    struct relay_service service;
    int wait_ms;
    float twice[VALUES];
    int fail_at; /* the n-th sample fails; 0: none */
    int hold_fd; /* -1, or: wait until something can be read there */
    struct relay_line *next;
    int n;
    int64_t served;
    enum status st;
    struct err err;
};

static enum status
twice(void *ctx, const void *in, struct relay_answer *out, struct err *err)
{
    struct server *s = ctx;
    const float *v = in;
    struct relay_answer behind;
    char byte;
    enum status st;

    if (s->hold_fd >= 0)
        assert_int_equal(read(s->hold_fd, &byte, 1), 1);
    if (++s->n == s->fail_at)
        return err_set(
            err, ST_UNPROCESSABLE, "model.nan_output", "output x is no number");
    out->score = 0;
    for (int i = 0; i < VALUES; i++) {
        s->twice[i] = 2 * v[i];
        out->score += v[i];
    }
    out->stage = 3;
    out->class = 7;
    out->values = s->twice;
    out->n = VALUES;
    out->hop[0].counts = 100;
    if (s->next == NULL)
        return ST_OK;
    if ((st = relay_run(s->next, s->twice, &behind, err)) != ST_OK)
        return st;
    out->stage = behind.stage;
    memcpy(s->twice, behind.values, sizeof(s->twice));
    relay_behind(out, &behind);
    return ST_OK;
}

static void *
serve(void *arg)
{
    struct server *s = arg;

    s->st = relay_serve(s->door, &s->service, s->wait_ms, &s->served, &s->err);
    return NULL;
}

static void
begin(struct server *s)
{
    s->service = (struct relay_service){ .what = "plan 1",
        .bytes_in = VALUES * sizeof(float),
        .run = twice,
        .timeless = s->service.timeless,
        .ctx = s };
    s->wait_ms = s->wait_ms > 0 ? s->wait_ms : WAIT_MS;
    assert_int_equal(tcp_listen(&s->door, "127.0.0.1", NULL), ST_OK);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
finish(struct server *s)
{
    pthread_join(s->thread, NULL);
    tcp_close(s->door);
}

static struct relay_peer
peer_of(const struct server *s)
{
    return (struct relay_peer){ .name = "pi5",
        .host = "127.0.0.1",
        .port = tcp_port(s->door),
        .secret = tcp_secret(s->door),
        .what = "plan 1",
        .bytes_in = VALUES * sizeof(float),
        .answer_ms = WAIT_MS };
}

static struct relay_line *
line_to(const struct server *s)
{
    const struct relay_peer peer = peer_of(s);
    struct relay_line *l;

    assert_int_equal(relay_open(&l, &peer, NULL), ST_OK);
    return l;
}

static const float tensor[VALUES] = { 1, -2.5f, 3, 0.125f };

static void
samples_are_answered_one_by_one(void **state)
{
    struct server s = { .hold_fd = -1 };
    struct relay_answer a;
    struct relay_line *l;

    (void)state;
    begin(&s);
    l = line_to(&s);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(relay_run(l, tensor, &a, NULL), ST_OK);
        assert_int_equal(a.stage, 3);
        assert_int_equal(a.class, 7);
        assert_true(a.score == 1.625);
        assert_int_equal(a.n, VALUES);
        for (int k = 0; k < VALUES; k++)
            assert_true(a.values[k] == 2 * tensor[k]);
        assert_int_equal(a.hops, 1);
        assert_true(a.hop[0].within_ns >= 0 && a.hop[0].counts == 100);
        assert_true((double)(a.answered_ns - a.sent_ns) >= a.hop[0].within_ns);
    }
    relay_close(l);
    finish(&s);
    assert_int_equal(s.st, ST_OK);
    assert_int_equal(s.served, 100);
}

static void
three_in_a_row_tell_of_each_other(void **state)
{
    struct server last = { .hold_fd = -1, .service.timeless = true };
    struct server middle = { .hold_fd = -1 };
    struct relay_answer a;
    struct relay_line *l;

    (void)state;
    begin(&last);
    middle.next = line_to(&last);
    begin(&middle);
    l = line_to(&middle);
    assert_int_equal(relay_run(l, tensor, &a, NULL), ST_OK);
    assert_true(a.values[1] == 4 * tensor[1]);
    assert_int_equal(a.hops, 2);
    assert_true(a.hop[0].within_ns > a.hop[0].asked_ns);
    assert_true(a.hop[0].asked_ns > 0);
    assert_true(isnan(a.hop[1].asked_ns));
    assert_true(isnan(a.hop[1].within_ns)); /* an emulator has no time */
    assert_true(a.hop[1].counts == 100);
    relay_close(l);
    finish(&middle);
    relay_close(middle.next);
    finish(&last);
}

static void
ends_of_two_plans_are_told_apart(void **state)
{
    struct server s = { .hold_fd = -1 };
    struct relay_peer peer;
    struct relay_line *l;
    struct err err = { 0 };

    (void)state;
    begin(&s);
    peer = peer_of(&s);
    peer.what = "plan 2";
    assert_int_equal(relay_open(&l, &peer, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "relay.mismatch");
    assert_non_null(strstr(err.text, "pi5"));
    assert_non_null(strstr(err.text, "plan 2"));
    peer.what = "plan 1";
    peer.bytes_in = 8;
    err_clear(&err);
    assert_int_equal(relay_open(&l, &peer, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "relay.mismatch");
    relay_close(line_to(&s)); /* still there for the right one */
    finish(&s);
    assert_int_equal(s.st, ST_OK);
}

static void
a_wrong_secret_is_refused(void **state)
{
    struct server s = { .hold_fd = -1 };
    char wrong[TCP_SECRET];
    struct relay_peer peer;
    struct relay_line *l;
    struct err err = { 0 };

    (void)state;
    begin(&s);
    peer = peer_of(&s);
    strcpy(wrong, peer.secret);
    wrong[3] ^= 1;
    peer.secret = wrong;
    assert_int_equal(relay_open(&l, &peer, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "link.refused");
    relay_close(line_to(&s));
    finish(&s);
    assert_int_equal(s.served, 0);
}

static void
a_failure_of_the_peer_keeps_its_code(void **state)
{
    struct server s = { .hold_fd = -1, .fail_at = 2 };
    struct relay_answer a;
    struct relay_line *l;
    struct err err = { 0 };

    (void)state;
    begin(&s);
    l = line_to(&s);
    assert_int_equal(relay_run(l, tensor, &a, &err), ST_OK);
    assert_int_equal(relay_run(l, tensor, &a, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "model.nan_output");
    assert_string_equal(err.text, "pi5: output x is no number");
    relay_close(l);
    finish(&s);
    assert_int_equal(s.st, ST_UNPROCESSABLE);
    assert_int_equal(s.served, 1);
}

static void
a_peer_that_is_slow_is_named(void **state)
{
    struct server s = { 0 };
    struct relay_answer a;
    struct relay_peer peer;
    struct relay_line *l;
    struct err err = { 0 };
    int hold[2];

    (void)state;
    assert_int_equal(pipe(hold), 0);
    s.hold_fd = hold[0];
    begin(&s);
    peer = peer_of(&s);
    peer.answer_ms = 1000;
    assert_int_equal(relay_open(&l, &peer, &err), ST_OK);
    assert_int_equal(relay_run(l, tensor, &a, &err), ST_TIMEOUT);
    assert_string_equal(err.code, "relay.peer_slow");
    assert_non_null(strstr(err.text, "pi5"));
    relay_close(l);
    assert_int_equal(write(hold[1], "x", 1), 1);
    finish(&s);
    close(hold[0]);
    close(hold[1]);
}

/* A peer that lets somebody in, and is gone at the first sample. */
static void *
vanish(void *arg)
{
    static const uint32_t ready[6] = { 0x3152464f, 2 };
    char open[24 + 8 + 6];
    int fd;

    assert_int_equal(tcp_admit(arg, WAIT_MS, &fd, NULL), ST_OK);
    assert_int_equal(
        recv(fd, open, sizeof(open), MSG_WAITALL), (ssize_t)sizeof(open));
    assert_int_equal(write(fd, ready, sizeof(ready)), (ssize_t)sizeof(ready));
    assert_int_equal(recv(fd, open, 24, MSG_WAITALL), 24);
    close(fd);
    return NULL;
}

static void
a_peer_that_dies_is_named(void **state)
{
    struct server s = { 0 };
    struct relay_answer a;
    struct relay_line *l;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(tcp_listen(&s.door, "127.0.0.1", NULL), ST_OK);
    assert_int_equal(pthread_create(&s.thread, NULL, vanish, s.door), 0);
    l = line_to(&s);
    assert_int_equal(relay_run(l, tensor, &a, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "relay.peer_lost");
    assert_non_null(strstr(err.text, "pi5"));
    relay_close(l);
    finish(&s);
}

/* Frames that are none, after the right secret; what the server then says. */
static void
frames_that_are_none_end_the_visit(void **state)
{
    static const struct {
        uint32_t words[6];
        size_t len;
    } bad[] = {
        { { 0x12345678, 3 }, 24 },                 /* no frame */
        { { 0x3152464f, 99 }, 24 },                /* of no kind */
        { { 0x3152464f, 3, 0, 0, 1u << 30 }, 24 }, /* too long */
        { { 0x3152464f, 3, 0, 0, 16 }, 10 },       /* cut off */
        { { 0x3152464f, 3, 0, 0, 16 }, 24 },       /* its tensor is missing */
        { { 0x3152464f, 4, 0, 0, 0 }, 24 },        /* not for this end */
    };
    static const uint32_t open[6] = { 0x3152464f, 1, 0, 0, 14 };
    static const uint64_t bytes_in = VALUES * sizeof(float);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct server s = { .hold_fd = -1 };
        char ready[24];
        enum tcp_place place;
        int fd;

        begin(&s);
        assert_int_equal(tcp_dial(&fd, &place, "127.0.0.1", tcp_port(s.door),
                             tcp_secret(s.door), NULL),
            ST_OK);
        assert_int_equal(write(fd, open, sizeof(open)), (ssize_t)sizeof(open));
        assert_int_equal(write(fd, &bytes_in, 8), 8);
        assert_int_equal(write(fd, "plan 1", 6), 6);
        assert_int_equal(recv(fd, ready, sizeof(ready), MSG_WAITALL), 24);
        assert_int_equal(
            write(fd, bad[i].words, bad[i].len), (ssize_t)bad[i].len);
        close(fd);
        finish(&s);
        assert_int_equal(s.st, ST_UNAVAILABLE);
        assert_string_equal(s.err.code, "relay.asker_lost");
        assert_int_equal(s.n, 0);
    }
}

static void
nobody_is_waited_for_for_ever(void **state)
{
    struct server s = { .hold_fd = -1, .wait_ms = 50 };

    (void)state;
    begin(&s);
    finish(&s);
    assert_int_equal(s.st, ST_TIMEOUT);
    assert_string_equal(s.err.code, "link.nobody_came");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_answered_one_by_one),
        cmocka_unit_test(three_in_a_row_tell_of_each_other),
        cmocka_unit_test(ends_of_two_plans_are_told_apart),
        cmocka_unit_test(a_wrong_secret_is_refused),
        cmocka_unit_test(a_failure_of_the_peer_keeps_its_code),
        cmocka_unit_test(a_peer_that_is_slow_is_named),
        cmocka_unit_test(a_peer_that_dies_is_named),
        cmocka_unit_test(frames_that_are_none_end_the_visit),
        cmocka_unit_test(nobody_is_waited_for_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
