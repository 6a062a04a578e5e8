/* SPDX-License-Identifier: MIT */
/*
 * branchynet.c -- all exits kept, a coarse grid of thresholds screened in
 * full, the cheapest that meets the floor kept (Teerapittayanon et al., ICPR
 * 2016: 11 values an exit for AlexNet, on softmax entropy).  A sample leaves
 * where its entropy is below T; the score of the records is then -entropy,
 * and the threshold -T.  The rule is the same for any other score.
 *
 * With more exits the screen gets coarser, until it is too large to be one.
 */
#include <stdlib.h>
#include <string.h>

#include "search/baseline/baseline_internal.h"

enum { VALUES = 11, VALUES_MIN = 2 };
#define SCREEN_MAX 1e6

/* Values an exit, so that the screen stays a screen; 0: too many exits. */
static int
choose_values(const struct prob *p)
{
    for (int v = VALUES; v >= VALUES_MIN; v--) {
        double all = 1;

        for (int j = 0; j < p->k; j++)
            all *= v;
        if (all <= SCREEN_MAX)
            return v;
    }
    return 0;
}

/* Exit j with `v` of its thresholds, evenly spread; from[c] is the label that
 * the coarse label c stands for. */
static void
coarsen(struct prob *p, int j, int v, double *threshold, uint16_t *from)
{
    int top = p->top[j], m = 0;
    uint16_t *bin = p->bin + (size_t)j * p->n;

    for (int c = 0; c < v; c++) {
        int label = c * top / v;

        if (m > 0 && from[m - 1] == label)
            continue;
        threshold[m] = p->threshold[j][label];
        from[m++] = (uint16_t)label;
    }
    for (size_t i = 0; i < p->n; i++) {
        int b = 0;

        while (b < m && from[b] < bin[i])
            b++;
        bin[i] = (uint16_t)b;
    }
    p->threshold[j] = threshold;
    p->top[j] = m;
}

/* Screen, and where no combination keeps to the limits, once more without
 * them: all exits may be more than are allowed. */
static enum status
screen(struct prob *coarse, struct found *f, struct pick *best, struct err *err)
{
    enum status st = found_screen(coarse, f, best, err);

    if (st != ST_OK || best->cost != INT64_MAX)
        return st;
    coarse->max_early = coarse->k;
    coarse->spare = INT64_MAX;
    coarse->strict = false;
    return found_screen(coarse, f, best, err);
}

static enum status
run(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    double threshold[SOLVE_EXITS_MAX][VALUES];
    uint16_t from[SOLVE_EXITS_MAX][VALUES];
    struct prob coarse = *p; /* shares all but bins and thresholds */
    struct pick best;
    size_t cells = (size_t)p->k * p->n;
    int v = choose_values(p);
    enum status st;

    (void)o;
    if (v == 0) {
        f->why = "there are too many exits to screen all combinations";
        return ST_OK;
    }
    if ((coarse.bin = malloc((cells + 1) * sizeof(*coarse.bin))) == NULL)
        return err_nomem(err);
    if (cells > 0)
        memcpy(coarse.bin, p->bin, cells * sizeof(*coarse.bin));
    coarse.forced = (UINT64_C(1) << p->k) - 1;
    for (int j = 0; j < p->k; j++)
        coarsen(&coarse, j, v, threshold[j], from[j]);
    st = screen(&coarse, f, &best, err);
    if (st == ST_OK && best.cost != INT64_MAX) {
        for (int j = 0; j < p->k; j++)
            best.lab.at[j] = from[j][best.lab.at[j]];
        found_try(f, p, &best.lab, NULL);
    }
    free(coarse.bin);
    return st;
}

const struct baseline_rule rule_branchynet = { run };
