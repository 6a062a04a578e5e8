/* SPDX-License-Identifier: MIT */
#include "stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probes/measure/epoch.h"

void
stand_init(struct stand *t, size_t n)
{
    memset(t, 0, sizeof(*t));
    fake_machine_init(&t->machine);
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        fake_work_init(&t->work[i], &t->machine, 10000.0 * (double)(i + 1),
            &t->subject[i]);
        t->work[i].noise = 0.004;
        t->work[i].rng.state = 11 + i;
    }
    fake_work_init(&t->golden, &t->machine, 1000, &t->sentinel);
    t->rng.state = 3;
    t->plan = (struct rounds_plan){ .ci_rel = 0.01,
        .max_rounds = 183,
        .least_singles = 662,
        .layer_budget_ns = 60000000000,
        .deadline_ns = 900000000000 };
    assert_int_equal(clocktest_run(&t->machine.host, &t->clock, NULL), ST_OK);
}

void
stand_run(struct stand *t)
{
    struct subject *list[MAX_WORKS];
    const struct host *h = &t->machine.host;

    assert_int_equal(epoch_calibrate(&t->sentinel, h, 1000000, NULL), ST_OK);
    for (size_t i = 0; i < t->n; i++) {
        list[i] = &t->subject[i];
        if (list[i]->n == 0)
            assert_int_equal(epoch_calibrate(list[i], h, 2000000, NULL), ST_OK);
    }
    assert_int_equal(rounds_run(list, t->n, &t->sentinel, &t->plan, h, &t->rng,
                         &t->result, NULL),
        ST_OK);
}

int64_t
flags_of(const struct stand *t, size_t i, struct stats *s)
{
    assert_int_equal(
        stats_of(t->subject[i].values, t->subject[i].n_values, 0.95, s, NULL),
        ST_OK);
    return subject_flags(&t->subject[i], s, t->plan.ci_rel, &t->clock);
}

void
stand_clear(struct stand *t)
{
    for (size_t i = 0; i < t->n; i++)
        subject_clear(&t->subject[i]);
    subject_clear(&t->sentinel);
}
