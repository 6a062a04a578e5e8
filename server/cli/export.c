/* SPDX-License-Identifier: MIT */
/* offramp export -- write a profile in another tool's format. */
#include "server/cli/cli.h"

#include <string.h>

#include "base/file.h"
#include "server/cli/client.h"

static struct client client;
static const char *out_path, *min_grade;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "output", 'o', OPT_STR, &out_path, "FILE",
        "write there instead of standard output", NULL, 0, 0 },
    { "min-grade", 0, OPT_STR, &min_grade, "GRADE",
        "leave out (and list) rows below A, B or C", NULL, 0, 0 },
};

const struct opt_cmd cli_export_cmd = {
    .name = "offramp export",
    .summary = "write a profile in another tool's format",
    .synopsis = "[OPTION]... [FORMAT PROFILE]",
    .details = "Without arguments the formats are listed.\n"
               "    offramp export csv 3 -o costs.csv\n"
               "    offramp export chrome 3 -o trace.json    # for Perfetto\n"
               "    offramp export costs 3 -o costs.json     # for offramp "
               "search",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
list_formats(struct err *err)
{
    json_t *doc, *f;
    enum status st;
    size_t i;

    if ((st = client_call(&client, "GET", "/v1/export", NULL, &doc, err)) !=
        ST_OK)
        return st;
    if (client.json)
        client_print(doc);
    else
        json_array_foreach(json_object_get(doc, "items"), i, f)
            printf("%-10s %s\n", json_string_value(json_object_get(f, "name")),
                json_string_value(json_object_get(f, "summary")));
    json_decref(doc);
    return ST_OK;
}

static enum status
export_one(const char *format, const char *profile, struct err *err)
{
    char path[200];
    struct rest_call call = { .method = "GET", .path = path };
    struct rest_answer answer = { 0 };
    enum status st;

    snprintf(path, sizeof(path), "/v1/export/%.40s?profile=%.20s%s%.4s", format,
        profile, min_grade ? "&min_grade=" : "", min_grade ? min_grade : "");
    if ((st = rest_do(client.rest, &call, &answer, err)) != ST_OK)
        return st;
    if ((st = rest_expect(&answer, err)) == ST_OK) {
        if (out_path != NULL)
            st = file_write(out_path, answer.body, answer.len, err);
        else
            fwrite(answer.body, 1, answer.len, stdout);
    }
    rest_answer_clear(&answer);
    return st;
}

int
cli_export(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_export_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 0 && n != 2)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give a format and a profile (offramp export lists the formats)");
    else if ((st = client_open(&client, &err)) == ST_OK)
        st = n == 0 ? list_formats(&err) : export_one(argv[1], argv[2], &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
