/* SPDX-License-Identifier: MIT */
/* offramp submit -- measure a model on devices; with data, find a plan. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "server/cli/cli.h"
#include "server/cli/follow.h"
#include "server/cli/plan.h"
#include "server/cli/register.h"
#include "server/cli/table.h"

static struct client client;
static struct opt_list devices, shapes;
static const char *name, *levels, *policy, *cache, *data, *labels, *preprocess,
    *quantise, *score;
static bool watch;
static struct plan_wish wish = {
    .max_drop = NAN, .min_accuracy = NAN, .limits.worst_case = NAN
};

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "device", 'd', OPT_LIST, &devices, "SELECTOR",
        "name, any, or labels (key=value,key!=value,key); again for more "
        "(default localhost)",
        NULL, 0, 0 },
    { "name", 'n', OPT_STR, &name, "TEXT",
        "what to call the model (default its file name)", NULL, 0, 0 },
    { "shape", 0, OPT_LIST, &shapes, "INPUT=1x3x32x32",
        "fix an input's dynamic dimensions (default: 1)", NULL, 0, 0 },
    { "levels", 0, OPT_STR, &levels, "L0,L2,..",
        "levels to measure (default all but L3, cold caches)", NULL, 0, 0 },
    { "policy", 0, OPT_STR, &policy, "JSON",
        "measurement policy, as in probes/README.md", NULL, 0, 0 },
    { "cache", 0, OPT_STR, &cache, "use|refresh|only|off",
        "earlier measurements of equal kernels (default use)", NULL, 0, 0 },
    { "watch", 'w', OPT_FLAG, &watch, NULL,
        "follow the job and print the table", NULL, 0, 0 },
    { "data", 0, OPT_STR, &data, "X.npy",
        "inputs to evaluate the exits on; implies --watch", NULL, 0, 0 },
    { "labels", 0, OPT_STR, &labels, "Y.npy", "their labels", NULL, 0, 0 },
    { "preprocess", 0, OPT_STR, &preprocess, "JSON",
        "how inputs are prepared: {\"scale\":0.0039}", NULL, 0, 0 },
    { "score", 0, OPT_STR, &score, "WORD",
        "what a sample leaves by: max_probability (default), margin, entropy",
        NULL, 0, 0 },
    { "quantise", 0, OPT_STR, &quantise, "int8|float32",
        "for microcontroller boards: measure its image (int8 is calibrated on "
        "the first rows of --data)",
        NULL, 0, 0 },
    PLAN_OPTS(wish),
};

const struct opt_cmd cli_submit_cmd = {
    .name = "offramp submit",
    .summary = "measure a model on devices; with data, find a plan too",
    .synopsis = "[OPTION]... MODEL.onnx",
    .details =
        "Uploads the model, waits for its analysis, and starts a job:\n"
        "    offramp submit net.onnx --device localhost --watch\n"
        "With data, the exits are evaluated and a plan is found from what was "
        "measured:\n"
        "    offramp submit net.onnx --data x.npy --labels y.npy \\\n"
        "        --preprocess '{\"scale\":0.00392}' --max-drop 0.01\n"
        "On microcontroller boards the network is quantised first, and a plan "
        "is found by\ninstructions from what its image answers:\n"
        "    offramp submit net.onnx --device kind=mcu --quantise int8 \\\n"
        "        --data x.npy --labels y.npy --max-drop 0.01",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* The dimensions in "1x3x32x32"; NULL where it is not like that. */
static json_t *
dims_json(const char *text)
{
    json_t *dims = json_array();

    for (;;) {
        char *end;
        long long d = strtoll(text, &end, 10);

        if (end == text || d <= 0 || (*end != 'x' && *end != '\0') ||
            json_array_append_new(dims, json_integer(d)) < 0) {
            json_decref(dims);
            return NULL;
        }
        if (*end == '\0')
            return dims;
        text = end + 1;
    }
}

/* --shape input=1x3x32x32 .. as {"input":[1,3,32,32]}; NULL if none. */
static enum status
shape_json(json_t **out, struct err *err)
{
    *out = shapes.n > 0 ? json_object() : NULL;
    for (size_t i = 0; i < shapes.n; i++) {
        const char *text = shapes.item[i], *eq = strchr(text, '=');
        json_t *dims = eq ? dims_json(eq + 1) : NULL;

        if (dims == NULL ||
            json_object_setn_new(*out, text, (size_t)(eq - text), dims) < 0) {
            json_decref(*out);
            *out = NULL;
            return err_set(err, ST_INVALID, "cli.option",
                "--shape: '%s' is not like input=1x3x32x32", text);
        }
    }
    return ST_OK;
}

/* ["L0","L2"] from "L0,L2"; NULL where not given. */
static json_t *
levels_json(void)
{
    json_t *a = levels ? json_array() : NULL;
    const char *p = levels;

    while (p != NULL && *p != '\0') {
        size_t n = strcspn(p, ",");

        json_array_append_new(a, json_stringn(p, n));
        p += n + (p[n] == ',');
    }
    return a;
}

/* {"type","dataset"} for boards; NULL for other devices. */
static json_t *
quantise_json(int64_t dataset)
{
    if (quantise == NULL)
        return NULL;
    return json_pack("{s:s,s:s*,s:o}", "type", quantise, "score", score,
        "dataset", dataset != 0 ? json_integer(dataset) : json_null());
}

static enum status
create_job(const json_t *model, int64_t dataset, int64_t *job, struct err *err)
{
    json_t *pol, *body, *doc, *list = json_array();
    enum status st;

    if ((st = option_json("policy", policy, &pol, err)) != ST_OK) {
        json_decref(list);
        return st;
    }
    for (size_t i = 0; i < devices.n; i++)
        json_array_append_new(list, json_string(devices.item[i]));
    if (devices.n == 0)
        json_array_append_new(list, json_string("localhost"));
    body = json_pack("{s:O,s:o,s:o*,s:o*,s:s*,s:o*}", "model",
        json_object_get(model, "id"), "devices", list, "levels", levels_json(),
        "policy", pol, "cache", cache, "quantise", quantise_json(dataset));
    if (body == NULL)
        return err_nomem(err);
    st = client_call(&client, "POST", "/v1/jobs", body, &doc, err);
    json_decref(body);
    if (st != ST_OK)
        return st;
    *job = json_integer_value(json_object_get(doc, "id"));
    json_decref(doc);
    return ST_OK;
}

static enum status
send_data(const json_t *model, int64_t *dataset, struct err *err)
{
    const struct data_files files = { data, labels, preprocess };

    return register_data(&client,
        json_string_value(json_object_get(model, "id")), &files, dataset, err);
}

/* Have the exits evaluated on the data. */
static enum status
make_records(
    const json_t *model, int64_t dataset, int64_t *records, struct err *err)
{
    const char *id = json_string_value(json_object_get(model, "id"));

    return register_made(&client, "records",
        json_pack("{s:s,s:I,s:s*}", "model", id, "dataset", (json_int_t)dataset,
            "score", score),
        "exits on the data", records, err);
}

/* The model file, with the shapes asked for. */
static enum status
read_model(const char *path, json_t **model, struct err *err)
{
    json_t *shape;
    enum status st = shape_json(&shape, err);

    return st == ST_OK ? register_model(&client, path, name, shape, model, err)
                       : st;
}

/* Gets the first profile, and the exit records of a job for boards. */
static enum status
follow_job(int64_t job, int64_t *profile, int64_t *records, struct err *err)
{
    char path[64];
    json_t *doc, *task;
    enum status st;
    size_t i;

    snprintf(path, sizeof(path), "/v1/jobs/%lld", (long long)job);
    if ((st = follow(&client, path, "profile", &doc, err)) != ST_OK)
        return st;
    if (client.json)
        client_print(doc);
    *profile = 0;
    json_array_foreach(json_object_get(doc, "tasks"), i, task)
    {
        int64_t p = json_integer_value(json_object_get(task, "profile"));

        if (*profile == 0)
            *profile = p;
        if (!client.json && st == ST_OK && p != 0)
            st = table_print(&client, p, err);
    }
    if (quantise != NULL)
        *records = json_integer_value(
            json_object_get(json_object_get(doc, "quantise"), "records"));
    json_decref(doc);
    return st;
}

static enum status
submit(const char *path, struct err *err)
{
    int64_t job = 0, profile = 0, records = 0, dataset = 0;
    json_t *model = NULL;
    enum status st;

    if ((st = client_open(&client, err)) != ST_OK ||
        (st = read_model(path, &model, err)) != ST_OK ||
        (data != NULL && (st = send_data(model, &dataset, err)) != ST_OK) ||
        (st = create_job(model, dataset, &job, err)) != ST_OK)
        goto out;
    if (!watch && data == NULL) {
        if (client.json)
            printf("{\"job\":%lld}\n", (long long)job);
        else
            printf("job %lld: offramp watch %lld\n", (long long)job,
                (long long)job);
        goto out;
    }
    /* The worker evaluates the exits while the probe measures. */
    if (data != NULL && quantise == NULL &&
        (st = make_records(model, dataset, &records, err)) != ST_OK)
        goto out;
    if ((st = follow_job(job, &profile, &records, err)) != ST_OK ||
        data == NULL)
        goto out;
    if (quantise != NULL && wish.objective == NULL)
        wish.objective = "instructions";
    putchar('\n');
    st = plan_search(&client, profile, records, &wish, err);
out:
    json_decref(model);
    return st;
}

int
cli_submit(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_submit_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 1)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "name one ONNX file: offramp submit MODEL.onnx");
    else if (data != NULL &&
             isfinite(wish.max_drop) == isfinite(wish.min_accuracy))
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "with --data, give either --max-drop or --min-accuracy");
    else
        st = submit(argv[1], &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
