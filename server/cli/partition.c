/* SPDX-License-Identifier: MIT */
/* offramp partition -- where to cut a network between measured devices. */
#include <stdlib.h>
#include <string.h>

#include "search/data/partition_ask.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/link_find.h"
#include "server/cli/partition.h"

static struct client client;
static const char *plan = "light", *link;
static double rate, base_ms, slack = 0.05;
static int64_t jobs = 2;
static struct opt_list seen, ways;
static struct partition_exit_wish exit_wish = PARTITION_EXIT_WISH;
static struct partition_coded_wish coded_wish = { .rows = 32 };

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
        "light, heavy, rates, pipeline, jobs or exit (default light)", NULL, 0,
        0 },
    { "seen", 0, OPT_LIST, &seen, "B",
        "rates: a rate that the link had, one after the other", NULL, 0, 0 },
    { "slack", 0, OPT_REAL, &slack, "S",
        "rates: stay with a cut while it is no worse by S (default 0.05)", NULL,
        0, 10 },
    { "way", 0, OPT_LIST, &ways, "SHARE,ENC,DEC",
        "pipeline: a tensor may go over as SHARE of its bytes, coded and "
        "decoded in so many ns a byte",
        NULL, 0, 0 },
    { "jobs", 0, OPT_INT, &jobs, "N", "jobs: samples at once (default 2)", NULL,
        1, 64 },
    PARTITION_CODED_OPTS(coded_wish),
    PARTITION_EXIT_OPTS(exit_wish),
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
        "jobs      several samples at once that share the first device and the "
        "link: the\n          last one sent soonest (one graph)\n"
        "exit      one exit, one cut and so many bits for all samples; files "
        "are costs with\n          input_bytes instead of graphs:\n"
        "    offramp partition --plan exit --records r.csv --max-drop 0.01 "
        "--rate "
        "1.25e6 a.json b.json\n"
        "With --codings a GRAPH is the number of a profile on the server, "
        "whose worker measures:\n"
        "    offramp partition --link pi5,server --codings 1 3 7\n"
        "Times of layers are measured; the link is what --link names, or as "
        "given.  The input\nhas to be sent if the second device reads it; the "
        "answer's way back is not counted.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* Numbers with commas between them; false where there are not `n`. */
static bool
numbers(const char *text, double *v, size_t n)
{
    char *end;

    for (size_t i = 0; i < n; i++) {
        v[i] = strtod(text, &end);
        if (end == text || *end != (i + 1 < n ? ',' : '\0'))
            return false;
        text = end + 1;
    }
    return true;
}

static enum status
read_ask(const struct graph_link *l, struct partition_ask *a, struct err *err)
{
    partition_ask_init(a);
    a->plan = plan;
    a->link = *l;
    a->slack = slack;
    a->jobs = jobs;
    for (size_t i = 0; i < seen.n; i++)
        if (!numbers(seen.item[i], &a->seen[a->n_seen++], 1))
            return err_set(err, ST_INVALID, "cli.arguments",
                "--seen '%.32s' is not a number", seen.item[i]);
    for (size_t i = 0; i < ways.n; i++) {
        double v[3];

        if (a->ways == PARTITION_WAYS_MAX || !numbers(ways.item[i], v, 3))
            return err_set(err, ST_INVALID, "cli.arguments",
                "--way '%.64s' is not SHARE,ENC,DEC, or one of more than %d",
                ways.item[i], PARTITION_WAYS_MAX);
        a->way[a->ways++] = (struct graph_way){ v[0], v[1], v[2] };
    }
    return ST_OK;
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
    static struct graph g[PARTITION_GRAPHS_MAX];
    struct partition_ask a;
    struct graph_link l;
    json_t *doc = NULL;
    enum status st;
    size_t i = 0;

    if (coded_wish.dataset != 0) {
        if (strcmp(plan, "light") != 0 && strcmp(plan, "pipeline") != 0)
            return err_set(err, ST_INVALID, "cli.arguments",
                "--codings is for --plan pipeline");
        if ((st = find_link(&l, err)) == ST_OK)
            st = partition_coded(&client, &coded_wish, files, n, &l, err);
        return st;
    }
    if (strcmp(plan, "exit") == 0) {
        if ((st = find_link(&l, err)) == ST_OK)
            st = partition_exit(&exit_wish, files, n, &l, client.json, err);
        return st;
    }
    if ((st = partition_ask_check(plan, n, err)) == ST_OK &&
        (st = find_link(&l, err)) == ST_OK)
        st = read_ask(&l, &a, err);
    while (st == ST_OK && i < n) {
        st = graph_load(files[i], &g[i], err);
        i++;
    }
    if (st == ST_OK && (st = partition_answer(&a, g, n, &doc, err)) == ST_OK)
        st = client.json ? ST_OK : partition_text(doc, g, err);
    if (st == ST_OK && client.json)
        client_print(doc);
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
