/* SPDX-License-Identifier: MIT */
/* What layers cost on paper, and which of them cost the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "make_onnx.h"
#include "rig.h"

static struct rig rig;

static const struct {
    const char *model;
    int64_t macs, params;
} counted[] = {
    /* every output element meets in * kernel weights */
    { "input x f4 2,3,9,9\ninit w f4 5,3,3,3\ninit b f4 5\n"
      "node Conv x,w,b -> y pads=1,1,1,1 strides=2,2\noutput y\n",
        2 * 5 * 5 * 5 * (3 * 9), 5 * 3 * 9 + 5 },
    /* groups, and depthwise */
    { "input x f4 1,4,6,6\ninit w f4 8,2,3,3\n"
      "node Conv x,w -> y group=2\noutput y\n",
        8 * 4 * 4 * 2 * 9, 8 * 2 * 9 },
    { "input x f4 1,4,6,6\ninit w f4 4,1,3,3\n"
      "node Conv x,w -> y group=4\noutput y\n",
        4 * 4 * 4 * 9, 36 },
    /* one and three dimensions, dilation */
    { "input x f4 1,2,20\ninit w f4 3,2,5\nnode Conv x,w -> y "
      "kernel_shape=5\noutput y\n",
        3 * 16 * 2 * 5, 30 },
    { "input x f4 1,2,4,4,4\ninit w f4 3,2,2,2,2\nnode Conv x,w -> y\n"
      "output y\n",
        3 * 27 * 2 * 8, 48 },
    { "input x f4 1,1,9,9\ninit w f4 1,1,3,3\nnode Conv x,w -> y "
      "dilations=2,2\noutput y\n",
        25 * 9, 9 },
    /* every input element meets out / groups * kernel weights */
    { "input x f4 1,4,5,5\ninit w f4 4,3,2,2\nnode ConvTranspose x,w -> y "
      "strides=2,2\noutput y\n",
        4 * 25 * 3 * 4, 48 },
    { "input x f4 2,7\ninit w f4 7,5\ninit b f4 5\nnode Gemm x,w,b -> y\n"
      "output y\n",
        2 * 7 * 5, 40 },
    { "input x f4 7,2\ninit w f4 5,7\nnode Gemm x,w -> y transA=1 "
      "transB=1\noutput y\n",
        2 * 7 * 5, 35 },
    { "input x f4 3,2,6,4\ninput z f4 3,2,4,5\nnode MatMul x,z -> y\n"
      "output y\n",
        3 * 2 * 6 * 4 * 5, 0 },
    { "input x f4 4\ninit w f4 4,5\nnode MatMul x,w -> y\noutput y\n", 4 * 5,
        20 },
    { "input x f4 6,2,3\ninit w f4 1,16,3\ninit r f4 1,16,4\n"
      "node LSTM x,w,r -> -,h hidden_size=4\noutput h\n",
        6 * 2 * 16 * (3 + 4), 16 * 7 },
    { "input x f4 6,2,3\ninit w f4 2,12,3\ninit r f4 2,12,4\n"
      "node GRU x,w,r -> y hidden_size=4 direction=bidirectional\n"
      "output y\n",
        6 * 2 * 2 * 12 * (3 + 4), 2 * 12 * 7 },
    /* integers */
    { "input x u1 1,2,5,5\ninit w i1 3,2,2,2\nnode ConvInteger x,w -> y\n"
      "output y\n",
        3 * 16 * 8, 24 },
    { "input x u1 1,2,5,5\ninit s f4 scalar\ninit z u1 scalar 0\n"
      "init w i1 3,2,2,2\ninit zw i1 scalar 0\n"
      "node QLinearConv x,s,z,w,s,zw,s,z -> y\noutput y\n",
        3 * 16 * 8, 24 + 3 },
    /* no multiplications of that kind */
    { "input x f4 1,2,6,6\nnode MaxPool x -> y kernel_shape=2,2\n"
      "output y\n",
        0, 0 },
    { "input x f4 1,2,6,6\ninit a f4 2,1,1\nnode Mul x,a -> y\noutput y\n", 0,
        2 },
    /* shapes and axes are no parameters, values in Constant nodes are */
    { "input x f4 1,2,6\nints s 1,12\nnode Reshape x,s -> y\noutput y\n", 0,
        0 },
    { "input x f4 1,2\nnode Constant -> c value_float=0.5f\n"
      "node Mul x,c -> y\noutput y\n",
        0, 1 },
};

static void
macs_and_parameters_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        json_t *doc = rig_doc(&rig, counted[i].model);

        if (rig_int(doc, "layers.0.macs") != counted[i].macs ||
            rig_int(doc, "layers.0.params") != counted[i].params)
            fail_msg("case %zu: %lld MACs, %lld parameters", i,
                (long long)rig_int(doc, "layers.0.macs"),
                (long long)rig_int(doc, "layers.0.params"));
        assert_int_equal(rig_int(doc, "totals.macs"), counted[i].macs);
        json_decref(doc);
    }
}

static void
a_weight_of_two_layers_counts_once_in_the_total(void **state)
{
    json_t *doc = rig_doc(&rig, "input x f4 1,4,6,6\ninit w f4 4,4,1,1\n"
                                "node Conv x,w -> a\nnode Conv a,w -> y\n"
                                "output y\n");

    (void)state;
    assert_int_equal(rig_int(doc, "layers.0.params"), 16);
    assert_int_equal(rig_int(doc, "layers.1.params"), 16);
    assert_int_equal(rig_int(doc, "totals.params"), 16);
    assert_int_equal(rig_int(doc, "totals.weight_bytes"), 64);
    json_decref(doc);
}

static void
bytes_are_those_of_activations(void **state)
{
    json_t *doc = rig_doc(&rig,
        "input x u1 1,4,6,6\ninit w i1 3,4,1,1\nnode ConvInteger x,w -> y\n"
        "output y\n");

    (void)state;
    assert_int_equal(rig_int(doc, "layers.0.bytes_in"), 4 * 36);
    assert_int_equal(rig_int(doc, "layers.0.bytes_out"), 4 * 3 * 36);
    assert_int_equal(rig_int(doc, "layers.0.weight_bytes"), 12);
    assert_string_equal(rig_text(doc, "layers.0.dtype"), "i4");
    json_decref(doc);
}

static void
what_is_not_counted_is_said(void **state)
{
    json_t *doc =
        rig_doc(&rig, "input x f4 2,3\ninit w f4 3,4\nnode Einsum x,w -> y "
                      "equation=ij,jk->ik name=ein\noutput y\n");
    char *notes;

    (void)state;
    notes = json_dumps(json_object_get(doc, "notes"), 0);
    assert_non_null(strstr(notes, "multiplications of Einsum"));
    free(notes);
    json_decref(doc);
}

#define X44  "input x f4 1,4,6,6\n"
#define BASE X44 "init w f4 4,4,3,3\nnode Conv x,w -> y\noutput y\n"

static void
key_of(const char *model, char key[HASH_HEX])
{
    json_t *doc = rig_doc(&rig, model);

    memcpy(key, rig_text(doc, "layers.0.kernel_key"), HASH_HEX);
    json_decref(doc);
}

static void
kernel_keys_tell_what_costs_the_same(void **state)
{
    static const struct {
        const char *model;
        bool same;
    } cases[] = {
        /* names, weights, order of attributes and of stored tensors */
        { "input a f4 1,4,6,6\ninit unused f4 3\ninit q f4 4,4,3,3\n"
          "node Conv a,q -> b name=other\noutput b\n",
            true },
        { X44 "init w f4 4,4,3,3\nnode Conv x,w -> y group=1 strides=1,1\n"
              "output y\n",
            false }, /* defaults written out: measured once more */
        { X44 "init w f4 4,4,3,3\nnode Conv x,w -> y strides=2,2\noutput y\n",
            false },
        { X44 "init w f4 5,4,3,3\nnode Conv x,w -> y\noutput y\n", false },
        { "input x f4 1,4,7,6\ninit w f4 4,4,3,3\nnode Conv x,w -> y\n"
          "output y\n",
            false },
        { "input x f4 2,4,6,6\ninit w f4 4,4,3,3\nnode Conv x,w -> y\n"
          "output y\n",
            false },
        { X44 "init w f4 4,4,3,3\ninit b f4 4\nnode Conv x,w,b -> y\n"
              "output y\n",
            false },
        { X44 "init w f4 4,4,3,3\nnode Conv x,w -> c\nnode Relu c -> y\n"
              "output y\n",
            false },
        /* weights that are all zero are of another class */
        { X44 "init w f4 4,4,3,3 0\nnode Conv x,w -> y\noutput y\n", false },
    };
    char base[HASH_HEX], key[HASH_HEX];

    (void)state;
    key_of(BASE, base);
    assert_true(hash_valid(base));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        key_of(cases[i].model, key);
        if ((strcmp(key, base) == 0) != cases[i].same)
            fail_msg("case %zu: keys are %s", i,
                cases[i].same ? "different" : "the same");
    }
}

static void
attributes_may_come_in_any_order(void **state)
{
    char a[HASH_HEX], b[HASH_HEX];

    (void)state;
    key_of(X44 "init w f4 4,4,3,3\nnode Conv x,w -> y group=1 strides=2,2 "
               "pads=1,1,1,1\noutput y\n",
        a);
    key_of(X44 "init w f4 4,4,3,3\nnode Conv x,w -> y pads=1,1,1,1 group=1 "
               "strides=2,2\noutput y\n",
        b);
    assert_string_equal(a, b);
}

static void
element_types_are_part_of_the_key(void **state)
{
    char f4[HASH_HEX], f8[HASH_HEX];

    (void)state;
    key_of(
        "input x f4 3,4\ninit w f4 4,5\nnode MatMul x,w -> y\noutput y\n", f4);
    key_of(
        "input x f8 3,4\ninit w f8 4,5\nnode MatMul x,w -> y\noutput y\n", f8);
    assert_string_not_equal(f4, f8);
}

/* Where a tensor goes matters: a * b + a is not a * b + b. */
static void
wiring_is_part_of_the_key(void **state)
{
    char first[HASH_HEX], second[HASH_HEX];

    (void)state;
    key_of("input a f4 1,4\ninput b f4 1,4\nnode Mul a,b -> m\n"
           "node Add m,a -> y\noutput y\n",
        first);
    key_of("input a f4 1,4\ninput b f4 1,4\nnode Mul a,b -> m\n"
           "node Add m,b -> y\noutput y\n",
        second);
    assert_string_not_equal(first, second);
}

/* 64-bit integers are shapes and axes, which decide the cost. */
static void
integer_constants_are_part_of_the_key(void **state)
{
    static const char form[] =
        "input x f4 1,4,4\nints s %d\nints e %d\nints a 1\n"
        "node Slice x,s,e,a -> y\noutput y\n";
    char first[HASH_HEX], second[HASH_HEX], model[256];

    (void)state;
    snprintf(model, sizeof(model), form, 0, 2);
    key_of(model, first);
    snprintf(model, sizeof(model), form, 1, 3);
    key_of(model, second);
    assert_string_not_equal(first, second);
}

static void
equal_layers_of_one_network_share_a_key(void **state)
{
    json_t *doc = rig_doc(&rig,
        X44 "init w f4 4,4,1,1\ninit v f4 4,4,1,1\nnode Conv x,w -> a\n"
            "node Relu a -> b\nnode Conv b,v -> c\nnode Relu c -> d\n"
            "node Conv d,v -> y\noutput y\n");

    (void)state;
    assert_string_equal(rig_text(doc, "layers.0.kernel_key"),
        rig_text(doc, "layers.1.kernel_key"));
    assert_string_not_equal(rig_text(doc, "layers.1.kernel_key"),
        rig_text(doc, "layers.2.kernel_key"));
    assert_string_not_equal(
        rig_text(doc, "layers.0.blob"), rig_text(doc, "layers.1.blob"));
    json_decref(doc);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_and_parameters_are_exact),
        cmocka_unit_test(a_weight_of_two_layers_counts_once_in_the_total),
        cmocka_unit_test(bytes_are_those_of_activations),
        cmocka_unit_test(what_is_not_counted_is_said),
        cmocka_unit_test(kernel_keys_tell_what_costs_the_same),
        cmocka_unit_test(attributes_may_come_in_any_order),
        cmocka_unit_test(element_types_are_part_of_the_key),
        cmocka_unit_test(wiring_is_part_of_the_key),
        cmocka_unit_test(integer_constants_are_part_of_the_key),
        cmocka_unit_test(equal_layers_of_one_network_share_a_key),
    };
    int failed = rig_open(&rig);

    if (failed != 0)
        return failed;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_close(&rig);
    return failed;
}
