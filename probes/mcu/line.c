/* SPDX-License-Identifier: MIT */
#include "probes/mcu/line.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"

enum { MESSAGE_MAX = 1 << 20 };

/* ---- counting ---- */

static struct board_line *
line_of(struct port *p)
{
    return (
        struct board_line *)((char *)p - offsetof(struct board_line, counted));
}

static enum status
counted_read(struct port *p, void *at, size_t cap, int timeout_ms, size_t *n,
    struct err *err)
{
    struct board_line *l = line_of(p);
    enum status st = l->port->ops->read(l->port, at, cap, timeout_ms, n, err);

    l->on_line += *n;
    return st;
}

static enum status
counted_write(struct port *p, const void *data, size_t len, struct err *err)
{
    struct board_line *l = line_of(p);

    l->on_line += len;
    return l->port->ops->write(l->port, data, len, err);
}

static void
counted_close(struct port *p)
{
    (void)p; /* the board closes its own */
}

static const struct port_ops counted_ops = {
    .read = counted_read, .write = counted_write, .close = counted_close
};

void
board_line_begin(
    struct board_line *l, struct board *b, const struct nn_image *image)
{
    *l = (struct board_line){ .board = b,
        .in = image->in,
        .bytes = image->in_bytes,
        .counted = { &counted_ops },
        .port = b->client.port };
    b->client.port = &l->counted;
}

void
board_line_end(struct board_line *l)
{
    l->board->client.port = l->port;
}

/* ---- messages ---- */

/* The same place again and again: what counts is that they go over the line. */
static enum status
from_board(struct board_line *l, size_t n, struct err *err)
{
    uint8_t bytes[FRAME_DATA];
    enum status st = ST_OK;

    while (st == ST_OK && n > 0) {
        size_t some = n < FRAME_DATA ? n : FRAME_DATA;

        some = some < l->bytes ? some : l->bytes;
        st = board_read(l->board, l->in, bytes, some, err);
        n -= some;
    }
    return st;
}

static enum status
to_board(struct board_line *l, size_t n, struct err *err)
{
    static const uint8_t bytes[FRAME_DATA] = { 0x5a };
    enum status st = ST_OK;

    while (st == ST_OK && n > 0) {
        size_t some = n < FRAME_DATA ? n : FRAME_DATA;

        some = some < l->bytes ? some : l->bytes;
        st = board_input(l->board, bytes, some, err);
        n -= some;
    }
    return st;
}

static enum status
exchange(void *ctx, size_t forward, size_t back, int64_t *ns, struct err *err)
{
    struct board_line *l = ctx;
    int64_t start_ns = clock_ns();
    enum status st = from_board(l, forward, err);

    if (st == ST_OK)
        st = to_board(l, back, err);
    *ns = clock_ns() - start_ns;
    return st;
}

struct exchange
board_line_exchange(struct board_line *l)
{
    return (struct exchange){ .transport = "serial",
        .max_bytes = MESSAGE_MAX,
        .run = exchange,
        .ctx = l };
}

/* ---- without a clock ---- */

enum status
board_line_count(struct board_line *l, bool forward, size_t max_bytes,
    json_t **out, struct err *err)
{
    json_t *sizes = json_array();
    enum status st = sizes != NULL ? ST_OK : err_nomem(err);
    size_t most = max_bytes < MESSAGE_MAX ? max_bytes : MESSAGE_MAX;
    int64_t ns;

    *out = NULL;
    for (size_t n = 1; st == ST_OK && n <= most && n <= 4096;
         n *= n == 1 ? 16 : 4) {
        uint64_t before = l->on_line;

        st = exchange(l, forward ? n : 1, forward ? 1 : n, &ns, err);
        if (st == ST_OK &&
            json_array_append_new(
                sizes, json_pack("{s:I,s:i,s:I,s:n}", "bytes", (json_int_t)n,
                           "n", 1, "line_bytes",
                           (json_int_t)(l->on_line - before), "median_ns")) < 0)
            st = err_nomem(err);
    }
    if (st == ST_OK)
        *out = json_pack("{s:n,s:n,s:n,s:n,s:n,s:O}", "base_ns", "byte_ns",
            "bytes_per_s", "residual_rel", "worst_rel", "exchanges", sizes);
    json_decref(sizes);
    return st == ST_OK && *out == NULL ? err_nomem(err) : st;
}
