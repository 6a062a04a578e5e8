/* SPDX-License-Identifier: MIT */
/*
 * Any bytes on the line: a board answers or keeps silent, and never crashes.
 *
 * LLVMFuzzerTestOneInput() is the entrance that libFuzzer wants (build with
 * clang -fsanitize=fuzzer,address -DOFFRAMP_FUZZER).  Without it, main() plays
 * seeded mutations of frames, so that every test run has some of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "probes/link/responder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Reads what came as numbers and bytes, as a command would. */
static void
echo(void *ctx, const char *request, struct text *reply)
{
    struct words w = { request };
    uint8_t bytes[FRAME_DATA];
    uint64_t v = 0;
    size_t n = 0;

    (void)ctx;
    text_str(reply, "m-echo");
    while (*w.at != '\0') {
        if (!words_hex(&w, UINT32_MAX, &v) &&
            !words_bytes(&w, bytes, sizeof(bytes), &n))
            continue;
        text_pair(reply, "v", v);
        text_bytes(reply, bytes, n);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct frame_reader back = { 0 };
    struct responder r;
    struct frame f;

    responder_init(&r, echo, NULL);
    for (size_t i = 0; i < len; i++) {
        const char *line;
        size_t n = responder_push(&r, (char)data[i], &line), frames = 0;

        for (size_t k = 0; k < n; k++)
            frames += frame_push(&back, line[k], &f);
        if (frames != (n > 0))
            abort(); /* what a board says is always one whole frame */
    }
    return 0;
}

#ifndef OFFRAMP_FUZZER
int
main(void)
{
    static const char *const texts[] = { "caps", "data 10 00112233445566ff",
        "layer 1 ffffffff", "read 0 40", "load 0 ffffffffffffffff" };
    struct rng rng = { 11 };
    char bytes[4 * FRAME_LINE];

    for (int i = 0; i < 20000; i++) {
        size_t len = 0;

        for (int k = 0; k < 3; k++)
            len += frame_write(bytes + len, FRAME_REQUEST,
                (uint16_t)rng_next(&rng), texts[rng_below(&rng, 5)]);
        for (uint64_t k = rng_below(&rng, 4); k > 0; k--)
            bytes[rng_below(&rng, len)] = (char)rng_next(&rng);
        LLVMFuzzerTestOneInput((const uint8_t *)bytes, len);
    }
    puts("20000 inputs");
    return 0;
}
#endif
