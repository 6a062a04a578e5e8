/* SPDX-License-Identifier: MIT */
/*
 * deploy_chain.h -- a mapped plan as what each of its processors runs: which
 * exits' parts, which tensors it takes and which it hands on.
 *
 * Pure JSON work; one thread.
 */
#ifndef OFFRAMP_WORKER_DEPLOY_CHAIN_H
#define OFFRAMP_WORKER_DEPLOY_CHAIN_H

#include "search/data/map_path.h"

/* Where segments must end for another processor to go on, in `cut`; exits that
 * are kept end one anyway. */
void chain_cuts(
    const struct plan_exits *plan, const struct map_path *m, bool *cut);

/*
 * Put the member `chain` into a deployment (../model/deploy.h) that was cut
 * there, in the order in which data flows, the first processor always with it:
 *   [{"name","processor","exits":[{"index","name","kept","last","threshold",
 *     "segment","head"}],"takes":[{"name","bytes"}],"gives":[..]}]
 * and take out of the exits what only this needs.  ST_NOMEM.
 */
enum status chain_add(json_t *deployment, const struct plan_exits *plan,
    const struct map_path *m, const struct map_system *sys,
    struct err *err) MUST_CHECK;

#endif
