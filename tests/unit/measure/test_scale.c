/* SPDX-License-Identifier: MIT */
/*
 * On this machine, for real: one, two and three times the work must cost one,
 * two and three times as much, within 20 % (PAPI's first test).  Ratios only:
 * no machine is expected to be fast.
 */
#include <math.h>
#include <stdio.h>

#include "base/flag.h"
#include "probes/measure/epoch.h"
#include "probes/measure/golden.h"
#include "probes/measure/rounds.h"
#include "probes/measure/warmup.h"

enum { WORKS = 3, ATTEMPTS = 4, SKIPPED = 77 };

struct times {
    struct golden *g;
    int64_t factor;
};

static enum status
run(void *ctx, int64_t n, struct err *err)
{
    struct times *t = ctx;
    struct subject s;

    golden_subject(t->g, &s);
    return s.run(s.ctx, n * t->factor, err);
}

static enum status
measure(struct golden *g, double median[WORKS], double *noise)
{
    const struct host *host = &host_real;
    struct rounds_plan plan = { .ci_rel = 0.01,
        .max_rounds = 54,
        .layer_budget_ns = 2000000000,
        .deadline_ns = host->now_ns(host->ctx) + 5000000000 };
    struct warmup w = warmup_for(0.05, 500000000);
    struct times work[WORKS];
    struct subject subjects[WORKS], *list[WORKS], sentinel;
    struct rounds_result result;
    struct rng rng = { 1 };
    enum status st = ST_OK;

    golden_subject(g, &sentinel);
    st = epoch_calibrate(&sentinel, host, 500000, NULL);
    for (int i = 0; st == ST_OK && i < WORKS; i++) {
        work[i] = (struct times){ g, i + 1 };
        subjects[i] = (struct subject){ .run = run, .ctx = &work[i] };
        list[i] = &subjects[i];
        if ((st = warmup_run(list[i], host, &w, NULL)) == ST_OK)
            st = epoch_calibrate(list[i], host, 1000000, NULL);
    }
    if (st == ST_OK)
        st = rounds_run(
            list, WORKS, &sentinel, &plan, host, &rng, &result, NULL);
    *noise = 0;
    for (int i = 0; st == ST_OK && i < WORKS; i++) {
        struct stats s;

        st = stats_of(subjects[i].values, subjects[i].n_values, 0.95, &s, NULL);
        median[i] = s.median;
        *noise = fmax(*noise, (s.p75 - s.p25) / s.median);
        subject_clear(list[i]);
    }
    return st;
}

int
main(void)
{
    struct golden *g;
    double median[WORKS], noise = 0;

    if (golden_open(&g, GOLDEN_COMPUTE, NULL) != ST_OK)
        return 1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        bool good = true;

        if (measure(g, median, &noise) != ST_OK)
            return 1;
        for (int i = 0; i < WORKS; i++)
            good = good && fabs(median[i] / median[0] / (i + 1) - 1) < 0.2;
        printf("%.0f %.0f %.0f ns, spread %.1f %%\n", median[0], median[1],
            median[2], 100 * noise);
        if (good) {
            golden_close(g);
            return 0;
        }
    }
    golden_close(g);
    if (noise > 0.2) {
        printf("skipped: this machine is too busy to measure on\n");
        return SKIPPED;
    }
    printf("1x, 2x and 3x the work do not cost 1x, 2x and 3x\n");
    return 1;
}
