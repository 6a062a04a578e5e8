/* SPDX-License-Identifier: MIT */
#include "probes/transfer/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

void
socket_prepare(int fd, int io_s)
{
    const struct timeval limit = { .tv_sec = io_s };
    const int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

bool
socket_write(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool
socket_write_both(
    int fd, const void *a, size_t a_len, const void *b, size_t b_len)
{
    struct iovec parts[2] = { { (void *)a, a_len }, { (void *)b, b_len } };
    const struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t n;
    size_t sent;

    do
        n = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return false;
    sent = (size_t)n;
    if (sent == a_len + b_len)
        return true;
    if (sent < a_len)
        return socket_write(fd, (const char *)a + sent, a_len - sent) &&
               socket_write(fd, b, b_len);
    return socket_write(
        fd, (const char *)b + (sent - a_len), b_len - (sent - a_len));
}

bool
socket_read(int fd, void *data, size_t len)
{
    char *at = data;

    while (len > 0) {
        ssize_t n = recv(fd, at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}
