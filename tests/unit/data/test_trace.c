/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "search/data/trace.h"

static double
at(const json_t *a, size_t i, const char *name)
{
    return json_number_value(json_object_get(json_array_get(a, i), name));
}

static void
only_news_is_kept_and_the_end_always(void **state)
{
    struct trace t = { 0 };
    struct solve_progress p = { .upper = INT64_MAX, .lower = 10 };
    json_t *a;

    (void)state;
    trace_add(&t, 0, &p);
    p.nodes = 3;
    trace_add(&t, 1, &p);
    p.upper = 40;
    trace_add(&t, 2, &p);
    trace_end(&t, 3, &p);
    trace_add(&t, 4, &(struct solve_progress){ .upper = 7, .lower = 7 });
    a = trace_json(&t, 0.5);
    assert_int_equal(json_array_size(a), 3);
    assert_true(json_is_null(json_object_get(json_array_get(a, 0), "cost")));
    assert_true(at(a, 0, "lower_bound") == 5);
    assert_true(at(a, 1, "seconds") == 2 && at(a, 1, "cost") == 20);
    assert_true(at(a, 2, "seconds") == 3 && at(a, 2, "nodes") == 3);
    json_decref(a);
}

static void
a_long_series_is_thinned_and_stays_in_order(void **state)
{
    struct trace t = { 0 };
    json_t *a;
    size_t n;

    (void)state;
    for (int i = 0; i < 100000; i++)
        trace_add(&t, i * 0.01,
            &(struct solve_progress){ .upper = 200000 - i, .lower = i });
    trace_end(&t, 1000, &(struct solve_progress){ .upper = 1, .lower = 1 });
    a = trace_json(&t, 1);
    n = json_array_size(a);
    assert_in_range(n, TRACE_MAX / 4, TRACE_MAX);
    assert_true(at(a, 0, "seconds") == 0);
    assert_true(at(a, n - 1, "seconds") == 1000);
    for (size_t i = 1; i < n; i++) {
        assert_true(at(a, i - 1, "seconds") < at(a, i, "seconds"));
        /* No stretch of time is left without a point. */
        assert_true(at(a, i, "seconds") - at(a, i - 1, "seconds") < 100);
    }
    json_decref(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_news_is_kept_and_the_end_always),
        cmocka_unit_test(a_long_series_is_thinned_and_stays_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
