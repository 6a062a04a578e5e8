/* SPDX-License-Identifier: MIT */
/* offramp diff -- why do two profiles' numbers differ? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/text.h"

static struct client client;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
};

const struct opt_cmd cli_diff_cmd = {
    .name = "offramp diff",
    .summary = "tell why two profiles' numbers differ",
    .synopsis = "[OPTION]... A B",
    .details =
        "Compares the environments, the flags and, row by row, the times of\n"
        "two profiles; rows of different models are matched by their kernels.\n"
        "A row marked * differs: the 95 % intervals do not overlap.  `p` is "
        "the\nprobability of such epochs if nothing differed (Mann and "
        "Whitney).\n"
        "    offramp diff 3 7",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
real_cell(struct text_table *t, int digits, double x)
{
    return isfinite(x) ? text_cell(t, "%.*f", digits, x) : text_cell(t, "-");
}

/* A time, or what an emulator counted. */
static void
number_text(const json_t *side, char out[TEXT_CELL])
{
    double count = json_get_number(side, "instructions");

    if (isfinite(count))
        snprintf(out, TEXT_CELL, "%.0f", count);
    else
        text_time(json_get_number(side, "median_ns"), out);
}

static enum status
row_cells(struct text_table *t, const json_t *row)
{
    const json_t *a = json_object_get(row, "a"), *b = json_object_get(row, "b");
    bool apart = json_is_false(json_object_get(row, "overlap"));
    char time_a[TEXT_CELL], time_b[TEXT_CELL];
    enum status st;

    number_text(a, time_a);
    number_text(b, time_b);
    if ((st = text_cell(t, "%s", apart ? "*" : "")) != ST_OK ||
        (st = text_cell(t, "%s", json_get_string(row, "level", "-"))) !=
            ST_OK ||
        (st = text_cell(t, "%s", json_get_string(row, "role", "-"))) != ST_OK ||
        (st = text_cell(t, "%.0f", json_get_number(row, "index"))) != ST_OK ||
        (st = text_cell(t, "%.32s", json_get_string(row, "name", "-"))) !=
            ST_OK ||
        (st = text_cell(t, "%s", time_a)) != ST_OK ||
        (st = text_cell(t, "%s", time_b)) != ST_OK ||
        (st = real_cell(t, 3, json_get_number(row, "ratio"))) != ST_OK ||
        (st = real_cell(t, 4, json_get_number(row, "p_value"))) != ST_OK)
        return st;
    return text_cell(t, "%.1s %.1s", json_get_string(a, "grade", "-"),
        json_get_string(b, "grade", "-"));
}

static enum status
print_rows(const json_t *rows, struct err *err)
{
    static const char *const columns[] = { "", "level", "role", ">#", "name",
        ">A", ">B", ">B / A", ">p", "grades", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (st == ST_OK)
            st = row_cells(t, row);
    }
    if (st == ST_OK)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

static void
print_side(const char *title, const json_t *side)
{
    printf("%s  profile %.0f: %.12s on %s, %s, grade %s\n", title,
        json_get_number(side, "id"), json_get_string(side, "model", "-"),
        json_get_string(side, "device", "-"),
        json_get_string(side, "created_at", "-"),
        json_get_string(side, "grade", "-"));
}

static enum status
print_diff(const json_t *doc, struct err *err)
{
    const json_t *line;
    size_t i;

    print_side("A", json_object_get(doc, "a"));
    print_side("B", json_object_get(doc, "b"));
    putchar('\n');
    json_array_foreach(json_object_get(doc, "summary"), i, line)
        printf("- %s\n", json_string_value(line));
    putchar('\n');
    return print_rows(json_object_get(doc, "rows"), err);
}

/* A positive number; 0 where it is none. */
static int64_t
read_id(const char *text)
{
    char *end;
    int64_t id = strtoll(text, &end, 10);

    return *end == '\0' && id > 0 ? id : 0;
}

int
cli_diff(int argc, char **argv)
{
    struct err err = { 0 };
    json_t *doc = NULL;
    char path[80];
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_diff_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 2 || read_id(argv[1]) == 0 || read_id(argv[2]) == 0) {
        err_set(&err, ST_INVALID, "cli.arguments",
            "name two profiles by their numbers: offramp diff A B");
        return cli_fail(&err);
    }
    snprintf(path, sizeof(path), "/v1/profiles/%lld/diff/%lld",
        (long long)read_id(argv[1]), (long long)read_id(argv[2]));
    if ((st = client_open(&client, &err)) == ST_OK &&
        (st = client_call(&client, "GET", path, NULL, &doc, &err)) == ST_OK) {
        if (client.json)
            client_print(doc);
        else
            st = print_diff(doc, &err);
    }
    json_decref(doc);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
