/* SPDX-License-Identifier: MIT */
#include "search/certify/draw.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

/* Half the width of a 95 % interval, in standard deviations. */
#define HALF_95 1.959963984540054

/* Epochs that resemble their neighbours more than this are drawn in blocks:
 * the same rule as that of the measurement's own intervals. */
#define LAG_HIGH 0.3
enum { BLOCK = 4 };

static enum status
check_part(const struct bootstrap_part *p, int i, struct err *err)
{
    bool sane = p->lo >= 0 && p->lo <= p->median && p->median <= p->hi &&
                isfinite(p->hi) && (p->epoch == NULL || p->n > 0);

    for (size_t k = 0; sane && p->epoch != NULL && k < p->n; k++)
        sane = p->epoch[k] >= 0 && isfinite(p->epoch[k]);
    return sane ? ST_OK
                : err_set(err, ST_INVALID, "search.bootstrap",
                      "part %d of the costs: 0 <= lo <= median <= hi does not "
                      "hold, or an epoch is no cost",
                      i);
}

enum status
draw_init(struct draw *dr, int exits, const struct bootstrap_part *segment,
    const struct bootstrap_part *head, const struct bootstrap_options *o,
    struct err *err)
{
    bool some[2] = { false, false }; /* intervals, epochs */
    enum status st;

    *dr = (struct draw){ .parts = 2 * exits,
        .exits = exits,
        .quantum = o->quantum,
        .seed = o->seed };
    for (int i = 0; i < dr->parts; i++) {
        const struct bootstrap_part *p =
            i < exits ? &segment[i] : &head[i - exits];

        if ((st = check_part(p, i, err)) != ST_OK)
            return st;
        dr->part[i] = p;
        if (p->epoch != NULL)
            some[1] = true;
        else if (p->lo < p->hi)
            some[0] = true;
        if (p->epoch != NULL && p->n > dr->longest)
            dr->longest = p->n;
    }
    dr->from = some[0] && some[1] ? BOOTSTRAP_BOTH
               : some[1]          ? BOOTSTRAP_EPOCHS
               : some[0]          ? BOOTSTRAP_INTERVALS
                                  : BOOTSTRAP_NOTHING;
    dr->round = malloc((dr->longest + 1) * sizeof(*dr->round));
    dr->value = malloc((dr->longest + 1) * sizeof(*dr->value));
    if (dr->round != NULL && dr->value != NULL)
        return ST_OK;
    draw_clear(dr);
    return err_nomem(err);
}

void
draw_clear(struct draw *dr)
{
    free(dr->round);
    free(dr->value);
    *dr = (struct draw){ 0 };
}

/* Correlation of neighbours. */
static double
lag1(const struct bootstrap_part *p)
{
    double mean = 0, all = 0, next = 0;

    for (size_t k = 0; k < p->n; k++)
        mean += p->epoch[k] / (double)p->n;
    for (size_t k = 0; k < p->n; k++) {
        double x = p->epoch[k] - mean;

        all += x * x;
        if (k + 1 < p->n)
            next += x * (p->epoch[k + 1] - mean);
    }
    return all > 0 ? next / all : 0;
}

/* Do the parts with n epochs have to be drawn in blocks? */
static size_t
block_of(const struct draw *dr, size_t n)
{
    for (int i = 0; i < dr->parts; i++)
        if (dr->part[i]->epoch != NULL && dr->part[i]->n == n && n > BLOCK &&
            lag1(dr->part[i]) > LAG_HIGH)
            return BLOCK;
    return 1;
}

/* n rounds with replacement, in runs of neighbours (the last round's is the
 * first).  Each n has numbers of its own. */
static void
draw_rounds(struct draw *dr, uint64_t state, size_t n)
{
    struct rng rng = { .state = state + n };
    size_t block = block_of(dr, n), from = 0;

    for (size_t k = 0; k < n; k++) {
        if (k % block == 0)
            from = (size_t)rng_below(&rng, n);
        dr->round[k] = (uint32_t)((from + k % block) % n);
    }
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median_of_rounds(struct draw *dr, const struct bootstrap_part *p)
{
    size_t n = p->n;

    for (size_t k = 0; k < n; k++)
        dr->value[k] = p->epoch[dr->round[k]];
    qsort(dr->value, n, sizeof(*dr->value), by_value);
    return n % 2 ? dr->value[n / 2]
                 : (dr->value[n / 2 - 1] + dr->value[n / 2]) / 2;
}

/* A normal number (Box and Muller) scaled by its side of the interval. */
static double
from_interval(const struct bootstrap_part *p, struct rng *rng)
{
    double u = 1 - rng_unit(rng), v = rng_unit(rng),
           z = sqrt(-2 * log(u)) * cos(6.283185307179586 * v) / HALF_95;

    return fmax(
        0, p->median + z * (z > 0 ? p->hi - p->median : p->median - p->lo));
}

void
draw_costs(struct draw *dr, int i, int64_t *cost)
{
    struct rng rng = { .state = dr->seed };
    size_t drawn = 0; /* the rounds that are there are of parts with so many */
    uint64_t state;

    rng.state = rng_next(&rng) + (uint64_t)i;
    state = rng_next(&rng);
    for (int k = 0; k < dr->parts; k++) {
        const struct bootstrap_part *p = dr->part[k];
        double x;

        if (p->epoch == NULL) {
            x = from_interval(p, &rng);
        } else {
            if (p->n != drawn)
                draw_rounds(dr, state, p->n);
            drawn = p->n;
            x = median_of_rounds(dr, p);
        }
        cost[k] = llround(x / dr->quantum);
    }
}
