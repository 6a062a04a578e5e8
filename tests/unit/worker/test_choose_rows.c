/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "search/worker/choose_rows.h"

/* Classes in a row, as a file that is sorted by them has them: 60 of 0, 30 of
 * 1, 10 of 2. */
enum { N = 100 };
static unsigned char labels[N];

static struct dataset
sorted(bool labelled)
{
    struct dataset d = { .labelled = labelled,
        .inputs = { .dims = { N } },
        .labels = { .type = NPY_I1, .data = labels } };

    for (int i = 0; i < N; i++)
        labels[i] = (unsigned char)(i < 60 ? 0 : i < 90 ? 1 : 2);
    return d;
}

/* Rows that a document asks for; the caller frees them. */
static size_t
choose(const struct dataset *d, const char *text, size_t **row)
{
    json_t *doc = text ? json_loads(text, 0, NULL) : NULL;
    size_t n;

    assert_int_equal(
        choose_rows(doc, "rows", "x.rows", d, row, &n, NULL), ST_OK);
    json_decref(doc);
    for (size_t i = 1; i < n; i++)
        assert_true((*row)[i] > (*row)[i - 1]);
    return n;
}

static void
every_class_gets_its_share_and_no_row_both(void **state)
{
    struct dataset d = sorted(true);
    size_t *fit, *rest, count[3] = { 0 };
    int seen[N] = { 0 };

    (void)state;
    assert_int_equal(choose(&d, "{\"share\":0.6,\"seed\":5}", &fit), 60);
    assert_int_equal(
        choose(&d, "{\"share\":0.6,\"seed\":5,\"rest\":true}", &rest), 40);
    for (size_t i = 0; i < 60; i++) {
        count[labels[fit[i]]]++;
        seen[fit[i]]++;
    }
    for (size_t i = 0; i < 40; i++)
        seen[rest[i]]++;
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(count[0], 36);
    assert_int_equal(count[1], 18);
    assert_int_equal(count[2], 6);
    free(fit);
    free(rest);
}

static void
the_lot_follows_the_seed(void **state)
{
    struct dataset d = sorted(true);
    size_t *a, *b, *c;

    (void)state;
    choose(&d, "{\"share\":0.5,\"seed\":1}", &a);
    choose(&d, "{\"share\":0.5}", &b);
    choose(&d, "{\"share\":0.5,\"seed\":2}", &c);
    assert_memory_equal(a, b, 50 * sizeof(*a));
    assert_true(memcmp(a, c, 50 * sizeof(*a)) != 0);
    free(a);
    free(b);
    free(c);
}

static void
without_labels_rows_are_drawn_from_all(void **state)
{
    struct dataset d = sorted(false);
    size_t *row, n, late = 0;

    (void)state;
    n = choose(&d, "{\"share\":0.25}", &row);
    assert_int_equal(n, 25);
    for (size_t i = 0; i < n; i++)
        late += row[i] >= 50;
    assert_in_range(late, 4, 21);
    free(row);
}

static void
all_or_a_range_are_taken_as_they_are(void **state)
{
    struct dataset d = sorted(true);
    size_t *row;

    (void)state;
    assert_int_equal(choose(&d, NULL, &row), N);
    free(row);
    assert_int_equal(choose(&d, "[90,100]", &row), 10);
    assert_int_equal(row[0], 90);
    free(row);
}

static void
what_cannot_be_chosen_names_the_member(void **state)
{
    static const struct {
        const char *doc;
        enum status status;
        const char *code, *words;
    } cases[] = {
        { "[0,101]", ST_UNPROCESSABLE, "x.rows", "has 100 rows" },
        { "[5,5]", ST_INVALID, "request.field", "rows must be [from, to]" },
        { "[5]", ST_INVALID, "request.field", "rows must be [from, to]" },
        { "{\"seed\":1}", ST_INVALID, "request.field", "rows.share" },
        { "{\"share\":1}", ST_INVALID, "request.field", "rows.share" },
        { "{\"share\":0.5,\"x\":1}", ST_INVALID, "request.field", "rows.x" },
    };
    struct dataset d = sorted(true);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *doc = json_loads(cases[i].doc, 0, NULL);
        struct err err = { 0 };
        size_t *row, n;

        assert_int_equal(choose_rows(doc, "rows", "x.rows", &d, &row, &n, &err),
            cases[i].status);
        assert_string_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.text, cases[i].words));
        assert_null(row);
        json_decref(doc);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_gets_its_share_and_no_row_both),
        cmocka_unit_test(the_lot_follows_the_seed),
        cmocka_unit_test(without_labels_rows_are_drawn_from_all),
        cmocka_unit_test(all_or_a_range_are_taken_as_they_are),
        cmocka_unit_test(what_cannot_be_chosen_names_the_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
