/* SPDX-License-Identifier: MIT */
#include "probes/relay/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probes/transfer/socket.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "frames are little endian, as every machine that this is built for");

enum { MAGIC = 0x3152464f, HEAD = 24 }; /* "OFR1" */

bool
wire_send(int fd, enum wire_kind kind, uint64_t number, const void *data,
    size_t bytes)
{
    const uint32_t words[2] = { MAGIC, kind };
    const uint64_t longs[2] = { number, bytes };
    uint8_t head[HEAD];

    memcpy(head, words, sizeof(words));
    memcpy(head + sizeof(words), longs, sizeof(longs));
    return socket_write_both(fd, head, sizeof(head), data, bytes);
}

/* The socket's own limit was up, or the other end is gone. */
static enum wire_end
why(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? WIRE_SILENT : WIRE_CLOSED;
}

enum wire_end
wire_receive(int fd, struct wire_frame *f, void *data, size_t max)
{
    uint8_t head[HEAD];
    uint32_t words[2];
    uint64_t longs[2];

    errno = 0;
    if (!socket_read(fd, head, sizeof(head)))
        return why();
    memcpy(words, head, sizeof(words));
    memcpy(longs, head + sizeof(words), sizeof(longs));
    if (words[0] != MAGIC || words[1] < WIRE_OPEN || words[1] > WIRE_END ||
        longs[1] > max)
        return WIRE_BROKEN;
    *f = (struct wire_frame){ (enum wire_kind)words[1], longs[0],
        (size_t)longs[1] };
    errno = 0;
    return socket_read(fd, data, f->bytes) ? WIRE_DONE : why();
}

/* ---- answers ---- */

/* What stands before hops and values. */
struct fixed {
    int64_t stage, class;
    double score;
    uint64_t hops, values;
};
_Static_assert(sizeof(struct fixed) == 40, "no gaps on the line");
_Static_assert(sizeof(struct relay_hop) == 24, "no gaps on the line");

size_t
wire_pack(const struct relay_answer *a, uint8_t *out)
{
    const struct fixed f = { a->stage, a->class, a->score, a->hops, a->n };
    const size_t hops = a->hops * sizeof(*a->hop);
    const size_t values = a->n * sizeof(*a->values);

    memcpy(out, &f, sizeof(f));
    memcpy(out + sizeof(f), a->hop, hops);
    if (values > 0)
        memcpy(out + sizeof(f) + hops, a->values, values);
    return sizeof(f) + hops + values;
}

bool
wire_unpack(
    const uint8_t *in, size_t bytes, struct relay_answer *a, float *values)
{
    struct fixed f;
    size_t hops, n;

    if (bytes < sizeof(f))
        return false;
    memcpy(&f, in, sizeof(f));
    if (f.hops > RELAY_HOPS_MAX || f.values > RELAY_VALUES_MAX)
        return false;
    hops = (size_t)f.hops * sizeof(*a->hop);
    n = (size_t)f.values * sizeof(*values);
    if (bytes != sizeof(f) + hops + n)
        return false;
    *a = (struct relay_answer){ .stage = f.stage,
        .class = f.class,
        .score = f.score,
        .values = values,
        .n = (size_t)f.values,
        .hops = (size_t)f.hops };
    memcpy(a->hop, in + sizeof(f), hops);
    memcpy(values, in + sizeof(f) + hops, n);
    return true;
}

/* ---- failures ---- */

bool
wire_send_failure(
    int fd, uint64_t number, enum status st, const struct err *err)
{
    char text[WIRE_TEXT_MAX];
    const uint32_t status = st;
    int n;

    memcpy(text, &status, sizeof(status));
    n = snprintf(text + sizeof(status), sizeof(text) - sizeof(status), "%s%c%s",
        err->code, '\0', err->text);
    return n > 0 &&
           wire_send(fd, WIRE_FAIL, number, text, sizeof(status) + (size_t)n);
}

enum status
wire_failure(const uint8_t *in, size_t bytes, const char *peer, struct err *err)
{
    char text[WIRE_TEXT_MAX + 1];
    uint32_t status = ST_INTERNAL;
    const char *code, *detail;

    memset(text, 0, sizeof(text));
    if (bytes >= sizeof(status) && bytes <= WIRE_TEXT_MAX) {
        memcpy(&status, in, sizeof(status));
        memcpy(text, in + sizeof(status), bytes - sizeof(status));
    }
    if (status == ST_OK || status > ST_WAIT)
        status = ST_INTERNAL;
    code = text;
    detail = text + strlen(text) + (strlen(text) < sizeof(text) - 1);
    return err_set(err, (enum status)status, code[0] ? code : NULL,
        "%.64s: %.400s", peer, detail);
}
