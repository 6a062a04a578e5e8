/* SPDX-License-Identifier: MIT */
/*
 * The smallest useful program with libofframp_search: six samples, one early
 * exit.  Build it with
 *     cc example.c $(pkg-config --cflags --libs offramp_search)
 */
#include <offramp_search.h>
#include <stdio.h>

int
main(void)
{
    /* What the early exit said of each sample: how sure it was, and whether
     * it, and then the full network, was right. */
    static const double score[] = { 0.9, 0.8, 0.3, 0.7, 0.2, 0.1 };
    static const uint8_t right[] = { 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0 };
    /* Measured, in ns: up to the exit and its head; then the rest. */
    static const int64_t segment[] = { 100, 200 }, head[] = { 10, 0 };
    const struct solve_data data = { .n = 6,
        .exits = 2,
        .score = score,
        .right = right,
        .segment = segment,
        .head = head };
    struct solve_options options;
    struct solve_result plan;
    struct err err = { 0 };

    solve_options_init(&options);
    options.floor = 5; /* right answers, as many as the full network's */
    if (solve_best(&data, &options, &plan, &err) != ST_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%s: leave at score >= %g, %lld of %lld samples do; "
           "%.1f ns a sample\n",
        plan.status == SOLVE_OPTIMAL ? "optimal" : "not proved",
        plan.plan.threshold[0], (long long)plan.tally.left[0],
        (long long)plan.tally.n,
        (double)plan.tally.cost / (double)plan.tally.n);
    for (int b = 0; b < BASELINES; b++) {
        struct baseline_result other;

        if (baseline_run(&baselines[b], &data, &options, &other, &err) != ST_OK)
            return 1;
        if (other.status == BASELINE_MEETS)
            printf("%s: %.1f ns\n", baselines[b].title,
                (double)other.tally.cost / (double)other.tally.n);
    }
    return 0;
}
