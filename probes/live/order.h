/* SPDX-License-Identifier: MIT */
/*
 * order.h -- what a task of the kind `live` is to run: policies, their
 * settings, what the cost table says, read from its payload.
 */
#ifndef OFFRAMP_LIVE_ORDER_H
#define OFFRAMP_LIVE_ORDER_H

#include "base/json.h"
#include "probes/live/stream.h"

enum { LIVE_POLICIES_MAX = 32 };

/* One way of counting: costs of the exits, and of handing over behind each. */
struct live_table {
    double own[POLICY_ARMS_MAX], path[POLICY_ARMS_MAX], over[POLICY_ARMS_MAX];
};

/* Pointers lead into it, so it must not move once read. */
struct live_order {
    const struct policy_kind *kind[LIVE_POLICIES_MAX];
    size_t kinds;
    struct policy_setting own, path; /* of the two ways of running */
    struct live_table cost;          /* in the objective's unit */
    struct live_table earn;          /* in units of score */
    struct live_costs ns;            /* into `cost` */
    bool timed;                      /* `cost` is in ns */
    double budget_s;
};

/* ST_INVALID names the member, or what contradicts (policy_setting_check()). */
enum status live_order_read(const json_t *payload, int arms,
    struct live_order *out, struct err *err) MUST_CHECK;

/* What a policy is given. */
const struct policy_setting *live_order_setting(
    const struct live_order *o, const struct policy_kind *k);

#endif
