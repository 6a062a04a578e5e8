/* SPDX-License-Identifier: MIT */
/*
 * augment_flow.h -- the stages of an augmentation after its first: the network
 * with heads is analysed, then measured on the device while its exits are
 * evaluated on rows that fitting has not seen, then searched, for a plan that
 * is expected to keep the floor and for one that promises to; the former is
 * validated on the device.
 */
#ifndef OFFRAMP_SERVER_AUGMENT_FLOW_H
#define OFFRAMP_SERVER_AUGMENT_FLOW_H

#include "db/queue.h"

/*
 * A task of a flow has ended well: add the next stage once all of its own is
 * done.  Call it in the transaction that ends the task, after its result was
 * stored; tasks without a flow, and validations, are left alone.
 */
enum status augment_flow_next(struct db *db, const struct task *task,
    int64_t now_ms, struct err *err) MUST_CHECK;

#endif
