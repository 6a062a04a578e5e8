/* SPDX-License-Identifier: MIT */
/* An offramp.trial/1 document as a table. */
#include <math.h>

#include "server/cli/compare.h"
#include "server/cli/text.h"

static double
first(const json_t *o, const char *name)
{
    const json_t *v = json_array_get(json_object_get(o, name), 0);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

double
compare_change(double cost, double full)
{
    double percent = 100 * (cost / full - 1);

    return fabs(percent) < 0.05 ? 0 : percent;
}

static enum status
policy_row(struct text_table *t, const json_t *p, double full)
{
    const json_t *regret = json_object_get(p, "regret");
    double low = json_number_value(json_array_get(regret, 1));
    double cost = first(p, "cost");

    if (text_cell(t, "%s%s", json_get_string(p, "name", "?"),
            json_is_true(json_object_get(p, "realisable")) ? "" : " *") ||
        text_cell(t, "%.6g", cost) ||
        text_cell(t, "%+.1f %%", compare_change(cost, full)) ||
        text_cell(t, "%.2f %%", 100 * first(p, "accuracy")) ||
        text_cell(t, "%.1f %%", 100 * first(p, "offloaded")) ||
        text_cell(t, "%.0f", first(p, "regret")))
        return ST_NOMEM;
    if (json_is_number(json_array_get(regret, 1))
            ? text_cell(t, "+-%.0f", first(p, "regret") - low)
            : text_cell(t, "-"))
        return ST_NOMEM;
    if (text_cell(t, "%.0f", json_get_number(p, "favourite")) ||
        text_cell(t, "%.0f", json_get_number(p, "step_ns")) ||
        text_cell(t, "%.0f", json_get_number(p, "state_bytes")))
        return ST_NOMEM;
    return ST_OK;
}

static enum status
exact_row(struct text_table *t, const json_t *exact, double full)
{
    const json_t *test = json_object_get(exact, "test");
    double cost = json_get_number(test, "cost");

    if (text_cell(
            t, "exact plan (%s)", json_get_string(exact, "status", "?")) ||
        text_cell(t, "%.6g", cost) ||
        text_cell(t, "%+.1f %%", compare_change(cost, full)) ||
        text_cell(t, "%.2f %%", 100 * json_get_number(test, "accuracy")) ||
        text_cell(t, "0.0 %%"))
        return ST_NOMEM;
    for (int i = 0; i < 5; i++)
        if (text_cell(t, "-"))
            return ST_NOMEM;
    return ST_OK;
}

enum status
compare_text(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "policy", ">cost", ">change",
        ">accuracy", ">handed over", ">regret", "95 %", ">exit", ">ns/step",
        ">bytes", NULL };
    const json_t *full = json_object_get(doc, "full"), *p;
    double cost = json_get_number(full, "cost");
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    size_t i;

    printf("%.0f samples of the test half, %.0f steps, %.0f shuffles; cost is "
           "%s a sample;\nthe full network: %.6g, accuracy %.2f %%\n\n",
        json_get_number(doc, "samples"), json_get_number(doc, "steps"),
        json_get_number(doc, "shuffles"),
        json_get_string(doc, "objective", "?"), cost,
        100 * json_get_number(full, "accuracy"));
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        if (st == ST_OK)
            st = policy_row(t, p, cost);
    }
    if (st == ST_OK)
        st = exact_row(t, json_object_get(doc, "exact"), cost);
    if (st == ST_OK) {
        text_table_print(t, stdout);
        printf("\nexit: the one chosen most; ns/step: with the replay's own "
               "account; *: reads what no\ndevice knows\n");
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}
