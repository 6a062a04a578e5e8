/* SPDX-License-Identifier: MIT */
/* tcp_line.c -- the end that asks and takes the time. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/transfer/message.h"
#include "probes/transfer/place.h"
#include "probes/transfer/socket.h"
#include "probes/transfer/tcp.h"

enum { CONNECT_MS = 10000 };

struct tcp_line {
    int fd;
    enum tcp_place place;
    int64_t work_ns;
    struct message_end end;
};

/* Connected within CONNECT_MS, or -1. */
static int
connect_to(const struct addrinfo *a)
{
    int fd =
        socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    int no = 0;
    socklen_t len = sizeof(no);

    if (fd < 0)
        return -1;
    if ((connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS) ||
        poll(&p, 1, CONNECT_MS) != 1 ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &no, &len) < 0 || no != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool
make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

static bool
introduce(int fd, const char *secret, enum tcp_place *place)
{
    const size_t at = sizeof(SOCKET_WELCOME) - 1;
    char hello[sizeof(SOCKET_HELLO) + TCP_SECRET], own[PLACE_TEXT + 1];
    char answer[sizeof(SOCKET_WELCOME) + PLACE_TEXT];
    int n = snprintf(hello, sizeof(hello), "%s%s\n", SOCKET_HELLO, secret);

    socket_prepare(fd, SOCKET_IO_S);
    if (n >= (int)sizeof(hello) || !socket_write(fd, hello, (size_t)n) ||
        !socket_read(fd, answer, sizeof(answer)) ||
        memcmp(answer, SOCKET_WELCOME, at) != 0 ||
        answer[sizeof(answer) - 1] != '\n')
        return false;
    answer[sizeof(answer) - 1] = '\0';
    place_own(own);
    *place = place_compare(own, answer + at);
    return true;
}

static int
reach(const char *host, int port)
{
    const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char service[16];
    int fd = -1;

    snprintf(service, sizeof(service), "%d", port);
    if (getaddrinfo(host, service, &want, &list) == 0)
        for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
            fd = connect_to(a);
    if (list != NULL)
        freeaddrinfo(list);
    if (fd >= 0 && !make_blocking(fd)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

enum status
tcp_dial(int *fd, enum tcp_place *place, const char *host, int port,
    const char *secret, struct err *err)
{
    if ((*fd = reach(host, port)) < 0)
        return err_set(err, ST_UNAVAILABLE, "link.unreachable",
            "%.128s, port %d, cannot be reached from here: the other agent "
            "must be started with --link and an address that this machine "
            "reaches, and no firewall may be between",
            host, port);
    if (introduce(*fd, secret, place))
        return ST_OK;
    close(*fd);
    *fd = -1;
    return err_set(err, ST_UNAVAILABLE, "link.refused",
        "%.128s, port %d, does not answer as the other end of this "
        "measurement: are both agents of one version?",
        host, port);
}

enum status
tcp_visit(struct tcp_line **out, const char *host, int port, const char *secret,
    struct err *err)
{
    struct tcp_line *l = calloc(1, sizeof(*l));
    enum status st;

    *out = NULL;
    if (l == NULL)
        return err_nomem(err);
    l->fd = -1;
    if ((st = message_init(&l->end, err)) != ST_OK ||
        (st = tcp_dial(&l->fd, &l->place, host, port, secret, err)) != ST_OK) {
        tcp_leave(l);
        return st;
    }
    *out = l;
    return ST_OK;
}

static enum status
run(void *ctx, size_t forward, size_t back, int64_t *ns, struct err *err)
{
    struct tcp_line *l = ctx;
    const struct message_head h = { forward, back, (uint64_t)l->work_ns };

    if (!message_ask(&l->end, l->fd, &h, ns))
        return err_set(err, ST_UNAVAILABLE, "link.broken",
            "the other end of the link fell silent at a message of %zu bytes "
            "there and %zu back",
            forward, back);
    return ST_OK;
}

struct exchange
tcp_exchange(struct tcp_line *l, int64_t work_ns)
{
    l->work_ns = work_ns;
    return (struct exchange){ .transport = "tcp",
        .max_bytes = TCP_MESSAGE_MAX,
        .work_ns = work_ns,
        .run = run,
        .ctx = l };
}

enum tcp_place
tcp_place(const struct tcp_line *l)
{
    return l->place;
}

void
tcp_leave(struct tcp_line *l)
{
    static const struct message_head end;

    if (l == NULL)
        return;
    if (l->fd >= 0) {
        (void)message_head_write(l->fd, &end);
        close(l->fd);
    }
    message_clear(&l->end);
    free(l);
}
