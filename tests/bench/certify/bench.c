/* SPDX-License-Identifier: MIT */
/*
 * bench -- S13 of the design: what a promise costs, and how often it breaks.
 *
 * `bench_certify [RUNS [json]]` draws samples of 10,000 from made-up
 * populations of 200,000 (five exits, eps 1 %, delta 0.1), asks for plans in
 * several ways, and judges them on the whole population.  The first row is the
 * optimum of the sample without any promise: what the others are compared with.
 * With `json`, a line for programs follows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/search/generate.h"
#include "search/certify/promise.h"

enum { POPULATION = 200000, SAMPLE = 10000, EXITS = 5, RUNS = 60 };

#define EPS   0.01
#define DELTA 0.1

struct way {
    const char *name;
    bool promise;
    enum promise_family family;
    enum promise_loss loss;
    enum promise_method method;
};

static const struct way ways[] = {
    { "no promise", false, 0, 0, 0 },
    { "front, trinomial", true, PROMISE_FRONT, PROMISE_DROP, PROMISE_EXACT },
    { "front, bets", true, PROMISE_FRONT, PROMISE_DROP, PROMISE_BETTING },
    { "front, flips", true, PROMISE_FRONT, PROMISE_FLIPS, PROMISE_EXACT },
    { "shared, trinomial", true, PROMISE_SHARED, PROMISE_DROP, PROMISE_EXACT },
    { "auto, trinomial", true, PROMISE_AUTO, PROMISE_DROP, PROMISE_EXACT },
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

struct score {
    int broken, early;
    double cost, seconds; /* cost against the full network */
};

/* Samples from..from + SAMPLE of `all`, in arrays of their own. */
static bool
slice(const struct solve_data *all, size_t from, struct solve_data *out)
{
    double *score = malloc((EXITS - 1) * SAMPLE * sizeof(*score));
    uint8_t *right = malloc(EXITS * SAMPLE);

    *out = *all;
    out->n = SAMPLE;
    out->score = score;
    out->right = right;
    if (score == NULL || right == NULL)
        return false;
    for (size_t e = 0; e < EXITS; e++) {
        memcpy(right + e * SAMPLE, all->right + e * all->n + from, SAMPLE);
        if (e + 1 < EXITS)
            memcpy(score + e * SAMPLE, all->score + e * all->n + from,
                SAMPLE * sizeof(*score));
    }
    return true;
}

static bool
plan_one(const struct way *w, const struct solve_data *d, uint64_t seed,
    struct solve_plan *plan, bool *early, struct err *err)
{
    struct solve_options so;
    struct promise_options po;
    struct solve_result r;
    struct promise p;

    solve_options_init(&so);
    *early = true;
    if (!w->promise) {
        so.floor = generate_full(d) - (int64_t)(EPS * SAMPLE);
        if (solve_best(d, &so, &r, err) != ST_OK)
            return false;
        *plan = r.plan;
        return true;
    }
    promise_options_init(&po);
    po.question = (struct promise_question){ w->loss, w->method, EPS, DELTA };
    po.family = w->family;
    po.seed = seed;
    if (promise_make(d, NULL, &so, &po, &p, err) != ST_OK)
        return false;
    *plan = p.plan;
    *early = p.status == PROMISE_CERTIFIED;
    return true;
}

/* Make the plan from the sample, judge it on everybody. */
static bool
run(const struct way *w, const struct solve_data *all,
    const struct solve_data *sample, uint64_t seed, struct score *to,
    struct err *err)
{
    struct solve_plan plan, full;
    struct solve_tally t, f;
    int64_t start = clock_ns();
    bool early;

    if (!plan_one(w, sample, seed, &plan, &early, err))
        return false;
    to->seconds += (double)(clock_ns() - start) / 1e9;
    solve_plan_full(all, &full);
    if (solve_eval(all, &plan, &t, err) != ST_OK ||
        solve_eval(all, &full, &f, err) != ST_OK)
        return false;
    to->early += early;
    to->broken += (double)(f.right - t.right) > EPS * (double)t.n;
    to->cost += (double)t.cost / (double)f.cost;
    return true;
}

static bool
run_population(
    uint64_t seed, int runs, struct score score[WAYS], struct err *err)
{
    struct generate g = generate_default(POPULATION, EXITS, seed);
    struct solve_data all, sample;
    bool ok;

    g.noise = 0.5;
    g.head = 0.01;
    if (!generate_make(&g, &all))
        return false;
    ok = true;
    for (int i = 0; ok && i < runs; i++) {
        ok = slice(&all, (size_t)i * SAMPLE, &sample);
        for (int k = 0; ok && k < WAYS; k++)
            ok = run(&ways[k], &all, &sample, (uint64_t)i, &score[k], err);
        free((void *)sample.score);
        free((void *)sample.right);
    }
    generate_clear(&all);
    return ok;
}

static void
print_json(const struct score *s, int runs)
{
    for (int k = 0; k < WAYS; k++)
        printf("%s{\"way\":\"%s\",\"broken\":%.4f,\"cost\":%.4f,\"ms\":%.1f}",
            k ? "," : "[", ways[k].name, (double)s[k].broken / runs,
            s[k].cost / runs, 1e3 * s[k].seconds / runs);
    printf("]\n");
}

int
main(int argc, char **argv)
{
    int runs = argc > 1 ? atoi(argv[1]) : RUNS, per = POPULATION / SAMPLE;
    struct score score[WAYS] = { 0 };
    struct err err = { 0 };

    runs = runs < 1 ? 1 : runs;
    for (int at = 0; at < runs; at += per)
        if (!run_population((uint64_t)at + 1, runs - at < per ? runs - at : per,
                score, &err)) {
            fprintf(stderr, "bench_certify: %s\n", err.text);
            return 1;
        }
    printf("S13: N=10k E=5 T=32, eps 1 %%, delta 0.1, %d runs; target: cost "
           "<= 0.585 of the full network's, broken <= 10 %%\n",
        runs);
    printf("%-18s %8s %8s %8s %8s %8s\n", "", "broken", "early", "cost",
        "ratio", "ms");
    for (int k = 0; k < WAYS; k++)
        printf("%-18s %6.1f %% %6.1f %% %8.4f %8.3f %8.1f\n", ways[k].name,
            100.0 * score[k].broken / runs, 100.0 * score[k].early / runs,
            score[k].cost / runs, score[k].cost / score[0].cost,
            1e3 * score[k].seconds / runs);
    if (argc > 2 && strcmp(argv[2], "json") == 0)
        print_json(score, runs);
    return 0;
}
