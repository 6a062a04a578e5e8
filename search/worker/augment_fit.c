/* SPDX-License-Identifier: MIT */
/* Every head fitted and judged; of each boundary the best is kept. */
#include "search/worker/augment.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "search/heads/rank.h"
#include "search/solve/crew.h"

/* A dearer head of a boundary must be better by this share of the rows. */
#define GAIN_MIN 0.005

/* Shares of the held-out rows: equal to the label, to the network's answer,
 * to the target. */
struct shares {
    double accuracy, agreement, target;
};

static struct shares
count_shares(const struct augment *a, const struct aug_head *h)
{
    const size_t classes = (size_t)a->plain.classes;
    size_t right = 0, labelled = 0, agree = 0, hit = 0;

    for (size_t i = 0; i < a->n_held; i++) {
        int32_t pred = fit_argmax(h->report.held + i * classes, classes);
        size_t row = a->at[a->n_fit + i];
        int32_t label = augment_label(a, row);

        labelled += label >= 0;
        right += label >= 0 && label == pred;
        agree += pred == augment_own(a, row);
        hit += pred == a->target[a->n_fit + i];
    }
    return (struct shares){
        labelled ? (double)right / (double)labelled : NAN,
        (double)agree / (double)a->n_held,
        (double)hit / (double)a->n_held,
    };
}

/* What always saying the commonest class would reach, and what chance may add
 * to that (one-sided 95 %, normal approximation). */
static double
guessing(const struct augment *a)
{
    const size_t classes = (size_t)a->plain.classes;
    size_t most = 0;
    double share;

    for (size_t k = 0; k < classes; k++) {
        size_t n = 0;

        for (size_t i = a->n_fit; i < a->n; i++)
            n += a->target[i] == (int32_t)k;
        most = n > most ? n : most;
    }
    share = (double)most / (double)a->n_held;
    return share + 1.645 * sqrt(share * (1 - share) / (double)a->n_held);
}

static int64_t
macs_of(const struct augment *a, const struct aug_head *h)
{
    return head_macs(&h->head, &a->plain.site[h->site]);
}

/* An exit that costs as much as the whole network is none; and the analysis
 * knows the network's own output by its cost. */
static void
check_saving(const struct augment *a, struct aug_head *h)
{
    int64_t saved =
        a->plain.macs - a->plain.site[h->site].macs_before - macs_of(a, h);

    if (saved > 0)
        return;
    h->reject = REJECT_NO_SAVING;
    h->number = (double)saved;
}

/* What the exit will be judged by.  A confidence head that was kept is the
 * largest probability of the exit. */
static enum status
choose_score(const struct augment *a, struct aug_head *h,
    const struct fit_rows *rows, struct err *err)
{
    enum status st = rank_scores(rows, &h->report, 0, h->area, err);

    if (a->opt.score != SCORE_KINDS)
        h->score = a->opt.score;
    else if (st == ST_OK && h->head.sure.out == 0)
        h->score = rank_best(h->area);
    return st;
}

static enum status
fit_one(struct augment *a, struct aug_head *h, double guess, struct err *err)
{
    const struct fit_rows rows = { &a->features, a->front[h->front].column,
        a->at, a->target, a->n_fit, a->n_held, (size_t)a->plain.classes,
        (uint64_t)a->opt.seed };
    struct err why = { 0 };
    struct shares s;
    enum status st = h->head.n == 1
                         ? fit_linear(&h->head, &rows, &h->report, &why)
                         : fit_net(&h->head, &a->plain.site[h->site], &rows,
                               &h->report, &why);

    if (st == ST_UNPROCESSABLE) {
        h->reject = REJECT_CONSTANT;
        h->number = (double)h->report.constant;
        return ST_OK;
    }
    if (st != ST_OK)
        return err_set(err, st, why.code, "%s", why.text);
    s = count_shares(a, h);
    h->fitted = true;
    h->accuracy = s.accuracy;
    h->agreement = s.agreement;
    h->number = s.target;
    if (s.target <= guess)
        h->reject = REJECT_GUESSING;
    check_saving(a, h);
    if (h->reject == REJECT_NOT)
        augment_memory_check(a, h);
    if (a->opt.confidence && h->reject == REJECT_NOT &&
        (st = fit_sure(&h->head, &rows, &h->report, &h->sure, err)) != ST_OK)
        return st;
    return choose_score(a, h, &rows, err);
}

/* Cheapest first; a dearer one takes its place where it is better enough. */
static void
keep_best(struct aug_head *const *of_site, size_t n)
{
    struct aug_head *best = NULL;

    for (size_t i = 0; i < n; i++) {
        struct aug_head *h = of_site[i], *loser = h;

        if (h->reject != REJECT_NOT)
            continue;
        if (best == NULL || h->number >= best->number + GAIN_MIN) {
            loser = best;
            best = h;
        }
        if (loser != NULL) {
            loser->reject = REJECT_DOMINATED;
            loser->number -= best->number;
        }
    }
}

/* Insertion sort of the few heads of one site, then the choice. */
static void
keep_all(struct augment *a)
{
    struct aug_head *of_site[HEADS_A_SITE];

    for (size_t i = 0; i < a->n_heads;) {
        size_t n = 0;
        int site = a->head[i].site;

        for (; i < a->n_heads && a->head[i].site == site; i++) {
            size_t k = n++;

            for (;
                 k > 0 && macs_of(a, of_site[k - 1]) > macs_of(a, &a->head[i]);
                 k--)
                of_site[k] = of_site[k - 1];
            of_site[k] = &a->head[i];
        }
        keep_best(of_site, n);
    }
}

/* Heads are independent: each member takes the next until none is left. */
struct fitting {
    struct augment *a;
    double guess;
    pthread_mutex_t lock; /* of what follows, and of telling progress */
    size_t next;
    enum status st; /* of the first that failed, with its words */
    struct err err;
};

static struct aug_head *
take(struct fitting *f)
{
    struct augment *a = f->a;
    struct aug_head *h = NULL;
    char what[80];

    pthread_mutex_lock(&f->lock);
    if (f->st == ST_OK && f->next < a->n_heads) {
        h = &a->head[f->next];
        snprintf(what, sizeof(what), "%s at boundary %d",
            head_kind_word(h->head.kind), h->site);
        task_progress(
            a->task, "fit", (int64_t)f->next, (int64_t)a->n_heads, what);
        f->next++;
    }
    pthread_mutex_unlock(&f->lock);
    return h;
}

static void
fit_some(void *ctx, int member)
{
    struct fitting *f = ctx;
    struct aug_head *h;

    (void)member;
    while ((h = take(f)) != NULL) {
        struct err err = { 0 };
        enum status st =
            h->reject == REJECT_NOT ? fit_one(f->a, h, f->guess, &err) : ST_OK;

        pthread_mutex_lock(&f->lock);
        if (st != ST_OK && f->st == ST_OK) {
            f->st = st;
            f->err = err;
        }
        pthread_mutex_unlock(&f->lock);
    }
}

enum status
augment_fit(struct augment *a, struct err *err)
{
    struct fitting f = { .a = a, .guess = guessing(a) };
    int64_t start = clock_ns();

    pthread_mutex_init(&f.lock, NULL);
    crew_run(a->crew, fit_some, &f);
    pthread_mutex_destroy(&f.lock);
    if (f.st != ST_OK)
        return err_set(err, f.st, f.err.code, "%s", f.err.text);
    task_progress(
        a->task, "fit", (int64_t)a->n_heads, (int64_t)a->n_heads, NULL);
    keep_all(a);
    augment_memory_fit(a);
    a->seconds_fit = (double)(clock_ns() - start) / 1e9;
    return ST_OK;
}
