/* SPDX-License-Identifier: MIT */
/* An offramp.trial/1 document as a table. */
#include <math.h>
#include <stdio.h>

#include "server/cli/compare.h"
#include "server/cli/text.h"

static double
first(const json_t *o, const char *name)
{
    const json_t *v = json_array_get(json_object_get(o, name), 0);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* Cost against the full network's, in percent, without a negative zero. */
static double
change(double cost, double full)
{
    double percent = 100 * (cost / full - 1);

    return fabs(percent) < 0.05 ? 0 : percent;
}

/* What there is no such thing as shows as a dash. */
static enum status
cell(struct text_table *t, const char *prefix, double x, int digits,
    const char *unit)
{
    return isnan(x) ? text_cell(t, "-")
                    : text_cell(t, "%s%.*f%s", prefix, digits, x, unit);
}

/* A temporal rule is one of several, by the exit that it looks at. */
static enum status
name_cell(struct text_table *t, const json_t *p)
{
    const char *star =
        json_is_true(json_object_get(p, "realisable")) ? "" : " *";
    double exit = json_get_number(p, "exit");

    return isnan(exit)
               ? text_cell(t, "%s%s", json_get_string(p, "name", "?"), star)
               : text_cell(
                     t, "%s, exit %.0f", json_get_string(p, "name", "?"), exit);
}

static enum status
policy_row(struct text_table *t, const json_t *p, double full)
{
    const json_t *low = json_array_get(json_object_get(p, "regret"), 1);
    double cost = first(p, "cost"), regret = first(p, "regret");

    if (name_cell(t, p) || text_cell(t, "%.6g", cost) ||
        text_cell(t, "%+.1f %%", change(cost, full)) ||
        cell(t, "", 100 * first(p, "accuracy"), 2, " %") ||
        cell(t, "", 100 * first(p, "offloaded"), 1, " %") ||
        cell(t, "", regret, 0, "") ||
        cell(t, "+-",
            json_is_number(low) ? regret - json_number_value(low) : NAN, 0,
            "") ||
        cell(t, "", json_get_number(p, "favourite"), 0, "") ||
        cell(t, "", json_get_number(p, "step_ns"), 0, "") ||
        cell(t, "", json_get_number(p, "state_bytes"), 0, ""))
        return ST_NOMEM;
    return ST_OK;
}

static void
print_head(const json_t *doc, const json_t *full)
{
    if (json_is_true(json_object_get(doc, "ordered")))
        printf("%.0f samples of the test half in the order of time",
            json_get_number(doc, "samples"));
    else
        printf("%.0f samples of the test half, %.0f steps, %.0f shuffles",
            json_get_number(doc, "samples"), json_get_number(doc, "steps"),
            json_get_number(doc, "shuffles"));
    printf("; cost is %s a sample;\nthe full network: %.6g, accuracy %.2f %%"
           "\n\n",
        json_get_string(doc, "objective", "?"), json_get_number(full, "cost"),
        100 * json_get_number(full, "accuracy"));
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

    print_head(doc, full);
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        if (st == ST_OK)
            st = policy_row(t, p, cost);
    }
    if (st == ST_OK) {
        text_table_print(t, stdout);
        printf("\nexit: the one chosen most; ns/step: with the replay's own "
               "account; *: reads what no\ndevice knows\n");
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}
