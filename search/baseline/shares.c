/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/baseline/baseline_internal.h"

enum status
shares_scratch(
    const struct prob *p, int64_t **hist, uint8_t **on, struct err *err)
{
    size_t top = 0;

    for (int j = 0; j < p->k; j++)
        top = top < (size_t)p->top[j] ? (size_t)p->top[j] : top;
    *hist = malloc((top + 1) * sizeof(**hist));
    *on = malloc(p->n);
    if (*hist != NULL && *on != NULL)
        return ST_OK;
    free(*hist);
    free(*on);
    *hist = NULL;
    *on = NULL;
    return err_nomem(err);
}

void
shares_geometric(const struct prob *p, int r, double *share)
{
    double sum = 0;

    for (int j = 0; j <= p->k; j++)
        sum += share[j] = pow(r / 20.0, j + 1);
    for (int j = 0; j <= p->k; j++)
        share[j] /= sum;
}

/* Of the rows still on, by bin in `hist`: the label that takes about `want`. */
static int
nearest_label(const int64_t *hist, int top, int64_t want)
{
    int64_t taken = 0, off = INT64_MAX;
    int best = top - 1;

    for (int c = top - 1; c >= 0; c--) {
        int64_t miss;

        taken += hist[c + 1];
        miss = taken > want ? taken - want : want - taken;
        if (miss < off) {
            off = miss;
            best = c;
        }
        if (taken >= want)
            break;
    }
    return best;
}

void
shares_to_labels(const struct prob *p, const double *share, int64_t *hist,
    uint8_t *on, struct labels *lab)
{
    memset(on, 1, p->n);
    for (int j = 0; j < p->k; j++) {
        const uint16_t *bin = p->bin + (size_t)j * p->n;
        int c;

        memset(hist, 0, ((size_t)p->top[j] + 1) * sizeof(*hist));
        for (size_t i = 0; i < p->n; i++)
            if (on[i])
                hist[bin[i]] += p->weight[i];
        c = nearest_label(
            hist, p->top[j], (int64_t)(share[j] * (double)p->total));
        lab->at[j] = (uint16_t)c;
        for (size_t i = 0; i < p->n; i++)
            on[i] &= bin[i] <= c;
    }
}
