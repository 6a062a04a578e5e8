/* SPDX-License-Identifier: MIT */
/*
 * Every operator in every type, 2-D and 1-D, with every set of kernels, on
 * every emulated board, against ONNX Runtime: int8 exactly (softmax within a
 * step), float32 within 1e-5.  Instructions that this machine writes in C are
 * the real ones there, so layers are many.  Skipped where QEMU, the
 * firmware or the runtime is not there.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "case.h"
#include "probes/mcu/board.h"
#include "probes/mcu/emulator.h"
#include "probes/runtimes/runtime.h"

#define FIRMWARE OFFRAMP_BIN "/firmware"

enum { RUN_MS = 20000, SMALL = 250, ROUNDS_I8 = 4, ROUNDS_F32 = 2 };

struct table {
    struct runtime *rt;
    struct board *board;
    struct layer_case c;
    uint8_t out[CASE_VALUES * sizeof(float)];
};

static struct board *
open_machine(const char *machine)
{
    char firmware[512];
    struct err err = { 0 };
    struct port *port;
    struct board *b;

    snprintf(firmware, sizeof(firmware), FIRMWARE "/%s.elf", machine);
    if (emulator_open(&port, NULL, machine, firmware, &err) != ST_OK ||
        board_open(&b, port, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return b;
}

/* A layer that is 1-D if `flat`, and small: its bytes go over a line. */
static void
draw(struct table *t, enum nn_op op, enum nn_type type, bool flat,
    struct rng *rng)
{
    bool windowed = op <= NN_MAXPOOL && op != NN_DENSE;

    do
        case_draw(&t->c, op, type, rng);
    while (nn_in_count(&t->c.l) > SMALL || nn_weight_count(&t->c.l) > SMALL ||
           nn_out_count(&t->c.l) > SMALL ||
           (windowed && (t->c.l.in_h == 1) != flat));
    t->c.twice = op == NN_ADD; /* a board is given one input */
    if (!t->c.twice)
        return;
    t->c.l.in2_zero = t->c.l.in_zero;
    for (size_t i = 0; i < nn_in_count(&t->c.l); i++)
        t->c.in2[i] = t->c.in[i];
}

/* How far value i of the output is from what it must be, in tolerances. */
static double
distance(const struct table *t, size_t i)
{
    const struct nn_layer *l = &t->c.l;
    double want = (double)t->c.out[i];

    if (l->type == NN_F32) {
        const float got = ((const float *)(const void *)t->out)[i];

        if (l->op != NN_SOFTMAX)
            want = fmin(fmax(want, (double)l->low_f), (double)l->high_f);
        return fabs((double)got - want) / (1e-5 * (1 + fabs(want)));
    }
    if (l->op == NN_SOFTMAX)
        return fabs(((int8_t)t->out[i] + 128) / 256.0 - want) * 256;
    return (int8_t)t->out[i] == case_expected(&t->c, i) ? 0 : INFINITY;
}

static void
compare(struct table *t, const struct nn_image *head, int set, bool flat)
{
    struct err err = { 0 };
    struct board_run run;

    if (board_kernels(t->board, (enum nn_kernels)set, &err) != ST_OK ||
        board_run(t->board, 0, 1, 1, RUN_MS, &run, &err) != ST_OK ||
        board_read(t->board, head->out, t->out, head->out_bytes, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    for (size_t i = 0; i < nn_out_count(&t->c.l); i++)
        if (!(distance(t, i) <= 1))
            fail_msg("%s: %s of %s, %s, kernels %s: value %zu is wrong",
                t->board->name, nn_op_name((enum nn_op)t->c.l.op),
                t->c.l.type == NN_I8 ? "int8" : "float32", flat ? "1-D" : "2-D",
                nn_kernels_name((enum nn_kernels)set), i);
}

static void
run_case(struct table *t, bool flat)
{
    static uint8_t input[CASE_VALUES * sizeof(float)];
    size_t len, n = case_input(&t->c, input);
    void *image = case_image(&t->c, &len);
    struct err err = { 0 };

    case_reference(&t->c, t->rt);
    if (board_load(t->board, image, len, &err) != ST_OK ||
        board_input(t->board, input, n, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    for (int set = 0; set < NN_KERNEL_SETS; set++)
        if (t->board->kernels >> set & 1)
            compare(t, image, set, flat);
    free(image);
}

/* Several layers of a kind; returns how many. */
static int
run_kind(struct table *t, enum nn_op op, enum nn_type type, bool flat,
    struct rng *rng)
{
    const int rounds = type == NN_I8 ? ROUNDS_I8 : ROUNDS_F32;

    for (int i = 0; i < rounds; i++) {
        draw(t, op, type, flat, rng);
        run_case(t, flat);
    }
    return rounds;
}

static void
every_operator_runs_in_every_type_and_form_on_every_board(void **state)
{
    const struct emulator_machine *m;
    struct table *t = *state;

    for (m = emulator_machines; m->name != NULL; m++) {
        struct rng rng = { 91 };
        int n = 0;

        t->board = open_machine(m->name);
        for (int op = 0; op < NN_OPS; op++)
            for (int type = 0; type < NN_TYPES; type++)
                for (int flat = 0; flat < 2; flat++)
                    n += run_kind(t, op, type, flat, &rng);
        print_message("%s: %d layers\n", m->name, n);
        assert_int_equal(n, NN_OPS * 2 * (ROUNDS_I8 + ROUNDS_F32));
        board_close(t->board);
    }
}

static int
open_table(void **state)
{
    static struct table t;
    struct err err = { 0 };

    if (runtime_onnx_open(&t.rt, NULL, &err) != ST_OK) {
        print_message("skipped: %s\n", err.text);
        exit(77);
    }
    *state = &t;
    return 0;
}

static int
close_table(void **state)
{
    runtime_close(((struct table *)*state)->rt);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_operator_runs_in_every_type_and_form_on_every_board),
    };

    if (!file_exists(FIRMWARE "/mps2-an385.elf") ||
        system("qemu-system-arm --version >/dev/null 2>&1") != 0) {
        puts("skipped: no firmware, or qemu-system-arm is not installed");
        return 77;
    }
    return cmocka_run_group_tests(tests, open_table, close_table);
}
