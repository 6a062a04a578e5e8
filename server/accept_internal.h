/* SPDX-License-Identifier: MIT */
/* accept_internal.h -- the rows of accept_kinds[], and what they share. */
#ifndef OFFRAMP_SERVER_ACCEPT_INTERNAL_H
#define OFFRAMP_SERVER_ACCEPT_INTERNAL_H

#include "server/accept.h"

accept_fn accept_analyse, accept_dataset, accept_records, accept_search,
    accept_profile, accept_golden, accept_deploy, accept_validate,
    accept_augment, accept_trial, accept_link, accept_quantise, accept_live,
    accept_relay;
payload_fn payload_profile, payload_link, payload_live, payload_relay;

/* Is `doc` (called `path`) of this schema?  ST_UNPROCESSABLE
 * "result.schema". */
enum status accept_schema(const json_t *doc, const char *path,
    const char *schema, struct err *err) MUST_CHECK;

/* Does result.`member` name the device that the lease was for?
 * ST_UNPROCESSABLE "result.device". */
enum status accept_device(const struct task *task, const char *member,
    const char *device, struct err *err) MUST_CHECK;

/* Are these UTC times, in order?  ST_UNPROCESSABLE "result.time". */
enum status accept_times(const char *started_at, const char *finished_at,
    struct err *err) MUST_CHECK;

/* Can the server use this analysis?  `db` NULL: its blobs are elsewhere.
 * ST_INVALID or ST_UNPROCESSABLE names the member. */
enum status accept_analysis_check(struct db *db, const json_t *doc,
    const char *path, struct err *err) MUST_CHECK;

/* Is the blob in the store?  ST_UNPROCESSABLE "result.blob" names `path`. */
enum status accept_blob(struct db *db, const char *path, const char *sha256,
    struct err *err) MUST_CHECK;

/* Put where the other end of a flow's link waits (the newest that told) into
 * `peer` and `to` of a payload; nothing where none does, which the probe then
 * says. */
enum status accept_give_peer(struct db *db, const struct task *task,
    json_t *payload, struct err *err) MUST_CHECK;

#endif
