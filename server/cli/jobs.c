/* SPDX-License-Identifier: MIT */
/* offramp jobs -- list jobs and what they wait for, or cancel some. */
#include <stdlib.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/text.h"

static struct client client;
static const char *state;
static int64_t limit = 20;
static bool cancel;

static const struct opt opts[] = {
    { "state", 0, OPT_STR, &state, "STATE",
        "only queued, running, done, failed or cancelled ones", NULL, 0, 0 },
    { "limit", 0, OPT_INT, &limit, "N", "at most so many (default 20)", NULL, 1,
        500 },
    { "cancel", 0, OPT_FLAG, &cancel, NULL, "cancel the jobs that are named",
        NULL, 0, 0 },
    CLIENT_OPTS(client),
};

const struct opt_cmd cli_jobs_cmd = {
    .name = "offramp jobs",
    .summary = "list jobs and what they wait for, or cancel some",
    .synopsis = "[OPTION]... [--cancel JOB...]",
    .details =
        "Newest first.  A queued job tells how many are before it and, where\n"
        "equal ones were measured before, the time left.\n"
        "    offramp jobs --state queued\n"
        "    offramp jobs --cancel 7 8",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* What keeps the first unfinished task of a job; NULL: nothing is known. */
static const char *
waits_for(const json_t *job)
{
    const json_t *task, *why;
    size_t i;

    json_array_foreach(json_object_get(job, "tasks"), i, task)
    {
        if ((why = json_object_get(task, "waits_for")) != NULL &&
            json_is_string(why))
            return json_string_value(why);
    }
    return NULL;
}

static enum status
number_cell(
    struct text_table *t, const json_t *v, const char *unit, struct err *err)
{
    enum status st = json_is_number(v)
                         ? text_cell(t, "%.0f%s", json_number_value(v), unit)
                         : text_cell(t, "-");

    return st == ST_OK ? st : err_nomem(err);
}

static enum status
print_job(struct text_table *t, const json_t *j, struct err *err)
{
    const char *word = json_string_value(json_object_get(j, "state"));
    const char *name = json_string_value(json_object_get(j, "name"));
    const char *waits = waits_for(j);
    char *devices = text_selector(json_object_get(j, "devices"));
    enum status st = devices != NULL ? ST_OK : err_nomem(err);

    if (st == ST_OK && (text_cell(t, "%lld",
                            (long long)json_integer_value(
                                json_object_get(j, "id"))) != ST_OK ||
                           text_cell(t, "%s", word ? word : "-") != ST_OK))
        st = err_nomem(err);
    if (st == ST_OK)
        st = number_cell(t, json_object_get(j, "position"), "", err);
    if (st == ST_OK)
        st = number_cell(t, json_object_get(j, "eta_s"), " s", err);
    if (st == ST_OK && (text_cell(t, "%s", devices) != ST_OK ||
                           text_cell(t, "%s", name ? name : "") != ST_OK ||
                           text_cell(t, "%s", waits ? waits : "") != ST_OK))
        st = err_nomem(err);
    free(devices);
    return st;
}

/* Only the job alone tells its place in the queue. */
static enum status
print_listed(struct text_table *t, const json_t *j, struct err *err)
{
    const char *word = json_string_value(json_object_get(j, "state"));
    json_t *whole = NULL;
    char path[64];
    enum status st;

    if (word == NULL || strcmp(word, "queued") != 0)
        return print_job(t, j, err);
    snprintf(path, sizeof(path), "/v1/jobs/%lld",
        (long long)json_integer_value(json_object_get(j, "id")));
    if ((st = client_call(&client, "GET", path, NULL, &whole, err)) == ST_OK)
        st = print_job(t, whole, err);
    json_decref(whole);
    return st;
}

static enum status
print_jobs(const json_t *items, struct err *err)
{
    static const char *const columns[] = { ">job", "state", ">before it",
        ">left", "devices", "name", "waits for", NULL };
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : err_nomem(err);
    const json_t *j;
    size_t i;

    json_array_foreach(items, i, j)
    {
        if (st == ST_OK)
            st = print_listed(t, j, err);
    }
    if (st == ST_OK && i > 0)
        text_table_print(t, stdout);
    else if (st == ST_OK)
        fputs(state != NULL
                  ? "no such job\n"
                  : "no job yet: offramp submit MODEL.onnx makes one\n",
            stderr);
    text_table_free(t);
    return st;
}

static enum status
list(struct err *err)
{
    char path[128];
    json_t *doc = NULL;
    enum status st;

    snprintf(path, sizeof(path), "/v1/jobs?limit=%lld%s%.32s", (long long)limit,
        state ? "&state=" : "", state ? state : "");
    if ((st = client_call(&client, "GET", path, NULL, &doc, err)) != ST_OK)
        return st;
    if (client.json)
        client_print(doc);
    else
        st = print_jobs(json_object_get(doc, "items"), err);
    json_decref(doc);
    return st;
}

static enum status
cancel_one(const char *job, struct err *err)
{
    char path[64], *name = rest_escape(job);
    json_t *doc = NULL;
    enum status st = name ? ST_OK : err_nomem(err);

    if (st == ST_OK) {
        snprintf(path, sizeof(path), "/v1/jobs/%.24s:cancel", name);
        st = client_call(&client, "POST", path, NULL, &doc, err);
    }
    if (st == ST_OK && client.json)
        client_print(doc);
    else if (st == ST_OK)
        printf("job %s: %s\n", job,
            json_string_value(json_object_get(doc, "state")));
    json_decref(doc);
    free(name);
    return st;
}

int
cli_jobs(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_jobs_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (cancel != (n > 0)) {
        st = err_set(&err, ST_INVALID, "cli.arguments",
            cancel ? "name the jobs: offramp jobs --cancel JOB..."
                   : "jobs are named to be cancelled: offramp jobs --cancel "
                     "JOB... (offramp watch JOB follows one)");
        return cli_fail(&err);
    }
    st = client_open(&client, &err);
    if (st == ST_OK && n == 0)
        st = list(&err);
    for (int i = 1; st == ST_OK && i <= n; i++)
        st = cancel_one(argv[i], &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
