/* SPDX-License-Identifier: MIT */
/*
 * The firmware on every emulated board: its kernels make the bytes that they
 * make here, its clock counts the same in every run.  Skipped where QEMU or
 * the cross compiler is not installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "network.h"
#include "probes/mcu/board.h"
#include "probes/mcu/emulator.h"

#define FIRMWARE OFFRAMP_BIN "/firmware"

enum { RUN_MS = 20000 };

static struct board *
open_machine(const char *machine)
{
    char firmware[512];
    struct err err = { 0 };
    struct port *port;
    struct board *b;

    snprintf(firmware, sizeof(firmware), FIRMWARE "/%s.elf", machine);
    if (emulator_open(&port, NULL, machine, firmware, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    if (board_open(&b, port, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return b;
}

/* Ticks of each layer, after its output was compared. */
static void
run_layers(struct board *b, const struct network *n, uint64_t *ticks)
{
    const struct nn_image *head = network_head(n);
    struct err err = { 0 };
    struct board_run run;

    if (board_input(b, n->input, head->in_bytes, &err) != ST_OK)
        fail_msg("%s", err.text);
    for (uint32_t i = 0; i < head->n_layers; i++) {
        if (board_run(b, i, i + 1, 1, RUN_MS, &run, &err) != ST_OK)
            fail_msg("%s: %s", err.code, err.text);
        /* expf() of two C libraries may differ in its last digit. */
        if (nn_image_layers(n->image)[i].type == NN_I8)
            assert_int_equal(run.crc, network_crc(n, i));
        ticks[i] = run.ticks;
    }
}

static void
compare_floats(struct board *b, const struct network *n)
{
    const struct nn_image *head = network_head(n);
    float got[16], want[16];
    struct err err = { 0 };

    assert_in_range(head->out_bytes, 4, sizeof(got));
    assert_int_equal(
        board_read(b, head->out, got, head->out_bytes, &err), ST_OK);
    memcpy(want, network_output(n), head->out_bytes);
    for (size_t i = 0; i < head->out_bytes / 4; i++)
        assert_true(got[i] - want[i] < 1e-5f && want[i] - got[i] < 1e-5f);
}

static void
every_board_computes_what_this_machine_computes(void **state)
{
    const struct emulator_machine *m;
    uint64_t ticks[NN_LAYERS_MAX];
    struct err err = { 0 };

    (void)state;
    for (m = emulator_machines; m->name != NULL; m++) {
        struct board *b = open_machine(m->name);
        struct rng rng = { 51 };

        assert_string_equal(b->name, m->name);
        assert_string_equal(b->core, m->core);
        assert_true(b->mark); /* its LED follows */
        assert_int_equal(
            b->kernels >> NN_DSP & 1, strcmp(m->core, "cortex-m3") != 0);
        assert_int_equal(
            b->kernels >> NN_MVE & 1, strcmp(m->core, "cortex-m55") == 0);
#ifdef OFFRAMP_CMSIS_NN
        assert_int_equal(b->kernels >> NN_CMSIS & 1, 1);
        assert_int_equal(board_best(b), NN_CMSIS);
#endif
        assert_false(b->dwt); /* QEMU's reads 0: the test chose SysTick */
        assert_int_equal(b->counter_bits, 24);
        for (int type = 0; type < NN_TYPES; type++) {
            struct network n;

            network_make(&n, type, &rng);
            for (int k = 0; k < NN_KERNEL_SETS; k++) {
                if ((b->kernels >> k & 1) == 0)
                    continue;
                if (board_load(b, n.image, n.len, &err) != ST_OK ||
                    board_kernels(b, k, &err) != ST_OK)
                    fail_msg("%s: %s", err.code, err.text);
                run_layers(b, &n, ticks);
            }
            if (type == NN_F32)
                compare_floats(b, &n);
            network_clear(&n);
        }
        board_close(b);
    }
}

static void
counts_are_the_same_in_every_run(void **state)
{
    uint64_t first[NN_LAYERS_MAX], again[NN_LAYERS_MAX];
    struct rng rng = { 52 };
    struct err err = { 0 };
    struct network n;

    (void)state;
    network_make(&n, NN_I8, &rng);
    for (int round = 0; round < 3; round++) {
        struct board *b = open_machine("mps2-an386");

        assert_int_equal(board_load(b, n.image, n.len, &err), ST_OK);
        /* Marks are no part of what is counted. */
        assert_int_equal(board_arm(b, round == 2, &err), ST_OK);
        run_layers(b, &n, round == 0 ? first : again);
        for (uint32_t i = 0; round > 0 && i < network_head(&n)->n_layers; i++)
            assert_int_equal(again[i], first[i]);
        board_close(b);
    }
    assert_true(first[0] > 0);
    network_clear(&n);
}

static void
a_lost_emulator_is_replaced(void **state)
{
    struct err err = { 0 };
    enum board_step step;
    struct board_run run;
    struct board *b = open_machine("mps2-an385");

    (void)state;
    b->client.tries = 2;
    assert_int_equal(b->port->ops->restart(b->port, &err), ST_OK);
    assert_int_equal(board_run(b, 0, 1, 1, RUN_MS, &run, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "device.rebooted");
    err_clear(&err);
    assert_int_equal(board_recover(b, &step, &err), ST_OK);
    board_close(b);
}

static void
a_missing_emulator_or_firmware_is_named(void **state)
{
    struct err err = { 0 };
    struct port *port;
    struct board *b;

    (void)state;
    assert_int_equal(emulator_open(&port, "no-such-qemu", "mps2-an385",
                         FIRMWARE "/mps2-an385.elf", &err),
        ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.no_emulator");
    err_clear(&err);
    assert_int_equal(
        emulator_open(&port, NULL, "mps2-an385", "/nowhere.elf", &err),
        ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.no_firmware");
    err_clear(&err);
    assert_int_equal(emulator_open(&port, "false", "mps2-an385",
                         FIRMWARE "/mps2-an385.elf", &err),
        ST_OK);
    assert_int_equal(board_open(&b, port, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.emulator_ended");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_board_computes_what_this_machine_computes),
        cmocka_unit_test(counts_are_the_same_in_every_run),
        cmocka_unit_test(a_lost_emulator_is_replaced),
        cmocka_unit_test(a_missing_emulator_or_firmware_is_named),
    };

    if (!file_exists(FIRMWARE "/mps2-an385.elf")) {
        puts("skipped: no firmware; install gcc-arm-none-eabi and build again");
        return 77;
    }
    if (system("qemu-system-arm --version >/dev/null 2>&1") != 0) {
        puts("skipped: qemu-system-arm is not installed");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
