/* SPDX-License-Identifier: MIT */
#include "search/coding/coding.h"

#include <math.h>
#include <string.h>

#ifdef OFFRAMP_LZ4
#include <lz4.h>
#endif
#ifdef OFFRAMP_ZSTD
#include <zstd.h>
#endif

enum { RANGE_BYTES = 2 * sizeof(float), STEPS = 255 };

const struct coding codings[] = {
#ifdef OFFRAMP_LZ4
    { "lz4", CODING_F4, CODING_LZ4 },
#endif
#ifdef OFFRAMP_ZSTD
    { "zstd", CODING_F4, CODING_ZSTD },
#endif
    { "float16", CODING_F2, CODING_STORE },
#ifdef OFFRAMP_LZ4
    { "float16+lz4", CODING_F2, CODING_LZ4 },
#endif
    { "int8", CODING_U1, CODING_STORE },
#ifdef OFFRAMP_LZ4
    { "int8+lz4", CODING_U1, CODING_LZ4 },
#endif
#ifdef OFFRAMP_ZSTD
    { "int8+zstd", CODING_U1, CODING_ZSTD },
#endif
    { NULL, CODING_F4, CODING_STORE },
};

bool
coding_is_lossless(const struct coding *c)
{
    return c->number == CODING_F4;
}

/* ---- numbers ---- */

/* clang has _Float16 on x86-64 from its version 15 on. */
#if defined(__clang__) && __clang_major__ < 15
typedef __fp16 half;
#else
typedef _Float16 half;
#endif

static size_t
packed_bytes(const struct coding *c, size_t n)
{
    static const size_t each[] = { sizeof(float), 2, 1 };

    return n * each[c->number] + (c->number == CODING_U1 ? RANGE_BYTES : 0);
}

static void
pack_half(const float *x, size_t n, void *out)
{
    half *h = out;

    for (size_t i = 0; i < n; i++)
        h[i] = (half)x[i];
}

static void
pack_steps(const float *x, size_t n, void *out)
{
    float range[2] = { INFINITY, -INFINITY }, scale;
    uint8_t *q = (uint8_t *)out + RANGE_BYTES;

    for (size_t i = 0; i < n; i++) {
        range[0] = x[i] < range[0] ? x[i] : range[0];
        range[1] = x[i] > range[1] ? x[i] : range[1];
    }
    memcpy(out, range, sizeof(range));
    scale = range[1] > range[0] ? STEPS / (range[1] - range[0]) : 0;
    for (size_t i = 0; i < n; i++)
        q[i] = (uint8_t)((x[i] - range[0]) * scale + 0.5F);
}

static void
unpack_half(const void *in, float *x, size_t n)
{
    const half *h = in;

    for (size_t i = 0; i < n; i++)
        x[i] = (float)h[i];
}

static void
unpack_steps(const void *in, float *x, size_t n)
{
    const uint8_t *q = (const uint8_t *)in + RANGE_BYTES;
    float range[2], step;

    memcpy(range, in, sizeof(range));
    step = (range[1] - range[0]) / STEPS;
    for (size_t i = 0; i < n; i++)
        x[i] = range[0] + step * (float)q[i];
}

/* ---- codecs ---- */

size_t
coding_room(const struct coding *c, size_t n)
{
    size_t packed = packed_bytes(c, n);

    /* more than the worst of LZ4 (n/255 + 16) and Zstandard (n/256 + 64 KiB
     * for small ones) */
    return packed + packed / 128 + (64 << 10);
}

static size_t
squeeze(
    enum coding_codec codec, const void *in, size_t len, void *out, size_t room)
{
    switch (codec) {
#ifdef OFFRAMP_LZ4
    case CODING_LZ4: {
        int n = LZ4_compress_default(in, out, (int)len, (int)room);

        return n > 0 ? (size_t)n : 0;
    }
#endif
#ifdef OFFRAMP_ZSTD
    case CODING_ZSTD: {
        size_t n = ZSTD_compress(out, room, in, len, 1);

        return ZSTD_isError(n) ? 0 : n;
    }
#endif
    default:
        (void)in, (void)len, (void)out, (void)room;
        return 0;
    }
}

static bool
expand(enum coding_codec codec, const void *in, size_t bytes, void *out,
    size_t len)
{
    switch (codec) {
#ifdef OFFRAMP_LZ4
    case CODING_LZ4:
        return LZ4_decompress_safe(in, out, (int)bytes, (int)len) == (int)len;
#endif
#ifdef OFFRAMP_ZSTD
    case CODING_ZSTD:
        return ZSTD_decompress(out, len, in, bytes) == len;
#endif
    default:
        (void)in, (void)bytes, (void)out, (void)len;
        return false;
    }
}

static void
pack(const struct coding *c, const float *x, size_t n, void *out)
{
    if (c->number == CODING_F2)
        pack_half(x, n, out);
    else
        pack_steps(x, n, out);
}

enum status
coding_encode(const struct coding *c, const float *x, size_t n, void *scratch,
    void *out, size_t *bytes, struct err *err)
{
    size_t len = packed_bytes(c, n);
    const void *from = x;

    if (c->number != CODING_F4) {
        pack(c, x, n, c->codec == CODING_STORE ? out : scratch);
        from = scratch;
    }
    *bytes = c->codec == CODING_STORE
                 ? len
                 : squeeze(c->codec, from, len, out, coding_room(c, n));
    return *bytes > 0 ? ST_OK
                      : err_set(err, ST_UNPROCESSABLE, "coding.failed",
                            "%s cannot code %zu numbers", c->name, n);
}

enum status
coding_decode(const struct coding *c, const void *in, size_t bytes,
    void *scratch, float *x, size_t n, struct err *err)
{
    size_t len = packed_bytes(c, n);
    bool whole = c->codec == CODING_STORE && bytes == len;
    const void *packed = in;

    if (c->codec != CODING_STORE) {
        packed = c->number == CODING_F4 ? (void *)x : scratch;
        whole = expand(c->codec, in, bytes, (void *)(uintptr_t)packed, len);
    }
    if (!whole)
        return err_set(err, ST_UNPROCESSABLE, "coding.failed",
            "%zu bytes are not %zu numbers by %s", bytes, n, c->name);
    if (c->number == CODING_F2)
        unpack_half(packed, x, n);
    else if (c->number == CODING_U1)
        unpack_steps(packed, x, n);
    return ST_OK;
}
