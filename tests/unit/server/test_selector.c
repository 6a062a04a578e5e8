/* SPDX-License-Identifier: MIT */
/* The words by which a person means devices. */
#include "unit/server/call.h"

#include "server/selector.h"

/* A device called "pi" with two labels. */
static bool
means_pi(const char *selector, char *lacks, size_t cap)
{
    json_t *labels = json_pack("{s:s, s:s}", "arch", "aarch64", "npu", "");
    bool means = selector_match(selector, "pi", labels, lacks, cap);

    json_decref(labels);
    return means;
}

static void
labels_choose_devices(void **state)
{
    static const struct {
        const char *selector, *lacks; /* NULL: it is meant */
    } cases[] = {
        { "any", NULL },
        { "arch", NULL },
        { "npu", NULL },
        { "arch=aarch64", NULL },
        { "arch=aarch64,npu,name=pi", NULL },
        { "arch!=x86_64", NULL },
        { "site!=cellar", NULL },
        { "arch=aarch6", "lacks arch=aarch6 (has aarch64)" },
        { "arch=aarch644", "lacks arch=aarch644 (has aarch64)" },
        { "arc", "lacks arc" },
        { "archs=aarch64", "lacks archs=aarch64" },
        { "npu,arch!=aarch64", "has arch=aarch64" },
        { "name!=pi", "has name=pi" },
        { "site=cellar,arch=x86_64", "lacks site=cellar" },
        { "any,npu", "lacks any" },
    };
    char lacks[80];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool means = means_pi(cases[i].selector, lacks, sizeof(lacks));

        assert_int_equal(means, cases[i].lacks == NULL);
        if (!means)
            assert_string_equal(lacks, cases[i].lacks);
    }
    assert_false(means_pi("arch=something-long", lacks, 8));
    assert_string_equal(lacks, "lacks a");
}

static void
what_makes_no_sense_is_named(void **state)
{
    static const struct {
        const char *selector, *part; /* NULL: it makes sense */
    } cases[] = {
        { "pi", NULL },
        { "a=b=c", NULL },
        { "a=b!", NULL },
        { "a!=b,c", NULL },
        { "", "is empty" },
        { ",a", "''" },
        { "a,", "''" },
        { "a,,b", "''" },
        { "=b", "'=b'" },
        { "a=", "'a='" },
        { "a=,b", "'a='" },
        { "a!", "'a!'" },
        { "a!b", "'a!b'" },
        { "a!=", "'a!='" },
        { "x,!=b", "'!=b'" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        enum status st = selector_check("devices[3]", cases[i].selector, &err);

        assert_int_equal(st, cases[i].part ? ST_INVALID : ST_OK);
        if (cases[i].part == NULL)
            continue;
        assert_non_null(strstr(err.text, "devices[3]"));
        assert_non_null(strstr(err.text, cases[i].part));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_choose_devices),
        cmocka_unit_test(what_makes_no_sense_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
