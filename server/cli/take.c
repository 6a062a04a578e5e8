/* SPDX-License-Identifier: MIT */
/* offramp take -- what a user takes home of a plan: models, plan, report. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/report.h"

enum { REPORT_BYTES_MAX = 1 << 22, PATH_BYTES = 1024 };

static struct client client;
static const char *folder;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "output", 'o', OPT_STR, &folder, "DIR",
        "folder to write into (default plan-N)", NULL, 0, 0 },
};

const struct opt_cmd cli_take_cmd = {
    .name = "offramp take",
    .summary = "write a validated plan's models, plan.json and report",
    .synopsis = "[OPTION]... PLAN",
    .details =
        "Writes into a folder what a device needs, from the plan's newest "
        "validation:\n"
        "network.onnx with the kept exits as outputs, segment-K.onnx and "
        "head-K.onnx to be\nrun in turn, all-exits.onnx and plan.json for "
        "offramp run, and report.md with its\nplots.\n"
        "    offramp take 1 -o deploy",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* `name` inside the folder. */
static enum status
path_of(const char *name, char path[PATH_BYTES], struct err *err)
{
    if (snprintf(path, PATH_BYTES, "%s/%s", folder, name) >= PATH_BYTES)
        return err_set(err, ST_INVALID, "cli.option",
            "--output: the folder's name is too long");
    return ST_OK;
}

/* A blob of the server as a file of the folder; none where `hex` is NULL. */
static enum status
take_blob(const char *hex, const char *name, struct err *err)
{
    char url[128], path[PATH_BYTES];
    struct rest_call call = { .method = "GET", .path = url };
    struct rest_answer answer = { 0 };
    enum status st;

    if (hex == NULL)
        return ST_OK;
    snprintf(url, sizeof(url), "/v1/blobs/sha256:%.64s", hex);
    if ((st = path_of(name, path, err)) != ST_OK ||
        (st = rest_do(client.rest, &call, &answer, err)) != ST_OK)
        return st;
    if ((st = rest_expect(&answer, err)) == ST_OK)
        st = file_write(path, answer.body, answer.len, err);
    rest_answer_clear(&answer);
    return st;
}

static enum status
take_models(const json_t *deployment, struct err *err)
{
    static const char *const parts[] = { "segment", "head" };
    const json_t *x;
    enum status st = take_blob(
        json_get_string(deployment, "onnx", NULL), "network.onnx", err);
    size_t i;

    json_array_foreach(json_object_get(deployment, "exits"), i, x)
    {
        for (size_t p = 0; st == ST_OK && p < 2; p++) {
            char name[40];

            snprintf(name, sizeof(name), "%s-%.0f.onnx", parts[p],
                json_get_number(x, "index"));
            st = take_blob(json_get_string(x, parts[p], NULL), name, err);
        }
    }
    return st;
}

/* The network with all its exits, which the plan was made for. */
static enum status
take_whole(const json_t *plan, struct err *err)
{
    char url[128];
    json_t *profile = NULL, *model = NULL;
    enum status st;

    snprintf(url, sizeof(url), "/v1/profiles/%lld",
        (long long)json_integer_value(json_object_get(plan, "profile")));
    if ((st = client_call(&client, "GET", url, NULL, &profile, err)) != ST_OK)
        return st;
    snprintf(url, sizeof(url), "/v1/models/%.64s",
        json_get_string(profile, "model", ""));
    if ((st = client_call(&client, "GET", url, NULL, &model, err)) == ST_OK)
        st = take_blob(
            json_get_string(model, "blob", NULL), "all-exits.onnx", err);
    json_decref(profile);
    json_decref(model);
    return st;
}

static enum status
put(const char *name, enum status made, struct buf *text, struct err *err)
{
    char path[PATH_BYTES];
    enum status st = made == ST_OK ? path_of(name, path, err) : made;

    if (st == ST_OK)
        st = file_write(path, text->data, text->len, err);
    buf_clear(text);
    return st;
}

static enum status
take_texts(const json_t *plan, const json_t *search, const json_t *validation,
    struct err *err)
{
    char path[PATH_BYTES];
    struct buf text;
    enum status st;

    if ((st = path_of("plan.json", path, err)) != ST_OK ||
        (st = json_file_save(path, plan, err)) != ST_OK)
        return st;
    buf_init(&text, REPORT_BYTES_MAX);
    st = report_front_svg(plan, search, &text, err);
    if ((st = put("front.svg", st, &text, err)) != ST_OK)
        return st;
    st = report_exits_svg(validation, &text, err);
    if ((st = put("exits.svg", st, &text, err)) != ST_OK)
        return st;
    st = report_markdown(plan, search, validation, &text, err);
    return put("report.md", st, &text, err);
}

/* The newest validation that is done. */
static enum status
find_validation(int64_t plan, json_t **out, struct err *err)
{
    char url[80];
    json_t *list, *v;
    int64_t id = 0;
    enum status st;
    size_t i;

    snprintf(url, sizeof(url), "/v1/plans/%lld/validations", (long long)plan);
    if ((st = client_call(&client, "GET", url, NULL, &list, err)) != ST_OK)
        return st;
    json_array_foreach(json_object_get(list, "items"), i, v)
    {
        if (id == 0 && strcmp(json_get_string(v, "state", ""), "done") == 0)
            id = json_integer_value(json_object_get(v, "id"));
    }
    json_decref(list);
    if (id == 0)
        return err_set(err, ST_CONFLICT, "cli.not_validated",
            "plan %lld was not validated yet: offramp validate %lld",
            (long long)plan, (long long)plan);
    snprintf(url, sizeof(url), "/v1/validations/%lld", (long long)id);
    return client_call(&client, "GET", url, NULL, out, err);
}

static enum status
take(int64_t id, struct err *err)
{
    json_t *plan = NULL, *search = NULL, *validation = NULL;
    char url[80], fallback[40];
    enum status st;

    snprintf(fallback, sizeof(fallback), "plan-%lld", (long long)id);
    if (folder == NULL)
        folder = fallback;
    snprintf(url, sizeof(url), "/v1/plans/%lld", (long long)id);
    if ((st = client_call(&client, "GET", url, NULL, &plan, err)) != ST_OK)
        return st;
    snprintf(url, sizeof(url), "/v1/searches/%lld",
        (long long)json_integer_value(json_object_get(plan, "search")));
    if ((st = client_call(&client, "GET", url, NULL, &search, err)) == ST_OK &&
        (st = find_validation(id, &validation, err)) == ST_OK &&
        (st = file_mkdirs(folder, err)) == ST_OK &&
        (st = take_models(json_object_get(validation, "deployment"), err)) ==
            ST_OK &&
        (st = take_whole(plan, err)) == ST_OK &&
        (st = take_texts(plan, search, validation, err)) == ST_OK)
        printf("%s/report.md\n", folder);
    json_decref(plan);
    json_decref(search);
    json_decref(validation);
    folder = NULL;
    return st;
}

int
cli_take(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_take_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 1 || atoll(argv[1]) <= 0)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give a plan's number: offramp take 1 -o deploy");
    else if ((st = client_open(&client, &err)) == ST_OK)
        st = take(atoll(argv[1]), &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
