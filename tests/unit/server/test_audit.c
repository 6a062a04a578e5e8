/* SPDX-License-Identifier: MIT */
/* Which cached rows an audit measures again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/flag.h"
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

        audit_take_out(have, NULL, NULL, 7, cases[i].rate);
        assert_in_range(json_array_size(have), cases[i].least, cases[i].most);
        json_decref(have);
    }
}

static void
a_seed_takes_its_own(void **state)
{
    json_t *a = entries(), *again = entries(), *other = entries();

    (void)state;
    audit_take_out(a, NULL, NULL, 1, 0.05);
    audit_take_out(again, NULL, NULL, 1, 0.05);
    audit_take_out(other, NULL, NULL, 2, 0.05);
    assert_true(json_equal(a, again));
    assert_false(json_equal(a, other));
    json_decref(a);
    json_decref(again);
    json_decref(other);
}

/* Whatever the chance says: the layer with most work, which the probe pairs,
 * or the whole network in a job without L2; and L1 goes with its L0. */
static void
there_is_always_a_witness(void **state)
{
    static const struct {
        const char *levels, *level, *key;
        double rate;
        size_t left;
    } cases[] = {
        { "[\"L0\",\"L1\",\"L2\"]", "L2", "much", 1e-9, 0 },
        { "[\"L0\",\"L1\",\"L2\"]", "L2", "little", 1e-9, 1 },
        { "[\"L0\",\"L1\",\"L2\"]", "L0", "file", 1e-9, 1 },
        { "[\"L0\",\"L1\",\"L2\"]", "L1", "file", 1e-9, 1 },
        { "[\"L0\",\"L1\",\"L2\"]", "L2", "much", 0, 1 },
        { "[\"L0\",\"L1\"]", "L0", "file", 1e-9, 0 },
        { "[\"L0\",\"L1\"]", "L1", "file", 1e-9, 0 },
        { "[\"L0\",\"L1\"]", "L0", "file", 0, 1 },
        { "[\"L0\",\"L6\"]", "L6", "file", 1e-9, 1 },
    };
    json_t *analysis =
        json_pack("{s:s,s:[{s:s,s:i},{s:s,s:i}]}", "blob", "file", "layers",
            "kernel_key", "little", "macs", 1, "kernel_key", "much", "macs", 9);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *levels = json_loads(cases[i].levels, 0, NULL);
        json_t *have = json_pack(
            "[{s:s,s:s}]", "level", cases[i].level, "kernel_key", cases[i].key);

        audit_take_out(have, analysis, levels, 7, cases[i].rate);
        assert_int_equal(json_array_size(have), cases[i].left);
        json_decref(have);
        json_decref(levels);
    }
    json_decref(analysis);
}

/* One lot for both, so that they are of one run. */
static void
in_situ_goes_with_its_plain_twin(void **state)
{
    json_t *levels = json_pack("[s,s,s]", "L0", "L1", "L2");
    size_t gone = 0;

    (void)state;
    for (int seed = 0; seed < 200; seed++) {
        json_t *have = json_pack("[{s:s,s:s},{s:s,s:s}]", "level", "L0",
            "kernel_key", "file", "level", "L1", "kernel_key", "file");

        audit_take_out(have, NULL, levels, seed, 0.5);
        assert_true(json_array_size(have) != 1);
        gone += json_array_size(have) == 0;
        json_decref(have);
    }
    assert_in_range(gone, 60, 140);
    json_decref(levels);
}

/* A row whose interval is narrow and whose samples are not. */
static struct measure
row_about(double median_ns, int64_t flags)
{
    return (struct measure){ .median_ns = median_ns,
        .p10_ns = 0.92 * median_ns,
        .p75_ns = 1.06 * median_ns,
        .ci95_lo_ns = 0.99 * median_ns,
        .ci95_hi_ns = 1.01 * median_ns,
        .flags = flags };
}

static void
a_row_that_saw_several_paces_must_be_further_off_to_have_moved(void **state)
{
    static const struct {
        int64_t flags_a, flags_b;
        double ratio;
        bool beyond;
    } cases[] = {
        { 0, 0, 1.01, false },
        { 0, 0, 1.08, true },
        { FLAG(freq_varied), 0, 1.08, false },
        { 0, FLAG(freq_varied), 1.08, false },
        { FLAG(drift), 0, 1.08, true },
        { FLAG(freq_varied), FLAG(freq_varied), 1.08, false },
        { FLAG(freq_varied), FLAG(freq_varied), 1.30, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct measure a = row_about(1000, cases[i].flags_a);
        struct measure b = row_about(1000 * cases[i].ratio, cases[i].flags_b);

        assert_int_equal(audit_is_beyond(&a, &b), cases[i].beyond);
        assert_int_equal(audit_is_beyond(&b, &a), cases[i].beyond);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(about_the_rate_is_taken_out),
        cmocka_unit_test(a_seed_takes_its_own),
        cmocka_unit_test(there_is_always_a_witness),
        cmocka_unit_test(in_situ_goes_with_its_plain_twin),
        cmocka_unit_test(
            a_row_that_saw_several_paces_must_be_further_off_to_have_moved),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
