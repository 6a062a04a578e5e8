/* SPDX-License-Identifier: MIT */
/* run_live.h -- offramp run --policy --device: an online policy run by the
 * service on a device, or across two, and replayed beside. */
#ifndef OFFRAMP_CLI_RUN_LIVE_H
#define OFFRAMP_CLI_RUN_LIVE_H

#include "server/cli/client.h"
#include "server/cli/run_policy.h"

struct run_live_wish {
    struct client client;
    const char *device, *to, *rows, *reference; /* or NULL */
    int64_t profile, dataset, link_server;      /* 0: none */
    double budget_s;                            /* 0: the server's own */
};

/* clang-format off */
#define RUN_LIVE_OPTS(w)                                                       \
    { "device", 'D', OPT_STR, &(w).device, "SELECTOR",                         \
        "with --policy: on this device of the service instead of here", NULL,  \
        0, 0 },                                                                \
    { "to", 'T', OPT_STR, &(w).to, "SELECTOR",                                 \
        "what is handed over really goes to this device", NULL, 0, 0 },        \
    { "profile", 0, OPT_INT, &(w).profile, "ID",                               \
        "with --device: measured costs, and the network", NULL, 1, 9e15 },     \
    { "dataset", 0, OPT_INT, &(w).dataset, "ID",                               \
        "with --device: a data set of the service in place of --data", NULL,   \
        1, 9e15 },                                                             \
    { "rows", 0, OPT_STR, &(w).rows, "FROM,TO",                                \
        "with --device: only these rows (TO is the first one left out)", NULL, \
        0, 0 },                                                                \
    { "link-server", 0, OPT_INT, &(w).link_server, "ID",                       \
        "with --to: the rest runs as this profile measured it", NULL, 1,       \
        9e15 },                                                                \
    { "reference", 0, OPT_STR, &(w).reference, "WORD",                         \
        "with --device: accuracy against label or final (default label)",      \
        NULL, 0, 0 },                                                          \
    { "budget", 'b', OPT_REAL, &(w).budget_s, "S",                             \
        "with --device: at most about S seconds (default 60)", NULL, 0.01,     \
        3600 },                                                                \
    CLIENT_OPTS((w).client)
/* clang-format on */

/* Ask for it, follow it, print what came of it.  `policy` is "all" for all of
 * them; of `files` the data are sent where there is no data set. */
enum status run_live(struct run_live_wish *w, const struct run_policy_wish *p,
    const struct run_files *files, struct err *err) MUST_CHECK;

/* The table of live and replay. */
enum status run_live_text(const json_t *doc, struct err *err) MUST_CHECK;

#endif
