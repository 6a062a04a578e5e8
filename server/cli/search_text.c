/* SPDX-License-Identifier: MIT */
#include "server/cli/search_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/cli/plan_text.h"

enum kind { K_PLAIN, K_COST, K_SHARE, K_GAP, K_TIME };

/* One column of numbers: its head, the member, how it is read. */
struct column {
    const char *member;
    enum kind kind;
};

static enum status
add_number(struct text_table *t, const json_t *row, const struct column *c,
    const char *metric)
{
    double x = json_get_number(row, c->member);
    char text[TEXT_CELL];

    if (!isfinite(x))
        return text_cell(t, "-");
    switch (c->kind) {
    case K_COST:
        plan_text_cost(metric, x, text);
        return text_cell(t, "%s", text);
    case K_SHARE:
        return text_cell(t, "%.2f %%", 100 * x);
    case K_GAP:
        return text_cell(t, "%+.2f %%", 100 * x);
    case K_TIME:
        text_time(x * 1e6, text);
        return text_cell(t, "%s", text);
    case K_PLAIN:
        break;
    }
    return text_cell(t, "%.6g", x);
}

static enum status
add_numbers(struct text_table *t, const json_t *row, const struct column *c,
    size_t n, const char *metric)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = add_number(t, row, &c[i], metric);
    return st;
}

static enum status
finish(struct text_table *t, enum status st, struct err *err)
{
    if (st == ST_OK) {
        putchar('\n');
        text_table_print(t, stdout);
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

enum status
search_text_curve(const json_t *curve, struct err *err)
{
    static const char *const heads[] = { ">cost", ">accuracy", ">test cost",
        ">test accuracy", ">exits", NULL };
    static const struct column columns[] = { { "cost", K_PLAIN },
        { "accuracy", K_SHARE }, { "test_cost", K_PLAIN },
        { "test_accuracy", K_SHARE }, { "kept", K_PLAIN } };
    struct text_table *t = text_table_new(heads);
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *point;
    size_t i;

    json_array_foreach(curve, i, point)
    {
        if (st == ST_OK)
            st = add_numbers(t, point, columns, 5, NULL);
    }
    return finish(t, st, err);
}

/* What else is to be said of a method's plan. */
static enum status
add_remark(struct text_table *t, const json_t *row)
{
    static const struct {
        const char *status, *words;
    } of[] = { { "meets", "" }, { "floor", "misses the floor" },
        { "limit", "breaks a limit" }, { "none", "no plan" } };
    const char *status = json_get_string(row, "status", "");

    for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
        if (strcmp(status, of[i].status) == 0)
            return text_cell(t, "%s", of[i].words);
    return text_cell(t, "%s", status);
}

enum status
search_text_comparison(const json_t *plan, struct err *err)
{
    static const char *const heads[] = { "method", ">cost", ">accuracy",
        ">held-out cost", ">accuracy", ">gap", ">time", ">it expected", ">and",
        "", NULL };
    static const struct column columns[] = { { "cost", K_COST },
        { "accuracy", K_SHARE }, { "test_cost", K_COST },
        { "test_accuracy", K_SHARE }, { "gap", K_GAP }, { "ms", K_TIME },
        { "expected_cost", K_COST }, { "expected_accuracy", K_SHARE } };
    const json_t *c = json_object_get(plan, "comparison"), *row;
    const char *metric = json_get_string(plan, "objective", "");
    const char *against = json_get_string(c, "against", NULL);
    struct text_table *t = text_table_new(heads);
    enum status st = t ? ST_OK : ST_NOMEM;
    size_t i;

    json_array_foreach(json_object_get(c, "rows"), i, row)
    {
        if (st == ST_OK)
            st = text_cell(t, "%s", json_get_string(row, "title", ""));
        if (st == ST_OK)
            st = add_numbers(t, row, columns, 8, metric);
        if (st == ST_OK)
            st = add_remark(t, row);
    }
    if ((st = finish(t, st, err)) != ST_OK)
        return st;
    printf("\nThe gap is %s.  Held-out: samples that chose nothing.\n",
        against == NULL ? "not known: no plan meets the floor"
        : strcmp(against, "optimum") == 0
            ? "to the proved optimum on the same candidates"
            : "to the proved lower bound, which no plan can beat");
    json_array_foreach(json_object_get(c, "rows"), i, row)
    {
        const char *note = json_get_string(row, "note", NULL);

        if (note != NULL)
            printf("%s: %s.\n", json_get_string(row, "title", ""), note);
    }
    return ST_OK;
}
