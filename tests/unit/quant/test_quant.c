/* SPDX-License-Identifier: MIT */
/* From ONNX to images: float outputs as ONNX Runtime has them, int8 accuracy
 * beside float accuracy, and networks that boards cannot run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "probes/runtimes/runtime.h"
#include "search/data/npy.h"
#include "search/quant/quant.h"
#include "unit/model/make_onnx.h"

enum { CALIBRATE = 60, TEST = 120, CLASSES = 10, PIXELS = 24 * 24, EXITS = 4 };

static struct low_net *
lower(const void *data, size_t len)
{
    struct err err = { 0 };
    struct low_net *net;

    if (low_make(&net, data, len, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return net;
}

static struct low_net *
lower_cnn3(char **data, size_t *len)
{
    struct err err = { 0 };

    if (file_read(OFFRAMP_FIXTURES "/cnn3.onnx", 1 << 24, data, len, &err) !=
        ST_OK)
        fail_msg("%s", err.text);
    return lower(*data, *len);
}

static void
picture(const struct npy *a, size_t i, float *out)
{
    npy_row(a, i, out);
    for (int k = 0; k < PIXELS; k++)
        out[k] /= 255;
}

static void
open_npy(struct npy *a, const char *path)
{
    struct err err = { 0 };

    if (npy_open(a, path, "data", &err) != ST_OK)
        fail_msg("%s", err.text);
}

/* All outputs of one network for one picture, by ONNX Runtime. */
static void
reference(const void *model, size_t len, float *in, float out[EXITS][CLASSES])
{
    struct net_options opts = NET_OPTIONS_DEFAULT;
    struct net_source src = { .data = model, .len = len };
    struct tensor input = { in, PIXELS * 4, DTYPE_F4, 4, { 1, 1, 24, 24 } };
    struct tensor outputs[EXITS];
    struct binding *binding = NULL;
    struct runtime *rt = NULL;
    struct net *net = NULL;
    struct err err = { 0 };

    for (int i = 0; i < EXITS; i++)
        outputs[i] =
            (struct tensor){ out[i], CLASSES * 4, DTYPE_F4, 2, { 1, CLASSES } };
    if (runtime_onnx_open(&rt, NULL, &err) != ST_OK) {
        print_message("skipped: %s\n", err.text);
        skip();
    }
    if (net_open(&net, rt, &src, &opts, &err) != ST_OK ||
        net_bind(&binding, net, &input, outputs, &err) != ST_OK ||
        net_run(net, binding, &err) != ST_OK)
        fail_msg("%s", err.text);
    binding_free(binding);
    net_close(net);
    runtime_close(rt);
}

static void
a_lowered_network_gives_what_onnx_runtime_gives(void **state)
{
    float in[PIXELS], want[EXITS][CLASSES];
    struct err err = { 0 };
    struct npy images;
    struct low_net *net;
    struct quant *q;
    char *model;
    size_t len;

    (void)state;
    net = lower_cnn3(&model, &len);
    open_npy(&images, OFFRAMP_FIXTURES "/cnn3_images_u8.npy");
    assert_int_equal(quant_new(&q, net, &err), ST_OK);
    assert_int_equal(net->n_outputs, EXITS);
    for (size_t i = 0; i < 5; i++) {
        picture(&images, i, in);
        quant_observe(q, in);
        reference(model, len, in, want);
        for (int o = 0; o < EXITS; o++)
            for (int k = 0; k < CLASSES; k++)
                assert_true(fabsf(quant_output(q, o)[k] - want[o][k]) < 1e-5f);
    }
    quant_free(q);
    low_free(net);
    npy_close(&images);
    free(model);
}

static int
best_f32(const float *v)
{
    int best = 0;

    for (int i = 1; i < CLASSES; i++)
        best = v[i] > v[best] ? i : best;
    return best;
}

static int
best_i8(const int8_t *v)
{
    int best = 0;

    for (int i = 1; i < CLASSES; i++)
        best = v[i] > v[best] ? i : best;
    return best;
}

static void
run_i8(const void *image, const int8_t *in, uint8_t *arena)
{
    const struct nn_image *head = image;
    struct nn_run r = { .image = image, .arena = arena, .kernels = NN_DSP };

    memcpy(arena + head->in, in, head->in_bytes);
    for (uint32_t i = 0; i < head->n_layers; i++) {
        r.layer = nn_image_layers(image) + i;
        nn_run(&r);
    }
}

static void
int8_keeps_the_accuracy_of_every_exit(void **state)
{
    int right_f[EXITS] = { 0 }, right_q[EXITS] = { 0 };
    float in[PIXELS];
    int8_t in_q[PIXELS];
    struct err err = { 0 };
    struct npy images, labels;
    struct low_net *net;
    struct quant *q;
    void *image;
    uint8_t *arena;
    char *model;
    size_t len;

    (void)state;
    net = lower_cnn3(&model, &len);
    open_npy(&images, OFFRAMP_FIXTURES "/cnn3_images_u8.npy");
    open_npy(&labels, OFFRAMP_FIXTURES "/cnn3_labels.npy");
    assert_int_equal(quant_new(&q, net, &err), ST_OK);
    assert_int_equal(quant_image(q, &image, &len, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "records.calibration");
    for (size_t i = 0; i < CALIBRATE; i++) {
        picture(&images, i, in);
        quant_observe(q, in);
    }
    assert_int_equal(quant_image(q, &image, &len, &err), ST_OK);
    arena = calloc(1, ((struct nn_image *)image)->arena_bytes);
    assert_non_null(arena);
    for (size_t i = CALIBRATE; i < CALIBRATE + TEST; i++) {
        picture(&images, i, in);
        quant_observe(q, in); /* for its float outputs; the image is made */
        quant_input(q, in, in_q);
        run_i8(image, in_q, arena);
        for (int o = 0; o < EXITS; o++) {
            uint32_t at = quant_output_at(q, o, image);

            right_f[o] += best_f32(quant_output(q, o)) == npy_int(&labels, i);
            right_q[o] += best_i8((int8_t *)arena + at) == npy_int(&labels, i);
        }
    }
    for (int o = 0; o < EXITS; o++) {
        print_message("exit %d: float %.1f %%, int8 %.1f %%\n", o,
            100.0 * right_f[o] / TEST, 100.0 * right_q[o] / TEST);
        assert_true(right_q[o] >= right_f[o] - TEST / 40); /* 2.5 points */
    }
    assert_true(right_f[EXITS - 1] > TEST * 8 / 10);
    free(arena);
    free(image);
    quant_free(q);
    low_free(net);
    npy_close(&images);
    npy_close(&labels);
    free(model);
}

static void
networks_that_boards_cannot_run_are_refused_by_name(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        { "input x f4 N,3\nnode Sigmoid x -> y name=s", "no such layer" },
        { "input x f4 N,4,8,8\ninit w f4 4,2,3,3\n"
          "node Conv x,w -> y group=2 name=s",
            "groups" },
        { "input x f4 N,4,8,8\ninit w f4 4,4,3,3\n"
          "node Conv x,w -> y dilations=2,2 name=s",
            "dilations" },
        { "input x f4 N,4,2,2\ninit w f4 4,4,3,3\n"
          "node Conv x,w -> y name=s",
            "larger than its input" },
        { "input x f4 N,4,8,8\ninput w f4 4,4,3,3\n"
          "node Conv x,w -> y name=s",
            "2 inputs" },
        { "input x f4 N,4,8,8\nnode Softmax x -> y name=s", "classes" },
        { "input x f4 N,4,8,8\nnode GlobalAveragePool x -> a\n"
          "node Add x,a -> y name=s",
            "one shape" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[300];
        struct err err = { 0 };
        struct low_net *net;
        uint8_t *bytes;
        size_t len;

        snprintf(
            text, sizeof(text), "ir 8\nopset 13\n%s\noutput y\n", bad[i].text);
        bytes = make_onnx_bytes(text, &len);
        assert_int_equal(low_make(&net, bytes, len, &err), ST_UNPROCESSABLE);
        assert_null(net);
        if (strstr(err.text, bad[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, bad[i].words);
        free(bytes);
    }
}

/* A 1-D network: what ECG and sound classifiers look like. */
static void
one_dimension_is_a_height_of_one(void **state)
{
    static const char text[] = "ir 8\nopset 13\ninput x f4 N,2,32\n"
                               "init w f4 4,2,5\ninit b f4 4\n"
                               "node Conv x,w,b -> a strides=2, pads=2,2\n"
                               "node Relu a -> r\nnode MaxPool r -> m "
                               "kernel_shape=2, strides=2,\n"
                               "node GlobalAveragePool m -> g\n"
                               "node Flatten g -> f axis=1\n"
                               "init v f4 4,3\ninit c f4 3\n"
                               "node Gemm f,v,c -> y\noutput y\n";
    struct low_net *net;
    uint8_t *bytes;
    size_t len;

    (void)state;
    bytes = make_onnx_bytes(text, &len);
    net = lower(bytes, len);
    assert_int_equal(net->n_layers, 4);
    assert_int_equal(net->in_h, 1);
    assert_int_equal(net->in_w, 32);
    assert_int_equal(net->layers[0].l.out_w, 16);
    assert_int_equal(net->layers[0].l.kernel_h, 1);
    assert_true(net->layers[0].relu);
    assert_int_equal(net->layers[1].l.out_w, 8);
    assert_int_equal(net->layers[3].l.out_c, 3);
    low_free(net);
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lowered_network_gives_what_onnx_runtime_gives),
        cmocka_unit_test(int8_keeps_the_accuracy_of_every_exit),
        cmocka_unit_test(networks_that_boards_cannot_run_are_refused_by_name),
        cmocka_unit_test(one_dimension_is_a_height_of_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
