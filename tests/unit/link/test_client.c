/* SPDX-License-Identifier: MIT */
/* The probe's side: answers in spite of noise, or a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "noisy.h"
#include "probes/link/crc32.h"
#include "probes/mcu/client.h"

enum { REQUESTS = 3000 };

/* A board that says the CRC of what it was given, and counts. */
struct board {
    struct responder responder;
    uint64_t runs;
};

static void
answer(void *ctx, const char *request, struct text *reply)
{
    struct board *b = ctx;

    b->runs++;
    if (strcmp(request, "fail") == 0) {
        text_str(reply, "e-memory need=200 have=100");
        return;
    }
    text_str(reply, "m-crc");
    text_pair(reply, "v", crc32_of(0, request, strlen(request)));
}

static void
noise_on_one_byte_in_a_hundred_gives_no_wrong_answer(void **state)
{
    struct rng rng = { 5 };
    struct frame reply;
    struct client c;
    struct noisy line;
    struct board b = { .runs = 0 };

    (void)state;
    responder_init(&b.responder, answer, &b);
    noisy_init(&line, &b.responder, 0.01);
    client_init(&c, &line.port, 0xfff0);
    c.tries = 1000;
    for (int i = 0; i < REQUESTS; i++) {
        struct err err = { 0 };
        char text[FRAME_TEXT];
        uint64_t v;

        snprintf(text, sizeof(text), "data %x %016llx%016llx%016llx", i,
            (unsigned long long)rng_next(&rng),
            (unsigned long long)rng_next(&rng),
            (unsigned long long)rng_next(&rng));
        assert_int_equal(client_call(&c, text, &reply, &err), ST_OK);
        assert_true(text_find(reply.text, "v", &v));
        assert_int_equal(v, crc32_of(0, text, strlen(text)));
    }
    assert_int_equal(b.runs, REQUESTS); /* none was run twice */
    assert_true(c.repeats > REQUESTS / 2);
    assert_true(line.damaged > line.bytes / 200);
    noisy_clear(&line);
}

static void
a_dead_line_and_a_refusal_are_told_apart(void **state)
{
    struct frame reply;
    struct err err = { 0 };
    struct client c;
    struct noisy line;
    struct board b = { .runs = 0 };

    (void)state;
    responder_init(&b.responder, answer, &b);
    noisy_init(&line, &b.responder, 1.0);
    client_init(&c, &line.port, 1);
    assert_int_equal(client_call(&c, "caps", &reply, &err), ST_TIMEOUT);
    assert_string_equal(err.code, "infra.board_silent");

    err_clear(&err);
    line.share = 0;
    assert_int_equal(client_call(&c, "fail", &reply, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "device.refused");
    assert_non_null(strstr(err.text, "need=200 have=100"));

    err_clear(&err);
    assert_int_equal(client_call(&c, "a>b", &reply, &err), ST_INVALID);
    noisy_clear(&line);
}

static void
a_board_that_reboots_is_noticed(void **state)
{
    char hello[FRAME_LINE];
    struct frame reply;
    struct err err = { 0 };
    struct client c;
    struct noisy line;
    struct board b = { .runs = 0 };
    size_t len = frame_write(hello, FRAME_REPLY, 0, "m-ready offramp 1");

    (void)state;
    responder_init(&b.responder, answer, &b);
    noisy_init(&line, &b.responder, 0);
    client_init(&c, &line.port, 1);
    noisy_say(&line, hello, len);
    assert_int_equal(client_await_ready(&c, 0, &err), ST_OK);
    assert_int_equal(client_call(&c, "caps", &reply, &err), ST_OK);
    noisy_say(&line, hello, len);
    assert_int_equal(client_call(&c, "caps", &reply, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "device.rebooted");

    err_clear(&err);
    noisy_say(&line, "\n", 1);
    while (client_await_ready(&c, 0, &err) == ST_OK)
        ;
    assert_string_equal(err.code, "infra.board_silent");
    noisy_clear(&line);
}

/* What lies on the line before the answer: r a hello, o an old reply. */
static void
hellos_of_a_board_that_starts_are_no_reboot(void **state)
{
    static const struct {
        const char *order;
        enum status greeted, used;
    } lines[] = {
        { "", ST_OK, ST_OK }, { "o", ST_OK, ST_OK },
        { "r", ST_OK, ST_UNAVAILABLE },  /* late */
        { "rr", ST_OK, ST_UNAVAILABLE }, /* a reset that came twice */
        { "ror", ST_OK, ST_UNAVAILABLE }, { "oror", ST_OK, ST_UNAVAILABLE },
        { "rrrrrrrrrr", ST_UNAVAILABLE, ST_UNAVAILABLE }, /* it never stays */
    };
    char hello[FRAME_LINE], old[FRAME_LINE];
    size_t n_hello = frame_write(hello, FRAME_REPLY, 0, "m-ready offramp 1");
    size_t n_old = frame_write(old, FRAME_REPLY, 0xabc, "m-ok");

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(lines) / sizeof(lines[0]); i++) {
        const bool greet = i % 2 == 0;
        const enum status want =
            greet ? lines[i / 2].greeted : lines[i / 2].used;
        struct err err = { 0 };
        struct frame reply;
        struct client c;
        struct noisy line;
        struct board b = { .runs = 0 };

        responder_init(&b.responder, answer, &b);
        noisy_init(&line, &b.responder, 0);
        client_init(&c, &line.port, 1);
        for (const char *o = lines[i / 2].order; *o != '\0'; o++)
            noisy_say(
                &line, *o == 'r' ? hello : old, *o == 'r' ? n_hello : n_old);
        assert_int_equal(
            (greet ? client_greet : client_call)(&c, "name", &reply, &err),
            want);
        if (want != ST_OK)
            assert_string_equal(err.code, "device.rebooted");
        else
            assert_int_equal(b.runs, 1); /* repetitions are not run again */
        noisy_clear(&line);
    }
}

/* A line on which somebody talks without end, always the same. */
struct babble {
    struct port port;
    const char *text;
    size_t at;
};

static enum status
babble_read(struct port *p, void *at, size_t cap, int timeout_ms, size_t *n,
    struct err *err)
{
    struct babble *b = (struct babble *)p;

    (void)timeout_ms;
    (void)err;
    for (*n = 0; *n < cap; ++*n) {
        ((char *)at)[*n] = b->text[b->at++];
        if (b->text[b->at] == '\0')
            b->at = 0;
    }
    return ST_OK;
}

static enum status
babble_write(struct port *p, const void *data, size_t len, struct err *err)
{
    (void)p;
    (void)data;
    (void)len;
    (void)err;
    return ST_OK;
}

static void
babble_close(struct port *p)
{
    (void)p;
}

/* Another device's log, or one late reply again and again. */
static void
a_line_that_never_stops_is_given_up_in_time(void **state)
{
    static const struct port_ops ops = {
        .read = babble_read, .write = babble_write, .close = babble_close
    };
    char late[FRAME_LINE + 1] = "";
    const char *const texts[] = { "[info] sensor 3: 21.5 C\r\n", late };

    (void)state;
    late[frame_write(late, FRAME_REPLY, 7, "m-crc v=1")] = '\0';
    for (size_t i = 0; i < 2; i++) {
        struct babble line = { .port = { &ops }, .text = texts[i] };
        struct err err = { 0 };
        struct frame reply;
        struct client c;

        client_init(&c, &line.port, 100);
        c.wait_ms = 20;
        c.tries = 2;
        assert_int_equal(client_call(&c, "crc", &reply, &err), ST_TIMEOUT);
        assert_string_equal(err.code, "infra.board_silent");
        assert_int_equal(client_await_ready(&c, 20, NULL), ST_TIMEOUT);
        assert_true(c.stale > 0 || i == 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_on_one_byte_in_a_hundred_gives_no_wrong_answer),
        cmocka_unit_test(a_dead_line_and_a_refusal_are_told_apart),
        cmocka_unit_test(a_board_that_reboots_is_noticed),
        cmocka_unit_test(hellos_of_a_board_that_starts_are_no_reboot),
        cmocka_unit_test(a_line_that_never_stops_is_given_up_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
