/* SPDX-License-Identifier: MIT */
#include "unit/fuzz/play.h"

#include <stdlib.h>
#include <string.h>

/* One small change; the new length. */
static size_t
bend(uint8_t *x, size_t len, struct rng *rng)
{
    size_t at = rng_below(rng, len), n = 1 + rng_below(rng, 8);

    n = at + n > len ? len - at : n;
    switch (rng_below(rng, 6)) {
    case 0:
        x[at] ^= (uint8_t)(1 << rng_below(rng, 8));
        break;
    case 1:
        x[at] = (uint8_t)rng_next(rng);
        break;
    case 2: /* from another place: names and types get mixed */
        memmove(x + at, x + rng_below(rng, len - n + 1), n);
        break;
    case 3:
        memmove(x + at, x + at + n, len - at - n);
        return len - n;
    case 4:
        return rng_below(rng, 4) == 0 ? at : len;
    default:
        x[at] = (uint8_t)(x[at] + rng_below(rng, 3) - 1);
    }
    return len;
}

int
fuzz_play(const void *data, size_t len, int rounds, struct rng *rng)
{
    LLVMFuzzerTestOneInput(data, len);
    for (int i = 0; i < rounds; i++) {
        uint8_t *x = malloc(len + 1), *tight;
        size_t n = len;

        if (x == NULL)
            return 1;
        memcpy(x, data, len);
        for (uint64_t k = 1 + rng_below(rng, 4); k > 0 && n > 8; k--)
            n = bend(x, n, rng);
        if ((tight = realloc(x, n > 0 ? n : 1)) == NULL) {
            free(x);
            return 1;
        }
        LLVMFuzzerTestOneInput(tight, n);
        free(tight);
    }
    return 0;
}
