/* SPDX-License-Identifier: MIT */
/* Kernels as a runtime names them, and the layers they belong to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probes/measure/kernel_map.h"

static const struct {
    const char *op, *nodes, *tensors;
} layers[] = {
    { "Conv", "[\"Conv_1\", \"Relu_1\"]", "[\"c1\", \"stem.relu\"]" },
    { "Conv", "[\"Conv_12\"]", "[\"c12\"]" },
    { "Add", "[\"Add_3\"]", "[\"sum.out\"]" },
    { "Gemm", "[\"fc\"]", "[\"12\"]" },
};
enum { LAYERS = sizeof(layers) / sizeof(layers[0]) };

/* In the order of a run; shapes are what a change of layout goes by. */
static const struct {
    const char *name, *op, *in, *out;
    int64_t layer;
} kernels[] = {
    { "ReorderInput", "ReorderInput", "[{\"f\":[1,3]}]", "[{\"f\":[1,4]}]", 0 },
    { "stem.relu_nchwc", "Conv", "[{\"f\":[1,4]}]", "[{\"f\":[9]}]", 0 },
    /* Conv_12 with the Add in it: named after the Add's result */
    { "sum.out_nchwc", "Conv", "[{\"f\":[9]}]", "[{\"f\":[8]}]", 1 },
    { "fc/MatMulAddFusion", "Gemm", "[{\"f\":[8]}]", "[{\"f\":[7]}]", 3 },
    /* not the nearest, but the nearest of its shape */
    { "ReorderOutput_token_12", "ReorderOutput", "[{\"f\":[9]}]",
        "[{\"f\":[9]}]", 0 },
    { "Conv_121", "Conv", "[{\"f\":[6]}]", "[{\"f\":[6]}]", -1 },
};
enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };

static void
kernels_go_to_the_layers_they_are_named_after(void **state)
{
    struct item items[LAYERS] = { 0 };
    struct plan plan = { .layers = items, .n_layers = LAYERS };
    struct kernel_map *m;

    (void)state;
    for (int i = 0; i < LAYERS; i++) {
        items[i].op_type = layers[i].op;
        items[i].nodes = json_loads(layers[i].nodes, 0, NULL);
        items[i].tensors = json_loads(layers[i].tensors, 0, NULL);
    }
    assert_int_equal(kernel_map_new(&m, &plan, NULL), ST_OK);
    for (int i = 0; i < KERNELS; i++) {
        json_t *in = json_loads(kernels[i].in, 0, NULL);
        json_t *out = json_loads(kernels[i].out, 0, NULL);
        struct kernel_time k = { .name = kernels[i].name,
            .op = kernels[i].op,
            .ns = 1000 * i,
            .in = in,
            .out = out };

        assert_int_equal(kernel_map_learn(m, &k, NULL), ST_OK);
        json_decref(in);
        json_decref(out);
    }
    assert_int_equal(kernel_map_settle(m, NULL), ST_OK);
    for (int i = 0; i < KERNELS; i++) {
        int64_t ns;

        if (kernel_map_find(m, kernels[i].name) != kernels[i].layer)
            fail_msg("%s went to layer %lld", kernels[i].name,
                (long long)kernel_map_find(m, kernels[i].name));
        assert_int_equal(kernel_map_at(m, (size_t)i, &ns), kernels[i].layer);
        assert_int_equal(ns, 1000 * i);
    }
    assert_int_equal(kernel_map_find(m, "never seen"), -1);
    assert_false(kernel_map_fused(m, 0));
    assert_true(kernel_map_fused(m, 1));
    assert_true(kernel_map_fused(m, 2));
    kernel_map_free(m);
    for (int i = 0; i < LAYERS; i++) {
        json_decref((json_t *)items[i].nodes);
        json_decref((json_t *)items[i].tensors);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_go_to_the_layers_they_are_named_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
