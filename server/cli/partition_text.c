/* SPDX-License-Identifier: MIT */
/* An offramp.partition/1 document as text. */
#include <math.h>
#include <string.h>

#include "server/cli/partition.h"
#include "server/cli/text.h"

static void
print_bill(const json_t *doc)
{
    static const struct {
        const char *title, *member;
    } lines[] = { { "first device", "first_ns" }, { "link", "link_ns" },
        { "second device", "second_ns" }, { "one sample", "latency_ns" },
        { "longest stage", "stage_ns" }, { "no cut is below", "bound_ns" } };
    const json_t *first = json_object_get(doc, "first");
    const json_t *second = json_object_get(doc, "second");
    char cell[TEXT_CELL];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        double ns = json_get_number(doc, lines[i].member);

        if (isnan(ns))
            continue;
        text_time(ns, cell);
        printf("  %-16s %12s\n", lines[i].title, cell);
    }
    text_time(json_get_number(first, "alone_ns"), cell);
    printf("  %-16s %12s\n", "alone on first", cell);
    text_time(json_get_number(second, "alone_ns"), cell);
    printf("  %-16s %12s   (input not sent)\n", "alone on second", cell);
}

static void
print_cut(const json_t *doc, const struct graph *g)
{
    const json_t *list = json_object_get(doc, "on_first");
    size_t n = json_array_size(list);
    const char *status = json_get_string(doc, "status", NULL);

    printf("%s: %zu of %zu layers on %s, the rest on %s%s%s%s\n",
        json_get_string(doc, "plan", "?"), n, g[0].n, g[0].device, g[1].device,
        status ? " (" : "", status ? status : "", status ? ")" : "");
    if (n > 0 && n < g[0].n)
        printf("  the last one there is %s; %.0f tensors cross, %.0f bytes\n",
            g[0].name[json_integer_value(json_array_get(list, n - 1))],
            json_get_number(doc, "tensors"), json_get_number(doc, "bytes"));
    print_bill(doc);
}

static enum status
print_rates(const json_t *doc, const struct graph *g, struct err *err)
{
    static const char *const columns[] = { ">from bytes/s", ">to bytes/s",
        ">layers", "last on first", ">fixed", ">bytes", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(doc, "rows"), i, row)
    {
        const json_t *list = json_object_get(row, "on_first");
        size_t n = json_array_size(list);
        double to = json_get_number(row, "to_bytes_per_s");
        char time[TEXT_CELL], fast[TEXT_CELL] = "any";

        text_time(json_get_number(row, "fixed_ns"), time);
        if (!isnan(to))
            snprintf(fast, sizeof(fast), "%.4g", to);
        if (st != ST_OK ||
            text_cell(t, "%.4g", json_get_number(row, "from_bytes_per_s")) ||
            text_cell(t, "%s", fast) || text_cell(t, "%zu", n) ||
            text_cell(t, "%s",
                n ? g[0].name[json_integer_value(json_array_get(list, n - 1))]
                  : "-") ||
            text_cell(t, "%s", time) ||
            text_cell(t, "%.0f", json_get_number(row, "bytes")))
            st = ST_NOMEM;
    }
    if (st == ST_OK)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

static void
print_pipeline(const json_t *doc, const struct graph *g)
{
    char work[TEXT_CELL], send[TEXT_CELL];
    const json_t *s;
    size_t i;

    text_time(json_get_number(doc, "stage_ns"), work);
    printf("pipeline: the longest stage takes %s\n", work);
    json_array_foreach(json_object_get(doc, "stages"), i, s)
    {
        text_time(json_get_number(s, "work_ns"), work);
        text_time(json_get_number(s, "send_ns"), send);
        printf("  %-16s layers %.0f to %.0f (%s)  work %s  sending on %s\n",
            json_get_string(s, "device", "?"), json_get_number(s, "from_layer"),
            json_get_number(s, "to_layer"),
            g[0].name[(size_t)json_get_number(s, "to_layer")], work, send);
    }
}

static void
print_choices(const json_t *doc)
{
    const json_t *x;
    size_t i;

    if (json_object_get(doc, "choices") == NULL)
        return;
    printf(
        "\nwith hysteresis, %.0f changes:\n", json_get_number(doc, "changes"));
    json_array_foreach(json_object_get(doc, "choices"), i, x)
    {
        char now[TEXT_CELL], best[TEXT_CELL];

        text_time(json_get_number(x, "latency_ns"), now);
        text_time(json_get_number(x, "best_ns"), best);
        printf("  %12.4g bytes/s  row %.0f  %s (best %s)\n",
            json_get_number(x, "bytes_per_s"), json_get_number(x, "row"), now,
            best);
    }
}

static void
print_jobs(const json_t *doc)
{
    const json_t *cuts = json_object_get(doc, "cuts"), *c;
    char cell[3][TEXT_CELL];
    size_t i;

    text_time(json_get_number(doc, "makespan_ns"), cell[0]);
    text_time(json_get_number(doc, "alone_ns"), cell[1]);
    text_time(json_get_number(doc, "sent_ns"), cell[2]);
    printf("jobs: the last of %.0f samples is sent after %s (%s)\n",
        json_get_number(doc, "jobs"), cell[0],
        json_get_string(doc, "status", "?"));
    printf("  all on %s %s, all sent at once %s\n  layers there, in order:",
        json_get_string(doc, "first", "?"), cell[1], cell[2]);
    json_array_foreach(cuts, i, c)
    {
        printf(" %lld", (long long)json_integer_value(c));
    }
    printf("\n");
}

enum status
partition_text(const json_t *doc, const struct graph *g, struct err *err)
{
    const char *plan = json_get_string(doc, "plan", "");
    enum status st = ST_OK;

    if (strcmp(plan, "rates") == 0) {
        st = print_rates(doc, g, err);
        print_choices(doc);
    } else if (strcmp(plan, "pipeline") == 0) {
        print_pipeline(doc, g);
    } else if (strcmp(plan, "jobs") == 0) {
        print_jobs(doc);
    } else {
        print_cut(doc, g);
    }
    return st;
}
