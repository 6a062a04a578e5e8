/* SPDX-License-Identifier: MIT */
/* Which cached rows an audit measures again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "server/audit.h"

enum { ENTRIES = 2000 };

static json_t *
entries(void)
{
    json_t *have = json_array();

    for (int i = 0; i < ENTRIES; i++) {
        char key[HASH_HEX];

        hash_bytes(&i, sizeof(i), key);
        assert_int_equal(
            json_array_append_new(
                have, json_pack("{s:s,s:s}", "level", "L2", "kernel_key", key)),
            0);
    }
    return have;
}

static void
about_the_rate_is_taken_out(void **state)
{
    static const struct {
        double rate;
        size_t least, most; /* left; five standard deviations around */
    } cases[] = { { 0, ENTRIES, ENTRIES }, { 0.05, 1851, 1949 },
        { 0.5, 888, 1112 }, { 1, 0, 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *have = entries();

        audit_take_out(have, NULL, 7, cases[i].rate);
        assert_in_range(json_array_size(have), cases[i].least, cases[i].most);
        json_decref(have);
    }
}

static void
a_seed_takes_its_own(void **state)
{
    json_t *a = entries(), *again = entries(), *other = entries();

    (void)state;
    audit_take_out(a, NULL, 1, 0.05);
    audit_take_out(again, NULL, 1, 0.05);
    audit_take_out(other, NULL, 2, 0.05);
    assert_true(json_equal(a, again));
    assert_false(json_equal(a, other));
    json_decref(a);
    json_decref(again);
    json_decref(other);
}

/* Whatever the chance says. */
static void
the_whole_network_is_always_measured_again(void **state)
{
    static const struct {
        const char *level;
        double rate;
        size_t left;
    } cases[] = { { "L0", 1e-9, 0 }, { "L6", 1e-9, 1 }, { "L0", 0, 1 } };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *have = json_pack("[{s:s,s:s}]", "level", cases[i].level,
            "kernel_key", "the file of the network");

        audit_take_out(have, "the file of the network", 7, cases[i].rate);
        assert_int_equal(json_array_size(have), cases[i].left);
        json_decref(have);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(about_the_rate_is_taken_out),
        cmocka_unit_test(a_seed_takes_its_own),
        cmocka_unit_test(the_whole_network_is_always_measured_again),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
