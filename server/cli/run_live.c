/* SPDX-License-Identifier: MIT */
#include "server/cli/run_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/cli/compare.h"
#include "server/cli/follow.h"
#include "server/cli/link_find.h"
#include "server/cli/register.h"

enum { COSTS_BYTES_MAX = 1 << 20 };

static enum status
check(const struct run_live_wish *w, const struct run_policy_wish *p,
    const struct run_files *files, struct err *err)
{
    if (w->profile == 0)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --profile ID: the costs and the network are those of a "
            "profile (`offramp watch` shows its number)");
    if ((w->dataset == 0) == (files->data == NULL))
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --dataset ID or --data FILE, and only one of them");
    if (p->offload == NULL && w->to == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --offload X (what handing a sample over costs), or --to "
            "DEVICE, to which a link was measured");
    if (p->offload != NULL && w->link_server != 0)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--offload says all that handing over costs: leave --link-server "
            "out");
    return ST_OK;
}

/* "100,400" as [100, 400]. */
static enum status
rows_json(const char *text, json_t **out, struct err *err)
{
    long long from, to;
    char rest;

    *out = NULL;
    if (text == NULL)
        return ST_OK;
    if (sscanf(text, "%lld,%lld%c", &from, &to, &rest) != 2)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--rows '%.40s': give FROM,TO", text);
    *out = json_pack("[I,I]", (json_int_t)from, (json_int_t)to);
    return *out ? ST_OK : err_nomem(err);
}

/* The data set's number; files are sent for the profile's model. */
static enum status
find_data(struct run_live_wish *w, const struct run_files *files, int64_t *id,
    struct err *err)
{
    const struct data_files data = { files->data, files->labels,
        files->preprocess };
    json_t *profile = NULL;
    char path[64];
    enum status st;

    *id = w->dataset;
    if (*id != 0)
        return ST_OK;
    snprintf(path, sizeof(path), "/v1/profiles/%lld", (long long)w->profile);
    if ((st = client_call(&w->client, "GET", path, NULL, &profile, err)) ==
        ST_OK)
        st = register_data(
            &w->client, json_get_string(profile, "model", ""), &data, id, err);
    json_decref(profile);
    return st;
}

/* {"offload"}, or {"link"}: the one that was measured between the two. */
static enum status
handing_over(struct run_live_wish *w, const struct run_policy_wish *p,
    json_t *body, struct err *err)
{
    double offload[POLICY_ARMS_MAX];
    struct link_way way;
    char ends[256];
    json_t *v;
    size_t n;
    enum status st;

    if (p->offload != NULL) {
        if ((st = compare_offload(p->offload, offload, &n, err)) != ST_OK)
            return st;
        v = n == 1 ? json_real(offload[0]) : json_array();
        for (size_t i = 0; n > 1 && i < n; i++)
            (void)json_array_append_new(v, json_real(offload[i]));
        return json_object_set_new(body, "offload", v) < 0 ? err_nomem(err)
                                                           : ST_OK;
    }
    snprintf(ends, sizeof(ends), "%s,%s", w->device, w->to);
    if ((st = link_find(&w->client, ends, &way, err)) != ST_OK)
        return st;
    v = json_pack("{s:I,s:o*}", "measured", (json_int_t)way.id, "server",
        w->link_server ? json_integer(w->link_server) : NULL);
    return json_object_set_new(body, "link", v) < 0 ? err_nomem(err) : ST_OK;
}

static enum status
make_body(struct run_live_wish *w, const struct run_policy_wish *p,
    const struct run_files *files, json_t **out, struct err *err)
{
    const bool all = strcmp(p->policy, "all") == 0;
    json_t *rows = NULL;
    int64_t dataset;
    enum status st;

    if ((st = rows_json(w->rows, &rows, err)) != ST_OK ||
        (st = find_data(w, files, &dataset, err)) != ST_OK) {
        json_decref(rows);
        return st;
    }
    *out = json_pack("{s:{s:s,s:s*,s:I,s:o*,s:o*},s:I,s:o,s:s*,s:s*,s:f,s:f,"
                     "s:f,s:f,s:f,s:f,s:I}",
        "live", "device", w->device, "to", w->to, "dataset",
        (json_int_t)dataset, "rows", rows, "budget_s",
        w->budget_s > 0 ? json_real(w->budget_s) : NULL, "profile",
        (json_int_t)w->profile, "policies",
        all ? json_array() : json_pack("[s]", p->policy), "objective",
        p->objective, "reference", w->reference, "alpha", p->alpha, "beta",
        p->beta, "weight", p->weight, "lambda", p->lambda, "probes", p->probes,
        "memory", p->memory, "seed", (json_int_t)p->seed);
    return *out ? handing_over(w, p, *out, err) : err_nomem(err);
}

static enum status
post(struct run_live_wish *w, const json_t *body, json_t **doc, struct err *err)
{
    json_t *made = NULL;
    char path[64];
    enum status st =
        client_call(&w->client, "POST", "/v1/policies", body, &made, err);

    if (st == ST_OK) {
        snprintf(path, sizeof(path), "/v1/policies/%lld",
            (long long)json_integer_value(json_object_get(made, "id")));
        st = follow(&w->client, path, "live", doc, err);
    }
    json_decref(made);
    return st;
}

enum status
run_live(struct run_live_wish *w, const struct run_policy_wish *p,
    const struct run_files *files, struct err *err)
{
    json_t *body = NULL, *doc = NULL;
    enum status st;

    if ((st = check(w, p, files, err)) != ST_OK ||
        (st = client_open(&w->client, err)) != ST_OK)
        return st;
    if ((st = make_body(w, p, files, &body, err)) == ST_OK &&
        (st = post(w, body, &doc, err)) == ST_OK) {
        if (w->client.json)
            client_print(doc);
        else
            st = run_live_text(doc, err);
    }
    client_close(&w->client);
    json_decref(body);
    json_decref(doc);
    return st;
}
