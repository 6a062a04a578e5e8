/* SPDX-License-Identifier: MIT */
/*
 * part.h -- some of the samples as data of their own, and what a plan loses on
 * them.  Not part of the public interface.
 *
 * A `struct part` owns its scores and answers; costs stay borrowed.
 */
#ifndef OFFRAMP_SEARCH_PART_H
#define OFFRAMP_SEARCH_PART_H

#include "search/certify/units.h"

struct part {
    struct solve_data data;
    double *score;  /* owned */
    uint8_t *right; /* owned */
    uint32_t *unit; /* owned, [n]: unit of each */
};

/* The samples with in[i] == want.  ST_NOMEM; end it with part_clear() whatever
 * the outcome. */
enum status part_take(struct part *p, const struct solve_data *d,
    const struct units *u, const uint8_t *in, uint8_t want,
    struct err *err) MUST_CHECK;
void part_clear(struct part *p);

/* Right answers of the full network. */
int64_t part_full(const struct part *p);

/* The exit at which sample i leaves. */
int part_leaves_at(
    const struct solve_data *d, const struct solve_plan *p, size_t i);

#endif
