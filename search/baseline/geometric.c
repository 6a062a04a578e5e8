/* SPDX-License-Identifier: MIT */
/* geometric.c -- shares that form a geometric series over the exits, for 39
 * ratios, and the survivors' quantiles that give them: the budgeted batches
 * of MSDNet (Huang et al., ICLR 2018). */
#include <stdlib.h>

#include "search/baseline/baseline_internal.h"

static enum status
run(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    int64_t *hist;
    uint8_t *on;
    enum status st = shares_scratch(p, &hist, &on, err);

    (void)o;
    if (st != ST_OK)
        return st;
    for (int r = 1; r <= SHARES_RATIOS && !f->brake.stopped; r++) {
        double share[SOLVE_EXITS_MAX];
        struct labels lab;

        shares_geometric(p, r, share);
        shares_to_labels(p, share, hist, on, &lab);
        found_try(f, p, &lab, NULL);
    }
    free(hist);
    free(on);
    return ST_OK;
}

const struct baseline_rule rule_geometric = { run };
