/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "search/data/records.h"

static enum status
parse(const char *text, struct records *r, struct err *err)
{
    return records_parse(text, strlen(text), r, err);
}

static void
a_full_file_is_read(void **state)
{
    static const char text[] =
        "\xef\xbb\xbfgroup,sample,label,pred_0,score_0,pred_1,conf_1,split,"
        "seconds_0\r\n"
        "p1,\"a,\"\"b\"\"\r\nc\",3,3,0.25,4,-1e3,cal,0.5\r\n"
        "p2,,-1,2,-7,2,,test,\r\n"
        "\"p3\",z,0,0,1,0,2,other,1";
    struct err err = { 0 };
    struct records r;

    (void)state;
    if (parse(text, &r, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(r.n, 3);
    assert_int_equal(r.exits, 2);
    assert_string_equal(r.sample[0], "a,\"b\"\r\nc");
    assert_string_equal(r.sample[1], "");
    assert_string_equal(r.group[2], "p3");
    assert_int_equal(r.label[0], 3);
    assert_int_equal(r.label[1], -1);
    assert_int_equal(r.pred[0], 3);
    assert_int_equal(r.pred[3], 4);
    assert_true(r.score[0] == 0.25 && r.score[1] == -7 && r.score[2] == 1);
    assert_true(r.score[3] == -1000 && isnan(r.score[4]) && r.score[5] == 2);
    assert_true(r.seconds[0] == 0.5 && isnan(r.seconds[1]));
    assert_int_equal(r.half[0], RECORDS_CAL);
    assert_int_equal(r.half[1], RECORDS_TEST);
    assert_int_equal(r.half[2], RECORDS_NEITHER);
    records_clear(&r);
}

static void
one_exit_needs_no_score(void **state)
{
    struct records r;

    (void)state;
    assert_int_equal(parse("sample,label,pred_0\nx,1,1\n", &r, NULL), ST_OK);
    assert_int_equal(r.exits, 1);
    assert_true(isnan(r.score[0]));
    records_clear(&r);
}

static void
what_is_wrong_is_named_by_line_and_column(void **state)
{
#define HEAD "sample,label,pred_0,score_0,pred_1,score_1\n"
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "line 1: column sample is missing" },
        { "sample\n", "column label is missing" },
        { "sample,label\n", "column pred_0 is missing" },
        { "sample,label,pred_1,score_1\n", "column pred_0 is missing" },
        { "sample,label,pred_0,pred_1\n", "column score_0 is missing" },
        { "sample,label,pred_0,size\n", "unknown column 'size'" },
        { "sample,label,pred_00\n", "unknown column 'pred_00'" },
        { "sample,label,pred_64\n", "unknown column 'pred_64'" },
        { "sample,label,pred_0,sample\n", "column sample is there twice" },
        { "sample,label,pred_0,score_0,conf_0\n", "conf_0 is there twice" },
        { HEAD, "there is a header but no row" },
        { HEAD "a,1,1,0.5,1\n", "line 2: fewer than the header's 6" },
        { HEAD "a,1,1,0.5,1,1,1\n", "line 2: more than the header's 6" },
        { HEAD "a,1,1,0.5,1,1\n\n", "line 3: fewer" },
        { HEAD "a,x,1,0.5,1,1\n", "line 2, column label: must be" },
        { HEAD "a,-2,1,0.5,1,1\n", "line 2, column label: must be" },
        { HEAD "a,1.5,1,0.5,1,1\n", "line 2, column label: must be" },
        { HEAD "a,1,-1,0.5,1,1\n", "line 2, column pred_0: must be" },
        { HEAD "a,1,,0.5,1,1\n", "line 2, column pred_0: must be" },
        { HEAD "a,1,1,,1,1\n", "line 2, column score_0: must be a finite" },
        { HEAD "a,1,1,nan,1,1\n", "line 2, column score_0" },
        { "sample,label,pred_0,score_0,score_margin_0\n",
            "score_margin_0 is there twice" },
        { "sample,label,pred_0,score_entropy_0,pred_1\na,1,1,2.3,1\n",
            "line 2, column score_entropy_0: must be within 0 and 1, larger" },
        { "sample,label,pred_0,score_margin_0,pred_1\na,1,1,-0.1,1\n",
            "line 2, column score_margin_0: must be within 0 and 1" },
        { HEAD "a,1,1,inf,1,1\n", "line 2, column score_0" },
        { HEAD "a,1,1,1e999,1,1\n", "line 2, column score_0" },
        { HEAD "a,1,1,0x10,1,1\n", "line 2, column score_0" },
        { HEAD "a,1,1, 1,1,1\n", "line 2, column score_0" },
        { HEAD "a,1,1,1,1,1\n\"b\nc\",1,1,z,1,1\n", "line 4, column score_0" },
        { HEAD "a\"b,1,1,1,1,1\n", "line 2, column 1: a quote inside" },
        { HEAD "\"a\"b,1,1,1,1,1\n", "line 2, column 1: text after" },
        { HEAD "\"a,1,1,1,1,1\n", "the quote is not closed" },
        { HEAD "a\rb,1,1,1,1,1\n", "line 2, column 1: a carriage" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        struct records r;

        assert_int_equal(parse(cases[i].text, &r, &err), ST_INVALID);
        assert_string_equal(err.code, "records.csv");
        if (strstr(err.text, cases[i].want) == NULL)
            fail_msg(
                "case %zu: '%s' does not say '%s'", i, err.text, cases[i].want);
        assert_null(r.sample);
    }
}

static void
a_nul_byte_and_an_endless_field_are_refused(void **state)
{
    static const char nul[] = HEAD "a\0b,1,1,1,1,1\n";
    char *big = calloc(1, 6000);
    struct records r;

    (void)state;
    assert_non_null(big);
    assert_int_equal(records_parse(nul, sizeof(nul) - 1, &r, NULL), ST_INVALID);
    strcpy(big, HEAD);
    memset(big + strlen(big), 'a', 5000);
    assert_int_equal(parse(big, &r, NULL), ST_INVALID);
    free(big);
}

static void
writing_and_reading_gives_the_same_bits(void **state)
{
    static const char text[] =
        "sample,label,pred_0,score_0,pred_1,score_1,seconds_1,group,split\n"
        "\"a\"\"b\",1,1,0.1,2,0.30000000000000004,1e-3,\"g,1\",cal\n"
        "c,-1,7,-1e-310,2,,,g2,none\n";
    struct records a, b;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(parse(text, &a, NULL), ST_OK);
    a.score[0] = 0.1f; /* what a network gives */
    assert_int_equal(records_write(&a, &out, NULL), ST_OK);
    assert_int_equal(records_parse(out.data, out.len, &b, NULL), ST_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(a.sample[i], b.sample[i]);
        assert_string_equal(a.group[i], b.group[i]);
        assert_int_equal(a.label[i], b.label[i]);
        assert_int_equal(a.half[i], b.half[i]);
    }
    assert_memory_equal(a.pred, b.pred, 4 * sizeof(*a.pred));
    assert_memory_equal(a.score, b.score, 3 * sizeof(*a.score));
    assert_true(isnan(b.score[3]));
    assert_true(isnan(b.seconds[0]) && b.seconds[2] == 1e-3);
    records_clear(&a);
    records_clear(&b);
    buf_clear(&out);
}

static void
a_column_says_what_its_scores_are(void **state)
{
    static const char text[] =
        "sample,label,pred_0,score_entropy_0,pred_1,score_1,pred_2,"
        "score_margin_2\n"
        "a,1,1,0.25,2,-3,1,1\n"
        "b,1,1,0,2,7,1,\n";
    struct records a, b;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(parse(text, &a, NULL), ST_OK);
    assert_int_equal(a.kind[0], SCORE_ENTROPY);
    assert_int_equal(a.kind[1], SCORE_MAX_PROBABILITY);
    assert_int_equal(a.kind[2], SCORE_MARGIN);
    assert_true(a.score[0] == 0.25 && a.score[4] == 1);
    assert_int_equal(records_write(&a, &out, NULL), ST_OK);
    assert_int_equal(records_parse(out.data, out.len, &b, NULL), ST_OK);
    assert_memory_equal(a.kind, b.kind, sizeof(a.kind));
    assert_memory_equal(a.score, b.score, 5 * sizeof(*a.score));
    records_clear(&a);
    records_clear(&b);
    buf_clear(&out);
}

/* `n` samples named s0, s1, .., ten to a group if `groups`. */
static void
make_named(struct records *r, size_t n, bool groups)
{
    char text[32];

    assert_int_equal(records_init(r, n, 1, NULL), ST_OK);
    if (groups)
        r->group = calloc(n, sizeof(*r->group));
    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof(text), "s%zu", i);
        r->sample[i] = strdup(text);
        snprintf(text, sizeof(text), "g%zu", i / 10);
        if (groups)
            r->group[i] = strdup(text);
    }
}

static void
the_split_is_half_half_and_depends_on_name_and_seed_alone(void **state)
{
    enum { N = 4000 };
    static uint8_t a[N], b[N];
    struct records r;
    size_t test = 0, moved = 0;

    (void)state;
    make_named(&r, N, false);
    records_split(&r, 7, a);
    records_split(&r, 7, b);
    assert_memory_equal(a, b, N);
    records_split(&r, 8, b);
    for (size_t i = 0; i < N; i++) {
        test += a[i] == RECORDS_TEST;
        moved += a[i] != b[i];
    }
    assert_in_range(test, N / 2 - 200, N / 2 + 200);
    assert_in_range(moved, N / 2 - 200, N / 2 + 200);

    /* A row keeps its half wherever it stands. */
    free(r.sample[5]);
    r.sample[5] = strdup("s77");
    records_split(&r, 7, b);
    assert_int_equal(b[5], a[77]);
    records_clear(&r);
}

static void
a_group_stays_together(void **state)
{
    enum { N = 2000 };
    static uint8_t half[N];
    struct records r;
    size_t test = 0;

    (void)state;
    make_named(&r, N, true);
    records_split(&r, 1, half);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(half[i], half[i / 10 * 10]);
        test += half[i];
    }
    assert_in_range(test, N / 4, N * 3 / 4);
    records_clear(&r);
}

static void
real_records_have_the_accuracy_that_is_known(void **state)
{
    static const struct {
        const char *file;
        int exits;
        double last;
    } cases[] = {
        { OFFRAMP_SHARED_DATA "/exit-records/cifar10_resnet8_4exits.csv", 4,
            0.7640 },
        { OFFRAMP_SHARED_DATA "/exit-records/cifar10_resnet20_9exits.csv", 9,
            0.8135 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        struct records r;

        if (!file_exists(cases[i].file)) {
            print_message("skipped: %s is not there\n", cases[i].file);
            skip();
        }
        if (records_load(cases[i].file, &r, &err) != ST_OK)
            fail_msg("%s", err.text);
        assert_int_equal(r.n, 10000);
        assert_int_equal(r.exits, cases[i].exits);
        /* Known to a point: 2,000 of the 10,000 pictures gave the figure. */
        assert_true(
            fabs(records_accuracy(&r, r.exits - 1) - cases[i].last) < 0.02);
        assert_true(records_agreement(&r, r.exits - 1) == 1);
        assert_true(records_accuracy(&r, 0) < cases[i].last);
        records_clear(&r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_file_is_read),
        cmocka_unit_test(one_exit_needs_no_score),
        cmocka_unit_test(what_is_wrong_is_named_by_line_and_column),
        cmocka_unit_test(a_nul_byte_and_an_endless_field_are_refused),
        cmocka_unit_test(a_column_says_what_its_scores_are),
        cmocka_unit_test(writing_and_reading_gives_the_same_bits),
        cmocka_unit_test(
            the_split_is_half_half_and_depends_on_name_and_seed_alone),
        cmocka_unit_test(a_group_stays_together),
        cmocka_unit_test(real_records_have_the_accuracy_that_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
