/* SPDX-License-Identifier: MIT */
/*
 * bench -- how long the solver takes and how far it gets on the design's
 * instances.  One search a process, so that its memory is its own; run.mjs
 * runs them all (`ninja run_bench_search`).
 *
 *   bench_search list                       every instance, as JSON
 *   bench_search run S3 SEED [LIMIT_S]      one, with every baseline
 *   bench_search point N E T SEED LIMIT_S   one of any size, alone
 *   bench_search write S11 SEED             one for highs.py and frugal.py
 *
 * All print one line of JSON.  Costs are made up: a million in all.  Real
 * records come from ../shared/data.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "bench/search/generate.h"
#include "bench/search/outcome.h"
#include "bench/search/recorded.h"
#include "bench/search/write.h"

/* Of each baseline. */
#define RIVAL_LIMIT_S 2

static int
print(json_t *doc)
{
    int rc = doc == NULL || json_dumpf(doc, stdout, JSON_COMPACT) != 0;

    json_decref(doc);
    putchar('\n');
    return rc;
}

static int
list(void)
{
    json_t *all = json_array();

    for (size_t i = 0; i < n_instances; i++) {
        const struct instance *x = &instances[i];

        json_array_append_new(
            all, json_pack("{s:s,s:s,s:b,s:b,s:b,s:f,s:f,s:f}", "name", x->name,
                     "what", x->what, "records", x->records != NULL, "missing",
                     x->records != NULL && !recorded_exists(x->records),
                     "front", x->points >= 0, "limit_s", x->limit_s, "target_s",
                     x->target_s, "rivals_s",
                     x->tiers > 1 ? 0.0 : (double)RIVAL_LIMIT_S * BASELINES));
    }
    return print(all);
}

static json_t *
outcome_json(const struct instance *x, const struct solve_data *d,
    uint64_t seed, const struct outcome *out)
{
    return json_pack(
        "{s:s,s:I,s:I,s:i,s:i,s:f,s:f,s:o,s:o,s:f,s:b,s:I,s:f,s:f,s:I}", "name",
        x->name, "seed", (json_int_t)seed, "n", (json_int_t)d->n, "exits",
        d->exits, "grid", x->grid, "seconds", out->seconds, "cpu_s", out->cpu_s,
        "gap", json_number_or_null(out->gap), "gap_5s",
        json_number_or_null(out->gap_5s), "rss_mb", out->rss_mb, "proved",
        out->proved, "nodes", (json_int_t)out->nodes, "cost",
        (double)out->cost / (double)d->n, "accuracy",
        (double)out->right / (double)d->n, "points", (json_int_t)out->points);
}

/* Every baseline, with its gap to `cost` (0: none is known). */
static json_t *
rivals_json(const struct solve_data *d, const struct solve_options *o,
    int64_t cost, struct err *err)
{
    static const char *const words[] = { "meets", "floor", "limit", "none" };
    json_t *all = json_array();

    for (int i = 0; i < BASELINES; i++) {
        struct rival v;
        double gap = NAN;

        if (outcome_rival(&baselines[i], d, o, RIVAL_LIMIT_S, &v, err) !=
            ST_OK) {
            json_decref(all);
            return NULL;
        }
        if (v.r.status == BASELINE_MEETS && cost > 0)
            gap = (double)v.r.tally.cost / (double)cost - 1;
        json_array_append_new(
            all, json_pack("{s:s,s:f,s:s,s:b,s:o}", "name", baselines[i].name,
                     "cpu_s", v.cpu_s, "status", words[v.r.status], "stopped",
                     v.r.stopped, "gap", json_number_or_null(gap)));
    }
    return all;
}

static int
run(const struct instance *x, uint64_t seed, double limit_s, bool rivals)
{
    struct solve_options o;
    struct solve_data d;
    struct outcome out;
    struct err err = { 0 };
    json_t *doc = NULL;
    int rc = 1;

    if (!instance_load(x, seed, &d))
        return 1;
    instance_options(x, &d, &o);
    if (outcome_search(x, &d, &o, limit_s, &out, &err) == ST_OK &&
        (doc = outcome_json(x, &d, seed, &out)) != NULL && rivals)
        rc = json_object_set_new(
            doc, "baselines", rivals_json(&d, &o, out.cost, &err));
    generate_clear(&d);
    if (err.text[0] != '\0')
        fprintf(stderr, "%s: %s\n", x->name, err.text);
    return print(doc) | (rivals ? rc : 0);
}

/* For highs.py and frugal.py. */
static int
write_json(const struct instance *x, uint64_t seed)
{
    struct solve_options o;
    struct solve_data d;
    bool ok;

    if (!instance_load(x, seed, &d))
        return 1;
    instance_options(x, &d, &o);
    ok = write_instance(&d, &o);
    generate_clear(&d);
    return !ok;
}

static int
point(char **word)
{
    const struct instance x = { .name = "point",
        .n = strtoul(word[0], NULL, 10),
        .exits = atoi(word[1]),
        .grid = atoi(word[2]),
        .max_early = SOLVE_ANY_EXITS,
        .noise = 1,
        .tiers = 1,
        .points = PLAN };

    return run(&x, strtoul(word[3], NULL, 10), atof(word[4]), false);
}

int
main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const struct instance *x = argc > 3 ? instance_named(argv[2]) : NULL;
    uint64_t seed = x ? strtoul(argv[3], NULL, 10) : 0;

    if (strcmp(verb, "list") == 0)
        return list();
    if (strcmp(verb, "point") == 0 && argc == 7)
        return point(argv + 2);
    if (strcmp(verb, "run") == 0 && x != NULL)
        return run(
            x, seed, argc > 4 ? atof(argv[4]) : x->limit_s, x->tiers == 1);
    if (strcmp(verb, "write") == 0 && x != NULL)
        return write_json(x, seed);
    fprintf(stderr, "bench_search list | run NAME SEED [LIMIT_S] |\n"
                    "  point N E T SEED LIMIT_S | write NAME SEED\n");
    return 2;
}
