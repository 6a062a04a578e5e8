/* SPDX-License-Identifier: MIT */
/* Anything that an external meter may say: a window of it is refused with
 * words, or its energy is a number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probes/meters/source.h"
#include "probes/meters/tape.h"
#include "unit/fuzz/play.h"

#define MS INT64_C(1000000)

static void
check(enum status st, const struct meter_window *w, const struct err *err)
{
    if (st == ST_OK ? !isfinite(w->total_nj) || w->window_ns < 0
                    : st != ST_INVALID || err->text[0] == '\0')
        abort();
}

/* Windows from nothing to more than there is. */
static void
ask(const struct tape *t, int64_t last_ns)
{
    const int64_t ends[] = { 0, MS, last_ns / 2, last_ns, last_ns + MS };

    for (size_t i = 0; i + 1 < sizeof(ends) / sizeof(ends[0]); i++) {
        struct meter_window w = { 0 };
        struct err err = { 0 };

        check(tape_between(t, ends[i], ends[i + 1], &w, &err), &w, &err);
        err_clear(&err);
        check(tape_marked(t, ends[i], ends[i + 1], &w, &err), &w, &err);
        (void)tape_covers(t, ends[i]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct source_lines lines = { .len = 0 };
    struct said_meter meter;
    struct err err = { 0 };
    struct tape tape;
    int64_t now_ns = 0;
    bool begun = false;

    for (size_t i = 0; i < len; i++) {
        if (!source_line(&lines, (char)data[i]))
            continue;
        if (begun) {
            const struct said s = said_read(&meter, lines.line);

            tape_add(&tape, &s, now_ns += MS);
            continue;
        }
        if (said_meter_read(&meter, lines.line, &err) != ST_OK) {
            if (err.text[0] == '\0')
                abort();
            return 0;
        }
        begun = tape_init(&tape, &meter, NULL) == ST_OK;
    }
    if (begun) {
        ask(&tape, now_ns);
        tape_clear(&tape);
    }
    return 0;
}

#ifndef OFFRAMP_FUZZER

int
main(void)
{
    static const char *const seeds[] = {
        "meter shunt kind=power period_us=1000 quantum=0.001 gain=0.01 "
        "marks=1\ns 0 0.5\nm 500 1\ns 1000 0.5\ns 2000 0.7\nd 1\n"
        "m 2500 0\ns 3000 0.5\ns 4000 0.5\ns 5000 0.5\ns 6000 0.5\n",
        "meter ina kind=iv period_us=1000 quantum=0.001 gain=0.01 "
        "offset_w=0.1\ns 0 5 0.1\ns 1000 5 0.2\n# so\ns 2000 5 0.1\ns 3000 5 "
        "0.1\n",
        "meter j kind=energy period_us=1000 quantum=1e-6 gain=0 range_j=5\n"
        "s 0 4.9\ns 1000 4.95\ns 2000 0.01\ns 3000 0.06\ns 4000 0.1\n",
    };
    struct rng rng = { 6 };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
        if (fuzz_play(seeds[i], strlen(seeds[i]), 300, &rng) != 0)
            return 1;
    return 0;
}

#endif
