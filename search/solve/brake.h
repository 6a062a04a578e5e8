/* SPDX-License-Identifier: MIT */
/*
 * brake.h -- asks the caller now and then whether to go on.  Work is counted,
 * not time, so that a caller who never says stop changes nothing.
 */
#ifndef OFFRAMP_SEARCH_BRAKE_H
#define OFFRAMP_SEARCH_BRAKE_H

#include "search/solve/solve.h"

/* Rows or cells looked at between two questions: some 20 ms. */
enum { BRAKE_WORK = 1 << 24 };

struct brake {
    solve_watch *watch;       /* or NULL */
    void *ctx;                /* borrowed */
    struct solve_progress at; /* kept up to date by whoever holds the brake */
    uint64_t work;            /* since the last question */
    bool stopped;             /* stays true */
};

/* Ask now.  True: stop. */
static inline bool
brake_ask(struct brake *b)
{
    b->work = 0;
    if (!b->stopped && b->watch != NULL)
        b->stopped = b->watch(b->ctx, &b->at);
    return b->stopped;
}

/* Count work, and ask when enough has been done.  True: stop. */
static inline bool
brake_count(struct brake *b, size_t work)
{
    b->work += work;
    return b->work < BRAKE_WORK ? b->stopped : brake_ask(b);
}

#endif
