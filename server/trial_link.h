/* SPDX-License-Identifier: MIT */
/* trial_link.h -- what handing a sample over costs, from a link and measured
 * tables: the exit's tensor goes over, the rest runs elsewhere. */
#ifndef OFFRAMP_SERVER_TRIAL_LINK_H
#define OFFRAMP_SERVER_TRIAL_LINK_H

#include "base/json.h"
#include "db/db.h"

/*
 * `link` is {bytes_per_s, base_ns?, server?}, or {measured, server?} with the
 * number of a measured link: *out becomes one cost in ns for each early exit of
 * `profile`,
 *
 *     base_ns + bytes of the exit's tensor / bytes_per_s + the rest of the
 *     network as profile `server` measured it (0 without one).
 *
 * A measured link is taken in the way in which `from` (a device's name, or
 * NULL) sends, and its base is that of both ways: the answer comes back.
 *
 * ST_INVALID names the member (a rate of 0 among them); ST_NOT_FOUND;
 * ST_CONFLICT "link.not_ready"; ST_UNPROCESSABLE "trial.link": an exit without
 * a tensor of its own, a server of another model.  On ST_OK the caller owns
 * *out.
 */
enum status trial_link_offload(struct db *db, int64_t profile,
    const json_t *link, const char *from, json_t **out,
    struct err *err) MUST_CHECK;

#endif
