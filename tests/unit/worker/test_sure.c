/* SPDX-License-Identifier: MIT */
/* Confidence heads: when one is kept, and what it makes of an exit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "search/heads/fit.h"
#include "unit/model/make_onnx.h"
#include "unit/worker/chain.h"

enum { ROWS = 300, CLASSES = 4, CHANNELS = 8 };

static uint32_t seed = 1;

static float
noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / 8388608.0f - 1;
}

static void
one_that_ranks_better_is_kept(void **state)
{
    struct head h = { .front = { 1, { 1, 1 }, { 1, 1 } }, .n = 1 };
    struct features f = { .rows = ROWS, .width = 1, .done = ROWS };
    double held[ROWS * CLASSES] = { 0 };
    struct fit_report report = { .held = held };
    struct sure_report sure;
    size_t at[ROWS];
    int32_t y[ROWS];

    (void)state;
    h.layer[0] = (struct head_layer){ .in = 1, .out = CLASSES };
    f.data = calloc(ROWS, sizeof(float));
    assert_non_null(f.data);
    /* It always says class 1, equally sure; the feature knows better. */
    for (size_t i = 0; i < ROWS; i++) {
        f.data[i] = noise();
        at[i] = i;
        y[i] = f.data[i] > 0 ? 1 : 2;
        held[i * CLASSES + 1] = 3;
    }
    const struct fit_rows rows = { &f, 0, at, y, 0, ROWS, CLASSES, 1 };

    assert_int_equal(fit_sure(&h, &rows, &report, &sure, NULL), ST_OK);
    assert_true(sure.auc > 0.99);
    assert_true(fabs(sure.auc_probability - 0.5) < 1e-9);
    assert_int_equal(h.sure.out, 1);
    assert_true(h.sure.weight[0] > 0);
    head_clear(&h);
    free(f.data);
}

static struct head
linear_head(float confidence_logit)
{
    struct head h = { .front = { CHANNELS, { 16, 16 }, { 1, 1 } }, .n = 1 };

    h.layer[0] = (struct head_layer){ .in = CHANNELS, .out = CLASSES };
    h.layer[0].weight = calloc(CHANNELS * CLASSES, sizeof(float));
    h.layer[0].bias = calloc(CLASSES, sizeof(float));
    h.layer[0].bias[2] = 1;
    h.sure = (struct head_layer){ .in = CHANNELS, .out = 1 };
    h.sure.weight = calloc(CHANNELS, sizeof(float));
    h.sure.bias = calloc(1, sizeof(float));
    h.sure.bias[0] = confidence_logit;
    return h;
}

static void
the_largest_probability_is_the_confidence(void **state)
{
    static const char text[] = "ir 8\nopset 13\ninput x f4 1,3,16,16\n"
                               "init w f4 8,3,3,3\n"
                               "node Conv x,w -> r1 pads=1,1,1,1\n"
                               "output r1\n";
    const struct site s = { .tensor = "r1",
        .rank = 4,
        .form = FORM_MAP,
        .channels = CHANNELS,
        .extent = { 16, 16 } };
    char path[] = "/tmp/offramp-sure-XXXXXX";
    Onnx__ModelProto *m = make_onnx(text);
    struct head h = linear_head(0.7f);
    const double c = 1 / (1 + exp(-0.7));
    float picture[3 * 16 * 16];
    const float *p;
    struct attach a;
    struct chain chain;
    uint8_t *data;
    size_t len, n;

    (void)state;
    attach_begin(&a, m);
    head_write(&a, &s, &h, "exit0");
    assert_int_equal(attach_end(&a, NULL), ST_OK);
    assert_int_equal(onnx_write(m, &data, &len, NULL), ST_OK);
    close(mkstemp(path));
    assert_int_equal(file_write(path, data, len, NULL), ST_OK);
    for (size_t i = 0; i < sizeof(picture) / sizeof(picture[0]); i++)
        picture[i] = noise();
    chain_open(&chain);
    chain_put(&chain, "x", picture, sizeof(picture) / sizeof(picture[0]));
    chain_run(&chain, path);
    p = chain_get(&chain, "exit0", &n);
    assert_int_equal(n, CLASSES);
    for (size_t k = 0; k < CLASSES; k++)
        assert_true(fabs(p[k] - ((k == 2 ? c : 0) + (1 - c) / CLASSES)) < 1e-6);
    chain_clear(&chain);
    unlink(path);
    free(data);
    head_clear(&h);
    onnx_free(m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_ranks_better_is_kept),
        cmocka_unit_test(the_largest_probability_is_the_confidence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
