/* SPDX-License-Identifier: MIT */
/*
 * greedy.c -- from the full network, add one exit with one threshold after
 * the other: each time the one that saves most cost a right answer lost
 * (Streeter, arXiv 1802.07697, picks stages of a cascade so).  Earlier
 * choices stay.
 */
#include <stdlib.h>
#include <string.h>

#include "search/baseline/baseline_internal.h"

struct change {
    int64_t saved, lost;
};

/* What adding exit e with each label does to `lab`, where e is dropped. */
static void
weigh(const struct prob *p, const struct labels *lab, int e, struct change *out)
{
    int64_t on[SOLVE_EXITS_MAX] = { 0 }, reach = 0;
    struct change run = { 0 };

    for (int j = e + 1; j <= p->k; j++)
        on[j] = on[j - 1] + p->seg[j] +
                (j < p->k && prob_kept(p, lab, j) ? p->head[j] : 0);
    memset(out, 0, ((size_t)p->top[e] + 1) * sizeof(*out));
    for (size_t i = 0; i < p->n; i++) {
        const uint8_t *right = p->right + i;
        int at = 0;
        struct change *c;

        while (at < p->k && p->bin[(size_t)at * p->n + i] <= lab->at[at])
            at++;
        if (at < e)
            continue;
        reach += p->weight[i];
        c = &out[p->bin[(size_t)e * p->n + i]];
        c->saved += p->weight[i] * on[at];
        c->lost +=
            p->weight[i] * (right[(size_t)at * p->n] - right[(size_t)e * p->n]);
    }
    /* Label c takes the bins above it; all who get here pay the head. */
    for (int c = p->top[e]; c >= 0; c--) {
        struct change here = out[c];

        out[c] = (struct change){ run.saved - p->head[e] * reach, run.lost };
        run.saved += here.saved;
        run.lost += here.lost;
    }
}

/* Is `a` the better of two changes that save?  Losing nothing comes first. */
static bool
better(const struct change *a, const struct change *b)
{
    if (a->lost <= 0 || b->lost <= 0)
        return b->lost <= 0 ? a->lost <= 0 && a->saved > b->saved : true;
    return (double)a->saved * (double)b->lost >
           (double)b->saved * (double)a->lost;
}

/* Add the best exit to *now; false where none helps. */
static bool
add_best(const struct prob *p, struct found *f, struct change *scratch,
    struct pick *now)
{
    struct change best = { 0, 1 };
    struct labels next = now->lab;

    for (int e = 0; e < p->k; e++) {
        struct labels lab = now->lab;

        if (prob_kept(p, &lab, e))
            continue;
        if (brake_count(&f->brake, p->n * ((size_t)p->k + 1)))
            return false;
        weigh(p, &lab, e, scratch);
        for (int c = 0; c < p->top[e]; c++) {
            if (scratch[c].saved <= 0 ||
                now->right - scratch[c].lost < p->floor ||
                !better(&scratch[c], &best))
                continue;
            lab.at[e] = (uint16_t)c;
            if (!prob_allows(p, &lab))
                continue;
            best = scratch[c];
            next = lab;
        }
    }
    if (best.saved <= 0)
        return false;
    prob_eval(p, &next, now);
    return true;
}

static enum status
run(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    struct change *scratch;
    struct labels lab;
    struct pick now;
    size_t top = 0;

    (void)o;
    for (int j = 0; j < p->k; j++)
        top = top < (size_t)p->top[j] ? (size_t)p->top[j] : top;
    if ((scratch = malloc((top + 1) * sizeof(*scratch))) == NULL)
        return err_nomem(err);
    /* A forced exit starts with its strictest threshold. */
    for (int j = 0; j < p->k; j++)
        lab.at[j] = (uint16_t)(p->top[j] - (p->forced >> j & 1));
    found_try(f, p, &lab, &now);
    while (add_best(p, f, scratch, &now))
        found_offer(f, p, &now);
    free(scratch);
    return ST_OK;
}

const struct baseline_rule rule_greedy = { run };
