/* SPDX-License-Identifier: MIT */
/* offramp compare --ordered: temporal policies beside the exact plan. */
#include <math.h>

#include "search/data/ordered.h"
#include "server/cli/compare.h"
#include "server/cli/text.h"

static enum status
row(struct text_table *t, const char *name, const json_t *p, const json_t *test,
    double full)
{
    double cost = json_get_number(test, "cost");
    double repeated = json_get_number(test, "repeated");
    enum status st = ST_OK;

    if (text_cell(t, "%s", name) != ST_OK)
        return ST_NOMEM;
    st = p ? text_cell(t, "%.0f", json_get_number(p, "exit"))
           : text_cell(t, "-");
    if (st != ST_OK || text_cell(t, "%.6g", cost) ||
        text_cell(t, "%+.1f %%", compare_change(cost, full)) ||
        text_cell(t, "%.2f %%", 100 * json_get_number(test, "accuracy")))
        return ST_NOMEM;
    if (p == NULL)
        return text_cell(t, "-") || text_cell(t, "-") || text_cell(t, "-")
                   ? ST_NOMEM
                   : ST_OK;
    if (text_cell(t, "%.1f %%", 100 * repeated))
        return ST_NOMEM;
    st = json_is_null(json_object_get(p, "threshold"))
             ? text_cell(t, "always")
             : text_cell(t, "%.4g", json_get_number(p, "threshold"));
    if (st == ST_OK)
        st = text_cell(t, "%.0f", json_get_number(p, "state_bytes"));
    return st;
}

static enum status
print_table(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "policy", ">exit", ">cost",
        ">change", ">accuracy", ">repeated", ">distance", ">bytes", NULL };
    const json_t *full = json_object_get(doc, "full"), *p;
    const json_t *exact = json_object_get(doc, "exact");
    double cost = json_get_number(full, "cost");
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    size_t i;

    printf("%.0f samples in the order of time, thresholds of %.0f before; "
           "cost is %s a sample;\nthe full network: %.6g, accuracy %.2f %%\n\n",
        json_get_number(doc, "samples"), json_get_number(doc, "calibration"),
        json_get_string(doc, "objective", "?"), cost,
        100 * json_get_number(full, "accuracy"));
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        if (st == ST_OK)
            st = row(t, json_get_string(p, "name", "?"), p,
                json_object_get(p, "test"), cost);
    }
    if (st == ST_OK)
        st = row(t, "exact plan", NULL, json_object_get(exact, "test"), cost);
    if (st == ST_OK)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

enum status
compare_ordered(
    const struct compare_wish *w, const char *records_file, struct err *err)
{
    struct records r = { 0 };
    struct costs c = { 0 };
    struct ordered_options o;
    json_t *doc = NULL;
    enum status st = ST_OK;

    ordered_options_init(&o);
    if (records_file == NULL || w->costs_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--ordered needs --records FILE and --costs FILE");
    if (w->objective != NULL)
        o.objective = w->objective;
    if (w->reference != NULL)
        st = search_reference_read(w->reference, &o.reference, err);
    o.max_drop = w->max_drop;
    o.distance = w->distance;
    if (st == ST_OK && (st = records_load(records_file, &r, err)) == ST_OK &&
        (st = costs_load(w->costs_file, &c, err)) == ST_OK &&
        (st = ordered_run(&r, &c, &o, &doc, err)) == ST_OK) {
        if (w->client.json)
            client_print(doc);
        else
            st = print_table(doc, err);
    }
    json_decref(doc);
    records_clear(&r);
    costs_clear(&c);
    return st;
}
