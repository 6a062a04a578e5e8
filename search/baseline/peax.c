/* SPDX-License-Identifier: MIT */
/*
 * peax.c -- the objective that PEAX (Sponner et al., arXiv 2403.07957)
 * released, with its mistakes: seed-systems.md B.6 has the derivation.
 *
 * Its path through a graph of (exit, threshold) nodes sums products of
 * differences of marginals and collapses to
 *     w_c (m_1 t_1 + sum (m_{k+1} - m_k)(t_{k+1} - t_k)) + w_a (K - 2 a_1)
 * up to a constant.  t_k and a_k are the share of all samples that exit k
 * accepts and their accuracy, as if it stood alone; m_k the cost up to exit k
 * over the backbone's, without the heads passed on the way.  Each further
 * exit counts as one unit of lost accuracy, and only the first exit's
 * accuracy has any weight.  There is no floor, weights are 1/2, thresholds
 * six fixed numbers.
 *
 * It prefers no exit at all wherever the first processor can hold the whole
 * network (the last accuracy is in percent); that candidate is left out, or
 * the rule would never answer anything else.
 */
#include <math.h>

#include "search/baseline/baseline_internal.h"

enum { STEPS = 6 };
static const double steps[STEPS] = { 0.6, 0.7, 0.8, 0.9, 0.95, 0.99 };
#define WEIGHT 0.5

struct node {
    uint16_t label;
    double taken, accuracy; /* as if the exit stood alone */
};

struct graph {
    const struct prob *p;
    struct node node[SOLVE_EXITS_MAX][STEPS];
    int nodes[SOLVE_EXITS_MAX];
    double m[SOLVE_EXITS_MAX]; /* [k + 1] */
    double backbone;
    /* Best sum over the exits chosen up to i, where j comes next; which exit
     * came before i (-1: none) and its node. */
    double best[SOLVE_EXITS_MAX][SOLVE_EXITS_MAX];
    int8_t before[SOLVE_EXITS_MAX][SOLVE_EXITS_MAX];
    uint8_t step[SOLVE_EXITS_MAX][SOLVE_EXITS_MAX];
};

/* Thresholds that somebody reaches. */
static void
find_nodes(struct graph *g, int j)
{
    const struct prob *p = g->p;
    const uint16_t *bin = p->bin + (size_t)j * p->n;

    for (int s = 0; s < STEPS; s++) {
        struct node *node = &g->node[j][g->nodes[j]];
        int64_t taken = 0, right = 0;

        node->label = label_at_least(p, j, steps[s]);
        for (size_t i = 0; i < p->n; i++)
            if (bin[i] > node->label) {
                taken += p->weight[i];
                right += p->weight[i] * p->right[(size_t)j * p->n + i];
            }
        if (taken == 0)
            continue;
        node->taken = (double)taken / (double)p->total;
        node->accuracy = (double)right / (double)taken;
        g->nodes[j]++;
    }
}

/* The best node of exit i between h (-1: i is the first) and j. */
static double
exit_term(const struct graph *g, int h, int i, int j, uint8_t *step)
{
    double around = 2 * g->m[i] - g->m[j] - (h < 0 ? 0 : g->m[h]);
    double best = INFINITY;

    for (int s = 0; s < g->nodes[i]; s++) {
        const struct node *n = &g->node[i][s];
        double x =
            WEIGHT * around * n->taken - (h < 0 ? 2 * WEIGHT * n->accuracy : 0);

        if (x < best) {
            best = x;
            *step = (uint8_t)s;
        }
    }
    return best + WEIGHT; /* each classifier counts */
}

static void
solve_pair(struct graph *g, int i, int j)
{
    g->best[i][j] = exit_term(g, -1, i, j, &g->step[i][j]);
    g->before[i][j] = -1;
    for (int h = 0; h < i; h++) {
        uint8_t step = 0;
        double x = g->best[h][i] + exit_term(g, h, i, j, &step);

        if (x < g->best[i][j]) {
            g->best[i][j] = x;
            g->before[i][j] = (int8_t)h;
            g->step[i][j] = step;
        }
    }
}

/* From the last early exit back; the cost that the sum believes in. */
static double
trace(const struct graph *g, int last, struct labels *lab)
{
    double compute = 0, taken_next = 1, m_next = 1;
    int j = g->p->k;

    for (int i = last; i >= 0;) {
        const struct node *n = &g->node[i][g->step[i][j]];
        int h = g->before[i][j];

        lab->at[i] = n->label;
        compute += (m_next - g->m[i]) * (taken_next - n->taken);
        if (h < 0)
            compute += g->m[i] * n->taken;
        taken_next = n->taken;
        m_next = g->m[i];
        j = i;
        i = h;
    }
    return compute * g->backbone * (double)g->p->total;
}

static void
graph_init(struct graph *g, const struct prob *p)
{
    double path = 0;

    *g = (struct graph){ .p = p };
    for (int j = 0; j <= p->k; j++)
        g->backbone += (double)p->seg[j];
    for (int j = 0; j < p->k; j++) {
        path += (double)p->seg[j];
        g->m[j] = (path + (double)p->head[j]) / g->backbone;
        find_nodes(g, j);
    }
    g->m[p->k] = 1;
}

static enum status
run(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    struct graph g;
    struct labels lab;
    double best = INFINITY;
    int last = -1;

    (void)o;
    (void)err;
    graph_init(&g, p);
    f->why = g.backbone > 0 ? "no score reaches its lowest threshold, 0.6"
                            : "the backbone costs nothing";
    if (g.backbone <= 0)
        return ST_OK;
    for (int i = 0; i < p->k; i++)
        for (int j = i + 1; j <= p->k; j++)
            solve_pair(&g, i, j);
    for (int i = 0; i < p->k; i++) {
        double x = g.best[i][p->k] + WEIGHT * (1 - g.m[i]);

        if (x < best) {
            best = x;
            last = i;
        }
    }
    if (last < 0)
        return ST_OK;
    for (int j = 0; j < p->k; j++)
        lab.at[j] = (uint16_t)p->top[j];
    f->cost = trace(&g, last, &lab);
    found_try(f, p, &lab, NULL);
    return ST_OK;
}

const struct baseline_rule rule_peax = { run };
