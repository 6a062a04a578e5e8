/* SPDX-License-Identifier: MIT */
/*
 * job_order.h -- what POST /v1/jobs asks for, read, checked and turned into
 * a job with one profile task a device; for boards with the task that makes
 * their image, which the others follow (accept_quantise.c).
 */
#ifndef OFFRAMP_SERVER_JOB_ORDER_H
#define OFFRAMP_SERVER_JOB_ORDER_H

#include "db/job.h"
#include "server/api_input.h"
#include "server/fleet.h"
#include "server/http.h"

struct job_order {
    const char *name;         /* borrowed from the body, as are: */
    json_t *devices, *policy; /* selectors; NULL: no policy given */
    json_t *levels;           /* owned: words, in their own order */
    json_t *quantise;         /* owned: job_quantise.h; NULL: not for boards */
    enum cache_mode cache;
    int64_t priority;
    int64_t queue_timeout_s;  /* 0: the queue's own */
    int64_t budget_s;         /* for measuring on one device */
    struct input_model model; /* owned */
    struct fleet fleet;       /* owned */
    const char *owner;
    int64_t now_ms;
    int64_t flow; /* that it is a stage of; 0 */
    int64_t id;   /* of the job, once stored */
};

/* Read the body.  ST_INVALID names the member; ST_NOT_FOUND, ST_CONFLICT or
 * ST_UNPROCESSABLE for the model.  Call job_order_clear() in every case. */
enum status job_order_read(
    struct request *rq, struct job_order *out) MUST_CHECK;
void job_order_clear(struct job_order *o);

/* Add the profile task of one selector: what any one of these devices may do.
 * `image` is an offramp.image/1 for boards, borrowed; NULL for others. */
enum status job_order_offer(struct db *db, const struct job_order *o,
    const char *selector, const char *const *devices, size_t n,
    const json_t *image, struct err *err) MUST_CHECK;

/* Store the job and its tasks; call it in a db_tx().  ST_CONFLICT
 * "job.unsatisfiable" or "job.not_cached". */
enum status job_order_store(
    struct db *db, struct job_order *o, struct err *err) MUST_CHECK;

#endif
