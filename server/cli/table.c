/* SPDX-License-Identifier: MIT */
/* offramp table -- print a profile's costs layer by layer. */
#include "server/cli/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "server/cli/cli.h"
#include "server/cli/mix_text.h"
#include "server/cli/support_text.h"
#include "server/cli/text.h"

static struct client client;
static bool modelled;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "modelled", 0, OPT_FLAG, &modelled, NULL,
        "times derived with the device's declared model, instead of counts",
        NULL, 0, 0 },
};

const struct opt_cmd cli_table_cmd = {
    .name = "offramp table",
    .summary = "print a profile's costs layer by layer",
    .synopsis = "[OPTION]... PROFILE",
    .details =
        "Each latency is a median with the half-width of its 95 % interval.\n"
        "`latency` is the layer alone in a hot loop, `in situ` inside the "
        "running network,\n`cold` alone with cold caches; `share` is of the "
        "sum of all latencies.  Grades: A\nand B can be quoted, C is for "
        "ranking, X must not be used; flags say why.  What the device cannot "
        "run is listed\nbelow with the reason.\n"
        "    offramp table 3",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static bool
has(const json_t *row, const char *level, const char *role)
{
    return strcmp(json_get_string(row, "level", ""), level) == 0 &&
           strcmp(json_get_string(row, "role", ""), role) == 0;
}

/* "32x32x16" from [1,32,32,16]: the batch of one is left out. */
static void
shape_text(const json_t *shapes, char out[TEXT_CELL])
{
    const json_t *dims = json_array_get(shapes, 0);
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = json_array_size(dims) > 1 ? 1 : 0;
         i < json_array_size(dims) && used < TEXT_CELL - 8; i++)
        used += (size_t)snprintf(out + used, TEXT_CELL - used, "%s%lld",
            used ? "x" : "",
            (long long)json_integer_value(json_array_get(dims, i)));
}

static enum status
flag_cell(struct text_table *t, const json_t *row)
{
    const json_t *f;
    struct buf b;
    enum status st = ST_OK;
    size_t i;

    buf_init(&b, 1024);
    json_array_foreach(json_object_get(row, "flags"), i, f) if (st == ST_OK)
        st = buf_addf(&b, NULL, "%s%s", i ? " " : "", json_string_value(f));
    if (st == ST_OK)
        st = text_cell(t, "%s", b.data ? b.data : "");
    buf_clear(&b);
    return st;
}

/* What an emulator counted; NaN of rows that have times. */
static double
instructions_of(const json_t *row)
{
    return strcmp(json_get_string(row, "source", ""), "emulated") == 0
               ? json_get_number(
                     json_object_get(row, "counters"), "instructions")
               : NAN;
}

/* A row's time, or "< 526 ns": one that may be as good as nothing or twice as
 * long for all that is known has only an upper end. */
static void
time_text(const json_t *row, char out[TEXT_CELL])
{
    double med = json_get_number(row, "median_ns");
    double hi = json_get_number(row, "ci95_hi_ns");
    bool unresolved =
        json_get_number(row, "ci95_lo_ns") < 0.1 * med && hi > 2 * med;
    char text[TEXT_CELL];

    text_time(unresolved ? hi : med, text);
    snprintf(out, TEXT_CELL, "%s%.20s", unresolved ? "< " : "", text);
}

/* A row's median, or the count that an emulated board has instead. */
static double
cost_text(const json_t *row, char out[TEXT_CELL])
{
    double med = json_get_number(row, "median_ns");
    double counted = instructions_of(row);
    char n[TEXT_CELL];

    time_text(row, out);
    if (!isfinite(counted))
        return med;
    text_count(counted, n);
    snprintf(out, TEXT_CELL, "%.16s instr", n);
    return counted;
}

/* Latency, interval, grade and flags: the end of every line. */
static enum status
measure_cells(struct text_table *t, const json_t *row)
{
    double med = json_get_number(row, "median_ns");
    char time[TEXT_CELL], ci[TEXT_CELL];
    enum status st;

    cost_text(row, time);
    text_interval(json_get_number(row, "ci95_lo_ns"), med,
        json_get_number(row, "ci95_hi_ns"), ci);
    if ((st = text_cell(t, "%s", time)) != ST_OK ||
        (st = text_cell(t, "%s", ci)) != ST_OK ||
        (st = text_cell(t, "%s", json_get_string(row, "grade", ""))) != ST_OK)
        return st;
    return flag_cell(t, row);
}

/* The other levels at which layers are timed; each has a column where a
 * profile has such rows. */
static const struct beside {
    const char *level, *title;
} besides[] = {
    { "L1", ">in situ" },
    { "L3", ">cold" },
};
enum { BESIDES = sizeof(besides) / sizeof(besides[0]) };

/* A layer's row at this level, the first one for index -1; or NULL. */
static const json_t *
find_layer(const json_t *items, const char *level, int64_t index)
{
    const json_t *row;
    size_t i;

    json_array_foreach(items, i, row)
    {
        if (has(row, level, "layer") &&
            (index < 0 ||
                json_integer_value(json_object_get(row, "index")) == index))
            return row;
    }
    return NULL;
}

static enum status
beside_cells(struct text_table *t, const json_t *items, const json_t *row)
{
    int64_t index = json_integer_value(json_object_get(row, "index"));
    enum status st = ST_OK;

    for (size_t b = 0; st == ST_OK && b < BESIDES; b++) {
        const json_t *other = find_layer(items, besides[b].level, index);
        char time[TEXT_CELL];

        if (find_layer(items, besides[b].level, -1) == NULL)
            continue;
        time_text(other, time);
        st = text_cell(t, "%s", time);
    }
    return st;
}

static enum status
layer_row(
    struct text_table *t, const json_t *items, const json_t *row, double sum)
{
    char macs[TEXT_CELL], shape[TEXT_CELL], time[TEXT_CELL];
    double med = cost_text(row, time);
    enum status st;

    text_count(json_get_number(row, "macs"), macs);
    shape_text(json_object_get(row, "output_shapes"), shape);
    if ((st = text_cell(t, "%.0f", json_get_number(row, "index"))) != ST_OK ||
        (st = text_cell(t, "%.28s", json_get_string(row, "name", ""))) !=
            ST_OK ||
        (st = text_cell(
             t, "%.32s", json_get_string(row, "fusion_group", ""))) != ST_OK ||
        (st = text_cell(t, "%s", shape)) != ST_OK ||
        (st = text_cell(t, "%s", macs)) != ST_OK ||
        (st = med > 0 ? text_cell(t, "%.1f %%", 100 * med / sum)
                      : text_cell(t, "-")) != ST_OK ||
        (st = beside_cells(t, items, row)) != ST_OK)
        return st;
    return measure_cells(t, row);
}

static enum status
print_layers(const json_t *items, struct err *err)
{
    static const char *const first[] = { ">#", "layer", "group", "output",
        ">MACs", ">share" };
    static const char *const last[] = { ">latency", ">95 %", "grade", "flags" };
    enum { FIRST = sizeof(first) / sizeof(first[0]) };
    enum { LAST = sizeof(last) / sizeof(last[0]) };
    const char *columns[FIRST + BESIDES + LAST + 1] = { NULL };
    struct text_table *t;
    enum status st;
    const json_t *row;
    double sum = 0;
    size_t i, n = 0;

    for (i = 0; i < FIRST; i++)
        columns[n++] = first[i];
    for (i = 0; i < BESIDES; i++)
        if (find_layer(items, besides[i].level, -1) != NULL)
            columns[n++] = besides[i].title;
    for (i = 0; i < LAST; i++)
        columns[n++] = last[i];
    t = text_table_new(columns);
    st = t ? ST_OK : ST_NOMEM;

    json_array_foreach(items, i, row)
    {
        char time[TEXT_CELL];
        double cost = cost_text(row, time);

        if (has(row, "L2", "layer") && cost > 0)
            sum += cost;
    }
    json_array_foreach(
        items, i, row) if (st == ST_OK && has(row, "L2", "layer")) st =
        layer_row(t, items, row, sum);
    if (st == ST_OK)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

/* The parts of exits, in their order. */
static enum status
print_exits(const json_t *items, struct err *err)
{
    static const char *const roles[] = { "segment", "head", "prefix", "joint",
        "stage" };
    const size_t n_roles = sizeof(roles) / sizeof(roles[0]);
    static const char *const columns[] = { ">exit", "part", ">latency", ">95 %",
        "grade", "flags", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *row;
    size_t i, r, n = 0;

    for (r = 0; r < n_roles; r++)
        json_array_foreach(items, i, row)
        {
            if (st != ST_OK || !has(row, "L6", roles[r]))
                continue;
            n++;
            if ((st = text_cell(t, "%.0f", json_get_number(row, "index"))) ==
                    ST_OK &&
                (st = text_cell(t, "%s", roles[r])) == ST_OK)
                st = measure_cells(t, row);
        }
    if (st == ST_OK && n > 0)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

static void
print_whole(const json_t *profile)
{
    const json_t *e2e = json_object_get(profile, "e2e");
    const json_t *closure = json_object_get(profile, "closure");
    double med = json_get_number(e2e, "median_ns"),
           hot = json_get_number(closure, "closure_hot_rel");
    char time[TEXT_CELL], ci[TEXT_CELL];

    cost_text(e2e, time);
    text_interval(json_get_number(e2e, "ci95_lo_ns"), med,
        json_get_number(e2e, "ci95_hi_ns"), ci);
    printf("\nwhole network, all outputs: %s %s, grade %s", time, ci,
        json_get_string(profile, "grade", ""));
    if (isfinite(hot))
        printf("; the layers alone, hot, add up to %+.1f %% of it", 100 * hot);
    printf("\n\n");
}

/* What the job took, and how much of that was measuring. */
static void
print_spent(const json_t *profile)
{
    const json_t *spent = json_object_get(profile, "spent");
    double spread = json_get_number(spent, "pace_spread_rel");

    if (!isfinite(json_get_number(spent, "total_s")))
        return;
    printf(
        "took %.1f s on the device: %.1f s in timed loops, %.1f s waiting for "
        "it to come back to its pace",
        json_get_number(spent, "total_s"), json_get_number(spent, "loop_s"),
        json_get_number(spent, "wait_s"));
    if (isfinite(spread))
        printf(", which varied by %.1f %%", 100 * spread);
    printf("\n\n");
}

/* Where times are derived: with what, and the whole's like all others. */
static void
print_model(const json_t *rows, json_t *profile)
{
    const json_t *model = json_object_get(rows, "model");
    json_t *row;
    size_t i;

    if (!json_is_object(model))
        return;
    printf("every time is modelled: counted instructions with model %.0f of %s "
           "(%s);\nintervals are of what was declared\n\n",
        json_get_number(model, "version"), json_get_string(model, "device", ""),
        json_get_string(model, "from", ""));
    json_array_foreach(json_object_get(rows, "items"), i, row)
    {
        const char *lacks =
            json_get_string(json_object_get(row, "from"), "lacks", NULL);

        if (!has(row, "L0", "whole"))
            continue;
        if (lacks != NULL)
            printf("no times: %s\n\n", lacks);
        json_object_set(profile, "e2e", row);
        json_object_set(profile, "grade", json_object_get(row, "grade"));
    }
}

enum status
table_print(struct client *c, int64_t id, struct err *err)
{
    json_t *profile = NULL, *rows = NULL, *items;
    char path[64];
    enum status st;

    snprintf(path, sizeof(path), "/v1/profiles/%lld", (long long)id);
    if ((st = client_call(c, "GET", path, NULL, &profile, err)) != ST_OK)
        goto out;
    snprintf(path, sizeof(path), "/v1/profiles/%lld/layers%s", (long long)id,
        modelled ? "?source=modelled" : "");
    if ((st = client_call(c, "GET", path, NULL, &rows, err)) != ST_OK)
        goto out;
    items = json_object_get(rows, "items");
    if (c->json) {
        json_object_set(profile, "rows", items);
        client_print(profile);
        goto out;
    }
    printf("profile %lld: %s on %s\n\n", (long long)id,
        json_get_string(profile, "model_name", ""),
        json_get_string(profile, "device", ""));
    print_model(rows, profile);
    if ((st = print_layers(items, err)) != ST_OK)
        goto out;
    print_whole(profile);
    mix_print(json_object_get(profile, "e2e"));
    print_spent(profile);
    if ((st = print_exits(items, err)) == ST_OK)
        support_print(items, json_get_string(profile, "device", ""));
out:
    json_decref(rows);
    json_decref(profile);
    return st;
}

int
cli_table(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int64_t id;
    char *end;
    int n;

    if (opt_parse(&cli_table_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    id = n == 1 ? strtoll(argv[1], &end, 10) : 0;
    if (n != 1 || id <= 0 || *end != '\0')
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "name one profile by its number: offramp table PROFILE");
    else if ((st = client_open(&client, &err)) == ST_OK)
        st = table_print(&client, id, &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
