/* SPDX-License-Identifier: MIT */
/* A board at the end of a pseudo terminal, for end-to-end tests: prints the
 * line's path and runs until its input ends.  Its clock is the machine's. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "pty.h"

static int64_t started_ns;

static void
start(void)
{
    started_ns = clock_ns();
}

static uint64_t
stop(void)
{
    return (uint64_t)(clock_ns() - started_ns);
}

static void
selftest(struct device_selftest *out)
{
    *out = (struct device_selftest){ true, true, 30 };
}

static void
reset(void)
{
}

int
main(void)
{
    const struct device_board board = { .name = "pty",
        .core = "host",
        .clock_hz = 1000000000,
        .counter_bits = 64,
        .kernels = nn_kernels_built(),
        .start = start,
        .stop = stop,
        .selftest = selftest,
        .reset = reset };
    struct pty p;
    char byte;

    pty_start(&p, &board, NULL, NULL);
    printf("%s\n", p.path);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    pty_end(&p);
    return 0;
}
