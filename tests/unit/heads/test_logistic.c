/* SPDX-License-Identifier: MIT */
/* Logistic regression, its temperature, and the store of features. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "search/heads/features.h"
#include "search/heads/logistic.h"

/* As in reference.py. */
enum { N = 400, WIDTH = 6, CLASSES = 3 };

static float x[N * WIDTH];
static int32_t y[N];
static const struct logistic_data data = { x, y, N, WIDTH, CLASSES };

static void
draw(void)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < N * WIDTH; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / 16777216.0f - 0.5f;
    }
    for (size_t i = 0; i < N; i++) {
        y[i] = (int32_t)(i % CLASSES);
        x[i * WIDTH + i % CLASSES] += 0.6f;
    }
}

static void
the_optimum_is_that_of_scikit_learn(void **state)
{
    double z[N * CLASSES], square = 0;
    struct logistic_fit f = { .w = calloc(CLASSES * (WIDTH + 1), 8) };
    size_t right = 0;

    (void)state;
    assert_int_equal(logistic_fit(&data, 1e-2, 1e-5, &f, NULL), ST_OK);
    assert_true(f.converged && f.gradient_norm <= 1e-5);
    assert_int_equal(logistic_values(&data, f.w, z, NULL), ST_OK);
    for (size_t i = 0; i < CLASSES * WIDTH; i++)
        square += f.w[i] * f.w[i];
    for (size_t i = 0; i < N; i++) {
        const double *v = z + i * CLASSES;
        const double most = fmax(v[0], fmax(v[1], v[2]));

        right += v[y[i]] >= most;
    }
    assert_true(fabs(logistic_loss(z, y, N, CLASSES, 1) + 0.005 * square -
                     0.518561945) < 1e-6);
    assert_true(fabs((double)right / N - 0.8950) < 0.002);
    assert_true(fabs(f.w[0] - 2.407193) < 1e-3);
    logistic_clear(&f);
}

static void
the_penalty_is_the_one_that_loses_least_on_other_rows(void **state)
{
    const struct logistic_data half = { x, y, N / 2, WIDTH, CLASSES };
    const struct logistic_data rest = { x + N / 2 * WIDTH, y + N / 2, N / 2,
        WIDTH, CLASSES };
    struct logistic_fit f, other = { .w = calloc(CLASSES * (WIDTH + 1), 8) };
    static const double l2[] = { 1e-1, 1e-2, 1e-3, 1e-4 };
    double z[N * CLASSES];

    (void)state;
    assert_int_equal(logistic_choose(&half, &rest, &f, NULL), ST_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(logistic_fit(&half, l2[i], 1e-4, &other, NULL), ST_OK);
        assert_int_equal(logistic_values(&rest, other.w, z, NULL), ST_OK);
        assert_true(
            f.loss <= logistic_loss(z, rest.y, N / 2, CLASSES, 1) + 1e-4);
    }
    logistic_clear(&f);
    logistic_clear(&other);
}

static void
the_temperature_undoes_what_scaled_the_values(void **state)
{
    struct logistic_fit f = { .w = calloc(CLASSES * (WIDTH + 1), 8) };
    double z[N * CLASSES], t;

    (void)state;
    assert_int_equal(logistic_fit(&data, 1e-6, 1e-5, &f, NULL), ST_OK);
    assert_int_equal(logistic_values(&data, f.w, z, NULL), ST_OK);
    t = logistic_temperature(z, y, N, CLASSES);
    assert_true(fabs(t - 1) < 0.01);
    for (size_t i = 0; i < N * CLASSES; i++)
        z[i] *= 3;
    assert_true(fabs(logistic_temperature(z, y, N, CLASSES) - 3 * t) < 0.02);
    logistic_clear(&f);
}

/* ---- the store ---- */

static char folder[] = "/tmp/offramp-heads-XXXXXX";

static void
an_interrupted_pass_goes_on_where_it_was(void **state)
{
    char path[64];
    struct features f;

    (void)state;
    snprintf(path, sizeof(path), "%s/a", folder);
    assert_int_equal(features_open(&f, path, 100, 8, NULL), ST_OK);
    assert_int_equal(f.done, 0);
    features_row(&f, 41)[7] = 2.5f;
    f.done = 42;
    assert_int_equal(features_save(&f, NULL), ST_OK);
    features_row(&f, 50)[0] = 1;
    features_close(&f);
    assert_int_equal(features_open(&f, path, 100, 8, NULL), ST_OK);
    assert_int_equal(f.done, 42);
    assert_true(features_row(&f, 41)[7] == 2.5f);
    features_close(&f);
    /* Another size is another pass. */
    assert_int_equal(features_open(&f, path, 120, 8, NULL), ST_OK);
    assert_int_equal(f.done, 0);
    features_close(&f);
}

static void
a_full_disk_is_told_before_the_first_row(void **state)
{
    struct rlimit old, small;
    char path[64];
    struct features f;
    struct err err = { 0 };

    (void)state;
    snprintf(path, sizeof(path), "%s/b", folder);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){ 1 << 20, old.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(features_open(&f, path, 1000, 1000, &err), ST_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_string_equal(err.code, "infra.disk_full");
    assert_non_null(strstr(err.text, "4 MiB"));
    assert_false(file_exists(path));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_optimum_is_that_of_scikit_learn),
        cmocka_unit_test(the_penalty_is_the_one_that_loses_least_on_other_rows),
        cmocka_unit_test(the_temperature_undoes_what_scaled_the_values),
        cmocka_unit_test(an_interrupted_pass_goes_on_where_it_was),
        cmocka_unit_test(a_full_disk_is_told_before_the_first_row),
    };
    int failed;

    draw();
    if (mkdtemp(folder) == NULL)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return file_rmtree(folder, NULL) == ST_OK ? failed : 1;
}
