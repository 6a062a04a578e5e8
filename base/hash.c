/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum status
hash_start(struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ST_INTERNAL, NULL, "libsodium does not start");
    return ST_OK;
}

void
hash_init(struct hash *h)
{
    crypto_hash_sha256_init(&h->state);
}

void
hash_add(struct hash *h, const void *data, size_t len)
{
    crypto_hash_sha256_update(&h->state, data, len);
}

void
hash_end(struct hash *h, char out[HASH_HEX])
{
    unsigned char raw[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(&h->state, raw);
    sodium_bin2hex(out, HASH_HEX, raw, sizeof(raw));
}

void
hash_bytes(const void *data, size_t len, char out[HASH_HEX])
{
    struct hash h;

    hash_init(&h);
    hash_add(&h, data, len);
    hash_end(&h, out);
}

enum status
hash_file(const char *path, char out[HASH_HEX], struct err *err)
{
    char chunk[65536];
    struct hash h;
    ssize_t n;
    int fd;

    if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return err_errno(err, path);
    hash_init(&h);
    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        hash_add(&h, chunk, (size_t)n);
    if (n < 0) {
        enum status st = err_errno(err, path);

        close(fd);
        return st;
    }
    close(fd);
    hash_end(&h, out);
    return ST_OK;
}

bool
hash_valid(const char *text)
{
    return strlen(text) == HASH_HEX - 1 &&
           strspn(text, "0123456789abcdef") == HASH_HEX - 1;
}

void
hash_random_hex(size_t n, char *out)
{
    unsigned char raw[64];

    if (n > sizeof(raw))
        n = sizeof(raw);
    randombytes_buf(raw, n);
    sodium_bin2hex(out, 2 * n + 1, raw, n);
}

bool
hash_equal(const char a[HASH_HEX], const char b[HASH_HEX])
{
    return sodium_memcmp(a, b, HASH_HEX - 1) == 0;
}
