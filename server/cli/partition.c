/* SPDX-License-Identifier: MIT */
/* offramp partition -- where to cut a network between measured devices. */
#include <math.h>
#include <string.h>

#include "search/data/graph.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/link_find.h"
#include "server/cli/text.h"

enum { GRAPHS_MAX = 64 };

static struct client client;
static const char *plan = "light", *link;
static double rate, base_ms;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "link", 'l', OPT_STR, &link, "FROM,TO",
        "a link that was measured (`offramp links`) in place of --rate and "
        "--base",
        NULL, 0, 0 },
    { "rate", 'r', OPT_REAL, &rate, "BYTES_PER_S",
        "what the link carries; with --plan rates, the slowest looked at", NULL,
        0, 0 },
    { "base", 'b', OPT_REAL, &base_ms, "MS",
        "what sending a tensor takes before its first byte (default 0)", NULL,
        0, 1e6 },
    { "plan", 'p', OPT_STR, &plan, "WORD",
        "light, heavy, rates or pipeline (default light)", NULL, 0, 0 },
};

const struct opt_cmd cli_partition_cmd = {
    .name = "offramp partition",
    .summary = "cut a network between measured devices",
    .synopsis = "--link FROM,TO | --rate BYTES_PER_S [OPTION]... GRAPH "
                "GRAPH...",
    .details =
        "A GRAPH is what `offramp export graph PROFILE` writes: the same "
        "network, measured on\none device each, in the order in which data "
        "flows.\n"
        "    offramp partition --link pi5,server board.json server.json\n"
        "    offramp partition --rate 1.25e6 board.json server.json\n"
        "light     least time for one sample: the minimum cut; a tensor is "
        "sent once\n"
        "heavy     most samples a second, one after the other: the shortest "
        "longest of\n"
        "          first device, link and second device\n"
        "rates     the light plan for every rate from --rate up, as a table\n"
        "pipeline  any number of devices in a row: the shortest longest stage\n"
        "Times of layers are measured; the link is what --link names, or as "
        "given.  The input has "
        "to be sent if the\nsecond device reads it; the answer's way back is "
        "not counted.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

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

static enum status
print(const json_t *doc, const struct graph *g, struct err *err)
{
    if (client.json)
        client_print(doc);
    else if (strcmp(plan, "rates") == 0)
        return print_rates(doc, g, err);
    else if (strcmp(plan, "pipeline") == 0)
        print_pipeline(doc, g);
    else
        print_cut(doc, g);
    return ST_OK;
}

static enum status
solve(const struct graph *g, size_t n, const struct graph_link *l, json_t **doc,
    struct err *err)
{
    static const struct {
        const char *name;
        enum status (*of)(const struct graph *a, const struct graph *b,
            const struct graph_link *l, json_t **out, struct err *err);
    } two[] = { { "light", graph_light }, { "heavy", graph_heavy },
        { "rates", graph_rates } };
    if (strcmp(plan, "pipeline") == 0)
        return graph_pipeline(g, n, l, doc, err);
    for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
        if (strcmp(plan, two[i].name) != 0)
            continue;
        if (n != 2)
            return err_set(err, ST_INVALID, "cli.arguments",
                "%zu graphs: --plan %s is for two (pipeline takes more)", n,
                plan);
        return two[i].of(&g[0], &g[1], l, doc, err);
    }
    return err_set(err, ST_INVALID, "cli.arguments",
        "--plan '%.32s': give light, heavy, rates or pipeline", plan);
}

/* As given, or as the server has it measured. */
static enum status
find_link(struct graph_link *out, struct err *err)
{
    struct link_way way;
    enum status st;

    *out = (struct graph_link){ .base_ms = base_ms, .bytes_per_s = rate };
    if (link == NULL)
        return ST_OK;
    if (rate != 0 || base_ms != 0)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--link has a rate and a base of its own: leave --rate and --base "
            "out");
    if ((st = client_open(&client, err)) == ST_OK &&
        (st = link_find(&client, link, &way, err)) == ST_OK)
        *out = (struct graph_link){ .base_ms = way.base_ns / 1e6,
            .bytes_per_s = 1e9 / way.byte_ns,
            .measured = way.id };
    client_close(&client);
    return st;
}

static enum status
partition(char **files, size_t n, struct err *err)
{
    static struct graph g[GRAPHS_MAX];
    struct graph_link l;
    json_t *doc = NULL;
    enum status st = ST_OK;
    size_t i = 0;

    if (n < 2 || n > GRAPHS_MAX)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give two graphs or more (`offramp export graph` writes them)");
    st = find_link(&l, err);
    while (st == ST_OK && i < n) {
        st = graph_load(files[i], &g[i], err);
        i++;
    }
    if (st == ST_OK && (st = solve(g, n, &l, &doc, err)) == ST_OK)
        st = print(doc, g, err);
    json_decref(doc);
    while (i-- > 0)
        graph_clear(&g[i]);
    return st;
}

int
cli_partition(int argc, char **argv)
{
    struct err err = { 0 };
    bool done;
    int n;

    if (opt_parse(&cli_partition_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (partition(argv + 1, (size_t)n, &err) != ST_OK)
        return cli_fail(&err);
    return 0;
}
