/* SPDX-License-Identifier: MIT */
/* Features of images whose answers can be told by looking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "search/select/image.h"

enum { SIDE = 32, PIXELS = SIDE * SIDE };

static float pixel[3 * PIXELS];

static void
fill(float r, float g, float b)
{
    for (int i = 0; i < PIXELS; i++) {
        pixel[i] = r;
        pixel[PIXELS + i] = g;
        pixel[2 * PIXELS + i] = b;
    }
}

/* A white box of that size, its corner at (4, 4). */
static void
box(int width, int height)
{
    for (int y = 4; y < 4 + height; y++)
        for (int x = 4; x < 4 + width; x++)
            for (int c = 0; c < 3; c++)
                pixel[c * PIXELS + y * SIDE + x] = 255;
}

static void
features(int channels, double out[IMAGE_FEATURES])
{
    const struct image im = { pixel, channels, SIDE, SIDE };
    void *scratch = malloc(image_scratch(SIDE, SIDE));

    assert_non_null(scratch);
    image_features(&im, scratch, out);
    free(scratch);
}

static void
one_colour_has_brightness_and_nothing_else(void **state)
{
    double f[IMAGE_FEATURES];

    (void)state;
    fill(100, 100, 100);
    features(3, f);
    assert_float_equal(f[0], 0, 0);
    assert_float_equal(f[1], 100, 1e-3);
    assert_float_equal(f[2], 0, 0);
    assert_float_equal(f[3], 0, 1e-6);
    assert_float_equal(f[5], 0, 0);
}

static void
a_box_has_its_corners_outline_and_aspect(void **state)
{
    double f[IMAGE_FEATURES], inside = 16.0 * 8 / PIXELS;

    (void)state;
    fill(0, 0, 0);
    box(16, 8);
    features(1, f);
    assert_true(f[0] >= 4); /* around each of four corners */
    assert_float_equal(f[1], 255 * inside, 1e-3);
    assert_float_equal(f[3], 255 * sqrt(inside * (1 - inside)), 1e-3);
    assert_float_equal(f[4], 16.0 * 8 / (2 * (16 + 8)), 1e-12);
    assert_float_equal(f[5], 0, 0); /* one edge, the longest */
    assert_float_equal(f[6], 2, 1e-12);
}

static void
the_rarer_side_is_the_object_whatever_its_colour(void **state)
{
    double f[IMAGE_FEATURES];

    (void)state;
    fill(0, 0, 0);
    box(16, 8);
    for (int i = 0; i < PIXELS; i++)
        pixel[i] = 255 - pixel[i];
    features(1, f);
    assert_float_equal(f[4], 16.0 * 8 / (2 * (16 + 8)), 1e-12);
    assert_float_equal(f[6], 2, 1e-12);
}

static void
hues_are_told_apart(void **state)
{
    static const struct {
        float r, g, b;
        double share;
    } cases[] = {
        { 200, 0, 0, 1 },   /* 0 degrees */
        { 200, 160, 0, 1 }, /* 48 */
        { 200, 180, 0, 0 }, /* 54: beyond 360 / 7 */
        { 200, 0, 20, 0 },  /* 354 */
        { 0, 200, 0, 0 },   /* 120 */
        { 90, 90, 90, 0 },  /* none */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double f[IMAGE_FEATURES];

        fill(cases[i].r, cases[i].g, cases[i].b);
        features(3, f);
        assert_float_equal(f[2], cases[i].share, 0);
    }
}

static void
short_edges_beside_a_long_one_are_counted(void **state)
{
    double f[IMAGE_FEATURES];

    (void)state;
    fill(0, 0, 0);
    box(24, 18);
    /* two specks: each makes an edge far shorter than the box's */
    for (int i = 0; i < 4; i++)
        pixel[(28 + i / 2) * SIDE + 5 + i % 2] =
            pixel[(28 + i / 2) * SIDE + 20 + i % 2] = 255;
    features(1, f);
    assert_float_equal(f[5], 2.0 / 3, 1e-12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_colour_has_brightness_and_nothing_else),
        cmocka_unit_test(a_box_has_its_corners_outline_and_aspect),
        cmocka_unit_test(the_rarer_side_is_the_object_whatever_its_colour),
        cmocka_unit_test(hues_are_told_apart),
        cmocka_unit_test(short_edges_beside_a_long_one_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
