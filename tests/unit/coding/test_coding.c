/* SPDX-License-Identifier: MIT */
/* What every way of coding gives back, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "search/coding/coding.h"

enum { MANY = 3000 };

/* Activations after a relu: many zeros, some large. */
static void
fill(float *x, size_t n, uint64_t seed)
{
    struct rng rng = { seed };

    for (size_t i = 0; i < n; i++) {
        double v = 8 * rng_unit(&rng) - 5;

        x[i] = (float)(v > 0 ? v * v : 0);
    }
}

/* What a number may be off after coding: half a step, or half of the last of
 * 11 bits. */
static double
allowed(const struct coding *c, const float *x, size_t n, size_t i)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t k = 0; k < n; k++) {
        low = fmin(low, (double)x[k]);
        high = fmax(high, (double)x[k]);
    }
    if (c->number == CODING_U1)
        return (high - low) / 255 * 0.501;
    return c->number == CODING_F2 ? fabs((double)x[i]) / 2048 + 1e-7 : 0;
}

static void
numbers_come_back_as_near_as_their_way_allows(void **state)
{
    static const size_t sizes[] = { 1, 7, MANY };

    (void)state;
    for (size_t k = 0; codings[k].name != NULL; k++)
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            const struct coding *c = &codings[k];
            size_t n = sizes[s], bytes, room = coding_room(c, n);
            float x[MANY], y[MANY];
            void *out = malloc(room), *scratch = malloc(room);

            assert_non_null(out);
            assert_non_null(scratch);
            fill(x, n, 40 + s);
            assert_int_equal(
                coding_encode(c, x, n, scratch, out, &bytes, NULL), ST_OK);
            assert_true(bytes <= room);
            assert_int_equal(
                coding_decode(c, out, bytes, scratch, y, n, NULL), ST_OK);
            for (size_t i = 0; i < n; i++)
                if (fabs((double)x[i] - (double)y[i]) > allowed(c, x, n, i))
                    fail_msg("%s: %g came back as %g", c->name, (double)x[i],
                        (double)y[i]);
            if (coding_is_lossless(c))
                assert_memory_equal(x, y, n * sizeof(*x));
            if (n == MANY) /* more than half are zero */
                assert_true(bytes < n * sizeof(*x));
            free(out);
            free(scratch);
        }
}

static void
bytes_that_are_none_are_refused(void **state)
{
    float x[MANY], y[MANY];

    (void)state;
    fill(x, MANY, 3);
    for (size_t k = 0; codings[k].name != NULL; k++) {
        const struct coding *c = &codings[k];
        size_t bytes, room = coding_room(c, MANY);
        uint8_t *out = malloc(room), *scratch = malloc(room);
        struct err err = { 0 };

        assert_non_null(out);
        assert_non_null(scratch);
        assert_int_equal(
            coding_encode(c, x, MANY, scratch, out, &bytes, NULL), ST_OK);
        assert_int_equal(
            coding_decode(c, out, bytes - 1, scratch, y, MANY, &err),
            ST_UNPROCESSABLE);
        assert_non_null(strstr(err.text, c->name));
        free(out);
        free(scratch);
    }
}

static void
there_is_always_a_way_and_never_more_than_seven(void **state)
{
    size_t n = 0;

    (void)state;
    while (codings[n].name != NULL)
        n++;
    assert_in_range(n, 2, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_as_near_as_their_way_allows),
        cmocka_unit_test(bytes_that_are_none_are_refused),
        cmocka_unit_test(there_is_always_a_way_and_never_more_than_seven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
