/* SPDX-License-Identifier: MIT */
/*
 * env_digest.h -- digests of the environment record {stable, volatile}: who
 * measures writes them, who stores them checks them.  Pure; any thread.
 */
#ifndef OFFRAMP_BASE_ENV_DIGEST_H
#define OFFRAMP_BASE_ENV_DIGEST_H

#include "base/hash.h"
#include "base/json.h"

/* Hash of any document's canonical text.  ST_NOMEM. */
enum status env_hash(
    const json_t *o, char out[HASH_HEX], struct err *err) MUST_CHECK;

/* Hash of the stable part without the board's serial number: boards of one
 * model share it.  ST_NOMEM. */
enum status env_fingerprint(
    const json_t *stable, char out[HASH_HEX], struct err *err) MUST_CHECK;

/* Are these the digests of `env`?  ST_UNPROCESSABLE "result.env" names what
 * is not, below `path`. */
enum status env_check(const json_t *env, const char *fingerprint,
    const char *sha256, const char *path, struct err *err) MUST_CHECK;

#endif
