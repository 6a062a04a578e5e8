/* SPDX-License-Identifier: MIT */
/* offramp map -- exits, thresholds and processors together, from files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/data/map.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/plan_text.h"
#include "server/cli/search_bar.h"
#include "server/cli/text.h"

enum { OPTIONS_SHOWN = 12 };

static const char *records_file, *objective = "latency_ns", *grid, *reference;
static double max_drop = NAN, min_accuracy = NAN, worst_case = INFINITY,
              time_limit_s = 20, rate = NAN, base_ms = 0, send_base = NAN,
              send_byte = NAN;
static int64_t threads = 1, seed = 1, max_exits;
static struct opt_list memory, wake;
static bool robust, json;

static const struct opt opts[] = {
    { "records", 'r', OPT_STR, &records_file, "FILE", "exit records, CSV", NULL,
        0, 0 },
    { "max-drop", 0, OPT_REAL, &max_drop, "D",
        "accuracy may fall by at most D (0.01 is one point)", NULL, 0, 1 },
    { "min-accuracy", 0, OPT_REAL, &min_accuracy, "A",
        "or: accuracy must be at least A", NULL, 0, 1 },
    { "objective", 0, OPT_STR, &objective, "METRIC",
        "what to minimise (default latency_ns)", NULL, 0, 64 },
    { "rate", 0, OPT_REAL, &rate, "BYTES_PER_S",
        "what a link carries (objective latency_ns)", NULL, 1e-3, 1e15 },
    { "base", 'b', OPT_REAL, &base_ms, "MS",
        "what a hand-over takes before its first byte (default 0)", NULL, 0,
        1e6 },
    { "send-byte", 0, OPT_REAL, &send_byte, "X",
        "instead of --rate: what a byte costs, in the objective's unit", NULL,
        0, 1e15 },
    { "send-base", 0, OPT_REAL, &send_base, "X",
        "instead of --base: what a hand-over costs at least", NULL, 0, 1e15 },
    { "wake", 0, OPT_LIST, &wake, "DEVICE=X",
        "what waking a processor costs, in the objective's unit", NULL, 0, 0 },
    { "memory", 0, OPT_LIST, &memory, "DEVICE=BYTES",
        "weights and the largest activations must fit", NULL, 0, 0 },
    { "worst-case", 0, OPT_REAL, &worst_case, "X",
        "the longest path may cost at most X", NULL, 0, 1e300 },
    { "max-exits", 0, OPT_INT, &max_exits, "K",
        "keep at most K exits, the final one included", NULL, 1, 64 },
    { "grid", 0, OPT_STR, &grid, "N|all",
        "thresholds tried an exit (default 32 quantiles)", NULL, 0, 0 },
    { "reference", 0, OPT_STR, &reference, "label|final",
        "what accuracy is measured against (default label)", NULL, 0, 0 },
    { "robust", 0, OPT_FLAG, &robust, NULL,
        "expect the upper ends of the costs' intervals", NULL, 0, 0 },
    { "time-limit", 0, OPT_REAL, &time_limit_s, "S",
        "stop proving after S seconds (default 20)", NULL, 0, 1e9 },
    { "threads", 0, OPT_INT, &threads, "N", "threads to use (default 1)", NULL,
        1, 256 },
    { "seed", 0, OPT_INT, &seed, "S", "seed of the split (default 1)", NULL, 1,
        2147483647 },
    { "json", 'j', OPT_FLAG, &json, NULL, "print JSON", NULL, 0, 0 },
};

const struct opt_cmd cli_map_cmd = {
    .name = "offramp map",
    .summary = "exits, thresholds and processors, found together",
    .synopsis = "--records FILE --max-drop D --rate BYTES_PER_S [OPTION]... "
                "COSTS COSTS...",
    .details =
        "A COSTS is what `offramp export costs PROFILE` writes: the same "
        "network, measured on\none processor each, in the order in which data "
        "flows.\n"
        "    offramp map -r r.csv --max-drop 0.01 --rate 1.25e6 board.json "
        "server.json\n"
        "Early segments run on earlier processors, heads where their segment "
        "does; a sample\nthat leaves early never reaches the later ones.  "
        "Which exits are kept, their\nthresholds and where each segment runs "
        "are found together; \"optimal\" is proved\nover all of them.  A cost "
        "of null in COSTS says that a part cannot run there.  The\ninput is at "
        "the first processor; the answer's way back is not counted.  Costs of\n"
        "different sources (measured, modelled) are named, and never mixed "
        "unseen.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
read_options(struct search_options *o, struct err *err)
{
    enum status st;

    search_options_init(o);
    if (records_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments", "give --records FILE");
    if (isnan(max_drop) == isnan(min_accuracy))
        return err_set(err, ST_INVALID, "cli.arguments",
            "give either --max-drop or --min-accuracy");
    if (grid != NULL && (st = search_grid_read(grid, &o->grid, err)) != ST_OK)
        return st;
    if (reference != NULL &&
        (st = search_reference_read(reference, &o->reference, err)) != ST_OK)
        return st;
    o->objective = objective;
    o->max_drop = max_drop;
    o->min_accuracy = min_accuracy;
    o->max_exits = (int)max_exits;
    o->worst_case = worst_case;
    o->seed = (uint64_t)seed;
    o->time_limit_s = time_limit_s;
    o->threads = (int)threads;
    o->sure.robust = robust;
    o->watch = search_bar_watch;
    return ST_OK;
}

/* Every "DEVICE=X" of a list, into its processor's member at `offset`. */
static enum status
read_pairs(const char *option, const struct opt_list *list,
    const struct map_system *sys, struct map_processor *processor,
    size_t offset, struct err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *eq = strrchr(list->item[i], '=');
        char *end = NULL;
        double x = eq ? strtod(eq + 1, &end) : NAN;
        int p = 0;

        if (eq == NULL || end == eq + 1 || *end != '\0' || !(x >= 0))
            return err_set(err, ST_INVALID, "cli.arguments",
                "--%s %.64s: give DEVICE=NUMBER", option, list->item[i]);
        while (p < sys->processors &&
               (processor[p].costs->device == NULL ||
                   strncmp(processor[p].costs->device, list->item[i],
                       (size_t)(eq - list->item[i])) != 0 ||
                   processor[p].costs->device[eq - list->item[i]] != '\0'))
            p++;
        if (p == sys->processors)
            return err_set(err, ST_INVALID, "cli.arguments",
                "--%s %.64s: none of the costs is of such a device", option,
                list->item[i]);
        memcpy((char *)&processor[p] + offset, &x, sizeof(x));
    }
    return ST_OK;
}

/* The same link between any two. */
static enum status
read_link(struct map_link *one, struct err *err)
{
    bool is_time = strcmp(objective, "latency_ns") == 0;

    if (!isnan(rate) && !is_time)
        return err_set(err, ST_INVALID, "cli.arguments",
            "--rate tells time; for %.64s give --send-byte and --send-base",
            objective);
    if (isnan(rate) == isnan(send_byte))
        return err_set(err, ST_INVALID, "cli.arguments",
            "give either --rate or --send-byte: what handing on costs");
    one->per_byte = isnan(rate) ? send_byte : 1e9 / rate;
    one->base = !isnan(send_base) ? send_base : is_time ? base_ms * 1e6 : 0;
    return ST_OK;
}

static void
print_options(const json_t *mapping, const char *metric)
{
    const json_t *list = json_object_get(mapping, "options"), *o, *name;
    size_t i, k;

    printf("\nmappings, by what they cost at least:\n");
    json_array_foreach(list, i, o)
    {
        const char *why = json_string_value(json_object_get(o, "why"));
        char best[TEXT_CELL], least[TEXT_CELL];

        if (i == OPTIONS_SHOWN) {
            printf("  and %zu more (--json lists them)\n",
                json_array_size(list) - i);
            break;
        }
        plan_text_cost(metric, json_get_number(o, "cost"), best);
        plan_text_cost(metric, json_get_number(o, "lower_bound"), least);
        printf(" ");
        json_array_foreach(json_object_get(o, "segments"), k, name)
            printf(" %s", json_string_value(name));
        if (why)
            printf(": %s\n", why);
        else
            printf(": best %s, at least %s\n", best, least);
    }
}

/* What clustering by difficulty does on the same tiers. */
static void
print_difficulty(const json_t *d, const char *metric)
{
    const json_t *test = json_object_get(d, "test"), *x;
    size_t i;

    if (!json_is_object(d))
        return;
    printf("\nby difficulty (nearest pool by %s) on the same tiers: %s %.6g, "
           "accuracy %.2f %%\nheld out%s\n",
        json_get_string(d, "compares", "?"), metric,
        json_get_number(test, "cost"), 100 * json_get_number(test, "accuracy"),
        json_is_true(json_object_get(d, "meets"))
            ? ""
            : "; no pools keep the floor");
    json_array_foreach(json_object_get(d, "pools"), i, x)
        printf("  %-16s answers at %-10s %5.1f %% of samples\n",
            json_get_string(x, "processor", "?"),
            json_get_string(x, "exit", "?"), 100 * json_get_number(x, "share"));
}

static void
print_mapping(const json_t *plan)
{
    const json_t *mapping = json_object_get(plan, "mapping"), *p, *name;
    size_t i;

    printf("\nsegments run on:");
    json_array_foreach(json_object_get(mapping, "segments"), i, name)
        printf(" %s", json_string_value(name));
    printf("\n");
    json_array_foreach(json_object_get(mapping, "processors"), i, p)
        printf("  %-16s costs %-10s reached by %5.1f %% of samples\n",
            json_get_string(p, "name", "?"), json_get_string(p, "source", "?"),
            100 * json_get_number(p, "reach"));
    print_options(mapping, json_get_string(plan, "objective", ""));
    print_difficulty(json_object_get(mapping, "difficulty"),
        json_get_string(plan, "objective", ""));
}

static enum status
search(const struct map_system *sys, bool *found, struct err *err)
{
    struct search_options o;
    struct records records = { 0 };
    struct search_bar bar;
    json_t *plan = NULL;
    enum status st;

    if ((st = read_options(&o, err)) != ST_OK ||
        (st = records_load(records_file, &records, err)) != ST_OK)
        return st;
    search_bar_init(&bar, o.objective);
    o.watch_ctx = &bar;
    st = map_records(&records, sys, &o, &plan, err);
    search_bar_clear(&bar);
    if (st == ST_OK) {
        *found = strcmp(json_get_string(plan, "status", ""), "infeasible") != 0;
        if (json)
            client_print(plan);
        else if ((st = plan_text("plan", plan, err)) == ST_OK)
            print_mapping(plan);
    }
    json_decref(plan);
    records_clear(&records);
    return st;
}

static enum status
map(char **files, int n, bool *found, struct err *err)
{
    static struct costs costs[MAPPING_PROCESSORS_MAX];
    struct map_processor processor[MAPPING_PROCESSORS_MAX];
    struct map_link link[MAPPING_PROCESSORS_MAX * MAPPING_PROCESSORS_MAX],
        one = { 0 };
    struct map_system sys = { processor, n, link, 0 };
    enum status st;
    int loaded = 0;

    if (n < 2 || n > MAPPING_PROCESSORS_MAX)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give the costs of 2 to %d processors (`offramp export costs` "
            "writes them)",
            MAPPING_PROCESSORS_MAX);
    if ((st = read_link(&one, err)) != ST_OK)
        return st;
    while (st == ST_OK && loaded < n) {
        st = costs_load(files[loaded], &costs[loaded], err);
        processor[loaded] =
            (struct map_processor){ &costs[loaded], 0, INFINITY };
        loaded++;
    }
    for (int p = 0; p < n; p++)
        for (int q = p + 1; q < n; q++)
            link[sys.links++] =
                (struct map_link){ p, q, one.base, one.per_byte };
    if (st == ST_OK &&
        (st = read_pairs("wake", &wake, &sys, processor,
             offsetof(struct map_processor, wake), err)) == ST_OK &&
        (st = read_pairs("memory", &memory, &sys, processor,
             offsetof(struct map_processor, memory_bytes), err)) == ST_OK)
        st = search(&sys, found, err);
    while (loaded-- > 0)
        costs_clear(&costs[loaded]);
    return st;
}

int
cli_map(int argc, char **argv)
{
    struct err err = { 0 };
    bool done, found = false;
    int n;

    if (opt_parse(&cli_map_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (map(argv + 1, n, &found, &err) != ST_OK)
        return cli_fail(&err);
    return found ? 0 : 1;
}
