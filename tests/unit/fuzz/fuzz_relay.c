/* SPDX-License-Identifier: MIT */
/* Any bytes from the other end of a relay: as a stream of frames, as an answer
 * and as a failure. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/relay/wire.h"
#include "unit/fuzz/play.h"

enum { ROOM = 512, STREAM_MAX = 4096 };

/* An answer that was taken is the same bytes again. */
static void
read_answer(const uint8_t *data, size_t len)
{
    static uint8_t back[WIRE_ANSWER_MAX];
    static float values[RELAY_VALUES_MAX];
    struct relay_answer a;

    if (!wire_unpack(data, len, &a, values))
        return;
    if (wire_pack(&a, back) != len || memcmp(back, data, len) != 0)
        abort();
}

static void
read_failure(const uint8_t *data, size_t len)
{
    struct err err = { 0 };

    if (wire_failure(data, len, "peer", &err) == ST_OK || err.text[0] == '\0')
        abort();
}

/* Frames up to the end, or to one that is none; each is read as what it may
 * hold. */
static void
read_stream(const uint8_t *data, size_t len)
{
    struct wire_frame f;
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0 ||
        write(fd[1], data, len) != (ssize_t)len)
        abort();
    close(fd[1]);
    for (;;) {
        uint8_t *in = malloc(ROOM); /* of its own, so that ASan sees overruns */

        if (in == NULL)
            abort();
        if (wire_receive(fd[0], &f, in, ROOM) != WIRE_DONE) {
            free(in);
            break;
        }
        if (f.bytes > ROOM)
            abort();
        read_answer(in, f.bytes);
        read_failure(in, f.bytes);
        free(in);
    }
    close(fd[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    read_answer(data, len);
    read_failure(data, len);
    read_stream(data, len < STREAM_MAX ? len : STREAM_MAX);
    return 0;
}

#ifndef OFFRAMP_FUZZER

/* Two frames: an answer, then a failure. */
static size_t
frames(uint8_t out[STREAM_MAX])
{
    const float values[] = { 0.25f, 0.75f };
    struct relay_answer a = { .stage = 1,
        .class = 1,
        .score = 0.75,
        .values = values,
        .n = 2,
        .hops = 1 };
    const struct err err = {
        .status = ST_BUSY, .code = "relay.busy", .text = "another one is served"
    };
    uint8_t packed[WIRE_ANSWER_MAX];
    ssize_t n;
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0 ||
        !wire_send(fd[1], WIRE_ANSWER, 7, packed, wire_pack(&a, packed)) ||
        !wire_send_failure(fd[1], 8, ST_BUSY, &err))
        abort();
    n = read(fd[0], out, STREAM_MAX);
    close(fd[0]);
    close(fd[1]);
    return n > 0 ? (size_t)n : 0;
}

int
main(void)
{
    enum { HEAD = 24 };
    uint8_t seed[STREAM_MAX];
    struct rng rng = { 7 };
    size_t len = frames(seed);

    /* The stream, and the answer within its first frame. */
    return len <= HEAD || fuzz_play(seed, len, 5000, &rng) != 0 ||
           fuzz_play(seed + HEAD, len - HEAD, 5000, &rng) != 0;
}

#endif
