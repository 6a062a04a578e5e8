/* SPDX-License-Identifier: MIT */
/*
 * Instructions of emulated boards by class: exactly those of a program whose
 * instructions are known, and on every board as many as its clock counts,
 * which counts the same as without.  Skipped where QEMU or the cross compiler
 * is not installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "network.h"
#include "probes/mcu/board.h"
#include "probes/mcu/emulator.h"

#define FIRMWARE OFFRAMP_BIN "/firmware"

enum { RUN_MS = 20000, WAIT_MS = 10000 };

/* A folder with firmware/ in it, with and without our plugin above. */
struct folder {
    char path[64];
};

__attribute__((format(printf, 1, 2))) static void
shell(const char *format, ...)
{
    char command[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    assert_int_equal(system(command), 0);
}

static void
make_folder(struct folder *f, bool plugin)
{
    snprintf(f->path, sizeof(f->path), "/tmp/offramp-insn-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    shell("mkdir %s/firmware", f->path);
    if (plugin)
        shell("ln -s " OFFRAMP_BIN "/libofframp-insn.so %s/", f->path);
}

static struct port *
open_port(const char *machine, const char *firmware)
{
    struct err err = { 0 };
    struct port *port;

    if (emulator_open(&port, NULL, machine, firmware, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return port;
}

static struct board *
open_machine(const char *machine, const char *folder)
{
    char firmware[512];
    struct err err = { 0 };
    struct board *b;

    snprintf(firmware, sizeof(firmware), "%s/firmware/%s.elf", folder, machine);
    if (board_open(&b, open_port(machine, firmware), &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return b;
}

static void
a_known_program_is_counted_exactly(void **state)
{
    /* Of counted.s, between the store that starts the clock and the load that
     * reads it, which is counted too.  Jumps: 99 back to `loop`, b, bl, bx. */
    static const uint64_t want[INSN_COUNTS] = {
        [INSN_alu] = 1 + 4 * 100 + 1,
        [INSN_multiply] = 100,
        [INSN_multiply_long] = 100,
        [INSN_divide] = 1,
        [INSN_load] = 100 + 2,
        [INSN_store] = 100 + 1,
        [INSN_load_multiple] = 2,
        [INSN_store_multiple] = 1,
        [INSN_branch] = 100 + 4,
        [INSN_fp] = 1,
        [INSN_fp_accumulate] = 100,
        [INSN_fp_divide] = 1,
        [INSN_other] = 100 + 1,
        [INSN_jump] = 99 + 3,
        [INSN_word] = 5 + 5 + 2,
    };
    struct insn_counts got;
    struct err err = { 0 };
    struct folder f;
    struct port *port;
    char elf[128], byte = 0;
    size_t n = 0;

    (void)state;
    make_folder(&f, true);
    snprintf(elf, sizeof(elf), "%s/firmware/counted.elf", f.path);
    shell("arm-none-eabi-gcc -nostdlib -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-"
          "d16 -mfloat-abi=hard -Wl,-Ttext=0,-ereset -o %s " COUNTED_S,
        elf);
    port = open_port("mps2-an386", elf);
    assert_non_null(port->ops->counts);
    assert_int_equal(port->ops->read(port, &byte, 1, WAIT_MS, &n, &err), ST_OK);
    assert_int_equal(n, 1);
    assert_int_equal(byte, '!');
    port->ops->counts(port, &got);
    for (int i = 0; i < INSN_COUNTS; i++)
        if (got.n[i] != want[i])
            fail_msg("%s: %llu, not %llu", insn_name(i),
                (unsigned long long)got.n[i], (unsigned long long)want[i]);
    port_close(port);
    shell("rm -r %s", f.path);
}

/* Every layer with every set of kernels. */
static void
check_layers(struct board *b, const struct network *n)
{
    struct err err = { 0 };
    struct board_run run;

    assert_int_equal(
        board_input(b, n->input, network_head(n)->in_bytes, &err), ST_OK);
    for (uint32_t i = 0; i < network_head(n)->n_layers; i++) {
        uint64_t sum;

        if (board_run(b, i, i + 1, 1 + i % 3, RUN_MS, &run, &err) != ST_OK)
            fail_msg("%s: %s", err.code, err.text);
        assert_true(run.by_class);
        sum = insn_sum(&run.counts);
        /* In whole ticks, and the load that reads the clock may not be in; a
         * tick of 31.25 instructions (M55) may be shown one early. */
        if ((sum - 1) * b->clock_hz / 1000000000 > run.ticks ||
            (sum + 1) * b->clock_hz / 1000000000 < run.ticks)
            fail_msg("%s: layer %u: %llu instructions are not %llu ticks",
                b->name, i, (unsigned long long)sum,
                (unsigned long long)run.ticks);
        if (strcmp(b->core, "cortex-m3") == 0)
            assert_true(run.counts.n[INSN_fp] +
                            run.counts.n[INSN_fp_accumulate] +
                            run.counts.n[INSN_vector] ==
                        0);
    }
}

static void
classes_add_up_to_what_every_boards_clock_counts(void **state)
{
    const struct emulator_machine *m;
    struct err err = { 0 };

    (void)state;
    for (m = emulator_machines; m->name != NULL; m++) {
        struct board *b = open_machine(m->name, OFFRAMP_BIN);
        struct rng rng = { 51 };

        for (int type = 0; type < NN_TYPES; type++) {
            struct network n;

            network_make(&n, type, &rng);
            assert_int_equal(board_load(b, n.image, n.len, &err), ST_OK);
            for (int k = 0; k < NN_KERNEL_SETS; k++) {
                if ((b->kernels >> k & 1) == 0)
                    continue;
                assert_int_equal(board_kernels(b, k, &err), ST_OK);
                check_layers(b, &n);
            }
            network_clear(&n);
        }
        board_close(b);
    }
}

static void
run_all(struct board *b, const struct network *n, struct board_run *runs)
{
    struct err err = { 0 };

    assert_int_equal(board_load(b, n->image, n->len, &err), ST_OK);
    assert_int_equal(
        board_input(b, n->input, network_head(n)->in_bytes, &err), ST_OK);
    for (uint32_t i = 0; i < network_head(n)->n_layers; i++)
        assert_int_equal(
            board_run(b, i, i + 1, 2, RUN_MS, &runs[i], &err), ST_OK);
}

static void
without_the_plugin_there_are_no_classes_and_the_same_ticks(void **state)
{
    struct board_run with[NN_LAYERS_MAX], again[NN_LAYERS_MAX],
        without[NN_LAYERS_MAX];
    struct rng rng = { 52 };
    struct network n;
    struct folder f;
    struct board *b;

    (void)state;
    make_folder(&f, false);
    shell("cp " FIRMWARE "/mps2-an386.elf %s/firmware/", f.path);
    network_make(&n, NN_I8, &rng);
    b = open_machine("mps2-an386", OFFRAMP_BIN);
    run_all(b, &n, with);
    board_close(b);
    b = open_machine("mps2-an386", OFFRAMP_BIN);
    run_all(b, &n, again);
    board_close(b);
    b = open_machine("mps2-an386", f.path);
    assert_null(b->port->ops->counts);
    run_all(b, &n, without);
    board_close(b);
    for (uint32_t i = 0; i < network_head(&n)->n_layers; i++) {
        assert_int_equal(with[i].ticks, without[i].ticks);
        assert_int_equal(with[i].crc, without[i].crc);
        assert_false(without[i].by_class);
        assert_memory_equal(
            &with[i].counts, &again[i].counts, sizeof(with[i].counts));
    }
    network_clear(&n);
    shell("rm -r %s", f.path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_program_is_counted_exactly),
        cmocka_unit_test(classes_add_up_to_what_every_boards_clock_counts),
        cmocka_unit_test(
            without_the_plugin_there_are_no_classes_and_the_same_ticks),
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
