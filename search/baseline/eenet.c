/* SPDX-License-Identifier: MIT */
/*
 * eenet.c -- shares of samples are learned, and become thresholds by the
 * survivors' quantiles in order of exits (EENet, Ilhan et al., WACV 2024).
 *
 * EENet learns the shares with gradients through soft scores.  Records have
 * the scores as they are, so here the shares are moved directly: from the
 * best geometric series, from any exit to any other in steps that shrink,
 * while that makes the plan better (first meet the floor, then cost less).
 */
#include <stdlib.h>
#include <string.h>

#include "search/baseline/baseline_internal.h"

#define STEP_FIRST 0.25
#define STEP_LAST  0.005
/* Rows times exits that may be looked at. */
#define WORK_MAX 3e9

struct learner {
    const struct prob *p;
    struct found *found;
    int64_t *hist; /* owned, as `on` */
    uint8_t *on;
    double share[SOLVE_EXITS_MAX];
    struct pick now; /* what `share` gives */
    double work;     /* left */
};

static bool
better(const struct prob *p, const struct pick *a, const struct pick *b)
{
    if (a->right < p->floor || b->right < p->floor)
        return a->right > b->right ||
               (a->right == b->right && a->cost < b->cost);
    return pick_better(a, b);
}

static void
judge(struct learner *l, const double *share, struct pick *out)
{
    struct labels lab;

    shares_to_labels(l->p, share, l->hist, l->on, &lab);
    found_try(l->found, l->p, &lab, out);
    l->work -= 4.0 * (double)l->p->n * (l->p->k + 1);
}

static bool
goes_on(const struct learner *l)
{
    return l->work > 0 && !l->found->brake.stopped;
}

/* Move up to `step` from one exit's share to another's; true if it stays. */
static bool
move(struct learner *l, int from, int to, double step)
{
    double share[SOLVE_EXITS_MAX];
    double part = l->share[from] < step ? l->share[from] : step;
    struct pick pick;

    if (from == to || part <= 0)
        return false;
    memcpy(share, l->share, sizeof(share));
    share[from] -= part;
    share[to] += part;
    judge(l, share, &pick);
    if (!better(l->p, &pick, &l->now))
        return false;
    memcpy(l->share, share, sizeof(share));
    l->now = pick;
    return true;
}

static bool
move_all(struct learner *l, double step)
{
    bool moved = false;

    for (int from = 0; from <= l->p->k; from++)
        for (int to = 0; to <= l->p->k && goes_on(l); to++)
            moved |= move(l, from, to, step);
    return moved;
}

/* The series that gives the best plan. */
static void
start(struct learner *l)
{
    for (int r = 1; r <= SHARES_RATIOS && !l->found->brake.stopped; r++) {
        double share[SOLVE_EXITS_MAX];
        struct pick pick;

        shares_geometric(l->p, r, share);
        judge(l, share, &pick);
        if (r > 1 && !better(l->p, &pick, &l->now))
            continue;
        memcpy(l->share, share, sizeof(share));
        l->now = pick;
    }
}

static enum status
run(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    struct learner l = { .p = p, .found = f, .work = WORK_MAX };
    enum status st = shares_scratch(p, &l.hist, &l.on, err);

    (void)o;
    if (st != ST_OK)
        return st;
    start(&l);
    for (double step = STEP_FIRST; step > STEP_LAST; step /= 2)
        while (goes_on(&l) && move_all(&l, step))
            ;
    free(l.hist);
    free(l.on);
    return ST_OK;
}

const struct baseline_rule rule_eenet = { run };
