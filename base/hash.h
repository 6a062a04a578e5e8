/* SPDX-License-Identifier: MIT */
/* hash.h -- SHA-256 (libsodium), as 64 lower-case hex digits. */
#ifndef OFFRAMP_BASE_HASH_H
#define OFFRAMP_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include <sodium.h>

#include "base/status.h"

enum { HASH_HEX = 65 }; /* 64 digits and the NUL */

struct hash {
    crypto_hash_sha256_state state;
};

/* Start libsodium.  Call once from main, before threads. */
enum status hash_start(struct err *err) MUST_CHECK;

void hash_init(struct hash *h);
void hash_add(struct hash *h, const void *data, size_t len);
void hash_end(struct hash *h, char out[HASH_HEX]);

/* The digest of one block of memory, and of a whole file (ST_IO). */
void hash_bytes(const void *data, size_t len, char out[HASH_HEX]);
enum status hash_file(
    const char *path, char out[HASH_HEX], struct err *err) MUST_CHECK;

/* True if `text` is 64 lower-case hex digits and nothing else. */
bool hash_valid(const char *text);

/* `n` random bytes as hex; `out` holds 2n + 1. */
void hash_random_hex(size_t n, char *out);

/* Compare two digests in constant time. */
bool hash_equal(const char a[HASH_HEX], const char b[HASH_HEX]);

#endif
