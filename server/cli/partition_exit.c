/* SPDX-License-Identifier: MIT */
/* offramp partition --plan exit. */
#include <stdlib.h>
#include <string.h>

#include "search/data/action_plan.h"
#include "server/cli/client.h"
#include "server/cli/partition.h"
#include "server/cli/text.h"

struct inputs {
    struct records records, coarse[ACTION_BITS_MAX]; /* owned */
    struct costs first, second;                      /* owned */
    struct action_way way[ACTION_BITS_MAX];
    int ways;
};

static void
inputs_clear(struct inputs *in)
{
    records_clear(&in->records);
    for (int k = 0; k < ACTION_BITS_MAX; k++)
        records_clear(&in->coarse[k]);
    costs_clear(&in->first);
    costs_clear(&in->second);
}

/* N=FILE or N=FILE,ENC,DEC. */
static enum status
read_bits(struct inputs *in, const char *text, struct err *err)
{
    struct action_way *w = &in->way[in->ways];
    char *copy, *file, *comma, *end;
    enum status st = ST_OK;

    if (in->ways == ACTION_BITS_MAX)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--bits: %d ways at most, the plain one among them",
            ACTION_BITS_MAX);
    if ((copy = strdup(text)) == NULL)
        return err_nomem(err);
    *w = (struct action_way){ .bits = (int)strtol(copy, &end, 10),
        .records = &in->coarse[in->ways] };
    file = end + 1;
    comma = *end == '=' ? strchr(file, ',') : NULL;
    if (comma != NULL) {
        *comma = '\0';
        w->encode_ns = strtod(comma + 1, &comma);
        w->decode_ns = *comma == ',' ? strtod(comma + 1, &comma) : -1;
    }
    if (end == copy || *end != '=' || (comma != NULL && *comma != '\0'))
        st = err_set(err, ST_INVALID, "cli.arguments",
            "--bits '%.64s' is not N=FILE or N=FILE,ENC,DEC", text);
    if (st == ST_OK)
        st = records_load(file, &in->coarse[in->ways++], err);
    free(copy);
    return st;
}

static enum status
load(struct inputs *in, const struct partition_exit_wish *w, char **files,
    struct err *err)
{
    enum status st;

    if ((st = records_load(w->records, &in->records, err)) != ST_OK ||
        (st = costs_load(files[0], &in->first, err)) != ST_OK ||
        (st = costs_load(files[1], &in->second, err)) != ST_OK)
        return st;
    in->way[in->ways++] =
        (struct action_way){ .bits = 32, .records = &in->records };
    for (size_t i = 0; st == ST_OK && i < w->bits.n; i++)
        st = read_bits(in, w->bits.item[i], err);
    return st;
}

static enum status
row(struct text_table *t, const json_t *a)
{
    const json_t *bits = json_object_get(a, "bits");
    char time[TEXT_CELL];

    text_time(json_get_number(a, "latency_ns"), time);
    if (text_cell(t, "%.0f %s", json_get_number(a, "exit"),
            json_get_string(a, "name", "?")) ||
        text_cell(t, "%.0f", json_get_number(a, "cut")) ||
        (json_is_integer(bits)
                ? text_cell(t, "%lld", (long long)json_integer_value(bits))
                : text_cell(t, "-")) ||
        text_cell(t, "%.0f", json_get_number(a, "bytes")) ||
        text_cell(t, "%s", time) ||
        text_cell(t, "%.2f %%", 100 * json_get_number(a, "accuracy")) ||
        text_cell(t, "%.2f %%", 100 * json_get_number(a, "test_accuracy")))
        return ST_NOMEM;
    return ST_OK;
}

static enum status
print(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "exit", ">segments on first",
        ">bits", ">bytes", ">one sample", ">accuracy", ">held out", NULL };
    const json_t *a = json_object_get(doc, "action"), *x;
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    size_t i;

    if (json_is_object(a))
        printf("exit %s, %.0f segments on %s, the rest on %s\n\n",
            json_get_string(a, "name", "?"), json_get_number(a, "cut"),
            json_get_string(doc, "first", "?"),
            json_get_string(doc, "second", "?"));
    else
        printf("nothing keeps to what was asked for\n\n");
    json_array_foreach(json_object_get(doc, "front"), i, x)
    {
        if (st == ST_OK)
            st = row(t, x);
    }
    if (st == ST_OK)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

enum status
partition_exit(const struct partition_exit_wish *w, char **files, size_t n,
    const struct graph_link *l, bool json, struct err *err)
{
    struct inputs in = { 0 };
    struct action_wish wish = { .records = &in.records,
        .first = &in.first,
        .second = &in.second,
        .way = in.way,
        .link = *l,
        .max_drop = w->max_drop,
        .limit_ms = w->limit_ms,
        .seed = 1 };
    json_t *doc = NULL;
    enum status st = ST_OK;

    if (n != 2 || w->records == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--plan exit needs --records FILE and the costs of two devices");
    if (w->reference != NULL)
        st = search_reference_read(w->reference, &wish.reference, err);
    if (st == ST_OK && (st = load(&in, w, files, err)) == ST_OK) {
        wish.ways = in.ways;
        st = action_plan(&wish, &doc, err);
    }
    if (st == ST_OK && json)
        client_print(doc);
    else if (st == ST_OK)
        st = print(doc, err);
    json_decref(doc);
    inputs_clear(&in);
    return st;
}
