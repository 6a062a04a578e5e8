/* SPDX-License-Identifier: MIT */
/* socket.h -- what both ends of tcp.h do to a connected socket: all of some
 * bytes, within a time that the socket's own limits bound.  Private. */
#ifndef OFFRAMP_TRANSFER_SOCKET_H
#define OFFRAMP_TRANSFER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKET_HELLO   "offramp-link/2 "
#define SOCKET_WELCOME "ok " /* then the place, place.h */

enum { SOCKET_IO_S = 30, SOCKET_HELLO_S = 5 };

/* Small messages at once, and reads and writes that give up after `io_s`. */
void socket_prepare(int fd, int io_s);

bool socket_write(int fd, const void *data, size_t len);
/* One after the other, as one message where they fit: each message of its own
 * would wake the other end. */
bool socket_write_both(
    int fd, const void *a, size_t a_len, const void *b, size_t b_len);
bool socket_read(int fd, void *data, size_t len);

#endif
