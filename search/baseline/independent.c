/* SPDX-License-Identifier: MIT */
/*
 * independent.c -- a backward recursion that takes exits as independent
 * (Sponner et al., arXiv 2403.07957, in the form of seed-systems.md B):
 *     V_k = s_k + min(V_{k+1},
 *         h_k + min over t of p_k(t) z (1 - a_k(t)) + (1 - p_k(t)) V_{k+1})
 * with p_k(t) the share of *all* samples that exit k accepts at t, a_k(t) the
 * accuracy among them, and z the price of a wrong answer.
 *
 * At face value the price is the cheapest plan's that meets the floor by the
 * recursion's own accuracy, or the most accurate one's where none does;
 * repaired, every price's plan is judged on the
 * data.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/baseline/baseline_internal.h"

enum { PRICES = 160 };

/* Shares of all samples, by label of one exit. */
struct margin {
    double taken, wrong;
};

struct chain {
    const struct prob *p;
    struct margin *m[SOLVE_EXITS_MAX]; /* owned, [top] */
    double last_wrong;                 /* share wrong at the last exit */
};

static void
chain_clear(struct chain *c)
{
    for (int j = 0; j < c->p->k; j++)
        free(c->m[j]);
}

static enum status
chain_init(struct chain *c, const struct prob *p, struct err *err)
{
    double total = (double)p->total;

    *c = (struct chain){ .p = p };
    for (int j = 0; j < p->k; j++) {
        const uint16_t *bin = p->bin + (size_t)j * p->n;
        const uint8_t *right = p->right + (size_t)j * p->n;
        struct margin *m = calloc((size_t)p->top[j], sizeof(*m));

        if ((c->m[j] = m) == NULL) {
            chain_clear(c);
            return err_nomem(err);
        }
        for (size_t i = 0; i < p->n; i++)
            if (bin[i] > 0) {
                m[bin[i] - 1].taken += p->weight[i] / total;
                m[bin[i] - 1].wrong += p->weight[i] * (1 - right[i]) / total;
            }
        for (int t = p->top[j] - 2; t >= 0; t--) {
            m[t].taken += m[t + 1].taken;
            m[t].wrong += m[t + 1].wrong;
        }
    }
    for (size_t i = 0; i < p->n; i++)
        c->last_wrong +=
            p->weight[i] * (1 - p->right[(size_t)p->k * p->n + i]) / total;
    return ST_OK;
}

/* The plan at one price, and the cost and the share wrong it expects. */
static void
recurse(const struct chain *c, double price, struct labels *lab, double *cost,
    double *wrong)
{
    const struct prob *p = c->p;

    *cost = (double)p->seg[p->k];
    *wrong = c->last_wrong;
    for (int j = p->k - 1; j >= 0; j--) {
        double best = *cost + price * *wrong, then = *cost, bad = *wrong;
        bool forced = p->forced >> j & 1;

        lab->at[j] = (uint16_t)p->top[j];
        if (forced)
            best = INFINITY;
        for (int t = 0; t < p->top[j]; t++) {
            const struct margin *m = &c->m[j][t];
            double x = (double)p->head[j] + (1 - m->taken) * then;
            double y = m->wrong + (1 - m->taken) * bad;

            if (x + price * y >= best)
                continue;
            best = x + price * y;
            lab->at[j] = (uint16_t)t;
            *cost = x;
            *wrong = y;
        }
        *cost += (double)p->seg[j];
    }
}

/* Prices from where answers do not count to where nothing else does. */
static double
price_at(const struct prob *p, int i)
{
    double path = 1;

    for (int j = 0; j <= p->k; j++)
        path += (double)(p->seg[j] + p->head[j]);
    return path * pow(2, 40.0 * i / (PRICES - 1) - 12);
}

static enum status
run_face(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    double total = (double)p->total, least = INFINITY, most = -INFINITY;
    struct labels lab, best;
    struct chain c;
    enum status st = chain_init(&c, p, err);

    (void)o;
    if (st != ST_OK)
        return st;
    for (int i = 0; i < PRICES; i++) {
        double cost, wrong, right;

        recurse(&c, price_at(p, i), &lab, &cost, &wrong);
        right = total * (1 - wrong);
        if (right < (double)p->floor ? isfinite(least) || right <= most
                                     : cost >= least)
            continue;
        if (right >= (double)p->floor)
            least = cost;
        most = right;
        best = lab;
        f->cost = cost * total;
        f->right = right;
    }
    found_try(f, p, &best, NULL);
    chain_clear(&c);
    return ST_OK;
}

static enum status
run_repaired(const struct prob *p, const struct solve_options *o,
    struct found *f, struct err *err)
{
    struct labels lab = { 0 }, was = { 0 };
    struct chain c;
    enum status st = chain_init(&c, p, err);

    (void)o;
    if (st != ST_OK)
        return st;
    for (int i = 0; i < PRICES && !f->brake.stopped; i++) {
        double cost, wrong;

        recurse(&c, price_at(p, i), &lab, &cost, &wrong);
        if (i == 0 || memcmp(&lab, &was, sizeof(lab)) != 0)
            found_try(f, p, &lab, NULL);
        was = lab;
    }
    chain_clear(&c);
    return ST_OK;
}

const struct baseline_rule rule_independent = { run_face };
const struct baseline_rule rule_independent_repaired = { run_repaired };
