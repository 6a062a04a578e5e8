/* SPDX-License-Identifier: MIT */
/*
 * Every cut in turn, layer by layer in their order, leaving out what already
 * has a stage as long as the best one's longest: exact where that is soon
 * done, as it is for networks (what branches joins again, so cuts are few).
 */
#include <stdlib.h>
#include <string.h>

#include "search/partition/split_cut.h"

enum { STEPS_MAX = 5000000 };

enum choice { NEITHER, FIRST, SECOND };

struct stages {
    int64_t first, link, second;
};

struct walk {
    const struct dag *d;      /* borrowed */
    const struct dag_link *l; /* borrowed */
    uint8_t *on_first;        /* owned, [n] */
    uint8_t *choice;          /* owned, [n + 1]: tried last for each layer */
    int32_t *sent_for;        /* owned, [n + 1]: layer that tensor t - 1 is
                                 sent for, + 1; 0: not sent */
    struct stages *stages;    /* owned, [n + 1]: before each layer */
    int64_t slowest;          /* of the best so far */
};

static int64_t
longest(const struct stages *s)
{
    int64_t most = s->first > s->link ? s->first : s->link;

    return most > s->second ? most : s->second;
}

static bool
may_be_first(const struct walk *w, size_t i)
{
    const struct dag_layer *x = &w->d->layer[i];

    for (size_t k = 0; k < x->n_reads; k++)
        if (x->reads[k] != DAG_INPUT && !w->on_first[x->reads[k]])
            return false;
    return true;
}

/* What layer i, on the second processor, is the first to have sent. */
static int64_t
send_inputs(struct walk *w, size_t i)
{
    const struct dag_layer *x = &w->d->layer[i];
    int64_t ps = 0;

    for (size_t k = 0; k < x->n_reads; k++) {
        int32_t t = x->reads[k];
        int64_t bytes =
            t == DAG_INPUT ? w->d->input_bytes : w->d->layer[t].bytes;

        if (w->sent_for[t + 1] != 0 || (t != DAG_INPUT && !w->on_first[t]))
            continue;
        w->sent_for[t + 1] = (int32_t)i + 1;
        ps += w->l->base_ps + bytes * w->l->byte_ps;
    }
    return ps;
}

static void
take_back(struct walk *w, size_t i)
{
    const struct dag_layer *x = &w->d->layer[i];

    for (size_t k = 0; k < x->n_reads; k++)
        if (w->sent_for[x->reads[k] + 1] == (int32_t)i + 1)
            w->sent_for[x->reads[k] + 1] = 0;
}

/* Try the next choice for layer i; true: go on with layer i + 1. */
static bool
step(struct walk *w, size_t i)
{
    struct stages s = w->stages[i];

    if (w->choice[i] == NEITHER) {
        w->choice[i] = FIRST;
        if (!may_be_first(w, i))
            return false;
        w->on_first[i] = 1;
        s.first += w->d->layer[i].first_ps;
    } else {
        w->choice[i] = SECOND;
        w->on_first[i] = 0;
        s.second += w->d->layer[i].second_ps;
        s.link += send_inputs(w, i);
    }
    w->stages[i + 1] = s;
    return longest(&s) < w->slowest;
}

/* True: every cut was looked at. */
static bool
walk(struct walk *w, uint8_t *best)
{
    size_t i = 0, n = w->d->n;

    w->choice[0] = NEITHER;
    for (uint64_t steps = 0; steps < STEPS_MAX; steps++) {
        if (i == n) {
            w->slowest = longest(&w->stages[n]);
            memcpy(best, w->on_first, n);
            i--;
        } else if (w->choice[i] == SECOND) {
            take_back(w, i);
            if (i-- == 0)
                return true;
        } else if (step(w, i)) {
            w->choice[++i] = NEITHER;
        }
    }
    return false;
}

enum status
split_all(const struct dag *d, const struct dag_link *l, int64_t slowest,
    uint8_t *best, bool *all, struct err *err)
{
    struct walk w = { .d = d,
        .l = l,
        .on_first = malloc(d->n),
        .choice = malloc(d->n + 1),
        .sent_for = calloc(d->n + 1, sizeof(*w.sent_for)),
        .stages = calloc(d->n + 1, sizeof(*w.stages)),
        .slowest = slowest };
    enum status st = ST_OK;

    if (!w.on_first || !w.choice || !w.sent_for || !w.stages)
        st = err_nomem(err);
    else
        *all = walk(&w, best);
    free(w.on_first);
    free(w.choice);
    free(w.sent_for);
    free(w.stages);
    return st;
}
