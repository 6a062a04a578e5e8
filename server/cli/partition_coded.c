/* SPDX-License-Identifier: MIT */
/* offramp partition --codings: the server's worker measures ways of coding on
 * the real tensors of every edge, and each edge may take one of them. */
#include <math.h>
#include <stdlib.h>

#include "server/cli/follow.h"
#include "server/cli/partition.h"
#include "server/cli/text.h"

static enum status
profiles_json(char **args, size_t n, json_t **out, struct err *err)
{
    json_t *a = json_array();
    enum status st = a ? ST_OK : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        char *end;
        long long id = strtoll(args[i], &end, 10);

        if (end == args[i] || *end != '\0' || id < 1)
            st = err_set(err, ST_INVALID, "cli.arguments",
                "'%.64s' is not the number of a profile: codings are measured "
                "by a worker of the server, on what it has",
                args[i]);
        else if (json_array_append_new(a, json_integer(id)) < 0)
            st = err_nomem(err);
    }
    if (st == ST_OK)
        *out = a;
    else
        json_decref(a);
    return st;
}

static enum status
post(struct client *c, const struct partition_coded_wish *w,
    const struct graph_link *l, json_t *profiles, json_t **doc, struct err *err)
{
    json_t *link = l->measured
                       ? json_integer(l->measured)
                       : json_pack("{s:f,s:f}", "bytes_per_s", l->bytes_per_s,
                             "base_ns", l->base_ms * 1e6);
    json_t *body = json_pack("{s:{s:s,s:O,s:o,s:{s:I,s:I,s:f}}}", "partition",
        "plan", "pipeline", "profiles", profiles, "link", link, "codings",
        "dataset", (json_int_t)w->dataset, "rows", (json_int_t)w->rows,
        "max_disagree", w->max_disagree);
    json_t *made = NULL, *ended = NULL;
    char path[64];
    enum status st =
        body ? client_call(c, "POST", "/v1/policies", body, &made, err)
             : err_nomem(err);

    json_decref(body);
    if (st != ST_OK)
        return st;
    snprintf(path, sizeof(path), "/v1/policies/%lld",
        (long long)json_integer_value(json_object_get(made, "id")));
    json_decref(made);
    if ((st = follow(c, path, "partition", &ended, err)) == ST_OK)
        *doc = json_incref(json_object_get(ended, "partition"));
    json_decref(ended);
    return st;
}

/* A device's part, and how its tensor goes on. */
static enum status
stage_row(struct text_table *t, const json_t *doc, const json_t *s)
{
    const json_t *coding = json_object_get(s, "coding");
    const json_t *way = json_array_get(json_object_get(doc, "ways"),
        (size_t)json_integer_value(json_object_get(s, "way")));
    const bool last = json_is_null(json_object_get(s, "way"));
    const double share = last ? NAN
                         : json_is_object(coding)
                             ? json_get_number(coding, "share")
                             : 1;
    const double agree = json_get_number(coding, "agree");
    char work[TEXT_CELL], send[TEXT_CELL];

    text_time(json_get_number(s, "work_ns"), work);
    text_time(json_get_number(s, "send_ns"), send);
    if (text_cell(t, "%s", json_get_string(s, "device", "?")) ||
        text_cell(t, "%.0f to %.0f", json_get_number(s, "from_layer"),
            json_get_number(s, "to_layer")) ||
        text_cell(t, "%s", work) || text_cell(t, "%s", send) ||
        text_cell(t, "%s", last ? "-" : json_get_string(way, "name", "?")) ||
        (isnan(share) ? text_cell(t, "-")
                      : text_cell(t, "%.1f %%", 100 * share)))
        return ST_NOMEM;
    return isnan(agree) ? text_cell(t, "-")
                        : text_cell(t, "%.1f %%", 100 * agree);
}

static enum status
print(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "device", "layers", ">work",
        ">sending", "as", ">goes over", ">answers that stay", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    char longest[TEXT_CELL];
    const json_t *s;
    size_t i;

    json_array_foreach(json_object_get(doc, "stages"), i, s)
    {
        if (st == ST_OK)
            st = stage_row(t, doc, s);
    }
    text_time(json_get_number(doc, "stage_ns"), longest);
    if (st == ST_OK) {
        printf("pipeline: the longest stage takes %s\n\n", longest);
        text_table_print(t, stdout);
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

enum status
partition_coded(struct client *c, const struct partition_coded_wish *w,
    char **args, size_t n, const struct graph_link *l, struct err *err)
{
    json_t *profiles = NULL, *doc = NULL;
    enum status st;

    if ((st = profiles_json(args, n, &profiles, err)) == ST_OK &&
        (st = client_open(c, err)) == ST_OK &&
        (st = post(c, w, l, profiles, &doc, err)) == ST_OK) {
        if (c->json)
            client_print(doc);
        else
            st = print(doc, err);
    }
    json_decref(profiles);
    json_decref(doc);
    client_close(c);
    return st;
}
