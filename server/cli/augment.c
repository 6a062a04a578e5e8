/* SPDX-License-Identifier: MIT */
/* offramp augment -- give a plain network exits, for one device. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/follow.h"
#include "server/cli/plan.h"
#include "server/cli/register.h"
#include "server/cli/text.h"
#include "server/cli/validation.h"

static struct client client;
static struct data_files fit, test;
static const char *device = "any", *rule, *heads, *score;
static double max_drop = NAN, min_accuracy = NAN, worst_case = NAN;
static double fit_share = NAN, memory_bytes = NAN;
static int64_t max_exits, max_candidates, seed, threads;
static bool confidence, detach, watch;

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "data", 0, OPT_STR, &fit.data, "FILE", "inputs, .npy", NULL, 0, 0 },
    { "labels", 0, OPT_STR, &fit.labels, "FILE",
        "their classes, .npy (without: agreement with the network)", NULL, 0,
        0 },
    { "preprocess", 0, OPT_STR, &fit.preprocess, "JSON",
        "how inputs are prepared", NULL, 0, 0 },
    { "test-data", 0, OPT_STR, &test.data, "FILE",
        "choose and test on these instead of on part of --data", NULL, 0, 0 },
    { "test-labels", 0, OPT_STR, &test.labels, "FILE", "their classes", NULL, 0,
        0 },
    { "fit-share", 0, OPT_REAL, &fit_share, "X",
        "share of --data that heads are fitted on (default 0.6)", NULL, 0.05,
        0.95 },
    { "device", 'd', OPT_STR, &device, "SELECTOR",
        "for this device (default any)", NULL, 0, 0 },
    { "max-drop", 0, OPT_REAL, &max_drop, "D",
        "accuracy may fall by at most D (0.01 is one point)", NULL, 0, 1 },
    { "min-accuracy", 0, OPT_REAL, &min_accuracy, "A",
        "or: accuracy must be at least A", NULL, 0, 1 },
    { "worst-case", 0, OPT_REAL, &worst_case, "NS",
        "the longest path may take at most NS nanoseconds", NULL, 1, 1e18 },
    { "max-exits", 0, OPT_INT, &max_exits, "K",
        "keep at most K exits, the final one included", NULL, 1, 64 },
    { "memory", 0, OPT_REAL, &memory_bytes, "BYTES",
        "what the device has for weights and activations", NULL, 1, 1e15 },
    { "rule", 0, OPT_STR, &rule, "RULE",
        "which boundaries get heads: all, linear, fine, pareto, golden, "
        "natural",
        NULL, 0, 0 },
    { "heads", 0, OPT_STR, &heads, "LIST",
        "kinds tried: pool,spatial,hidden,own,conv (default the first three)",
        NULL, 0, 0 },
    { "confidence", 0, OPT_FLAG, &confidence, NULL,
        "fit a confidence head beside each", NULL, 0, 0 },
    { "score", 0, OPT_STR, &score, "WORD",
        "what a sample leaves by: max_probability (default), margin, entropy, "
        "or best (of each head's)",
        NULL, 0, 0 },
    { "max-candidates", 0, OPT_INT, &max_candidates, "N",
        "at most N boundaries (default 24)", NULL, 1, 63 },
    { "threads", 0, OPT_INT, &threads, "N",
        "of the worker while it computes features and fits (default 1: a probe "
        "on that machine may be measuring)",
        NULL, 1, 64 },
    { "seed", 0, OPT_INT, &seed, "S", "seed (default 1)", NULL, 1, 2147483647 },
    { "watch", 'w', OPT_FLAG, &watch, NULL,
        "follow it, and print the plan and its validation (the default)", NULL,
        0, 0 },
    { "detach", 0, OPT_FLAG, &detach, NULL,
        "only start it, and print its number", NULL, 0, 0 },
};

const struct opt_cmd cli_augment_cmd = {
    .name = "offramp augment",
    .summary = "give a plain network exits, and prove them on the device",
    .synopsis = "--data FILE [OPTION]... MODEL.onnx",
    .details =
        "Heads are fitted onto the network, measured on the device, searched "
        "with their\nthresholds, and the plan runs there on rows that neither "
        "fitting nor search has\nseen:\n"
        "    offramp augment net.onnx --data x.npy --labels y.npy \\\n"
        "        --device localhost --max-drop 0.01\n"
        "What D of --max-drop is expected on new rows: the floor is raised "
        "until\ncross-validation says so.  On few rows that is far from a "
        "promise, so the plan that\npromises it is named beside.\n"
        "The network's own weights stay as they are.  Rows to fit on are "
        "drawn from\neach class by --seed; rows that belong together (of one "
        "patient, say) go into\n--data and --test-data instead.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static json_t *
options_json(void)
{
    json_t *o = json_object();
    int bad = 0;

    if (rule != NULL)
        bad |= json_object_set_new(o, "rule", json_string(rule));
    if (heads != NULL)
        bad |= json_object_set_new(o, "heads", text_words(heads));
    if (score != NULL)
        bad |= json_object_set_new(o, "score", json_string(score));
    if (threads > 0)
        bad |= json_object_set_new(o, "threads", json_integer(threads));
    if (confidence)
        bad |= json_object_set_new(o, "confidence", json_true());
    if (max_candidates > 0)
        bad |= json_object_set_new(
            o, "max_candidates", json_integer(max_candidates));
    if (seed > 0)
        bad |= json_object_set_new(o, "seed", json_integer(seed));
    if (bad == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *
search_json(void)
{
    json_t *o = json_object();
    int bad = 0;

    if (isfinite(max_drop))
        bad |= json_object_set_new(o, "max_drop", json_real(max_drop));
    if (isfinite(min_accuracy))
        bad |= json_object_set_new(o, "min_accuracy", json_real(min_accuracy));
    if (isfinite(worst_case))
        bad |= json_object_set_new(o, "worst_case", json_real(worst_case));
    if (max_exits > 0)
        bad |= json_object_set_new(o, "max_exits", json_integer(max_exits));
    if (seed > 0)
        bad |= json_object_set_new(o, "seed", json_integer(seed));
    if (fit.labels == NULL)
        bad |= json_object_set_new(o, "reference", json_string("final"));
    if (bad == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *
order_json(const char *model, int64_t dataset, int64_t evaluate)
{
    json_t *o = json_pack("{s:s,s:I,s:s,s:o,s:o}", "model", model, "dataset",
        (json_int_t)dataset, "device", device, "options", options_json(),
        "search", search_json());
    int bad = o == NULL;

    if (!bad && evaluate > 0)
        bad |= json_object_set_new(o, "evaluate", json_integer(evaluate));
    if (!bad && isfinite(fit_share))
        bad |= json_object_set_new(o, "fit_share", json_real(fit_share));
    if (!bad && isfinite(memory_bytes))
        bad |= json_object_set_new(o, "memory_bytes", json_real(memory_bytes));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

/* The heads that were fitted, and what became of each. */
static void
print_heads(const json_t *doc)
{
    const json_t *h;
    size_t i;

    puts("boundary  head      accuracy  what became of it");
    json_array_foreach(
        json_object_get(json_object_get(doc, "augmentation"), "heads"), i, h)
    {
        double number = json_get_number(h, "number");

        printf("%8.0f  %-8s  %6.2f %%  ", json_get_number(h, "boundary"),
            json_get_string(h, "kind", "-"),
            100 * json_get_number(h, "accuracy"));
        if (json_is_true(json_object_get(h, "kept")))
            printf("%s\n", json_get_string(h, "exit", "kept"));
        else if (isfinite(number))
            printf("left out: %s (%.4g)\n", json_get_string(h, "reason", "-"),
                number);
        else
            printf("left out: %s\n", json_get_string(h, "reason", "-"));
    }
    putchar('\n');
}

/* What a promise would cost, beside the plan that only expects. */
static enum status
print_promised(int64_t id, struct err *err)
{
    const json_t *g, *half;
    char path[64];
    json_t *plan;
    enum status st;

    snprintf(path, sizeof(path), "/v1/plans/%lld", (long long)id);
    if ((st = client_call(&client, "GET", path, NULL, &plan, err)) != ST_OK)
        return st;
    g = json_object_get(plan, "guarantee");
    half = json_object_get(plan, "test");
    if (strcmp(json_get_string(g, "status", ""), "certified") == 0)
        printf("promised     plan %lld loses at most %.4g %% with probability "
               "%.4g, and costs %.1f %% less than the full network\n",
            (long long)id, 100 * json_get_number(g, "eps"),
            1 - json_get_number(g, "delta"),
            100 * (1 - json_get_number(half, "cost") /
                           json_get_number(half, "cost_full")));
    else
        printf("promised     only the full network loses at most %.4g %% with "
               "probability %.4g: %s\n",
            100 * json_get_number(g, "eps"), 1 - json_get_number(g, "delta"),
            json_get_string(g, "reason", "-"));
    json_decref(plan);
    return ST_OK;
}

static enum status
follow_to_end(int64_t id, struct err *err)
{
    char path[64];
    json_t *doc;
    int64_t validation, promised;
    enum status st;

    snprintf(path, sizeof(path), "/v1/augmentations/%lld", (long long)id);
    if ((st = follow(&client, path, "augment", &doc, err)) != ST_OK)
        return st;
    validation = json_integer_value(json_object_get(doc, "validation"));
    promised = json_integer_value(json_object_get(doc, "promised"));
    if (client.json)
        client_print(doc);
    else
        print_heads(doc);
    st = plan_print(
        &client, json_integer_value(json_object_get(doc, "plan")), err);
    json_decref(doc);
    if (st == ST_OK && promised != 0 && !client.json)
        st = print_promised(promised, err);
    if (st != ST_OK || validation == 0)
        return st;
    putchar('\n');
    return validation_follow(&client, validation, err);
}

static enum status
augment(const char *path, struct err *err)
{
    json_t *model = NULL, *order = NULL, *made = NULL;
    int64_t dataset = 0, evaluate = 0, id;
    const char *hex;
    enum status st;

    test.preprocess = fit.preprocess;
    if ((st = client_open(&client, err)) != ST_OK ||
        (st = register_model(&client, path, NULL, NULL, &model, err)) != ST_OK)
        return st;
    hex = json_get_string(model, "id", "");
    if ((st = register_data(&client, hex, &fit, &dataset, err)) == ST_OK &&
        test.data != NULL)
        st = register_data(&client, hex, &test, &evaluate, err);
    if (st == ST_OK && (order = order_json(hex, dataset, evaluate)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK)
        st = client_call(
            &client, "POST", "/v1/augmentations", order, &made, err);
    json_decref(order);
    json_decref(model);
    if (st != ST_OK)
        return st;
    id = json_integer_value(json_object_get(made, "id"));
    if (detach && client.json)
        client_print(made);
    else if (detach)
        printf("augmentation %lld: GET /v1/augmentations/%lld tells how far it "
               "is\n",
            (long long)id, (long long)id);
    json_decref(made);
    return detach ? ST_OK : follow_to_end(id, err);
}

int
cli_augment(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done;
    int n;

    if (opt_parse(&cli_augment_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 1 || fit.data == NULL)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "name one ONNX file and its data: offramp augment MODEL.onnx "
            "--data x.npy --labels y.npy");
    else if (isfinite(max_drop) == isfinite(min_accuracy))
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give either --max-drop or --min-accuracy");
    else if (watch && detach)
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give --watch or --detach, not both");
    else
        st = augment(argv[1], &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
