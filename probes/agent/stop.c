/* SPDX-License-Identifier: MIT */
#include "probes/agent/stop.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"

enum { BACKOFF_MAX_S = 60 };

/* A handler has no argument: the one place that needs a file-wide variable. */
static struct stop asked = { .fd = -1 };

static void
on_signal(int sig)
{
    uint64_t one = 1;

    (void)sig;
    asked.flag = true; /* lock-free, so it may be done here */
    if (write(asked.fd, &one, sizeof(one)) < 0)
        return; /* the counter is full: readable all the same */
}

enum status
stop_on_signals(const struct stop **out, struct err *err)
{
    struct sigaction sa = { .sa_handler = on_signal };

    *out = &asked;
    if (asked.fd < 0 && (asked.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        return err_errno(err, "eventfd");
    sigemptyset(&sa.sa_mask);
    if (sigaction(SIGTERM, &sa, NULL) < 0 || sigaction(SIGINT, &sa, NULL) < 0 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return err_errno(err, "sigaction");
    return ST_OK;
}

bool
stop_wait(const struct stop *s, double seconds)
{
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    int64_t end_ns = clock_ns() + (int64_t)(seconds * 1e9);

    while (!s->flag) {
        int64_t left_ms = (end_ns - clock_ns()) / 1000000;

        if (left_ms <= 0)
            return false;
        poll(&p, 1, (int)left_ms); /* a signal merely looks again */
    }
    return true;
}

double
backoff_next_s(struct backoff *b)
{
    double s = b->failures < 6 ? (double)(1 << b->failures) : BACKOFF_MAX_S;

    if (b->failures < 6)
        b->failures++;
    return s * (1 - 0.2 * (double)randombytes_uniform(1000) / 1000);
}
