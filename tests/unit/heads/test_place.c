/* SPDX-License-Identifier: MIT */
/* Which boundaries each rule takes; shares were worked out by hand from the
 * formulas that place.h cites. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "search/heads/place.h"

enum { SITES = 9 };

/* Nine boundaries behind 10, 20, .. 90 of 100 multiplications.  The fifth is
 * no candidate; activations are larger than the input up to the fourth. */
static void
make(struct plain *p, struct site *sites)
{
    *p = (struct plain){
        .site = sites, .n = SITES, .macs = 100, .input_bytes = 1000
    };
    for (int i = 0; i < SITES; i++)
        sites[i] = (struct site){ .tensor = "t",
            .macs_before = 10 * (i + 1),
            .bytes = i < 4 ? 2000 : 500,
            .reason = i == 4 ? SITE_NO_WORK : SITE_OK };
}

/* One letter a boundary: x chosen, r another rule's, l beyond the limit, - no
 * candidate. */
static void
picture(const struct plain *p, char out[SITES + 1])
{
    for (int i = 0; i < SITES; i++)
        switch (p->site[i].reason) {
        case SITE_OK:
            out[i] = 'x';
            break;
        case SITE_RULE:
            out[i] = 'r';
            break;
        case SITE_LIMIT:
            out[i] = 'l';
            break;
        default:
            out[i] = '-';
        }
    out[SITES] = '\0';
}

static void
each_rule_takes_its_boundaries(void **state)
{
    static const struct {
        const char *rule;
        int max;
        const char *want;
    } cases[] = {
        { "null", 24, "xxxx-xxxx" },
        { "\"all\"", 24, "xxxx-xxxx" },
        { "\"all\"", 4, "lxlx-lxlx" },
        { "\"linear\"", 3, "rrxr-xrxr" }, /* 25, 50, 75 */
        { "\"fine\"", 3, "xxrr-rrrr" },   /* 5, 9.75, 14.3 */
        { "\"pareto\"", 3, "rxrx-xrrr" }, /* 20, 36, 48.8 */
        { "\"golden\"", 3, "rrxx-rxrr" }, /* 23.6, 38.2, 61.8 */
        { "\"natural\"", 24, "rrrr-xxxx" },
        { "\"natural\"", 2, "rrrr-lxlx" },
        { "[0,5]", 24, "xrrr-xrrr" },
        { "[8,8]", 24, "rrrr-rrrx" },
        { "[0,1,2,3]", 2, "lxlx-rrrr" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *rule = json_loads(cases[i].rule, JSON_DECODE_ANY, NULL);
        struct site sites[SITES];
        char got[SITES + 1];
        struct err err = { 0 };
        struct plain p;

        make(&p, sites);
        if (place(&p, json_is_null(rule) ? NULL : rule, cases[i].max, &err) !=
            ST_OK)
            fail_msg("%s: %s", cases[i].rule, err.text);
        picture(&p, got);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s of %d: %s, not %s", cases[i].rule, cases[i].max, got,
                cases[i].want);
        json_decref(rule);
    }
}

static void
a_rule_that_takes_none_says_so(void **state)
{
    static const struct {
        const char *rule, *code, *words;
        enum status st;
    } bad[] = {
        { "\"best\"", "augment.rule", "\"best\" is not known", ST_INVALID },
        { "7", "augment.rule", "is not known", ST_INVALID },
        { "[9]", "augment.rule", "rule[0] must be a boundary, 0 to 8",
            ST_INVALID },
        { "[0,-1]", "augment.rule", "rule[1]", ST_INVALID },
        { "[\"3\"]", "augment.rule", "rule[0]", ST_INVALID },
        { "[4]", "augment.rule", "no work since the boundary before it",
            ST_UNPROCESSABLE },
        { "[]", "augment.no_candidates", "none of the 9", ST_UNPROCESSABLE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *rule = json_loads(bad[i].rule, JSON_DECODE_ANY, NULL);
        struct site sites[SITES];
        struct err err = { 0 };
        struct plain p;

        make(&p, sites);
        assert_int_equal(place(&p, rule, 24, &err), bad[i].st);
        assert_string_equal(err.code, bad[i].code);
        if (strstr(err.text, bad[i].words) == NULL)
            fail_msg("%s: %s", bad[i].rule, err.text);
        json_decref(rule);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_takes_its_boundaries),
        cmocka_unit_test(a_rule_that_takes_none_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
