/* SPDX-License-Identifier: MIT */
#include "search/solve/sweep.h"

#include <stdlib.h>
#include <string.h>

enum { PASSES_MAX = 30 };

struct sum {
    int64_t cost, right;
};

struct sweep {
    const struct prob *p; /* borrowed */
    uint8_t *first;       /* owned, [n]: first exit that accepts the row */
    uint8_t *next;        /* owned, [n]: the same among exits after `at` */
    uint8_t *right;       /* owned, [n]: whether its answer there is */
    struct sum *label;    /* owned, [top + 1]: each label of one exit,
                             relative to all who reach it leaving free */
};

enum status
sweep_new(struct sweep **out, const struct prob *p, struct err *err)
{
    struct sweep *s = calloc(1, sizeof(*s));
    size_t labels = 1;

    *out = NULL;
    if (s == NULL)
        return err_nomem(err);
    for (int j = 0; j < p->k; j++)
        if (labels < p->top[j] + 1u)
            labels = p->top[j] + 1u;
    s->p = p;
    s->first = malloc(p->n);
    s->next = malloc(p->n);
    s->right = malloc(p->n);
    s->label = malloc(labels * sizeof(*s->label));
    if (!s->first || !s->next || !s->right || !s->label) {
        sweep_free(s);
        return err_nomem(err);
    }
    *out = s;
    return ST_OK;
}

void
sweep_free(struct sweep *s)
{
    if (s == NULL)
        return;
    free(s->first);
    free(s->next);
    free(s->right);
    free(s->label);
    free(s);
}

/* first[] among exits before `end`, or k. */
static void
find_first(struct sweep *s, const struct labels *lab)
{
    const struct prob *p = s->p;

    memset(s->first, p->k, p->n);
    for (int j = p->k - 1; j >= 0; j--) {
        const uint16_t *bin = p->bin + (size_t)j * p->n;

        for (size_t i = 0; i < p->n; i++)
            s->first[i] = bin[i] > lab->at[j] ? (uint8_t)j : s->first[i];
    }
}

/* Fill s->label for exit e. */
static void
weigh_labels(struct sweep *s, const struct labels *lab, int e)
{
    const struct prob *p = s->p;
    const uint16_t *bin = p->bin + (size_t)e * p->n;
    const uint8_t *here = p->right + (size_t)e * p->n;
    int64_t on[SOLVE_EXITS_MAX + 1] = { 0 }, reach = 0;
    struct sum run = { 0 };

    for (int j = e + 1; j <= p->k; j++) {
        on[j] = on[j - 1] + p->seg[j];
        if (j < p->k && prob_kept(p, lab, j))
            on[j] += p->head[j];
    }
    memset(s->label, 0, (p->top[e] + 1u) * sizeof(*s->label));
    for (size_t i = 0; i < p->n; i++) {
        int w = s->first[i] < e ? 0 : p->weight[i];
        struct sum *l = &s->label[bin[i]];

        reach += w;
        l->cost += w * on[s->next[i]];
        l->right += w * (s->right[i] - here[i]);
    }
    for (int c = 0; c <= p->top[e]; c++) {
        run.cost += s->label[c].cost;
        run.right += s->label[c].right;
        s->label[c] = run;
        if (c < p->top[e])
            s->label[c].cost += p->head[e] * reach;
    }
}

/* May exit e be kept, and may it be dropped, while the others stay? */
static void
find_allowed(const struct prob *p, const struct labels *lab, int e, bool *keep,
    bool *drop)
{
    int64_t heads = p->head[e];
    int kept = 1;

    for (int j = 0; j < p->k; j++)
        if (j != e && prob_kept(p, lab, j)) {
            heads += p->head[j];
            kept++;
        }
    *keep = heads <= p->spare && kept <= p->max_early;
    *drop = !(p->forced >> e & 1);
}

static bool
label_better(const struct aim *aim, const struct sum *a, const struct sum *b)
{
    double x, y;

    if (aim->floored)
        return a->cost < b->cost || (a->cost == b->cost && a->right > b->right);
    x = (double)(a->cost - b->cost);
    y = aim->price * (double)(a->right - b->right);
    return x < y;
}

bool
sweep_pass(struct sweep *s, const struct aim *aim, struct labels *lab)
{
    const struct prob *p = s->p;
    bool changed = false;
    struct pick now = { 0 };

    if (aim->floored)
        prob_eval(p, lab, &now);
    find_first(s, lab);
    memset(s->next, p->k, p->n);
    memcpy(s->right, p->right + (size_t)p->k * p->n, p->n);
    for (int e = p->k - 1; e >= 0; e--) {
        const uint16_t *bin = p->bin + (size_t)e * p->n;
        const uint8_t *here = p->right + (size_t)e * p->n;
        int was = lab->at[e], best = was;
        bool keep, drop;

        weigh_labels(s, lab, e);
        find_allowed(p, lab, e, &keep, &drop);
        for (int c = 0; c <= p->top[e]; c++) {
            const struct sum *l = &s->label[c];

            if (!(c < p->top[e] ? keep : drop) ||
                (aim->floored &&
                    now.right - s->label[was].right + l->right < aim->floor))
                continue;
            if (label_better(aim, l, &s->label[best]))
                best = c;
        }
        now.right += s->label[best].right - s->label[was].right;
        lab->at[e] = (uint16_t)best;
        changed |= best != was;
        for (size_t i = 0; i < p->n; i++) {
            s->next[i] = bin[i] > best ? (uint8_t)e : s->next[i];
            s->right[i] = bin[i] > best ? here[i] : s->right[i];
        }
    }
    return changed;
}

void
sweep_settle(struct sweep *s, const struct aim *aim, struct labels *lab)
{
    for (int i = 0; i < PASSES_MAX && sweep_pass(s, aim, lab); i++)
        ;
}
