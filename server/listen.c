/* SPDX-License-Identifier: MIT */
#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 256 };

/* Split at the last ':' and take the brackets off an IPv6 address. */
static enum status
split(const char *where, char *host, size_t cap, const char **port,
    struct err *err)
{
    const char *colon = strrchr(where, ':');
    size_t n = colon ? (size_t)(colon - where) : 0;

    if (n == 0 || n >= cap || colon[1] == '\0')
        return err_set(err, ST_INVALID, "listen.address",
            "--listen %s: HOST:PORT is wanted, such as 127.0.0.1:8080", where);
    if (where[0] == '[' && where[n - 1] == ']' && n > 2)
        snprintf(host, cap, "%.*s", (int)n - 2, where + 1);
    else
        snprintf(host, cap, "%.*s", (int)n, where);
    *port = colon + 1;
    return ST_OK;
}

static int
try_listen(const struct addrinfo *a)
{
    int one = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
        a->ai_protocol);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Fill in what the socket got. */
static void
describe(struct endpoint *e)
{
    union {
        struct sockaddr_storage any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = { 0 };
    socklen_t len = sizeof(a);
    char host[INET6_ADDRSTRLEN] = "";

    getsockname(e->fd, (struct sockaddr *)&a, &len);
    if (a.any.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof(host));
        e->loopback = IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
        snprintf(e->url, sizeof(e->url), "http://[%s]:%d", host,
            ntohs(a.v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof(host));
        e->loopback = ntohl(a.v4.sin_addr.s_addr) >> 24 == 127;
        snprintf(
            e->url, sizeof(e->url), "http://%s:%d", host, ntohs(a.v4.sin_port));
    }
}

enum status
listen_open(const char *where, struct endpoint *out, struct err *err)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    char host[256];
    const char *port = NULL;
    enum status st;
    int rc;

    *out = (struct endpoint){ .fd = -1 };
    if ((st = split(where, host, sizeof(host), &port, err)) != ST_OK)
        return st;
    if ((rc = getaddrinfo(host, port, &hints, &found)) != 0)
        return err_set(err, ST_INVALID, "listen.address", "--listen %s: %s",
            where, gai_strerror(rc));
    for (const struct addrinfo *a = found; a != NULL && out->fd < 0;
         a = a->ai_next)
        out->fd = try_listen(a);
    rc = errno;
    freeaddrinfo(found);
    if (out->fd >= 0) {
        describe(out);
        return ST_OK;
    }
    if (rc == EADDRINUSE)
        return err_set(err, ST_UNAVAILABLE, "listen.in_use",
            "%s is in use: stop the program there, or choose another port "
            "(--listen %s:0 takes any)",
            where, host);
    return err_set(err, ST_UNAVAILABLE, "listen.failed", "--listen %s: %s",
        where, strerror(rc));
}
