/* SPDX-License-Identifier: MIT */
/*
 * promise_shared.c -- every exit kept at one threshold, tested on all samples.
 *
 * The family is known before any sample is: no split is needed.  Walking the
 * threshold down over all numbers is a fixed sequence; what samples do only
 * changes at their scores, so testing each distinct score tests them all.
 * (The first threshold at which the loss is eps or more has to be passed for
 * a mistake to be made, and passing it has probability at most delta.)
 */
#include <math.h>
#include <stdlib.h>

#include "search/certify/promise_internal.h"

struct event {
    double score;
    uint32_t sample;
    uint16_t exit;
};

struct walk {
    const struct promise_run *run;
    struct evidence now;
    struct event *event; /* owned, from the largest score down */
    size_t events;
    uint8_t *exit; /* owned, [n]: where each sample leaves */
    int32_t *sum;  /* owned, [units]: sum of the losses of its samples */
    uint64_t kept;
    int64_t right; /* answers that are right */
};

static int
by_score_down(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->sample > y->sample) - (x->sample < y->sample);
}

/* Exits of the family: all that are not forbidden.  False where they break a
 * limit, so that the family has no member. */
static bool
choose_exits(const struct promise_run *r, uint64_t *kept)
{
    int64_t path = r->d->head[r->d->exits - 1];
    int early = 0;

    *kept = UINT64_C(1) << (r->d->exits - 1);
    for (int e = 0; e < r->d->exits; e++) {
        path += r->d->segment[e];
        if (e == r->d->exits - 1 || r->so->forbidden >> e & 1)
            continue;
        if (r->so->min_right_ppm != NULL && r->so->min_right_ppm[e] > 0)
            return false;
        path += r->d->head[e];
        *kept |= UINT64_C(1) << e;
        early++;
    }
    return early > 0 && path <= r->so->worst_case &&
           (r->so->max_early == SOLVE_ANY_EXITS || early <= r->so->max_early);
}

static enum status
walk_init(struct walk *w, struct err *err)
{
    const struct solve_data *d = w->run->d;
    size_t early = (size_t)d->exits - 1;

    w->event = malloc(d->n * early * sizeof(*w->event));
    w->exit = malloc(d->n);
    w->sum = calloc(w->run->units->units, sizeof(*w->sum));
    if (w->event == NULL || w->exit == NULL || w->sum == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < d->n; i++) {
        w->exit[i] = (uint8_t)early;
        w->right += d->right[early * d->n + i];
    }
    for (size_t e = 0; e < early; e++)
        for (size_t i = 0; i < d->n && w->kept >> e & 1; i++)
            w->event[w->events++] = (struct event){ d->score[e * d->n + i],
                (uint32_t)i, (uint16_t)e };
    qsort(w->event, w->events, sizeof(*w->event), by_score_down);
    return ST_OK;
}

static void
walk_clear(struct walk *w)
{
    free(w->event);
    free(w->exit);
    free(w->sum);
}

static double
unit_loss(const struct walk *w, size_t unit)
{
    const struct units *u = w->run->units;

    return u->len ? (double)w->sum[unit] / u->len[unit] : w->sum[unit];
}

/* One sample may leave earlier now; true if a unit's loss changed. */
static bool
move(struct walk *w, const struct event *v)
{
    const struct solve_data *d = w->run->d;
    enum promise_loss loss = w->now.q.loss;
    size_t unit = units_of(w->run->units, v->sample);
    double before = unit_loss(w, unit);
    int was;

    if (v->exit >= w->exit[v->sample])
        return false;
    was = units_loss(d, loss, v->sample, w->exit[v->sample]);
    w->right += d->right[(size_t)v->exit * d->n + v->sample] -
                d->right[(size_t)w->exit[v->sample] * d->n + v->sample];
    w->exit[v->sample] = (uint8_t)v->exit;
    w->sum[unit] += units_loss(d, loss, v->sample, v->exit) - was;
    if (unit_loss(w, unit) == before)
        return false;
    evidence_move(&w->now, before, unit_loss(w, unit));
    return true;
}

static void
take(const struct walk *w, const struct evidence *e, double p, double score,
    struct promise *out)
{
    struct solve_plan plan = { .kept = w->kept };

    for (int x = 0; x < w->run->d->exits - 1; x++)
        plan.threshold[x] = w->kept >> x & 1 ? score : 0;
    promise_take(out, &plan, e, p);
}

/* Down to the first threshold that fails; of those that passed, the last one
 * that also meets the floor is the answer. */
static void
descend(struct walk *w, struct promise *out)
{
    struct evidence last;
    double p = 1, last_p = 1, last_score = NAN;
    bool stale = true;
    size_t i = 0;

    while (i < w->events) {
        double score = w->event[i].score;

        for (; i < w->events && w->event[i].score == score; i++)
            stale |= move(w, &w->event[i]);
        if (stale)
            p = evidence_p(&w->now);
        stale = false;
        out->tried++;
        if (p > out->level)
            break;
        out->passed++;
        if (w->right < w->run->so->floor)
            continue;
        last = w->now;
        last_p = p;
        last_score = score;
    }
    if (p > out->level)
        promise_refuse(out, &w->now, 0);
    else
        out->reason = PROMISE_ALL_PASSED;
    if (!isnan(last_score))
        take(w, &last, last_p, last_score, out);
}

enum status
promise_shared(const struct promise_run *r, double level, struct promise *out,
    struct err *err)
{
    struct promise_question q = r->po->question;
    struct walk w = { .run = r };
    enum status st;

    q.delta = level;
    *out = (struct promise){ .family = PROMISE_SHARED,
        .reason = PROMISE_LIMITS,
        .n_test = (int64_t)r->units->units,
        .level = level,
        .needed = -1 };
    if (!choose_exits(r, &w.kept))
        return ST_OK;
    evidence_init(&w.now, &q, out->n_test);
    if ((st = walk_init(&w, err)) == ST_OK)
        descend(&w, out);
    walk_clear(&w);
    return st;
}
