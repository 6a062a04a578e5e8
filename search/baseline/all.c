/* SPDX-License-Identifier: MIT */
/* all.c -- every choice there is, where they are few. */
#include "search/baseline/baseline_internal.h"
#include "search/solve/enumerate.h"

static enum status
run(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    struct pick best;
    struct box all;
    enum status st;

    (void)o;
    box_all(p, &all);
    if (box_volume(p, &all) > ENUMERATE_MAX) {
        f->why = "there are more than 50 million choices";
        return ST_OK;
    }
    f->why = "no choice keeps to the limits";
    st = found_screen(p, f, &best, err);
    if (st == ST_OK && best.cost != INT64_MAX)
        found_offer(f, p, &best);
    return st;
}

const struct baseline_rule rule_all = { run };
