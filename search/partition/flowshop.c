/* SPDX-License-Identifier: MIT */
#include "search/partition/flowshop.h"

#include <stdlib.h>
#include <string.h>

#define TIME_MAX (INT64_C(1) << 50)

int64_t
flowshop_makespan(
    const struct flowshop_cut *jobs, const size_t *order, size_t n)
{
    int64_t device = 0, link = 0;

    for (size_t i = 0; i < n; i++) {
        device += jobs[order[i]].device_ps;
        link = (link > device ? link : device) + jobs[order[i]].link_ps;
    }
    return link > device ? link : device;
}

/* Is job a before job b by Johnson's rule? */
static bool
before(const struct flowshop_cut *a, const struct flowshop_cut *b)
{
    bool a_first = a->device_ps < a->link_ps;
    bool b_first = b->device_ps < b->link_ps;

    if (a_first != b_first)
        return a_first;
    return a_first ? a->device_ps < b->device_ps : a->link_ps > b->link_ps;
}

void
flowshop_johnson(const struct flowshop_cut *jobs, size_t n, size_t *order)
{
    for (size_t i = 0; i < n; i++) { /* by insertion: stable, n is small */
        size_t at = i;

        while (at > 0 && before(&jobs[i], &jobs[order[at - 1]])) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

struct search {
    const struct flowshop_job *jobs; /* borrowed */
    size_t n;
    uint64_t left; /* combinations that may still be looked at */
    bool cut_short;
    struct flowshop_cut now[FLOWSHOP_JOBS_MAX];
    size_t cut[FLOWSHOP_JOBS_MAX];
    struct flowshop_plan *best; /* borrowed */
};

static void
look(struct search *s)
{
    size_t order[FLOWSHOP_JOBS_MAX];
    int64_t makespan;

    if (s->left == 0) {
        s->cut_short = true;
        return;
    }
    s->left--;
    flowshop_johnson(s->now, s->n, order);
    makespan = flowshop_makespan(s->now, order, s->n);
    if (makespan < s->best->makespan_ps) {
        s->best->makespan_ps = makespan;
        memcpy(s->best->order, order, sizeof(order));
        memcpy(s->best->cut, s->cut, sizeof(s->cut));
    }
}

/* Choose a cut for job i and those after it. */
static void
choose(struct search *s, size_t i)
{
    bool alike;

    if (i == s->n) {
        look(s);
        return;
    }
    alike = i > 0 && s->jobs[i].cut == s->jobs[i - 1].cut;
    /* of jobs that are alike, the later never takes an earlier cut */
    for (size_t c = alike ? s->cut[i - 1] : 0;
         c < s->jobs[i].n_cuts && !s->cut_short; c++) {
        s->cut[i] = c;
        s->now[i] = s->jobs[i].cut[c];
        choose(s, i + 1);
    }
}

/* No schedule ends before all device work (or all link work) is done, nor
 * before half of the sum of each job's least device + link time. */
static int64_t
bound(const struct flowshop_job *jobs, size_t n)
{
    int64_t device = 0, link = 0, both = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t d = INT64_MAX, l = INT64_MAX, sum = INT64_MAX;

        for (size_t c = 0; c < jobs[i].n_cuts; c++) {
            const struct flowshop_cut *x = &jobs[i].cut[c];

            d = x->device_ps < d ? x->device_ps : d;
            l = x->link_ps < l ? x->link_ps : l;
            sum = x->device_ps + x->link_ps < sum ? x->device_ps + x->link_ps
                                                  : sum;
        }
        device += d;
        link += l;
        both += sum;
    }
    both = (both + 1) / 2;
    device = device > link ? device : link;
    return device > both ? device : both;
}

static enum status
check(const struct flowshop_job *jobs, size_t n, struct err *err)
{
    if (n < 1 || n > FLOWSHOP_JOBS_MAX)
        return err_set(err, ST_INVALID, "partition.flowshop",
            "%zu jobs: give 1 to %d", n, FLOWSHOP_JOBS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].n_cuts < 1)
            return err_set(
                err, ST_INVALID, "partition.flowshop", "job %zu has no cut", i);
        for (size_t c = 0; c < jobs[i].n_cuts; c++)
            if (jobs[i].cut[c].device_ps < 0 || jobs[i].cut[c].link_ps < 0 ||
                jobs[i].cut[c].device_ps > TIME_MAX ||
                jobs[i].cut[c].link_ps > TIME_MAX)
                return err_set(err, ST_INVALID, "partition.flowshop",
                    "job %zu, cut %zu: a time is not within 0..1e15 ps", i, c);
    }
    return ST_OK;
}

enum status
flowshop_solve(const struct flowshop_job *jobs, size_t n, uint64_t limit,
    struct flowshop_plan *out, struct err *err)
{
    struct search s = { .jobs = jobs, .n = n, .left = limit, .best = out };
    enum status st = check(jobs, n, err);

    *out = (struct flowshop_plan){ .makespan_ps = INT64_MAX };
    if (st != ST_OK)
        return st;
    choose(&s, 0);
    if (out->makespan_ps == INT64_MAX)
        return err_set(err, ST_INVALID, "partition.flowshop",
            "the limit of 0 combinations leaves nothing to look at");
    out->bound_ps = s.cut_short ? bound(jobs, n) : out->makespan_ps;
    out->proved = out->bound_ps == out->makespan_ps;
    return ST_OK;
}
