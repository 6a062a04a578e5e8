/* SPDX-License-Identifier: MIT */
/* Frames: what goes in comes out, and damage never passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "probes/link/crc32.h"
#include "probes/link/frame.h"
#include "probes/link/responder.h"
#include "probes/link/text.h"

static size_t
push(struct frame_reader *r, const char *bytes, size_t len, struct frame *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += frame_push(r, bytes[i], out);
    return n;
}

static void
crc_is_the_one_of_ieee(void **state)
{
    (void)state;
    /* The check value of the standard's catalogue. */
    assert_int_equal(crc32_of(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(crc32_of(crc32_of(0, "1234", 4), "56789", 5), 0xcbf43926);
}

static void
a_frame_comes_back_as_it_was_sent(void **state)
{
    static const char *const texts[] = { "", "caps", "m-ok ticks=1f n=3" };
    char line[FRAME_LINE], longest[FRAME_TEXT + 2];
    struct frame_reader r = { 0 };
    struct frame f;
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        len = frame_write(line, FRAME_REPLY, (uint16_t)(0xfffe + i), texts[i]);
        assert_int_equal(push(&r, line, len, &f), 1);
        assert_string_equal(f.text, texts[i]);
        assert_int_equal(f.seq, (uint16_t)(0xfffe + i));
        assert_int_equal(f.kind, FRAME_REPLY);
    }
    memset(longest, 'a', sizeof(longest));
    longest[FRAME_TEXT + 1] = '\0';
    assert_int_equal(frame_write(line, FRAME_REPLY, 1, longest), 0);
    longest[FRAME_TEXT] = '\0';
    len = frame_write(line, FRAME_REPLY, 1, longest);
    assert_int_equal(len, FRAME_LINE);
    assert_int_equal(push(&r, line, len, &f), 1);
    assert_int_equal(r.lost, 0);
}

static void
text_that_would_break_a_frame_is_refused(void **state)
{
    static const char *const bad[] = { "a>b", "<", "a*b", "a\nb", "\x80" };
    char line[FRAME_LINE];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(frame_write(line, FRAME_REQUEST, 1, bad[i]), 0);
}

static void
every_single_changed_byte_is_noticed(void **state)
{
    char line[FRAME_LINE], hurt[FRAME_LINE];
    size_t len = frame_write(line, FRAME_REQUEST, 7, "data 40 00ff");
    struct frame f;

    (void)state;
    for (size_t i = 0; i + 1 < len; i++)
        for (int x = 1; x < 256; x++) {
            struct frame_reader r = { 0 };

            memcpy(hurt, line, len);
            hurt[i] = (char)(hurt[i] ^ x);
            assert_int_equal(push(&r, hurt, len, &f), 0);
        }
}

static void
the_reader_finds_the_next_frame_after_any_loss(void **state)
{
    char line[FRAME_LINE], noise[64];
    size_t len = frame_write(line, FRAME_REQUEST, 7, "caps");
    struct rng rng = { 3 };
    struct frame f;

    (void)state;
    for (size_t cut = 0; cut < len; cut++) { /* truncated, then a whole one */
        struct frame_reader r = { 0 };

        assert_int_equal(push(&r, line, cut, &f), 0);
        assert_int_equal(push(&r, line, len, &f), 1);
        assert_int_equal(r.lost, cut > 0);
    }
    for (int i = 0; i < 2000; i++) {
        struct frame_reader r = { 0 };

        for (size_t k = 0; k < sizeof(noise); k++)
            noise[k] = (char)rng_below(&rng, 256);
        assert_int_equal(push(&r, noise, sizeof(noise), &f), 0);
        assert_int_equal(push(&r, line, len, &f), 1);
    }
}

static void
words_are_read_with_their_limits(void **state)
{
    struct words w = { "load  1f zz 100 0aff 0a0" };
    const char *word;
    uint8_t bytes[2];
    size_t len;
    uint64_t v;

    (void)state;
    assert_true(words_next(&w, &word, &len));
    assert_memory_equal(word, "load", len);
    assert_true(words_hex(&w, 0x1f, &v));
    assert_int_equal(v, 0x1f);
    assert_false(words_hex(&w, 0xffff, &v)); /* zz */
    assert_false(words_hex(&w, 0xff, &v));   /* 100 */
    assert_true(words_bytes(&w, bytes, 2, &len));
    assert_int_equal(bytes[1], 0xff);
    assert_false(words_bytes(&w, bytes, 2, &len)); /* odd */
    assert_false(words_next(&w, &word, &len));
    assert_true(text_find("m-ok ticks=1f n=3", "n", &v));
    assert_int_equal(v, 3);
    assert_false(text_find("m-ok ticks=1f n=3", "tick", &v));
}

static void
count_runs(void *ctx, const char *request, struct text *reply)
{
    int *runs = ctx;

    ++*runs;
    text_str(reply, "m-");
    text_str(reply, request);
}

static size_t
ask(struct responder *b, uint16_t seq, const char *text, struct frame *reply)
{
    char line[FRAME_LINE];
    size_t len = frame_write(line, FRAME_REQUEST, seq, text), n = 0;
    struct frame_reader r = { 0 };
    const char *out;

    for (size_t i = 0; i < len; i++) {
        size_t m = responder_push(b, line[i], &out);

        n += push(&r, out, m, reply);
    }
    return n;
}

static void
a_replayed_request_is_answered_again_and_run_once(void **state)
{
    struct responder b;
    struct frame f;
    int runs = 0;

    (void)state;
    responder_init(&b, count_runs, &runs);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(&b, 9, "layer 0 1", &f), 1);
        assert_string_equal(f.text, "m-layer 0 1");
    }
    assert_int_equal(runs, 1);
    assert_int_equal(ask(&b, 9, "layer 1 1", &f), 1); /* another probe's 9 */
    assert_int_equal(runs, 2);
    assert_int_equal(ask(&b, 10, "layer 1 1", &f), 1);
    assert_int_equal(runs, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_is_the_one_of_ieee),
        cmocka_unit_test(a_frame_comes_back_as_it_was_sent),
        cmocka_unit_test(text_that_would_break_a_frame_is_refused),
        cmocka_unit_test(every_single_changed_byte_is_noticed),
        cmocka_unit_test(the_reader_finds_the_next_frame_after_any_loss),
        cmocka_unit_test(words_are_read_with_their_limits),
        cmocka_unit_test(a_replayed_request_is_answered_again_and_run_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
