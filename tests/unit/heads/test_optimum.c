/* SPDX-License-Identifier: MIT */
/* A linear head beside the same regression solved another way: Newton's
 * method in doubles, written here alone, on features of the fixture. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "search/data/npy.h"
#include "search/heads/fit.h"

enum {
    ROWS = 1600,
    FITTED = 1000, /* of the others one row is 0.17 points */
    GRID = 4,      /* windows along each side of a picture of 24 x 24 */
    WIDTH = GRID * GRID,
    CLASSES = 10,
    WIDE = WIDTH + 1, /* with the 1 that a bias multiplies */
    UNKNOWNS = CLASSES * WIDE,
    STEPS = 50
};

static float table[ROWS * WIDTH];
static double x[ROWS][WIDE]; /* standardised on the rows fitted on */
static int32_t y[ROWS];
static size_t at[ROWS];

/* ---- data ---- */

static void
average(const float *picture, float *out)
{
    enum { SIDE = 24, STEP = SIDE / GRID };

    for (size_t r = 0; r < SIDE; r++)
        for (size_t c = 0; c < SIDE; c++)
            out[r / STEP * GRID + c / STEP] +=
                picture[r * SIDE + c] / (STEP * STEP);
}

static void
standardise(void)
{
    for (size_t k = 0; k < WIDTH; k++) {
        double sum = 0, squares = 0, mean;

        for (size_t i = 0; i < FITTED; i++)
            sum += table[i * WIDTH + k];
        mean = sum / FITTED;
        for (size_t i = 0; i < FITTED; i++)
            squares += pow(table[i * WIDTH + k] - mean, 2);
        for (size_t i = 0; i < ROWS; i++)
            x[i][k] = (table[i * WIDTH + k] - mean) / sqrt(squares / FITTED);
    }
    for (size_t i = 0; i < ROWS; i++)
        x[i][WIDTH] = 1;
}

static int
load(void **state)
{
    static float picture[24 * 24];
    struct npy images, labels;

    (void)state;
    if (npy_open(&images, OFFRAMP_FIXTURES "/cnn3_images_u8.npy", "images",
            NULL) != ST_OK ||
        npy_open(&labels, OFFRAMP_FIXTURES "/cnn3_labels.npy", "labels",
            NULL) != ST_OK)
        return 1;
    for (size_t i = 0; i < ROWS; i++) {
        npy_row(&images, i, picture);
        average(picture, table + i * WIDTH);
        y[i] = (int32_t)npy_int(&labels, i);
        at[i] = i;
    }
    npy_close(&images);
    npy_close(&labels);
    standardise();
    return 0;
}

/* ---- Newton's method ---- */

static void
probabilities(const double *w, const double *row, double *p)
{
    double most = -INFINITY, sum = 0;

    for (size_t c = 0; c < CLASSES; c++) {
        p[c] = 0;
        for (size_t k = 0; k < WIDE; k++)
            p[c] += w[c * WIDE + k] * row[k];
        most = fmax(most, p[c]);
    }
    for (size_t c = 0; c < CLASSES; c++)
        sum += p[c] = exp(p[c] - most);
    for (size_t c = 0; c < CLASSES; c++)
        p[c] /= sum;
}

/* Minus the log-likelihood of a row's class, into slopes and curvature. */
static void
add_row(const double *p, const double *row, int32_t class, double *slope,
    double *curve)
{
    for (size_t u = 0; u < UNKNOWNS; u++) {
        const size_t c = u / WIDE;
        const double v = row[u % WIDE] / FITTED;

        slope[u] += (p[c] - (c == (size_t) class)) * v;
        for (size_t t = 0; t <= u; t++)
            curve[u * UNKNOWNS + t] +=
                (p[c] * (c == t / WIDE) - p[c] * p[t / WIDE]) * v *
                row[t % WIDE];
    }
}

/* Solve curve * step = slope in place, by Cholesky: `slope` becomes it. */
static void
solve(double *curve, double *slope)
{
    for (size_t i = 0; i < UNKNOWNS; i++)
        for (size_t j = 0; j <= i; j++) {
            double *v = &curve[i * UNKNOWNS + j];

            for (size_t k = 0; k < j; k++)
                *v -= curve[i * UNKNOWNS + k] * curve[j * UNKNOWNS + k];
            *v = i == j ? sqrt(*v) : *v / curve[j * UNKNOWNS + j];
        }
    for (size_t i = 0; i < UNKNOWNS; i++) {
        for (size_t k = 0; k < i; k++)
            slope[i] -= curve[i * UNKNOWNS + k] * slope[k];
        slope[i] /= curve[i * UNKNOWNS + i];
    }
    for (size_t i = UNKNOWNS; i-- > 0;) {
        for (size_t k = i + 1; k < UNKNOWNS; k++)
            slope[i] -= curve[k * UNKNOWNS + i] * slope[k];
        slope[i] /= curve[i * UNKNOWNS + i];
    }
}

/* One step; the largest slope before it. */
static double
newton(double *w, double l2)
{
    double *slope = calloc(UNKNOWNS, sizeof(*slope)), p[CLASSES], most = 0;
    double *curve = calloc((size_t)UNKNOWNS * UNKNOWNS, sizeof(*curve));

    assert_true(slope != NULL && curve != NULL);
    for (size_t i = 0; i < FITTED; i++) {
        probabilities(w, x[i], p);
        add_row(p, x[i], y[i], slope, curve);
    }
    for (size_t u = 0; u < UNKNOWNS; u++) {
        const bool bias = u % WIDE == WIDTH;

        /* Equal biases change nothing: a trace of curvature decides. */
        slope[u] += bias ? 0 : l2 * w[u];
        curve[u * UNKNOWNS + u] += bias ? 1e-9 : l2;
        most = fmax(most, fabs(slope[u]));
    }
    solve(curve, slope);
    for (size_t u = 0; u < UNKNOWNS; u++)
        w[u] -= slope[u];
    free(curve);
    free(slope);
    return most;
}

static double
share_right(const double *w)
{
    size_t right = 0;

    for (size_t i = FITTED; i < ROWS; i++) {
        double p[CLASSES];

        probabilities(w, x[i], p);
        right += fit_argmax(p, CLASSES) == y[i];
    }
    return (double)right / (ROWS - FITTED);
}

static void
a_linear_head_is_as_right_as_newton_s(void **state)
{
    struct features f = { table, ROWS, WIDTH, ROWS, "" };
    const struct fit_rows rows = { &f, 0, at, y, FITTED, ROWS - FITTED, CLASSES,
        1 };
    struct head h = { .front = { WIDTH, { 1, 1 }, { 1, 1 } } };
    static double w[UNKNOWNS];
    struct fit_report r;
    size_t right = 0;
    int steps = 0;

    (void)state;
    assert_int_equal(fit_linear(&h, &rows, &r, NULL), ST_OK);
    assert_true(r.converged && r.gradient_norm <= r.tolerance);
    while (newton(w, r.l2) > 1e-9)
        assert_true(++steps < STEPS);
    for (size_t i = 0; i < rows.n_held; i++)
        right += fit_argmax(r.held + i * CLASSES, CLASSES) == y[FITTED + i];
    assert_true(share_right(w) > 0.15); /* always one class: 0.1 */
    assert_true(
        fabs((double)right / (double)rows.n_held - share_right(w)) <= 0.002);
    fit_report_clear(&r);
    head_clear(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_head_is_as_right_as_newton_s),
    };

    return cmocka_run_group_tests(tests, load, NULL);
}
