/* SPDX-License-Identifier: MIT */
/* levels_run.c -- the passes one after the other, each within its share of the
 * time, and what becomes of their medians (levels.h). */
#include <math.h>

#include "probes/measure/levels.h"

/* Time a pass wants, against the others. */
static double
weight_of(const struct pass *pass)
{
    return pass->weight * (double)pass->n;
}

/* Where each pass stands among all of them, for people who wait. */
static void
share_out(struct levels *l)
{
    double all = 0, before = 0;

    for (size_t i = 0; i < l->n; i++)
        all += weight_of(&l->pass[i]);
    for (size_t i = 0; i < l->n; i++) {
        l->pass[i].begin = before / all;
        l->pass[i].share = weight_of(&l->pass[i]) / all;
        before += weight_of(&l->pass[i]);
    }
}

/* Of the time that is left, what this pass's weight gives. */
static int64_t
end_of(const struct levels *l, size_t i, const struct profiler *p)
{
    const struct host *host = p->setup->host;
    int64_t now = host->now_ns(host->ctx);
    double all = 0;

    for (size_t k = i; k < l->n; k++)
        all += weight_of(&l->pass[k]);
    return now + (int64_t)((double)(p->deadline_ns - now) *
                           weight_of(&l->pass[i]) / all);
}

static enum status
copy_to(struct profiler *p, const struct job *job, const struct item *items,
    size_t n, struct err *err)
{
    enum status st = ST_OK;

    for (size_t k = 0; st == ST_OK && k < n; k++)
        if (items[k].same == job->item)
            st = pass_copy(p, job, &items[k], err);
    return st;
}

/* Of energy there are no sums to make: a joint or a stage needs none, though
 * its file may be a prefix's. */
static bool
is_of_level(enum level level, enum cut cut)
{
    return level != LEVEL_L5 || (cut != CUT_JOINT && cut != CUT_STAGE);
}

/* Rows for what has the same kernel key as something just measured. */
static enum status
copy_rows(struct profiler *p, const struct pass *pass, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; i < pass->n; i++) {
        const struct job *job = &pass->jobs[i];

        if (job->item == NULL || job->role != job->item->role)
            continue; /* a golden kernel, or the A/A pair's second */
        st = copy_to(p, job, p->plan.layers, p->plan.n_layers, err);
        for (size_t c = 0; st == ST_OK && c < CUT_COUNT; c++)
            if (is_of_level(pass->level, (enum cut)c))
                st = copy_to(p, job, p->plan.cuts[c], p->plan.n_exits, err);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

static void
copy_medians(struct item *items, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (items[k].same != NULL)
            items[k].median_ns = items[k].same->median_ns;
}

static void
note_medians(struct profiler *p, const struct pass *pass, double *aa_rel)
{
    if (!pass->timed)
        return;
    for (size_t i = 0; i < pass->n; i++) {
        const struct job *job = &pass->jobs[i];

        if (job->twin != NULL)
            *aa_rel =
                (job->median_ns - job->twin->median_ns) / job->twin->median_ns;
        else if (job->item != NULL && !job->traced)
            job->item->median_ns = job->median_ns;
    }
    copy_medians(p->plan.layers, p->plan.n_layers);
    for (size_t c = 0; c < CUT_COUNT; c++)
        copy_medians(p->plan.cuts[c], p->plan.n_exits);
}

enum status
levels_run(
    struct levels *l, struct profiler *p, double *aa_rel, struct err *err)
{
    *aa_rel = NAN;
    share_out(l);
    for (size_t i = 0; i < l->n; i++) {
        struct pass *pass = &l->pass[i];
        enum status st;

        pass->end_ns = end_of(l, i, p);
        if ((st = pass_run(p, pass, err)) != ST_OK ||
            (st = copy_rows(p, pass, err)) != ST_OK)
            return st;
        note_medians(p, pass, aa_rel);
    }
    return ST_OK;
}
