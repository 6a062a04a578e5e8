/* SPDX-License-Identifier: MIT */
/* offramp compare -- every policy on the same records and costs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/compare.h"

static const char *records_file;
static struct compare_wish wish = { .weight = 1,
    .lambda = 0.1,
    .alpha = 0.7,
    .beta = 1,
    .probes = 60,
    .memory = 2000,
    .max_drop = 0.01,
    .steps = 20000,
    .shuffles = 20,
    .seed = 1 };
static bool list;

static const struct opt opts[] = {
    { "records", 'r', OPT_STR, &records_file, "FILE",
        "exit records, CSV; every exit needs a score within 0..1", NULL, 0, 0 },
    { "costs", 'c', OPT_STR, &wish.costs_file, "FILE",
        "measured costs, JSON; without it, the papers' constants", NULL, 0, 0 },
    { "profile", 0, OPT_INT, &wish.profile, "ID",
        "measured costs: a profile of the server", NULL, 1, 9e15 },
    { "objective", 'O', OPT_STR, &wish.objective, "METRIC",
        "metric of the costs (default latency_ns)", NULL, 0, 64 },
    { "offload", 'o', OPT_STR, &wish.offload, "X[,X..]",
        "cost of handing a sample over: one, or one for each early exit", NULL,
        0, 0 },
    { "link", 0, OPT_REAL, &wish.link, "B",
        "with --profile: the exit's tensor goes over at B bytes a second", NULL,
        1e-3, 1e18 },
    { "link-base", 0, OPT_REAL, &wish.link_base, "NS",
        "what each tensor takes besides, in ns (default 0)", NULL, 0, 1e15 },
    { "over", 0, OPT_STR, &wish.over, "FROM,TO",
        "a link that was measured (`offramp links`) in place of --link and "
        "--link-base",
        NULL, 0, 0 },
    { "link-server", 0, OPT_INT, &wish.link_server, "ID",
        "the rest runs as this profile measured it (default: for nothing)",
        NULL, 1, 9e15 },
    { "policy", 'p', OPT_LIST, &wish.names, "NAME",
        "compare only these (default: all; --list names them)", NULL, 0, 0 },
    { "alpha", 'a', OPT_REAL, &wish.alpha, "A",
        "answer on the device from this score on (default 0.7)", NULL, 0, 1 },
    { "beta", 0, OPT_REAL, &wish.beta, "B",
        "width of confidence bounds (default 1)", NULL, 0, 1e6 },
    { "weight", 'w', OPT_REAL, &wish.weight, "W",
        "the full network's cost in units of score (default 1)", NULL, 0, 1e6 },
    { "lambda", 0, OPT_REAL, &wish.lambda, "L",
        "without costs: cost of a layer in units of score (default 0.1)", NULL,
        0, 1e6 },
    { "probes", 0, OPT_REAL, &wish.probes, "C",
        "follow: a full-depth probe with probability C/t (default 60)", NULL, 0,
        1e9 },
    { "memory", 0, OPT_REAL, &wish.memory, "N",
        "window, discount: steps looked back on (default 2000)", NULL, 1, 1e9 },
    { "steps", 'n', OPT_INT, &wish.steps, "N",
        "samples in a run (default 20000)", NULL, 1, TRIAL_STEPS_MAX },
    { "shuffles", 's', OPT_INT, &wish.shuffles, "N",
        "runs, each in another order (default 20)", NULL, 1,
        TRIAL_SHUFFLES_MAX },
    { "seed", 0, OPT_INT, &wish.seed, "N",
        "seed of split and orders (default 1)", NULL, 0, 1e15 },
    { "by-group", 'g', OPT_FLAG, &wish.by_group, NULL,
        "visit one group after the other, by name: changing domains", NULL, 0,
        0 },
    { "ordered", 0, OPT_FLAG, &wish.ordered, NULL,
        "rows are in the order of time: replay them once as they came, with "
        "temporal policies too",
        NULL, 0, 0 },
    { "distance", 0, OPT_REAL, &wish.distance, "X",
        "with --ordered: cost of comparing two numbers (default 0)", NULL, 0,
        1e15 },
    { "features", 'f', OPT_STR, &wish.features, "FILE",
        "features of the samples, .npy [samples][features]: premodels that "
        "choose an exit by them, too",
        NULL, 0, 0 },
    { "feature-cost", 'F', OPT_REAL, &wish.feature_cost, "X",
        "of one sample's features, in the objective's unit (default 0)", NULL,
        0, 1e18 },
    { "reference", 0, OPT_STR, &wish.reference, "WORD",
        "accuracy against label or final (default label)", NULL, 0, 0 },
    { "max-drop", 0, OPT_REAL, &wish.max_drop, "D",
        "of the exact plan that is shown beside (default 0.01)", NULL, 0, 1 },
    { "server", 0, OPT_STR, &wish.client.server, "URL",
        "the server (default http://127.0.0.1:8080)", "OFFRAMP_SERVER", 0, 0 },
    { "token", 0, OPT_STR, &wish.client.token, "TOKEN",
        "bearer token (default none)", "OFFRAMP_TOKEN", 0, 0 },
    { "list", 'l', OPT_FLAG, &list, NULL,
        "list what is compared, family by family, and stop", NULL, 0, 0 },
    { "json", 'j', OPT_FLAG, &wish.client.json, NULL,
        "print JSON, with the regret over time", NULL, 0, 0 },
};

const struct opt_cmd cli_compare_cmd = {
    .name = "offramp compare",
    .summary = "compare exit policies on records and measured costs",
    .synopsis = "[RECORDS] --offload X [OPTION]...",
    .details =
        "A policy chooses for every sample how far the device runs the "
        "network; what is\nnot sure enough there (score below alpha) is "
        "handed over and completed by the\nfull network elsewhere.  It sees "
        "no labels, only the scores that a device would\nhave computed:\n"
        "    offramp compare --records r.csv --costs c.json --offload 2.5e6\n"
        "    offramp compare --records r.csv --offload 0.5   (SplitEE's "
        "constants)\n"
        "    offramp compare 3 --profile 7 --link 1e6        (on the server)\n"
        "    offramp compare --records r.csv --costs c.json --offload 0 "
        "--ordered\n"
        "    offramp compare 3 --profile 7 --over pi5,server\n"
        "RECORDS is a number that the server gave; the page then shows the "
        "result too.\n"
        "Regret is what the best fixed exit would have earned more (score "
        "minus weighted\ncost), with a 95 % interval over the shuffles.  Below "
        "the online policies: the cheapest\none exit and one cut for all, and "
        "the exact plan for the device alone, chosen on the\ncalibration "
        "half; with --features, premodels that choose an exit beforehand.  All "
        "figures\nare of the test half.\nFor a link, an "
        "offload cost is its base cost plus its cost per byte times the "
        "bytes\nof the exit's tensor, plus what the rest costs elsewhere.\n"
        "--ordered compares each sample's class scores (columns vector_K) or "
        "features\n(feature_K) with those of an earlier one, and repeats its "
        "answer where they are\nnear; thresholds are replayed exactly on the "
        "calibration half.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
read_offload(struct trial_options *o, struct err *err)
{
    if (wish.offload == NULL)
        return err_set(err, ST_INVALID, "policy.offload",
            "give --offload X: what handing a sample over costs (in the "
            "objective's unit; without --costs in units of score, 0.5 in the "
            "paper)");
    return compare_offload(wish.offload, o->offload, &o->n_offload, err);
}

enum status
compare_offload(const char *text, double offload[POLICY_ARMS_MAX], size_t *n,
    struct err *err)
{
    const char *at = text;
    char *end;

    for (*n = 0;; at = end + 1) {
        if (*n == POLICY_ARMS_MAX)
            return err_set(err, ST_INVALID, "policy.offload",
                "--offload has more than %d numbers", POLICY_ARMS_MAX);
        offload[(*n)++] = strtod(at, &end);
        if (end == at || (*end != ',' && *end != '\0') ||
            !isfinite(offload[*n - 1]))
            return err_set(err, ST_INVALID, "policy.offload",
                "--offload: '%.32s' is not a number", at);
        if (*end == '\0')
            return ST_OK;
    }
}

static enum status
read_options(struct trial_options *o, struct err *err)
{
    enum status st;

    trial_options_init(o);
    if (records_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --records FILE, or the number of records on the server");
    if (wish.profile != 0 || wish.link != 0 || wish.over != NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--profile, --link and --over are the server's: give the number of "
            "its "
            "records instead of --records FILE");
    if (wish.objective != NULL && wish.costs_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--objective names a metric of --costs FILE: give both or neither");
    if (wish.objective != NULL)
        o->objective = wish.objective;
    if (wish.reference != NULL && (st = search_reference_read(wish.reference,
                                       &o->reference, err)) != ST_OK)
        return st;
    o->names = wish.names.item;
    o->n_names = wish.names.n;
    o->weight = wish.weight;
    o->lambda = wish.lambda;
    o->alpha = wish.alpha;
    o->beta = wish.beta;
    o->probes = wish.probes;
    o->memory = wish.memory;
    o->steps = wish.steps;
    o->shuffles = wish.shuffles;
    o->seed = (uint64_t)wish.seed;
    o->by_group = wish.by_group;
    o->max_drop = wish.max_drop;
    o->ordered = wish.ordered;
    o->distance = wish.distance;
    o->features = wish.features;
    o->feature_cost = wish.feature_cost;
    return read_offload(o, err);
}

/* What each family needs, where it does not come by itself. */
static const char *
needs(const char *family)
{
    static const char *const all[][2] = {
        { "online", "they learn while samples come" },
        { "fixed", "chosen beforehand, on the calibration half" },
        { "selection", "with --features: an exit for each sample beforehand" },
        { "temporal", "with --ordered: an answer is repeated" },
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i][0], family) == 0)
            return all[i][1];
    return "";
}

static void
print_name(const char *family, const char *name, const char *summary, void *ctx)
{
    const char **last = ctx;

    if (*last == NULL || strcmp(*last, family) != 0)
        printf("%s%s (%s)\n", *last ? "\n" : "", family, needs(family));
    *last = family;
    printf("  %-20s %s\n", name, summary);
}

static void
print_list(void)
{
    const char *last = NULL;

    trial_list(print_name, &last);
}

/* Here, without a server. */
static enum status
replay(json_t **doc, struct err *err)
{
    struct trial_options o;
    struct records records = { 0 };
    struct costs costs = { 0 };
    const bool measured = wish.costs_file != NULL;
    enum status st;

    if ((st = read_options(&o, err)) == ST_OK &&
        (st = records_load(records_file, &records, err)) == ST_OK &&
        (!measured || (st = costs_load(wish.costs_file, &costs, err)) == ST_OK))
        st = trial_run(&records, measured ? &costs : NULL, &o, doc, err);
    records_clear(&records);
    costs_clear(&costs);
    return st;
}

static enum status
compare(const char *records, struct err *err)
{
    json_t *doc = NULL;
    enum status st;

    if (records != NULL && records_file != NULL)
        st = err_set(err, ST_INVALID, "cli.arguments",
            "give --records FILE or the number of records on the server, and "
            "only one of them");
    else if (records != NULL)
        st = compare_post(&wish, records, &doc, err);
    else
        st = replay(&doc, err);
    if (st == ST_OK && wish.client.json)
        client_print(doc);
    else if (st == ST_OK)
        st = compare_text(doc, err);
    json_decref(doc);
    return st;
}

int
cli_compare(int argc, char **argv)
{
    struct err err = { 0 };
    bool done;
    int n;

    if (opt_parse(&cli_compare_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n > 1)
        (void)err_set(&err, ST_INVALID, "cli.arguments",
            "%s is one argument too many for offramp compare", argv[2]);
    else if (list)
        print_list();
    else
        (void)compare(n == 1 ? argv[1] : NULL, &err);
    return err.status != ST_OK ? cli_fail(&err) : 0;
}
