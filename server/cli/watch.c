/* SPDX-License-Identifier: MIT */
/* offramp watch -- follow a job. */
#include "server/cli/cli.h"
#include "server/cli/follow.h"

static struct client client;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
};

const struct opt_cmd cli_watch_cmd = {
    .name = "offramp watch",
    .summary = "follow a job until it ends",
    .synopsis = "[OPTION]... JOB",
    .details = "Shows the phase, a bar and the time left; ends with 0 when the "
               "job is done\nand 1 when it failed or was cancelled.\n"
               "    offramp watch 7",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
watch(const char *job, struct err *err)
{
    char path[64], title[64];
    json_t *doc, *task;
    enum status st;
    size_t i;

    snprintf(path, sizeof(path), "/v1/jobs/%.20s", job);
    snprintf(title, sizeof(title), "job %.20s", job);
    if ((st = client_open(&client, err)) != ST_OK ||
        (st = follow(&client, path, title, &doc, err)) != ST_OK)
        return st;
    if (client.json)
        client_print(doc);
    else
        json_array_foreach(json_object_get(doc, "tasks"), i, task) printf(
            "profile %lld on %s: offramp table %lld\n",
            (long long)json_integer_value(json_object_get(task, "profile")),
            json_string_value(json_object_get(task, "device")),
            (long long)json_integer_value(json_object_get(task, "profile")));
    json_decref(doc);
    return ST_OK;
}

int
cli_watch(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_watch_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 1) {
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "name one job: offramp watch JOB");
        return cli_fail(&err);
    }
    st = watch(argv[1], &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
