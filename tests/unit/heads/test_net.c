/* SPDX-License-Identifier: MIT */
/* Heads of several layers: slopes, training, what is folded back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "search/heads/fit.h"
#include "search/heads/net.h"

static uint32_t seed = 1;

static float
noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / 8388608.0f - 1;
}

static void
fill(struct head *h, size_t taps)
{
    for (int i = 0; i < h->n; i++) {
        struct head_layer *l = &h->layer[i];
        const size_t n = l->in * l->out * (l->conv ? taps : 1);

        l->weight = calloc(n, sizeof(float));
        l->bias = calloc(l->out, sizeof(float));
        for (size_t k = 0; k < n; k++)
            l->weight[k] = noise();
        for (size_t k = 0; k < l->out; k++)
            l->bias[k] = noise();
    }
}

/* Sum of outputs, each times a number of its own: slopes are known. */
static double
weighed(struct net *n, size_t rows)
{
    const size_t out = rows * n->h->layer[n->h->n - 1].out;
    double sum = 0;

    net_forward(n, rows);
    for (size_t k = 0; k < out; k++)
        sum += (double)n->value[n->h->n][k] * (double)(k % 5);
    return sum;
}

static void
slopes_are_those_of_small_steps(struct head *h, const struct site *s)
{
    const float small = 1e-2f;
    enum { BATCH = 3 };
    struct net n;

    fill(h, head_taps(s));
    assert_int_equal(net_init(&n, h, s, BATCH, NULL), ST_OK);
    for (size_t k = 0; k < BATCH * front_width(&h->front); k++)
        n.value[0][k] = noise();
    for (int i = 0; i < h->n; i++) {
        struct head_layer *l = &h->layer[i];

        for (size_t k = 0; k < net_weights(&n, i); k += 7) {
            const float was = l->weight[k];
            double up, down, slope;

            weighed(&n, BATCH);
            for (size_t r = 0; r < BATCH * h->layer[h->n - 1].out; r++)
                n.slope[h->n][r] = (float)(r % 5);
            net_backward(&n, BATCH);
            slope = n.by_weight[i][k];
            l->weight[k] = was + small;
            up = weighed(&n, BATCH);
            l->weight[k] = was - small;
            down = weighed(&n, BATCH);
            l->weight[k] = was;
            assert_true(fabs((up - down) / (2 * (double)small) - slope) <
                        0.05 * (1 + fabs(slope)));
        }
    }
    net_clear(&n);
    head_clear(h);
}

static const struct front map = { 2, { 1, 1 }, { 4, 5 } };

static void
slopes_of_dense_layers(void **state)
{
    struct site s = { .rank = 2, .channels = 6 };
    struct head h = { .front = { 6, { 1, 1 }, { 1, 1 } }, .n = 2 };

    (void)state;
    h.layer[0] = (struct head_layer){ .in = 6, .out = 5 };
    h.layer[1] = (struct head_layer){ .in = 5, .out = 3 };
    slopes_are_those_of_small_steps(&h, &s);
}

static void
slopes_of_convolutions(void **state)
{
    struct site s = { .rank = 4, .channels = 2 };
    struct head h = { .front = map, .n = 3 };

    (void)state;
    h.layer[0] = (struct head_layer){ .conv = true, .in = 2, .out = 3 };
    h.layer[1] = (struct head_layer){ .conv = true, .in = 3, .out = 2 };
    h.layer[2] = (struct head_layer){ .in = 2, .out = 3 };
    slopes_are_those_of_small_steps(&h, &s);
}

static void
slopes_of_convolutions_in_one_dimension(void **state)
{
    struct site s = { .rank = 3, .channels = 2 };
    struct head h = { .front = { 2, { 1, 1 }, { 1, 9 } }, .n = 2 };

    (void)state;
    h.layer[0] = (struct head_layer){ .conv = true, .in = 2, .out = 3 };
    h.layer[1] = (struct head_layer){ .in = 3, .out = 4 };
    slopes_are_those_of_small_steps(&h, &s);
}

/* ---- training ---- */

enum { ROWS = 500 };

/* Class 1 where both features have one sign: no linear layer can tell. */
static void
make_rows(struct features *f, size_t *at, int32_t *y)
{
    *f = (struct features){ .rows = ROWS, .width = 2, .done = ROWS };
    f->data = calloc(2 * ROWS, sizeof(float));
    for (size_t i = 0; i < ROWS; i++) {
        float *x = features_row(f, i);

        x[0] = 5 + 2 * noise();
        x[1] = noise();
        at[i] = i;
        y[i] = (x[0] > 5) == (x[1] > 0);
    }
}

static double
share_right(const struct fit_rows *rows, const struct fit_report *r)
{
    size_t right = 0;

    for (size_t i = 0; i < rows->n_held; i++)
        right += fit_argmax(r->held + i * 2, 2) == rows->y[rows->n_fit + i];
    return (double)right / (double)rows->n_held;
}

static struct head
two_layers(void)
{
    struct head h = {
        .kind = HEAD_HIDDEN, .front = { 2, { 1, 1 }, { 1, 1 } }, .n = 2
    };

    h.layer[0] = (struct head_layer){ .relu = true, .in = 2, .out = 16 };
    h.layer[1] = (struct head_layer){ .in = 16, .out = 2 };
    return h;
}

static void
a_hidden_layer_learns_what_a_linear_one_cannot(void **state)
{
    const struct site s = { .rank = 2, .channels = 2 };
    struct head linear = { .front = { 2, { 1, 1 }, { 1, 1 } } };
    struct head hidden = two_layers(), again = two_layers();
    struct fit_report a, b, c;
    size_t at[ROWS];
    int32_t y[ROWS];
    struct features f;
    struct net n;

    (void)state;
    make_rows(&f, at, y);
    const struct fit_rows rows = { &f, 0, at, y, 400, 100, 2, 3 };

    assert_int_equal(fit_linear(&linear, &rows, &a, NULL), ST_OK);
    assert_int_equal(fit_net(&hidden, &s, &rows, &b, NULL), ST_OK);
    assert_int_equal(fit_net(&again, &s, &rows, &c, NULL), ST_OK);
    assert_true(share_right(&rows, &a) < 0.7);
    assert_true(share_right(&rows, &b) > 0.9);
    /* The same seed gives the same bits. */
    assert_memory_equal(b.held, c.held, 200 * sizeof(double));
    /* The layers, fed with features as they are, say the same. */
    assert_int_equal(net_init(&n, &hidden, &s, 100, NULL), ST_OK);
    memcpy(n.value[0], features_row(&f, 400), 200 * sizeof(float));
    net_forward(&n, 100);
    for (size_t k = 0; k < 200; k++)
        assert_true(fabs(n.value[2][k] - b.held[k]) < 1e-3);
    net_clear(&n);
    fit_report_clear(&a);
    fit_report_clear(&b);
    fit_report_clear(&c);
    head_clear(&linear);
    head_clear(&hidden);
    head_clear(&again);
    free(f.data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_of_dense_layers),
        cmocka_unit_test(slopes_of_convolutions),
        cmocka_unit_test(slopes_of_convolutions_in_one_dimension),
        cmocka_unit_test(a_hidden_layer_learns_what_a_linear_one_cannot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
