/* SPDX-License-Identifier: MIT */
#include "base/env_digest.h"

#include <stdlib.h>
#include <string.h>

enum status
env_hash(const json_t *o, char out[HASH_HEX], struct err *err)
{
    char *text = json_canonical(o);

    if (text == NULL)
        return err_nomem(err);
    hash_bytes(text, strlen(text), out);
    free(text);
    return ST_OK;
}

enum status
env_fingerprint(const json_t *stable, char out[HASH_HEX], struct err *err)
{
    json_t *shared = json_copy((json_t *)stable);
    enum status st;

    if (shared == NULL)
        return err_nomem(err);
    json_object_del(shared, "board_serial");
    st = env_hash(shared, out, err);
    json_decref(shared);
    return st;
}

enum status
env_check(const json_t *env, const char *fingerprint, const char *sha256,
    const char *path, struct err *err)
{
    const json_t *stable = json_object_get(env, "stable");
    char hex[HASH_HEX];
    enum status st;

    if (!json_is_object(stable) ||
        !json_is_object(json_object_get(env, "volatile")))
        return err_set(err, ST_UNPROCESSABLE, "result.env",
            "%s.env needs the members stable and volatile", path);
    if ((st = env_fingerprint(stable, hex, err)) != ST_OK)
        return st;
    if (strcmp(hex, fingerprint) != 0)
        return err_set(err, ST_UNPROCESSABLE, "result.env",
            "%s.env_fingerprint is not the hash of %s.env.stable without "
            "board_serial",
            path, path);
    if ((st = env_hash(env, hex, err)) != ST_OK)
        return st;
    if (strcmp(hex, sha256) != 0)
        return err_set(err, ST_UNPROCESSABLE, "result.env",
            "%s.env_sha256 is not the hash of %s.env", path, path);
    return ST_OK;
}
