/* SPDX-License-Identifier: MIT */
#include "server/cli/select.h"

#include <string.h>

#include "server/cli/text.h"

/* One line; `p` NULL: no premodel, so nothing to pay for. */
static enum status
row(struct text_table *t, const char *name, const json_t *o, const json_t *p,
    double best)
{
    double cost = json_get_number(o, "cost");

    if (text_cell(t, "%s", name) || text_cell(t, "%.6g", cost) ||
        text_cell(t, "%+.1f %%", 100 * (cost / best - 1)) ||
        text_cell(t, "%.2f %%", 100 * json_get_number(o, "accuracy")))
        return ST_NOMEM;
    if (p == NULL)
        return text_cell(t, "-") || text_cell(t, "-") || text_cell(t, "-") ||
                       text_cell(t, "-")
                   ? ST_NOMEM
                   : ST_OK;
    if (text_cell(t, "%.1f %%", 100 * json_get_number(o, "declined")) ||
        text_cell(t, "%.6g%s", json_get_number(p, "break_even"),
            json_is_true(json_object_get(p, "pays")) ? "" : " !") ||
        text_cell(t, "%.0f", json_get_number(p, "decision_ns")) ||
        text_cell(t, "%.0f", json_get_number(p, "bytes")))
        return ST_NOMEM;
    return ST_OK;
}

static void
print_names(const char *title, const json_t *names)
{
    const json_t *v;
    size_t i;

    printf("%s", title);
    json_array_foreach(names, i, v)
    {
        printf("%s %s", i ? "," : "",
            json_is_string(v) ? json_string_value(v) : "?");
    }
    printf("\n");
}

static void
print_head(const json_t *doc)
{
    const json_t *sets = json_object_get(doc, "sets");

    printf("%.0f samples, %.0f folds; cost is %s a sample, change against the "
           "most accurate\nconfiguration, %s; features: %zu, paid %.6g a "
           "sample; set by rule %s\n",
        json_get_number(doc, "samples"), json_get_number(doc, "folds"),
        json_get_string(doc, "objective", "?"),
        json_get_string(doc, "best", "?"),
        json_array_size(json_object_get(doc, "features")),
        json_get_number(doc, "feature_cost"),
        json_get_string(doc, "rule", "?"));
    print_names("by accuracy:", json_object_get(sets, "accuracy"));
    print_names("by label:   ", json_object_get(sets, "optimal"));
    printf("\n");
}

static enum status
add_rows(struct text_table *t, const json_t *doc)
{
    const json_t *configs = json_object_get(doc, "configs"), *x;
    const char *best_name = json_get_string(doc, "best", "");
    double best = 0;
    enum status st = ST_OK;
    char name[TEXT_CELL];
    size_t i;

    json_array_foreach(configs, i, x)
    {
        if (strcmp(json_get_string(x, "name", "?"), best_name) == 0)
            best = json_get_number(x, "cost");
    }
    json_array_foreach(configs, i, x)
    {
        if (st == ST_OK)
            st = row(t, json_get_string(x, "name", "?"), x, NULL, best);
    }
    json_array_foreach(json_object_get(doc, "policies"), i, x)
    {
        snprintf(name, sizeof(name), "%s %s",
            json_get_string(x, "premodel", "?"),
            json_get_string(x, "shape", "?"));
        if (st == ST_OK)
            st = row(t, name, json_object_get(x, "test"), x, best);
    }
    if (st == ST_OK)
        st = row(t, "oracle of the set", json_object_get(doc, "oracle_set"),
            NULL, best);
    return st == ST_OK
               ? row(t, "oracle", json_object_get(doc, "oracle"), NULL, best)
               : st;
}

enum status
select_text(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "choice", ">cost", ">change",
        ">accuracy", ">declined", ">break even", ">ns", ">bytes", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;

    print_head(doc);
    if (st == ST_OK && (st = add_rows(t, doc)) == ST_OK) {
        text_table_print(t, stdout);
        printf("\nbreak even: what features may cost at most (!: they cost "
               "more); ns: a decision here,\nwithout features; declined: all "
               "were expected to fail, nothing ran, counted as wrong\n");
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}
