/* SPDX-License-Identifier: MIT */
/*
 * bench_policy -- what a decision costs, how much state an arm needs, and the
 * regret of every policy as a ratio to UCB1's (splitee) in the same run, on
 * the two cases of the search design: 12 exits, handing over gets cheaper with
 * depth, o = 0.4 and 1.0, full network 0.25 and 0.5 units of score.
 *
 *     bench_policy [RUNS] [json]     20 runs; json: a line for programs follows
 *
 * Probing policies have rare bad runs: ratios of 20 runs still waver by a
 * quarter or so, those of 100 by a tenth.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "unit/policy/stream.h"

enum { STEPS = 20000, RUNS_MAX = 1000, KINDS_MAX = 32 };

static int runs = 20;

struct figures {
    double sum, worst, ns;
};

static struct made_stream made;

/* Only deciding and learning: what is seen stays the same. */
static double
step_ns(const struct policy_kind *k, void *state)
{
    static double score[STREAM_ARMS];
    struct policy_seen seen = { .score = score, .final = 0.9 };
    double fastest = INFINITY;

    for (int e = 0; e < STREAM_ARMS; e++)
        score[e] = 0.3 + 0.05 * e;
    for (int run = 0; run < 5; run++) {
        int64_t from = clock_ns();
        double ns;

        k->start(state, &made.settings.own);
        for (int t = 0; t < STEPS; t++) {
            struct policy_choice c = k->decide(state);

            seen.arm = c.arm;
            seen.probe = c.probe;
            k->observe(state, &seen);
        }
        ns = (double)(clock_ns() - from) / STEPS;
        fastest = ns < fastest ? ns : fastest;
    }
    return fastest;
}

static void
run_case(const char *name, double o, double mu, struct figures *figures)
{
    void *state = malloc(1 << 16);
    double ucb1;

    for (int run = 0; run < runs; run++) {
        struct replay_order order;

        stream_make(&made, o, mu, false, (uint64_t)run + 1);
        if (state == NULL ||
            replay_order_init(&order, &made.stream, &made.settings.own, STEPS,
                (uint64_t)run + 1, NULL) != ST_OK) {
            fprintf(stderr, "bench_policy: out of memory\n");
            exit(1);
        }
        for (int k = 0; policy_kinds[k] != NULL; k++) {
            struct replay_result r;

            replay_run(policy_kinds[k], state, &made.settings, &made.stream,
                &made.costs, &order, NULL, &r);
            figures[k].sum += r.regret;
            figures[k].worst = fmax(figures[k].worst, r.regret);
        }
        replay_order_clear(&order);
    }
    ucb1 = figures[0].sum;
    printf("\n%s: regret at %d steps, %d runs\n", name, STEPS, runs);
    printf("%-20s %10s %12s %12s %10s %10s\n", "policy", "regret", "x UCB1",
        "worst/mean", "ns/step", "bytes/arm");
    for (int k = 0; policy_kinds[k] != NULL; k++)
        printf("%-20s %10.1f %12.3f %12.2f %10.0f %10zu\n",
            policy_kinds[k]->name, figures[k].sum / runs, figures[k].sum / ucb1,
            figures[k].worst * runs / figures[k].sum,
            step_ns(policy_kinds[k], state), policy_kinds[k]->arm_bytes);
    free(state);
}

static void
print_json(const struct figures *a, const struct figures *b)
{
    for (int k = 0; policy_kinds[k] != NULL; k++)
        printf("%s{\"policy\":\"%s\",\"a\":%.4f,\"b\":%.4f,\"bytes\":%zu}",
            k ? "," : "[", policy_kinds[k]->name, a[k].sum / a[0].sum,
            b[k].sum / b[0].sum, policy_kinds[k]->arm_bytes);
    printf("]\n");
}

int
main(int argc, char **argv)
{
    static struct figures a[KINDS_MAX], b[KINDS_MAX];

    if (argc > 1 && atoi(argv[1]) > 0)
        runs = atoi(argv[1]) < RUNS_MAX ? atoi(argv[1]) : RUNS_MAX;
    run_case("case A (o 0.4, mu 0.25)", 0.4, 0.25, a);
    run_case("case B (o 1.0, mu 0.5)", 1.0, 0.5, b);
    if (argc > 1 && strcmp(argv[argc - 1], "json") == 0)
        print_json(a, b);
    return 0;
}
