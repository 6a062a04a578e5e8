/* SPDX-License-Identifier: MIT */
/* promise_internal.h -- the two families behind promise_make(). */
#ifndef OFFRAMP_SEARCH_PROMISE_INTERNAL_H
#define OFFRAMP_SEARCH_PROMISE_INTERNAL_H

#include "search/certify/promise.h"
#include "search/certify/units.h"

/* One call of promise_make(); everything is borrowed. */
struct promise_run {
    const struct solve_data *d;
    const struct solve_options *so;
    const struct promise_options *po;
    const struct units *units;
};

/* Each fills *out but for `status`; out->plan.kept is 0 where no plan of the
 * family carries the promise at `level`. */
enum status promise_front(const struct promise_run *r, double level,
    struct promise *out, struct err *err) MUST_CHECK;
enum status promise_shared(const struct promise_run *r, double level,
    struct promise *out, struct err *err) MUST_CHECK;

/* Take over what the last plan that passed has shown. */
void promise_take(struct promise *out, const struct solve_plan *plan,
    const struct evidence *e, double p);

/* Why the plan with evidence `e` failed, and what it would need; `used` are
 * the units that were not for testing, per unit tested. */
void promise_refuse(struct promise *out, const struct evidence *e, double used);

#endif
