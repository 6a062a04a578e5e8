/* SPDX-License-Identifier: MIT */
#include "server/cli/plan_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/cli/plan_sure.h"
#include "server/cli/search_text.h"

/* Parts and whole further apart than this were measured on what is as good as
 * two machines. */
#define MOVED_REL 0.1

void
plan_text_cost(const char *metric, double cost, char out[TEXT_CELL])
{
    size_t n = strlen(metric);

    if (n > 3 && strcmp(metric + n - 3, "_ns") == 0)
        text_time(cost, out);
    else
        text_count(cost, out);
}

static void
half_text(const json_t *plan, const char *name, const char *title)
{
    const json_t *h = json_object_get(plan, name);
    const char *metric = json_string_value(json_object_get(plan, "objective"));
    double cost = json_get_number(h, "cost"),
           full = json_get_number(h, "cost_full");
    char a[TEXT_CELL], b[TEXT_CELL];

    if (json_get_number(h, "n") == 0) {
        printf("%-12s no samples\n", title);
        return;
    }
    plan_text_cost(metric ? metric : "", cost, a);
    plan_text_cost(metric ? metric : "", full, b);
    printf("%-12s %6.0f samples  %s against %s (%.1f %% less)  accuracy "
           "%.2f %% against %.2f %%\n",
        title, json_get_number(h, "n"), a, b, 100 * (1 - cost / full),
        100 * json_get_number(h, "accuracy"),
        100 * json_get_number(h, "accuracy_full"));
}

static enum status
print_exits(const json_t *plan, struct err *err)
{
    static const char *const columns[] = { ">exit", "name", "kept", "score",
        ">threshold", ">share", ">accuracy", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *e;
    size_t i;

    json_array_foreach(json_object_get(plan, "exits"), i, e)
    {
        const char *name = json_string_value(json_object_get(e, "name"));
        bool kept = json_is_true(json_object_get(e, "kept"));
        double th = json_get_number(e, "threshold"),
               share = json_get_number(e, "share"),
               acc = json_get_number(e, "accuracy");

        if (st != ST_OK ||
            (st = text_cell(t, "%.0f", json_get_number(e, "index"))) != ST_OK ||
            (st = text_cell(t, "%s", name ? name : "")) != ST_OK ||
            (st = text_cell(t, "%s", kept ? "yes" : "no")) != ST_OK ||
            (st = text_cell(t, "%s",
                 json_get_string(e, "score", "max_probability"))) != ST_OK)
            break;
        st = isfinite(th) ? text_cell(t, "%.6g", th) : text_cell(t, "-");
        if (st == ST_OK)
            st = isfinite(share) ? text_cell(t, "%.1f %%", 100 * share)
                                 : text_cell(t, "-");
        if (st == ST_OK)
            st = isfinite(acc) ? text_cell(t, "%.2f %%", 100 * acc)
                               : text_cell(t, "-");
    }
    if (st == ST_OK)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

/* How far the costs can be trusted, with what to do where that is not far. */
static void
print_quality(const json_t *plan)
{
    const json_t *q = json_object_get(plan, "cost_quality"), *flag;
    const char *grade = json_get_string(q, "grade", "-");
    double moved = json_get_number(q, "moved_rel");
    char full[TEXT_CELL], whole[TEXT_CELL];
    size_t i;

    if (!json_is_object(q))
        return;
    printf("%-12s grade %s", "costs", grade);
    json_array_foreach(json_object_get(q, "flags"), i, flag)
        printf("%s%s", i > 0 ? " " : ": ", json_string_value(flag));
    putchar('\n');
    if (fabs(moved) > MOVED_REL) {
        text_time(json_get_number(q, "full_ns"), full);
        text_time(json_get_number(q, "whole_ns"), whole);
        printf("%-12s the network took %s while its parts were measured, and "
               "%s when\n%-12s it was measured itself: the machine was not "
               "the same\n",
            "", full, whole, "");
    }
    if (fabs(moved) > MOVED_REL || grade[0] > 'B')
        printf("%-12s measure again, with nothing else running, before you "
               "rely on these costs\n",
            "");
}

/* What the costs are, where they are not measured. */
static void
print_source(const json_t *plan)
{
    const char *source = json_get_string(plan, "cost_source", "");
    const json_t *model = json_object_get(plan, "cost_model");

    if (strcmp(source, "emulated") == 0)
        printf("%-12s counted by an emulator, not measured\n", "source");
    if (strcmp(source, "modelled") != 0)
        return;
    printf("%-12s modelled, not measured", "source");
    if (json_is_object(model))
        printf(": model %.0f of %s (%s)", json_get_number(model, "version"),
            json_get_string(model, "device", ""),
            json_get_string(model, "from", ""));
    putchar('\n');
}

/* How sure the plan is: proved, or how far the proof got. */
static void
print_status(const char *title, const json_t *plan)
{
    double gap = json_get_number(plan, "gap");
    const char *reference =
        json_string_value(json_object_get(plan, "reference"));
    const char *status = json_string_value(json_object_get(plan, "status"));

    printf("%s: %s", title, status ? status : "-");
    if (gap > 0)
        printf(json_is_object(json_object_get(plan, "guarantee"))
                   ? ", no plan without a promise is more than %.2f %% cheaper"
                   : ", the optimum is at most %.2f %% cheaper",
            100 * gap);
    printf("; accuracy against the %s, floor %.2f %%\n\n",
        reference ? reference : "-", 100 * json_get_number(plan, "floor"));
    if (status != NULL && strcmp(status, "infeasible") == 0)
        printf("No plan meets the floor and the limits; this is the nearest "
               "miss:\n\n");
}

enum status
plan_text(const char *title, const json_t *plan, struct err *err)
{
    enum status st;

    print_status(title, plan);
    st = print_exits(plan, err);
    putchar('\n');
    half_text(plan, "calibration", "calibration");
    half_text(plan, "test", "held-out");
    print_source(plan);
    print_quality(plan);
    text_warnings(plan);
    if (st == ST_OK)
        st = sure_text(plan, err);
    if (st == ST_OK && json_is_object(json_object_get(plan, "comparison")))
        st = search_text_comparison(plan, err);
    return st;
}
