/* SPDX-License-Identifier: MIT */
/* offramp export -- write a profile in another tool's format. */
#include "server/cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/model/annotate.h"
#include "server/cli/client.h"

static struct client client;
static const char *out_path, *min_grade, *model_path;
static bool modelled;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "output", 'o', OPT_STR, &out_path, "FILE",
        "write there instead of standard output", NULL, 0, 0 },
    { "min-grade", 0, OPT_STR, &min_grade, "GRADE",
        "leave out (and list) rows below A, B or C", NULL, 0, 0 },
    { "modelled", 0, OPT_FLAG, &modelled, NULL,
        "with format costs: times derived with the device's declared model",
        NULL, 0, 0 },
    { "model", 0, OPT_STR, &model_path, "FILE",
        "with format onnx: the model that the profile measured", NULL, 0, 0 },
};

const struct opt_cmd cli_export_cmd = {
    .name = "offramp export",
    .summary = "write a profile in another tool's format",
    .synopsis = "[OPTION]... [FORMAT PROFILE]",
    .details = "Without arguments the formats are listed.\n"
               "    offramp export csv 3 -o costs.csv\n"
               "    offramp export chrome 3 -o trace.json    # for Perfetto\n"
               "    offramp export costs 3 -o costs.json     # for offramp "
               "search\n"
               "    offramp export onnx 3 --model net.onnx -o costs.onnx\n"
               "The last writes the costs into a copy of the model, for "
               "Netron; the file is read here, not by the server.",
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
            printf("%-16s %s\n", json_string_value(json_object_get(f, "name")),
                json_string_value(json_object_get(f, "summary")));
    if (!client.json)
        printf("%-16s %s\n", "onnx",
            "a copy of the model with costs in its nodes (with --model)");
    json_decref(doc);
    return ST_OK;
}

static enum status
put(const void *data, size_t len, struct err *err)
{
    if (out_path != NULL)
        return file_write(out_path, data, len, err);
    fwrite(data, 1, len, stdout);
    return ST_OK;
}

/* A copy of the model with the costs of a native export in it. */
static enum status
put_annotated(const struct rest_answer *costs, struct err *err)
{
    uint8_t *out = NULL;
    json_t *doc = NULL;
    char *data = NULL;
    size_t len, n;
    enum status st = json_parse(costs->body, costs->len, &doc, err);

    if (st == ST_OK)
        st = file_read(model_path, ONNX_MAX_BYTES, &data, &len, err);
    if (st == ST_OK)
        st = annotate(data, len, doc, &out, &n, err);
    if (st == ST_OK)
        st = put(out, n, err);
    free(out);
    free(data);
    json_decref(doc);
    return st;
}

static enum status
export_one(const char *format, const char *profile, struct err *err)
{
    char path[200];
    struct rest_call call = { .method = "GET", .path = path };
    struct rest_answer answer = { 0 };
    bool onnx = strcmp(format, "onnx") == 0;
    enum status st;

    if (onnx != (model_path != NULL))
        return err_set(err, ST_INVALID, "cli.arguments",
            "format onnx and --model FILE go together");
    snprintf(path, sizeof(path), "/v1/export/%.40s?profile=%.20s%s%.4s%s",
        onnx ? "json" : format, profile, min_grade ? "&min_grade=" : "",
        min_grade ? min_grade : "", modelled ? "&source=modelled" : "");
    if ((st = rest_do(client.rest, &call, &answer, err)) != ST_OK)
        return st;
    if ((st = rest_expect(&answer, err)) == ST_OK)
        st = onnx ? put_annotated(&answer, err)
                  : put(answer.body, answer.len, err);
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
