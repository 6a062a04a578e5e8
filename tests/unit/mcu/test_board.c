/* SPDX-License-Identifier: MIT */
/* The bridge on a board in memory: noise, refusals, reboots, recovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "memory_board.h"
#include "network.h"
#include "probes/mcu/board.h"

enum { POOL = 64 << 10, RUNS = 300 };

static struct board *
open_board(struct memory_board *m)
{
    struct err err = { 0 };
    struct board *b;

    if (board_open(&b, &m->line.port, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    b->client.tries = 1000;
    return b;
}

static void
bring(struct board *b, const struct network *n)
{
    struct err err = { 0 };

    if (board_load(b, n->image, n->len, &err) != ST_OK ||
        board_input(b, n->input, network_head(n)->in_bytes, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
}

static void
noise_on_the_line_never_gives_a_wrong_layer(void **state)
{
    struct rng rng = { 41 };
    struct memory_board m;
    struct network n;
    struct board *b;

    (void)state;
    memory_board_init(&m, POOL, 0);
    b = open_board(&m);
    m.line.share = 0.01;
    network_make(&n, NN_I8, &rng);
    bring(b, &n);
    for (uint32_t i = 0; i < RUNS; i++) {
        uint32_t layer = i % network_head(&n)->n_layers;
        struct err err = { 0 };
        struct board_run run;

        if (layer == 0) /* the input's place was used again meanwhile */
            assert_int_equal(
                board_input(b, n.input, network_head(&n)->in_bytes, &err),
                ST_OK);
        assert_int_equal(
            board_run(b, layer, layer + 1, 1, 0, &run, &err), ST_OK);
        assert_int_equal(run.crc, network_crc(&n, layer));
        assert_int_equal(run.count, 1);
    }
    assert_true(b->client.repeats > 50);
    network_clear(&n);
    board_close(b);
    memory_board_clear(&m);
}

static void
a_network_that_does_not_fit_is_refused_in_numbers(void **state)
{
    struct rng rng = { 42 };
    struct err err = { 0 };
    struct board_run run;
    struct memory_board m;
    struct network n;
    struct board *b;
    char numbers[64];

    (void)state;
    network_make(&n, NN_F32, &rng);
    memory_board_init(&m, ((n.len + 7) & ~7ul) + 100, 0);
    b = open_board(&m);
    assert_int_equal(board_load(b, n.image, n.len, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "device.refused");
    snprintf(numbers, sizeof(numbers), "e-arena need=%x have=64",
        network_head(&n)->arena_bytes);
    assert_non_null(strstr(err.text, numbers));

    err_clear(&err);
    assert_int_equal(board_run(b, 0, 1, 1, 0, &run, &err), ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "e-closed"));
    board_close(b);
    memory_board_clear(&m);

    memory_board_init(&m, 64, 0); /* not even the image */
    b = open_board(&m);
    err_clear(&err);
    assert_int_equal(board_load(b, n.image, n.len, &err), ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "e-memory need="));
    network_clear(&n);
    board_close(b);
    memory_board_clear(&m);
}

static void
a_clock_that_stands_still_keeps_a_board_out(void **state)
{
    struct err err = { 0 };
    struct memory_board m;
    struct board *b;

    (void)state;
    memory_board_init(&m, POOL, 0);
    m.clock_stuck = true;
    assert_int_equal(board_open(&b, &m.line.port, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "device.timer_suspect");
    assert_null(b);
    memory_board_clear(&m);
}

static void
a_board_that_reboots_is_found_again_without_its_image(void **state)
{
    struct rng rng = { 43 };
    struct err err = { 0 };
    enum board_step step;
    struct board_run run;
    struct memory_board m;
    struct network n;
    struct board *b;

    (void)state;
    memory_board_init(&m, POOL, 0);
    b = open_board(&m);
    network_make(&n, NN_F32, &rng);
    bring(b, &n);
    memory_board_reboot(&m);
    assert_int_equal(board_run(b, 0, 1, 1, 0, &run, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "device.rebooted");
    err_clear(&err);
    assert_int_equal(board_recover(b, &step, &err), ST_OK);
    assert_int_equal(step, BOARD_RESYNC);
    bring(b, &n);
    assert_int_equal(board_run(b, 0, 1, 1, 0, &run, &err), ST_OK);
    assert_int_equal(run.crc, network_crc(&n, 0));
    network_clear(&n);
    board_close(b);
    memory_board_clear(&m);
}

static void
a_board_that_needs_it_is_reset_and_a_dead_one_is_lost(void **state)
{
    struct err err = { 0 };
    enum board_step step;
    struct memory_board m;
    struct board *b;

    (void)state;
    memory_board_init(&m, POOL, 0);
    b = open_board(&m);
    m.clock_stuck = true; /* as long as it is not reset: see below */
    m.heals = true;
    assert_int_equal(board_recover(b, &step, &err), ST_OK);
    assert_int_equal(step, BOARD_SOFT_RESET);

    b->client.tries = 3;
    m.line.share = 1;
    assert_int_equal(board_recover(b, &step, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.board_lost");
    board_close(b);
    memory_board_clear(&m);
}

/* Its hello comes behind its first answer, or its second. */
static void
a_board_that_is_late_with_its_hello_is_taken_into_use(void **state)
{
    struct err err = { 0 };

    (void)state;
    for (int after = 1; after <= 2; after++) {
        struct board_run run;
        struct memory_board m;
        struct rng rng = { 44 };
        struct network n;
        struct board *b;

        memory_board_init(&m, POOL, 0);
        m.reboot_after = after;
        b = open_board(&m);
        assert_int_equal(m.reboot_after, 0);
        network_make(&n, NN_I8, &rng);
        bring(b, &n);
        assert_int_equal(board_run(b, 0, 1, 1, 0, &run, &err), ST_OK);
        assert_int_equal(run.crc, network_crc(&n, 0));
        network_clear(&n);
        board_close(b);
        memory_board_clear(&m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_on_the_line_never_gives_a_wrong_layer),
        cmocka_unit_test(a_network_that_does_not_fit_is_refused_in_numbers),
        cmocka_unit_test(a_clock_that_stands_still_keeps_a_board_out),
        cmocka_unit_test(a_board_that_reboots_is_found_again_without_its_image),
        cmocka_unit_test(a_board_that_is_late_with_its_hello_is_taken_into_use),
        cmocka_unit_test(a_board_that_needs_it_is_reset_and_a_dead_one_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
