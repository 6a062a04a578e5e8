/* SPDX-License-Identifier: MIT */
#include "probes/transfer/message.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "probes/transfer/socket.h"
#include "probes/transfer/tcp.h"

enum { HEAD = 24, OWN = 8 };

enum status
message_init(struct message_end *e, struct err *err)
{
    *e = (struct message_end){ .work.arena = calloc(1, WORK_BYTES) };
    return e->work.arena != NULL ? ST_OK : err_nomem(err);
}

void
message_clear(struct message_end *e)
{
    free(e->data);
    free(e->work.arena);
    *e = (struct message_end){ 0 };
}

/* Room for that many bytes, which do not compress: links that do would look
 * too fast. */
static bool
have_room(struct message_end *e, size_t bytes)
{
    struct rng rng = { .state = 1 };
    uint8_t *data;

    if (bytes <= e->room)
        return true;
    bytes =
        (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
    if ((data = realloc(e->data, bytes)) == NULL)
        return false;
    e->data = data;
    e->room = bytes;
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        const uint64_t x = rng_next(&rng);

        memcpy(data + i, &x, sizeof(x));
    }
    return true;
}

static bool
fits(const struct message_head *h)
{
    return h->forward <= TCP_MESSAGE_MAX && h->back <= TCP_MESSAGE_MAX &&
           h->work_ns <= TCP_WORK_MAX_NS;
}

static void
pack(const struct message_head *h, uint8_t out[HEAD])
{
    const uint64_t words[3] = { htole64(h->forward), htole64(h->back),
        htole64(h->work_ns) };

    memcpy(out, words, HEAD);
}

bool
message_head_write(int fd, const struct message_head *h)
{
    uint8_t head[HEAD];

    pack(h, head);
    return socket_write(fd, head, HEAD);
}

bool
message_head_read(int fd, struct message_head *h)
{
    uint64_t words[3];

    if (!socket_read(fd, words, sizeof(words)))
        return false;
    *h = (struct message_head){ le64toh(words[0]), le64toh(words[1]),
        le64toh(words[2]) };
    return fits(h);
}

bool
message_ask(
    struct message_end *e, int fd, const struct message_head *h, int64_t *ns)
{
    uint8_t head[HEAD];
    uint64_t own;
    int64_t start;

    if (!have_room(e, h->forward) || !have_room(e, h->back))
        return false;
    pack(h, head);
    work_for(&e->work, (int64_t)h->work_ns, e->data, h->forward);
    start = clock_ns();
    if (!socket_write_both(fd, head, HEAD, e->data, h->forward) ||
        !socket_read(fd, &own, OWN) || !socket_read(fd, e->data, h->back))
        return false;
    *ns = clock_ns() - start - (int64_t)le64toh(own);
    return true;
}

bool
message_answer(struct message_end *e, int fd, const struct message_head *h)
{
    int64_t start;
    uint64_t own;

    if (!have_room(e, h->forward) || !have_room(e, h->back) ||
        !socket_read(fd, e->data, h->forward))
        return false;
    start = clock_ns();
    work_for(&e->work, (int64_t)h->work_ns, e->data, h->back);
    own = htole64((uint64_t)(clock_ns() - start));
    return socket_write_both(fd, &own, OWN, e->data, h->back);
}
