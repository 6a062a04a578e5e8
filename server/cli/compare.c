/* SPDX-License-Identifier: MIT */
/* offramp compare -- every online policy on the same records and costs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/data/trial.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/text.h"

static const char *records_file, *costs_file, *objective, *reference;
static const char *offload;
static struct opt_list names;
static double weight = 1, lambda = 0.1, alpha = 0.7, beta = 1, probes = 60,
              memory = 2000, max_drop = 0.01;
static int64_t steps = 20000, shuffles = 20, seed = 1;
static bool by_group, json, list;

static const struct opt opts[] = {
    { "records", 'r', OPT_STR, &records_file, "FILE",
        "exit records, CSV; every exit needs a score within 0..1", NULL, 0, 0 },
    { "costs", 'c', OPT_STR, &costs_file, "FILE",
        "measured costs, JSON; without it, the papers' constants", NULL, 0, 0 },
    { "objective", 'O', OPT_STR, &objective, "METRIC",
        "metric of the costs (default latency_ns)", NULL, 0, 64 },
    { "offload", 'o', OPT_STR, &offload, "X[,X..]",
        "cost of handing a sample over: one, or one for each early exit", NULL,
        0, 0 },
    { "policy", 'p', OPT_LIST, &names, "NAME",
        "compare only these (default: all; --list names them)", NULL, 0, 0 },
    { "alpha", 'a', OPT_REAL, &alpha, "A",
        "answer on the device from this score on (default 0.7)", NULL, 0, 1 },
    { "beta", 0, OPT_REAL, &beta, "B", "width of confidence bounds (default 1)",
        NULL, 0, 1e6 },
    { "weight", 'w', OPT_REAL, &weight, "W",
        "the full network's cost in units of score (default 1)", NULL, 0, 1e6 },
    { "lambda", 0, OPT_REAL, &lambda, "L",
        "without costs: cost of a layer in units of score (default 0.1)", NULL,
        0, 1e6 },
    { "probes", 0, OPT_REAL, &probes, "C",
        "follow: a full-depth probe with probability C/t (default 60)", NULL, 0,
        1e9 },
    { "memory", 0, OPT_REAL, &memory, "N",
        "window, discount: steps looked back on (default 2000)", NULL, 1, 1e9 },
    { "steps", 'n', OPT_INT, &steps, "N", "samples in a run (default 20000)",
        NULL, 1, TRIAL_STEPS_MAX },
    { "shuffles", 's', OPT_INT, &shuffles, "N",
        "runs, each in another order (default 20)", NULL, 1,
        TRIAL_SHUFFLES_MAX },
    { "seed", 0, OPT_INT, &seed, "N", "seed of split and orders (default 1)",
        NULL, 0, 1e15 },
    { "by-group", 'g', OPT_FLAG, &by_group, NULL,
        "visit one group after the other, by name: changing domains", NULL, 0,
        0 },
    { "reference", 0, OPT_STR, &reference, "WORD",
        "accuracy against label or final (default label)", NULL, 0, 0 },
    { "max-drop", 0, OPT_REAL, &max_drop, "D",
        "of the exact plan that is shown beside (default 0.01)", NULL, 0, 1 },
    { "list", 'l', OPT_FLAG, &list, NULL, "list the policies and stop", NULL, 0,
        0 },
    { "json", 'j', OPT_FLAG, &json, NULL,
        "print JSON, with the regret over time", NULL, 0, 0 },
};

const struct opt_cmd cli_compare_cmd = {
    .name = "offramp compare",
    .summary = "compare online exit policies on records and measured costs",
    .synopsis = "--records FILE [--costs FILE] --offload X [OPTION]...",
    .details =
        "A policy chooses for every sample how far the device runs the "
        "network; what is\nnot sure enough there (score below alpha) is "
        "handed over and completed by the\nfull network elsewhere.  It sees "
        "no labels, only the scores that a device would\nhave computed:\n"
        "    offramp compare --records r.csv --costs c.json --offload 2.5e6\n"
        "    offramp compare --records r.csv --offload 0.5   (SplitEE's "
        "constants)\n"
        "Regret is what the best fixed exit would have earned more (score "
        "minus weighted\ncost), with a 95 % interval over the shuffles.  The "
        "last line is the exact plan for\nthe device alone, found on the "
        "calibration half; all figures are of the test half.\nFor a link, an "
        "offload cost is its base cost plus its cost per byte times the "
        "bytes\nof the exit's tensor, plus what the rest costs elsewhere.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
read_offload(struct trial_options *o, struct err *err)
{
    const char *at = offload;
    char *end;

    if (offload == NULL)
        return err_set(err, ST_INVALID, "policy.offload",
            "give --offload X: what handing a sample over costs (in the "
            "objective's unit; without --costs in units of score, 0.5 in the "
            "paper)");
    for (;;) {
        if (o->n_offload == POLICY_ARMS_MAX)
            return err_set(err, ST_INVALID, "policy.offload",
                "--offload has more than %d numbers", POLICY_ARMS_MAX);
        o->offload[o->n_offload++] = strtod(at, &end);
        if (end == at || (*end != ',' && *end != '\0'))
            return err_set(err, ST_INVALID, "policy.offload",
                "--offload: '%.32s' is not a number", at);
        if (*end == '\0')
            return ST_OK;
        at = end + 1;
    }
}

static enum status
read_options(struct trial_options *o, struct err *err)
{
    enum status st;

    trial_options_init(o);
    if (records_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments", "give --records FILE");
    if (objective != NULL && costs_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--objective names a metric of --costs FILE: give both or neither");
    if (objective != NULL)
        o->objective = objective;
    if (reference != NULL &&
        (st = search_reference_read(reference, &o->reference, err)) != ST_OK)
        return st;
    o->names = names.item;
    o->n_names = names.n;
    o->weight = weight;
    o->lambda = lambda;
    o->alpha = alpha;
    o->beta = beta;
    o->probes = probes;
    o->memory = memory;
    o->steps = steps;
    o->shuffles = shuffles;
    o->seed = (uint64_t)seed;
    o->by_group = by_group;
    o->max_drop = max_drop;
    return read_offload(o, err);
}

static double
first(const json_t *o, const char *name)
{
    const json_t *v = json_array_get(json_object_get(o, name), 0);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* Cost against the full network's, in percent, without a negative zero. */
static double
change(double cost, double full)
{
    double percent = 100 * (cost / full - 1);

    return fabs(percent) < 0.05 ? 0 : percent;
}

static enum status
policy_row(struct text_table *t, const json_t *p, double full)
{
    const json_t *regret = json_object_get(p, "regret");
    double low = json_number_value(json_array_get(regret, 1));
    double cost = first(p, "cost");

    if (text_cell(t, "%s%s", json_get_string(p, "name", "?"),
            json_is_true(json_object_get(p, "realisable")) ? "" : " *") ||
        text_cell(t, "%.6g", cost) ||
        text_cell(t, "%+.1f %%", change(cost, full)) ||
        text_cell(t, "%.2f %%", 100 * first(p, "accuracy")) ||
        text_cell(t, "%.1f %%", 100 * first(p, "offloaded")) ||
        text_cell(t, "%.0f", first(p, "regret")))
        return ST_NOMEM;
    if (json_is_number(json_array_get(regret, 1))
            ? text_cell(t, "+-%.0f", first(p, "regret") - low)
            : text_cell(t, "-"))
        return ST_NOMEM;
    if (text_cell(t, "%.0f", json_get_number(p, "favourite")) ||
        text_cell(t, "%.0f", json_get_number(p, "step_ns")) ||
        text_cell(t, "%.0f", json_get_number(p, "state_bytes")))
        return ST_NOMEM;
    return ST_OK;
}

static enum status
exact_row(struct text_table *t, const json_t *exact, double full)
{
    const json_t *test = json_object_get(exact, "test");
    double cost = json_get_number(test, "cost");

    if (text_cell(
            t, "exact plan (%s)", json_get_string(exact, "status", "?")) ||
        text_cell(t, "%.6g", cost) ||
        text_cell(t, "%+.1f %%", change(cost, full)) ||
        text_cell(t, "%.2f %%", 100 * json_get_number(test, "accuracy")) ||
        text_cell(t, "0.0 %%"))
        return ST_NOMEM;
    for (int i = 0; i < 5; i++)
        if (text_cell(t, "-"))
            return ST_NOMEM;
    return ST_OK;
}

static enum status
print_table(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "policy", ">cost", ">change",
        ">accuracy", ">handed over", ">regret", "95 %", ">exit", ">ns/step",
        ">bytes", NULL };
    const json_t *full = json_object_get(doc, "full"), *p;
    double cost = json_get_number(full, "cost");
    struct text_table *t = text_table_new(columns);
    enum status st = t ? ST_OK : ST_NOMEM;
    size_t i;

    printf("%.0f samples of the test half, %lld steps, %lld shuffles; cost is "
           "%s a sample;\nthe full network: %.6g, accuracy %.2f %%\n\n",
        json_get_number(doc, "samples"), (long long)steps, (long long)shuffles,
        json_get_string(doc, "objective", "?"), cost,
        100 * json_get_number(full, "accuracy"));
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        if (st == ST_OK)
            st = policy_row(t, p, cost);
    }
    if (st == ST_OK)
        st = exact_row(t, json_object_get(doc, "exact"), cost);
    if (st == ST_OK) {
        text_table_print(t, stdout);
        printf("\nexit: the one chosen most; ns/step: with the replay's own "
               "account; *: reads what no\ndevice knows\n");
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

static void
print_list(void)
{
    for (size_t i = 0; policy_kinds[i] != NULL; i++)
        printf("%-20s %s\n", policy_kinds[i]->name, policy_kinds[i]->summary);
}

static enum status
compare(struct err *err)
{
    struct trial_options o;
    struct records records = { 0 };
    struct costs costs = { 0 };
    json_t *doc = NULL;
    enum status st;

    if ((st = read_options(&o, err)) == ST_OK &&
        (st = records_load(records_file, &records, err)) == ST_OK &&
        (costs_file == NULL ||
            (st = costs_load(costs_file, &costs, err)) == ST_OK) &&
        (st = trial_run(&records, costs_file ? &costs : NULL, &o, &doc, err)) ==
            ST_OK) {
        if (json)
            client_print(doc);
        else
            st = print_table(doc, err);
    }
    json_decref(doc);
    records_clear(&records);
    costs_clear(&costs);
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
    if (n != 0)
        (void)err_set(&err, ST_INVALID, "cli.arguments",
            "%s is not an option of offramp compare", argv[1]);
    else if (list)
        print_list();
    else
        (void)compare(&err);
    return err.status != ST_OK ? cli_fail(&err) : 0;
}
