/* SPDX-License-Identifier: MIT */
/*
 * lead.h -- the processor that has the samples: it runs every row through the
 * whole chain, compares the outputs with the unsplit network's, and, where
 * every processor has a clock, measures in rounds as a validation on one
 * device does (../deploy/validate.h).
 */
#ifndef OFFRAMP_RELAY_LEAD_H
#define OFFRAMP_RELAY_LEAD_H

#include "probes/relay/chain.h"

/* Run the payload's rows.  On ST_OK *result is an offramp.relay/1, owned by
 * the caller.  Where a sample fails, what was done until then is handed over
 * as a part of the result, {"partial":{..}}, and the failure returned. */
enum status lead_run(
    struct chain *c, json_t **result, struct err *err) MUST_CHECK;

#endif
