/* SPDX-License-Identifier: MIT */
#include "shape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ends.h"

enum { PIECE = 8 << 10, PIECES = 1024 };

struct piece {
    int64_t due_ns;
    size_t n;
    uint8_t data[PIECE];
};

/* One way; pieces[first], of `held`, is the next to go. */
struct way {
    int from, to;
    int64_t free_ns; /* the link's sending end */
    size_t first, held;
    bool over;
    struct piece piece[PIECES];
};

static void
fail(const char *text)
{
    struct err err = { 0 };

    must(err_set(&err, ST_UNAVAILABLE, NULL, "%s", text), &err);
}

static bool
has_room(const struct way *w)
{
    return !w->over && w->held < PIECES;
}

static void
take(struct way *w, const struct shape *s)
{
    struct piece *p = &w->piece[(w->first + w->held) % PIECES];
    const ssize_t n = recv(w->from, p->data, PIECE, MSG_DONTWAIT);
    const int64_t now = clock_ns();

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        w->over = true;
        return;
    }
    w->free_ns = (w->free_ns > now ? w->free_ns : now) +
                 (int64_t)((double)n * 1e9 / s->bytes_per_s);
    p->n = (size_t)n;
    p->due_ns = w->free_ns + s->delay_ns;
    w->held++;
}

/* All that is due; then the time of the next, or -1. */
static int64_t
deliver(struct way *w)
{
    while (w->held > 0) {
        const struct piece *p = &w->piece[w->first];

        if (p->due_ns > clock_ns())
            return p->due_ns;
        for (size_t done = 0; done < p->n;) {
            ssize_t n = send(w->to, p->data + done, p->n - done, MSG_NOSIGNAL);

            if (n <= 0) {
                w->over = true;
                w->held = 0;
                return -1;
            }
            done += (size_t)n;
        }
        w->first = (w->first + 1) % PIECES;
        w->held--;
    }
    return -1;
}

static void
wait_for(struct way *w, const int64_t due_ns[2])
{
    struct pollfd p[2] = { { -1, POLLIN, 0 }, { -1, POLLIN, 0 } };
    struct timespec left = { 1, 0 };

    for (int i = 0; i < 2; i++) {
        const int64_t ns = due_ns[i] - clock_ns();

        if (has_room(&w[i]))
            p[i].fd = w[i].from;
        if (due_ns[i] >= 0 && ns < left.tv_sec * 1000000000 + left.tv_nsec)
            left = (struct timespec){ 0, ns > 0 ? ns : 0 };
    }
    (void)ppoll(p, 2, &left, NULL);
    for (int i = 0; i < 2; i++)
        if (p[i].revents != 0 && !has_room(&w[i]))
            fail("the link holds more than it has room for");
}

static void
pass_on(int a, int b, const struct shape *s)
{
    struct way *w = calloc(2, sizeof(*w));
    int64_t due_ns[2];

    if (w == NULL)
        fail("out of memory");
    w[0].from = w[1].to = a;
    w[0].to = w[1].from = b;
    while (!(w[0].over && w[0].held == 0) && !(w[1].over && w[1].held == 0)) {
        for (int i = 0; i < 2; i++) {
            if (has_room(&w[i]))
                take(&w[i], s);
            due_ns[i] = deliver(&w[i]);
        }
        wait_for(w, due_ns);
    }
    free(w);
}

static struct sockaddr_in
loopback(int port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

pid_t
shape_start(const struct shape *s, int to, int *port)
{
    struct sockaddr_in at = loopback(0), door = loopback(to);
    socklen_t len = sizeof(at);
    const int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    pid_t child;
    int a, b;

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
        listen(fd, 1) < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        fail("no port for the link");
    *port = ntohs(at.sin_port);
    if ((child = fork()) < 0)
        fail("no process for the link");
    if (child > 0) {
        close(fd);
        return child;
    }
    prctl(PR_SET_TIMERSLACK, 1);
    a = accept(fd, NULL, NULL);
    b = socket(AF_INET, SOCK_STREAM, 0);
    if (a < 0 || b < 0 || connect(b, (struct sockaddr *)&door, sizeof(door)))
        fail("the link has no other end");
    setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(b, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    pass_on(a, b, s);
    _exit(0);
}

void
shape_stop(pid_t child)
{
    (void)waitpid(child, NULL, 0);
}
