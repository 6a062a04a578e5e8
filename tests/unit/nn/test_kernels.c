/* SPDX-License-Identifier: MIT */
/*
 * Every kernel against ONNX Runtime over random shapes.  int8 must be exact:
 * sums of whole numbers below 2^24 are exact in float32 whatever their order,
 * so the runtime gives the sums (case.h).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "case.h"
#include "probes/runtimes/runtime.h"

enum { ROUNDS = 60 };

static void
int8_kernels_are_exact(void **state)
{
    static const enum nn_op ops[] = { NN_CONV, NN_DEPTHWISE, NN_DENSE,
        NN_AVGPOOL, NN_MAXPOOL, NN_ADD, NN_RELU };
    static struct layer_case c;
    static int8_t got[CASE_VALUES];
    struct rng rng = { 21 };

    for (size_t k = 0; k < sizeof(ops) / sizeof(ops[0]); k++)
        for (int round = 0; round < ROUNDS; round++) {
            case_draw(&c, ops[k], NN_I8, &rng);
            case_reference(&c, *state);
            for (int set = 0; set < NN_KERNEL_SETS; set++) {
                if ((nn_kernels_built() >> set & 1) == 0)
                    continue;
                case_run(&c, (enum nn_kernels)set, got);
                for (size_t i = 0; i < nn_out_count(&c.l); i++)
                    if (got[i] != case_expected(&c, i))
                        fail_msg("%s, %s, round %d, value %zu: %d, want %lld",
                            nn_op_name(ops[k]),
                            nn_kernels_name((enum nn_kernels)set), round, i,
                            got[i], (long long)case_expected(&c, i));
            }
        }
}

static void
compare_floats(const struct layer_case *c, enum nn_kernels set, int round)
{
    static float out[CASE_VALUES];

    case_run(c, set, out);
    for (size_t i = 0; i < nn_out_count(&c->l); i++) {
        float want = c->out[i];

        if (c->l.op != NN_SOFTMAX) {
            want = want < c->l.low_f ? c->l.low_f : want;
            want = want > c->l.high_f ? c->l.high_f : want;
        }
        if (!(fabsf(out[i] - want) <= 1e-5f * (1 + fabsf(want))))
            fail_msg("%s, %s, round %d, value %zu: %g, want %g",
                nn_op_name(c->l.op), nn_kernels_name(set), round, i,
                (double)out[i], (double)want);
    }
}

static void
float_kernels_agree_to_1e_5(void **state)
{
    static struct layer_case c;
    struct rng rng = { 22 };

    for (int op = 0; op < NN_OPS; op++)
        for (int round = 0; round < ROUNDS; round++) {
            case_draw(&c, op, NN_F32, &rng);
            case_reference(&c, *state);
            for (int set = 0; set < NN_KERNEL_SETS; set++)
                if (nn_kernels_built() >> set & 1)
                    compare_floats(&c, (enum nn_kernels)set, round);
        }
}

static void
int8_softmax_is_within_a_step_of_the_real_one(void **state)
{
    static uint32_t table[256];
    struct rng rng = { 23 };

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t n = 2 + (uint32_t)rng_below(&rng, 20);
        double scale = 0.01 + 0.2 * rng_unit(&rng), sum = 0;
        struct nn_layer l = { .op = NN_SOFTMAX, .out_c = n, .out = 64 };
        uint8_t arena[128];
        struct nn_run r = {
            .layer = &l, .image = (const uint8_t *)table, .arena = arena
        };

        pack_softmax_table(table, scale);
        for (uint32_t i = 0; i < n; i++) {
            arena[i] = (uint8_t)rng_next(&rng);
            sum += exp((int8_t)arena[i] * scale);
        }
        nn_run(&r);
        for (uint32_t i = 0; i < n; i++) {
            double want = exp((int8_t)arena[i] * scale) / sum;
            double got = ((int8_t)arena[64 + i] + 128) / 256.0;

            assert_true(fabs(got - want) <= 1.0 / 256);
        }
    }
}

static int
open_runtime(void **state)
{
    struct err err = { 0 };
    struct runtime *rt;

    if (runtime_onnx_open(&rt, NULL, &err) != ST_OK) {
        print_message("skipped: %s\n", err.text);
        exit(77);
    }
    *state = rt;
    return 0;
}

static int
close_runtime(void **state)
{
    runtime_close(*state);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int8_kernels_are_exact),
        cmocka_unit_test(float_kernels_agree_to_1e_5),
        cmocka_unit_test(int8_softmax_is_within_a_step_of_the_real_one),
    };

    return cmocka_run_group_tests(tests, open_runtime, close_runtime);
}
