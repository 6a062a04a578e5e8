/* SPDX-License-Identifier: MIT */
/* offramp links -- list the measured links, or measure one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/follow.h"
#include "server/cli/text.h"

static struct client client;
static double budget_s;
static int64_t max_bytes, work_us = -1;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "budget", 'b', OPT_REAL, &budget_s, "S",
        "exchange messages for at most about S seconds (default 20)", NULL,
        0.01, 3600 },
    { "max-bytes", 'm', OPT_INT, &max_bytes, "N",
        "of the largest message (default 4194304)", NULL, 64, 64 << 20 },
    { "work", 'w', OPT_INT, &work_us, "US",
        "both ends work for US microseconds before each message, as parts of "
        "a plan do (default 300; 0: messages come back to back)",
        NULL, 0, 100000 },
};

const struct opt_cmd cli_links_cmd = {
    .name = "offramp links",
    .summary = "list the measured links, or measure one",
    .synopsis = "[OPTION]... [FROM [TO]]",
    .details =
        "Without names, all links that were measured.  With one, the link "
        "from that device to\nthe server is measured, with two that between "
        "two devices:\n"
        "    offramp links pi5\n"
        "    offramp links pi5 jetson\n"
        "    offramp links m4 host\n"
        "The last is a microcontroller board's line to its host (counts only "
        "where it is emulated).\n"
        "FROM's clock takes the times of messages there and back, from 1 byte "
        "up, in random\norder; a line is put through them (least absolute "
        "relative deviations), and its\nintervals are drawn from the rounds "
        "(bootstrap).  base is what one way takes before\nthe first byte: "
        "half of what both take.  fit is the median relative deviation.  "
        "nJ/byte is "
        "FROM's\nenergy above idle with its bound, where it has a meter.\n"
        "TO's agent must have been started with --link and its address.  "
        "`offramp partition\n--link FROM,TO` and `offramp compare --over "
        "FROM,TO` count with what was measured.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static void
share_text(double share, char out[TEXT_CELL])
{
    if (isnan(share))
        snprintf(out, TEXT_CELL, "-");
    else
        snprintf(out, TEXT_CELL, "%.1f %%", 100 * share);
}

/* Above idle, with its bound; "-" where nobody measured it. */
static void
energy_text(const json_t *link, const char *way, char out[TEXT_CELL])
{
    const json_t *e = json_object_get(json_object_get(link, "energy"), way);
    double net = json_get_number(e, "net_nj");

    if (isnan(net))
        snprintf(out, TEXT_CELL, "-");
    else
        snprintf(
            out, TEXT_CELL, "%.3g +-%.2g", net, json_get_number(e, "err_nj"));
}

/* The two ways of one link, a row each. */
static enum status
print_link(struct text_table *t, const json_t *item)
{
    static const struct {
        const char *member, *arrow;
    } ways[] = { { "send", "->" }, { "receive", "<-" } };
    const json_t *link = json_object_get(item, "link");
    char base[TEXT_CELL], rate[TEXT_CELL], fit[TEXT_CELL], energy[TEXT_CELL];

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        const json_t *w = json_object_get(link, ways[i].member);

        text_time(
            json_get_number(json_object_get(w, "base_ns"), "value"), base);
        text_count(json_get_number(w, "bytes_per_s"), rate);
        share_text(json_get_number(w, "residual_rel"), fit);
        energy_text(link, ways[i].member, energy);
        if (text_cell(t, "%.0f", json_get_number(item, "id")) ||
            text_cell(t, "%s", json_get_string(link, "from", "-")) ||
            text_cell(t, "%s", ways[i].arrow) ||
            text_cell(t, "%s", json_get_string(link, "to", "-")) ||
            text_cell(t, "%s", base) || text_cell(t, "%s", rate) ||
            text_cell(t, "%s", fit) || text_cell(t, "%s", energy) ||
            text_cell(t, "%.0f", json_get_number(link, "rounds")) ||
            text_cell(t, "%s", json_get_string(link, "grade", "-")))
            return ST_NOMEM;
    }
    return ST_OK;
}

static enum status
print_links(const json_t *items, struct err *err)
{
    static const char *const columns[] = { ">id", "from", "", "to", ">base",
        ">bytes/s", ">fit", ">nJ/byte", ">rounds", "grade", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *item;
    size_t i, shown = 0;

    json_array_foreach(items, i, item)
    {
        if (st != ST_OK || json_object_get(item, "link") == NULL)
            continue;
        st = print_link(t, item);
        shown++;
    }
    if (st == ST_OK && shown > 0)
        text_table_print(t, stdout);
    else if (st == ST_OK)
        fprintf(stderr, "no link was measured yet: offramp links DEVICE\n");
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

static enum status
list(struct err *err)
{
    json_t *doc = NULL;
    enum status st =
        client_call(&client, "GET", "/v1/links?limit=500", NULL, &doc, err);

    if (st == ST_OK && client.json)
        client_print(doc);
    else if (st == ST_OK)
        st = print_links(json_object_get(doc, "items"), err);
    json_decref(doc);
    return st;
}

static enum status
make_body(const char *from, const char *to, json_t **out, struct err *err)
{
    json_t *policy = json_object();
    int bad = policy == NULL;

    if (budget_s > 0)
        bad |= json_object_set_new(policy, "budget_s", json_real(budget_s));
    if (max_bytes > 0)
        bad |=
            json_object_set_new(policy, "max_bytes", json_integer(max_bytes));
    if (work_us >= 0)
        bad |= json_object_set_new(policy, "work_us", json_integer(work_us));
    *out =
        json_pack("{s:s,s:s*,s:o}", "from", from, "to", to, "policy", policy);
    return bad || *out == NULL ? err_nomem(err) : ST_OK;
}

static enum status
measure(const char *from, const char *to, struct err *err)
{
    json_t *body = NULL, *made = NULL, *doc = NULL, *one = NULL;
    char path[64];
    enum status st = make_body(from, to, &body, err);

    if (st == ST_OK)
        st = client_call(&client, "POST", "/v1/links", body, &made, err);
    if (st == ST_OK) {
        snprintf(path, sizeof(path), "/v1/links/%lld",
            (long long)json_integer_value(json_object_get(made, "id")));
        st = follow(&client, path, "link", &doc, err);
    }
    if (st == ST_OK && client.json)
        client_print(doc);
    else if (st == ST_OK && (one = json_pack("[O]", doc)) == NULL)
        st = err_nomem(err);
    else if (st == ST_OK)
        st = print_links(one, err);
    json_decref(one);
    json_decref(doc);
    json_decref(made);
    json_decref(body);
    return st;
}

int
cli_links(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_links_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n > 2)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give at most two names: offramp links FROM TO");
    else if ((st = client_open(&client, &err)) == ST_OK)
        st = n == 0 ? list(&err)
                    : measure(argv[1], n == 2 ? argv[2] : NULL, &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
