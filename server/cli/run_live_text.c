/* SPDX-License-Identifier: MIT */
/* run_live_text.c -- live and replay, measured and predicted, as a table. */
#include <math.h>
#include <string.h>

#include "server/cli/run_live.h"
#include "server/cli/text.h"

static enum status
time_cell(struct text_table *t, double ns)
{
    char text[TEXT_CELL];

    text_time(ns, text);
    return text_cell(t, "%s", text);
}

static enum status
percent_cell(struct text_table *t, const char *format, double share)
{
    return isfinite(share) ? text_cell(t, format, 100 * share)
                           : text_cell(t, "-");
}

static double
rel(const json_t *part)
{
    return json_get_number(json_object_get(part, "residual"), "rel");
}

static enum status
add_row(struct text_table *t, const json_t *live, const json_t *replay)
{
    const json_t *here = json_object_get(live, "here");
    const json_t *over = json_object_get(live, "over");
    const json_t *agree = json_object_get(replay, "agree");
    const double regret = json_get_number(replay, "regret");

    if (text_cell(t, "%s", json_get_string(live, "name", "?")) ||
        time_cell(t, json_get_number(here, "measured_ns")) ||
        time_cell(t, json_get_number(here, "predicted_ns")) ||
        percent_cell(t, "%+.1f %%", rel(here)) ||
        percent_cell(t, "%.1f %%", json_get_number(live, "handed_over")) ||
        time_cell(t, json_get_number(over, "measured_ns")) ||
        time_cell(t, json_get_number(over, "predicted_ns")) ||
        percent_cell(t, "%+.1f %%", rel(over)) ||
        percent_cell(t, "%.2f %%", json_get_number(live, "accuracy")) ||
        percent_cell(t, "%.2f %%", json_get_number(replay, "accuracy")) ||
        (isfinite(regret) ? text_cell(t, "%.1f", regret) : text_cell(t, "-")) ||
        percent_cell(t, "%.4g %%", json_get_number(agree, "share")) ||
        time_cell(t, json_get_number(live, "decide_ns")))
        return ST_NOMEM;
    return ST_OK;
}

static void
print_foot(const json_t *live)
{
    const char *to = json_get_string(live, "to", NULL);
    char full[TEXT_CELL];

    text_time(json_get_number(json_object_get(live, "full"), "mean_ns"), full);
    printf("\n%.0f samples live on %s, handed over to %s; the full network "
           "takes %s\n",
        json_get_number(live, "n"), json_get_string(live, "device", "?"),
        to != NULL ? to : "nobody (completed there, in the other's place)",
        full);
}

enum status
run_live_text(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "policy", ">here", ">predicted",
        ">off", ">over", ">each", ">predicted", ">off", ">accuracy", ">replay",
        ">regret", ">agree", ">decides", NULL };
    const json_t *live = json_object_get(doc, "live");
    const json_t *replays =
        json_object_get(json_object_get(doc, "replay"), "policies");
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *p;
    size_t i;

    json_array_foreach(json_object_get(live, "policies"), i, p) if (st == ST_OK)
        st = add_row(t, p, json_array_get(replays, i));
    if (st == ST_OK) {
        text_table_print(t, stdout);
        print_foot(live);
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}
