/* SPDX-License-Identifier: MIT */
/*
 * plan_rig.h -- ten samples, two exits and their costs, so small that every
 * number of a plan can be counted by hand; and how to look into documents.
 */
#ifndef OFFRAMP_TESTS_PLAN_RIG_H
#define OFFRAMP_TESTS_PLAN_RIG_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "search/data/plan.h"

struct given {
    struct records records;
    struct costs costs;
};

/* cmocka fixtures: *state is a `struct given`. */
int plan_set_up(void **state);
int plan_tear_down(void **state);

/* A number at a path such as "exits.0.share", NaN where there is none; and a
 * member's text. */
double plan_number(const json_t *o, const char *path);
const char *plan_word(const json_t *o, const char *name);

#define CLOSE(plan, path, want)                                                \
    do {                                                                       \
        double got_ = plan_number(plan, path);                                 \
        if (!(fabs(got_ - (want)) < 1e-9))                                     \
            fail_msg("%s is %.12g, not %.12g", path, got_, (double)(want));    \
    } while (0)

#endif
