/* SPDX-License-Identifier: MIT */
/*
 * job_quantise.h -- the member `quantise` of a job for boards: how its network
 * becomes their image, on which rows, and who is to measure it then.
 *
 * It is kept as one document of the job:
 *
 *     {"type":"int8","exits":[{name, output,
 * score}],"dataset":3,"calibrate":[0,100],"evaluate":[100,2000],
 *      "queue_timeout_s":21600,"targets":[{"selector","devices":[..]}],
 *      "image":{offramp.image/1},"records":7}
 *
 * `image` and `records` are null until accept_quantise.c has them.
 */
#ifndef OFFRAMP_SERVER_JOB_QUANTISE_H
#define OFFRAMP_SERVER_JOB_QUANTISE_H

#include "server/job_order.h"

/* Read what was asked for; the caller owns *doc.  ST_INVALID names the
 * member; ST_UNPROCESSABLE "job.quantise": int8 without data, or rows that
 * are not there or are in both ranges. */
enum status job_quantise_read(struct db *db, const json_t *given,
    const struct job_order *o, json_t **doc, struct err *err) MUST_CHECK;

/* Note what is to follow: any one of these devices.  ST_NOMEM. */
enum status job_quantise_target(json_t *doc, const char *selector,
    const char *const *devices, size_t n, struct err *err) MUST_CHECK;

/* Queue the task and keep the document; in the job's transaction. */
enum status job_quantise_offer(
    struct db *db, const struct job_order *o, struct err *err) MUST_CHECK;

/* Write the document of job `id`. */
enum status job_quantise_keep(
    struct db *db, int64_t id, const json_t *doc, struct err *err) MUST_CHECK;

#endif
