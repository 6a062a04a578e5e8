/* SPDX-License-Identifier: MIT */
/* offramp select -- choose one of several configurations for each sample. */
#include "server/cli/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/data/selection.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"

enum { PLAN_BYTES_MAX = 1 << 24, PARTS_MAX = 3 };

static struct opt_list configs;
static const char *features, *images, *rule = "accuracy",
                                      *objective = "latency_ns";
static double theta = 0.005, feature_cost = NAN;
static int64_t folds = 10, seed = 1;
static bool channels_last, json;

static const struct opt opts[] = {
    { "config", 'c', OPT_LIST, &configs, "NAME=RECORDS,COSTS[,PLAN]",
        "one that can be chosen: its exit records, costs, and a plan", NULL, 0,
        0 },
    { "features", 'f', OPT_STR, &features, "FILE",
        "features of the samples, .npy [samples][features]", NULL, 0, 0 },
    { "images", 'i', OPT_STR, &images, "FILE",
        "compute seven features of images, .npy u1 [samples][1 or 3][..][..]",
        NULL, 0, 0 },
    { "channels-last", 0, OPT_FLAG, &channels_last, NULL,
        "images are [samples][..][..][1 or 3]", NULL, 0, 0 },
    { "feature-cost", 'F', OPT_REAL, &feature_cost, "X",
        "of one sample's features, in the objective's unit (default: with "
        "--images and latency_ns what they take here, else 0)",
        NULL, 0, 1e18 },
    { "objective", 'O', OPT_STR, &objective, "METRIC",
        "metric of the costs (default latency_ns)", NULL, 0, 64 },
    { "rule", 'r', OPT_STR, &rule, "WORD",
        "whom the set takes in: accuracy or optimal (default accuracy)", NULL,
        0, 0 },
    { "theta", 't', OPT_REAL, &theta, "T",
        "share of samples that another one must add (default 0.005)", NULL, 0,
        1 },
    { "folds", 'k', OPT_INT, &folds, "K", "of cross-validation (default 10)",
        NULL, 2, SELECT_FOLDS_MAX },
    { "seed", 0, OPT_INT, &seed, "N", "of the folds (default 1)", NULL, 0,
        1e15 },
    { "json", 'j', OPT_FLAG, &json, NULL, "print JSON", NULL, 0, 0 },
};

const struct opt_cmd cli_select_cmd = {
    .name = "offramp select",
    .summary = "choose one of several configurations for each sample",
    .synopsis = "--config NAME=RECORDS,COSTS[,PLAN]... --features FILE "
                "[OPTION]...",
    .details =
        "Before a network runs, a small classifier looks at features of the "
        "sample and\nsays which of several profiled configurations (models, "
        "plans, devices) to run:\n"
        "    offramp select --config small=s.csv,s.json --config "
        "large=l.csv,l.json \\\n        --images x.npy\n"
        "Each is judged by cross-validation, features paid for, beside every "
        "configuration\nalone and the oracle, which knows the cheapest right "
        "one.  Where a classifier\nexpects all to fail nothing runs, and the "
        "answer counts as wrong.  Rows of all\nfiles are of the same samples "
        "in the same order.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* NAME=RECORDS,COSTS[,PLAN] in a copy of its own, cut into parts. */
struct spec {
    char *text; /* owned */
    const char *name, *part[PARTS_MAX];
};

static enum status
read_spec(struct spec *s, const char *text, struct err *err)
{
    char *at;

    *s = (struct spec){ .text = strdup(text) };
    if (s->text == NULL)
        return err_nomem(err);
    s->name = s->text;
    at = strchr(s->text, '=');
    for (int i = 0; at != NULL && i < PARTS_MAX; i++) {
        *at = '\0';
        s->part[i] = at + 1;
        at = strchr(at + 1, ',');
    }
    if (at == NULL && s->name[0] != '\0' && s->part[1] != NULL)
        return ST_OK;
    return err_set(err, ST_INVALID, "cli.arguments",
        "--config '%.128s' is not NAME=RECORDS,COSTS or "
        "NAME=RECORDS,COSTS,PLAN",
        text);
}

static enum status
add_config(struct selection *s, const char *text, struct err *err)
{
    struct records r = { 0 };
    struct costs c = { 0 };
    struct spec spec;
    json_t *plan = NULL;
    enum status st = read_spec(&spec, text, err);

    if (st == ST_OK && (st = records_load(spec.part[0], &r, err)) == ST_OK &&
        (st = costs_load(spec.part[1], &c, err)) == ST_OK &&
        (spec.part[2] == NULL || (st = json_file_load(spec.part[2],
                                      PLAN_BYTES_MAX, &plan, err)) == ST_OK))
        st = selection_add(s, spec.name, &r, &c, plan, objective, err);
    json_decref(plan);
    records_clear(&r);
    costs_clear(&c);
    free(spec.text);
    return st;
}

static enum status
read_rule(struct selection_options *o, struct err *err)
{
    if (strcmp(rule, "accuracy") != 0 && strcmp(rule, "optimal") != 0)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--rule must be accuracy or optimal");
    o->rule = rule[0] == 'a' ? SELECT_ACCURACY : SELECT_OPTIMAL;
    return ST_OK;
}

static enum status
read_features(struct selection *s, struct selection_options *o, struct err *err)
{
    double here_ns = 0;
    enum status st;

    if ((features == NULL) == (images == NULL))
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --features FILE or --images FILE, and only one of them");
    st = features != NULL
             ? selection_features(s, features, err)
             : selection_images(s, images, channels_last, &here_ns, err);
    if (!isnan(feature_cost))
        o->feature_cost = feature_cost;
    else if (strcmp(objective, "latency_ns") == 0)
        o->feature_cost = here_ns;
    return st;
}

static enum status
choose(struct err *err)
{
    struct selection s = { 0 };
    struct selection_options o;
    json_t *doc = NULL;
    enum status st;

    selection_options_init(&o);
    o.theta = theta;
    o.folds = folds;
    o.seed = (uint64_t)seed;
    st = read_rule(&o, err);
    for (size_t i = 0; st == ST_OK && i < configs.n; i++)
        st = add_config(&s, configs.item[i], err);
    if (st == ST_OK && (st = read_features(&s, &o, err)) == ST_OK &&
        (st = selection_run(&s, objective, &o, &doc, err)) == ST_OK) {
        if (json)
            client_print(doc);
        else
            st = select_text(doc, err);
    }
    json_decref(doc);
    selection_clear(&s);
    return st;
}

int
cli_select(int argc, char **argv)
{
    struct err err = { 0 };
    bool done;
    int n;

    if (opt_parse(&cli_select_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 0)
        (void)err_set(&err, ST_INVALID, "cli.arguments",
            "%s is not an option of offramp select", argv[1]);
    else if (configs.n < 2)
        (void)err_set(&err, ST_INVALID, "cli.arguments",
            "give --config at least twice: there must be something to choose "
            "between");
    else
        (void)choose(&err);
    return err.status != ST_OK ? cli_fail(&err) : 0;
}
