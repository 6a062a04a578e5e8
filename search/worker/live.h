/* SPDX-License-Identifier: MIT */
/*
 * live.h -- a worker's two parts of a live run: before it, rows, costs and
 * settings made ready for a probe; after it, the same stream replayed from
 * what the probe recorded, and every decision compared.
 */
#ifndef OFFRAMP_WORKER_LIVE_H
#define OFFRAMP_WORKER_LIVE_H

#include "probes/agent/task.h"
#include "search/data/trial.h"

/* {"costs","problem"}, which both parts are given. */
struct live_basis {
    struct costs costs; /* owned */
    bool published;     /* the papers' constants */
    const char *names[TRIAL_KINDS_MAX];
    struct trial_options options; /* borrows from the payload and `costs` */
};

/* `exits` of the network.  ST_INVALID names the member.  End it with
 * live_basis_clear() whatever the outcome. */
enum status live_basis_read(struct live_basis *b, const json_t *payload,
    int exits, struct err *err) MUST_CHECK;
void live_basis_clear(struct live_basis *b);

/* The roles `prepare` and `replay` of the task (../../probes/README.md). */
enum status live_prepare(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;
enum status live_replay(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;

#endif
