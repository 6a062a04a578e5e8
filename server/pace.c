/* SPDX-License-Identifier: MIT */
#include "server/pace.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "server/wait.h"

/* Deadlines are those of wait.h, with a bell that nobody rings. */
struct pace {
    struct waits *waits;
};

struct paced {
    struct waiter waiter; /* first: cut() finds the connection by it */
    struct pace *pace;
    int fd;
};

/* Whoever serves the connection sees its end and closes it.  pace_end() comes
 * before that, so that the descriptor still is this connection's. */
static void
cut(struct waiter *w)
{
    shutdown(((struct paced *)w)->fd, SHUT_RDWR);
}

enum status
pace_new(struct pace **out, struct err *err)
{
    struct pace *p = calloc(1, sizeof(*p));
    enum status st;

    *out = NULL;
    if (p == NULL)
        return err_nomem(err);
    if ((st = waits_new(&p->waits, err)) != ST_OK)
        free(p);
    else
        *out = p;
    return st;
}

void
pace_free(struct pace *p)
{
    if (p == NULL)
        return;
    waits_free(p->waits);
    free(p);
}

static int64_t
time_of(int64_t bytes)
{
    return bytes * (INT64_C(1000000000) / PACE_BYTES_PER_S);
}

struct paced *
pace_begin(struct pace *p, int fd, int64_t for_ns)
{
    struct paced *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->waiter.wake = cut;
    c->pace = p;
    c->fd = fd;
    pace_allow(c, for_ns, 0);
    return c;
}

void
pace_end(struct paced *c)
{
    if (c == NULL)
        return;
    waits_drop(c->pace->waits, &c->waiter);
    free(c);
}

static void
set(struct paced *c, int64_t deadline_ns)
{
    struct waits *waits = c->pace->waits;

    waits_drop(waits, &c->waiter);
    c->waiter.deadline_ns = deadline_ns;
    (void)waits_add(waits, &c->waiter, waits_heard(waits));
}

void
pace_allow(struct paced *c, int64_t for_ns, int64_t bytes)
{
    if (c != NULL)
        set(c, clock_ns() + for_ns + time_of(bytes));
}

void
pace_more(struct paced *c, int64_t for_ns, int64_t bytes)
{
    int64_t last = clock_ns() + for_ns, then;

    if (c == NULL)
        return;
    then = c->waiter.deadline_ns + time_of(bytes);
    set(c, then < last ? then : last);
}

void
pace_rest(struct paced *c)
{
    if (c != NULL)
        waits_drop(c->pace->waits, &c->waiter);
}
