/* SPDX-License-Identifier: MIT */
/* check.c -- refuse input that has no meaning, naming what is wrong. */
#include <math.h>

#include "search/solve/prob.h"
#include "search/solve/check.h"

#define BAD(err, ...) err_set(err, ST_INVALID, "search.input", __VA_ARGS__)

static enum status
check_costs(const struct solve_data *d, int64_t total, struct err *err)
{
    int64_t path = 0;

    for (int e = 0; e < d->exits; e++) {
        if (d->segment[e] < 0 || d->head[e] < 0)
            return BAD(err, "exit %d: a cost is negative", e);
        if (d->segment[e] > SOLVE_COST_MAX || d->head[e] > SOLVE_COST_MAX ||
            (path += d->segment[e] + d->head[e]) > SOLVE_COST_MAX / total)
            return BAD(err,
                "exit %d: costs are too large to add up over all samples; "
                "choose a coarser unit",
                e);
    }
    return ST_OK;
}

static enum status
check_weights(const struct solve_data *d, int64_t *total, struct err *err)
{
    *total = (int64_t)d->n;
    if (d->weight == NULL)
        return ST_OK;
    *total = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (d->weight[i] == 0)
            return BAD(err, "sample %zu: the weight is 0", i);
        *total += d->weight[i];
        if (*total > INT32_MAX)
            return BAD(err, "the weights add up to more than %d", INT32_MAX);
    }
    return ST_OK;
}

enum status
prob_check_data(const struct solve_data *d, struct err *err)
{
    enum status st;
    int64_t total;

    if (d->n < 1 || d->n > SOLVE_SAMPLES_MAX)
        return BAD(
            err, "%zu samples: 1 to %d are possible", d->n, SOLVE_SAMPLES_MAX);
    if (d->exits < 1 || d->exits > SOLVE_EXITS_MAX)
        return BAD(
            err, "%d exits: 1 to %d are possible", d->exits, SOLVE_EXITS_MAX);
    if (d->right == NULL || d->segment == NULL || d->head == NULL ||
        (d->exits > 1 && d->score == NULL))
        return BAD(err, "scores, answers or costs are missing");
    for (int e = 0; e < d->exits; e++)
        for (size_t i = 0; i < d->n; i++) {
            if (d->right[(size_t)e * d->n + i] > 1)
                return BAD(
                    err, "exit %d, sample %zu: right must be 0 or 1", e, i);
            if (e < d->exits - 1 && !isfinite(d->score[(size_t)e * d->n + i]))
                return BAD(
                    err, "exit %d, sample %zu: the score is not finite", e, i);
        }
    if ((st = check_weights(d, &total, err)) != ST_OK)
        return st;
    return check_costs(d, total, err);
}

enum status
check_options(const struct solve_options *o, int exits, struct err *err)
{
    uint64_t last = UINT64_C(1) << (exits - 1), early = last - 1;

    if (o->grid < 0 || o->grid > PROB_TOP_MAX)
        return BAD(err, "grid %d: 1 to %d thresholds, or 0 for all", o->grid,
            PROB_TOP_MAX);
    if (o->max_early < SOLVE_ANY_EXITS)
        return BAD(err, "max_early %d is negative", o->max_early);
    if (o->threads < 1 || o->threads > CHECK_THREADS_MAX)
        return BAD(err, "%d threads: 1 to %d are possible", o->threads,
            CHECK_THREADS_MAX);
    if (o->forced & o->forbidden)
        return BAD(err, "an exit is both forced and forbidden");
    if (o->forbidden & ~early)
        return BAD(err, "only early exits can be forbidden");
    if (o->forced & ~(early | last))
        return BAD(err, "a forced exit does not exist");
    for (int e = 0; o->min_right_ppm != NULL && e < exits; e++)
        if (o->min_right_ppm[e] > 1000000)
            return BAD(err, "exit %d: more than 1000000 of a million", e);
    return ST_OK;
}
