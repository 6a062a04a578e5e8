/* SPDX-License-Identifier: MIT */
/* tcp_door.c -- the end that listens and answers. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "probes/transfer/message.h"
#include "probes/transfer/place.h"
#include "probes/transfer/socket.h"
#include "probes/transfer/tcp.h"

struct tcp_door {
    int fd, port;
    char secret[TCP_SECRET];
};

static int
open_on(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 1) < 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int
port_of(int fd)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    char port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&at, &len) < 0 ||
        getnameinfo((struct sockaddr *)&at, len, NULL, 0, port, sizeof(port),
            NI_NUMERICSERV) != 0)
        return -1;
    return atoi(port);
}

enum status
tcp_listen(struct tcp_door **out, const char *host, struct err *err)
{
    const struct addrinfo want = { .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE };
    struct addrinfo *list = NULL;
    struct tcp_door *d = calloc(1, sizeof(*d));

    *out = NULL;
    if (d == NULL)
        return err_nomem(err);
    d->fd = -1;
    if (getaddrinfo(host, "0", &want, &list) == 0)
        d->fd = open_on(list);
    if (list != NULL)
        freeaddrinfo(list);
    if (d->fd < 0 || (d->port = port_of(d->fd)) < 0) {
        tcp_close(d);
        return err_set(err, ST_UNAVAILABLE, "link.address",
            "no port could be opened on '%.128s': start the agent with --link "
            "and an address of its own machine",
            host);
    }
    hash_random_hex((TCP_SECRET - 1) / 2, d->secret);
    *out = d;
    return ST_OK;
}

void
tcp_close(struct tcp_door *d)
{
    if (d == NULL)
        return;
    if (d->fd >= 0)
        close(d->fd);
    free(d);
}

int
tcp_port(const struct tcp_door *d)
{
    return d->port;
}

const char *
tcp_secret(const struct tcp_door *d)
{
    return d->secret;
}

/* Does the visitor know the secret? */
static bool
welcome(const struct tcp_door *d, int fd)
{
    char hello[sizeof(SOCKET_HELLO) - 1 + TCP_SECRET];
    char place[PLACE_TEXT + 1], answer[sizeof(SOCKET_WELCOME) + PLACE_TEXT + 1];
    const size_t at = sizeof(SOCKET_HELLO) - 1;

    socket_prepare(fd, SOCKET_HELLO_S);
    if (!socket_read(fd, hello, sizeof(hello)) ||
        memcmp(hello, SOCKET_HELLO, at) != 0 ||
        hello[sizeof(hello) - 1] != '\n' ||
        sodium_memcmp(hello + at, d->secret, TCP_SECRET - 1) != 0)
        return false;
    socket_prepare(fd, SOCKET_IO_S);
    place_own(place);
    snprintf(answer, sizeof(answer), SOCKET_WELCOME "%s\n", place);
    return socket_write(fd, answer, sizeof(answer) - 1);
}

/* True if the visitor said that it is done. */
static bool
serve(struct message_end *e, int fd, int64_t *exchanges)
{
    struct message_head h;

    while (message_head_read(fd, &h)) {
        if (h.forward == 0 && h.back == 0)
            return true;
        if (!message_answer(e, fd, &h))
            return false;
        (*exchanges)++;
    }
    return false;
}

enum status
tcp_admit(struct tcp_door *d, int wait_ms, int *fd, struct err *err)
{
    int64_t end_ns = clock_ns() + wait_ms * INT64_C(1000000);

    for (;;) {
        struct pollfd p = { .fd = d->fd, .events = POLLIN };
        int64_t left_ms = (end_ns - clock_ns()) / 1000000;

        if (left_ms <= 0)
            return err_set(err, ST_TIMEOUT, "link.nobody_came",
                "nobody came over the link within %d s: is the other device "
                "online and free, and can it reach this machine?",
                wait_ms / 1000);
        if (poll(&p, 1, (int)left_ms) <= 0 ||
            (*fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC)) < 0)
            continue;
        if (welcome(d, *fd))
            return ST_OK;
        close(*fd);
    }
}

enum status
tcp_answer(struct tcp_door *d, int wait_ms, int64_t *exchanges, struct err *err)
{
    struct message_end e;
    enum status st = message_init(&e, err);
    bool done = false;
    int fd;

    *exchanges = 0;
    while (st == ST_OK && !done) {
        if ((st = tcp_admit(d, wait_ms, &fd, err)) != ST_OK)
            break;
        done = serve(&e, fd, exchanges);
        close(fd);
    }
    message_clear(&e);
    return st;
}
