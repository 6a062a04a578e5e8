/* SPDX-License-Identifier: MIT */
#include "probes/mcu/client.h"

#include <string.h>

#include "base/clock.h"

enum { NS_PER_MS = 1000000 };

void
client_init(struct client *c, struct port *port, uint16_t seq)
{
    *c =
        (struct client){ .port = port, .tries = 8, .wait_ms = 500, .seq = seq };
}

uint32_t
client_lost(const struct client *c)
{
    return c->reader.lost;
}

static int64_t
in_ms(int ms)
{
    return clock_ns() + (int64_t)ms * NS_PER_MS;
}

/* The next frame from the board; *got tells whether one came by then.  A line
 * that never stops talking does not put it off. */
static enum status
next_frame(struct client *c, int64_t end_ns, struct frame *f, bool *got,
    struct err *err)
{
    bool last = false;
    enum status st;

    *got = false;
    for (;;) {
        int64_t left;

        while (c->at < c->n)
            if (frame_push(&c->reader, c->bytes[c->at++], f) &&
                f->kind == FRAME_REPLY) {
                *got = true;
                return ST_OK;
            }
        if (last)
            return ST_OK;
        left = (end_ns - clock_ns()) / NS_PER_MS;
        last = left <= 0;
        c->at = c->n = 0;
        st = c->port->ops->read(c->port, c->bytes, sizeof(c->bytes),
            last ? 0 : (int)left, &c->n, err);
        if (st != ST_OK || c->n == 0)
            return st;
    }
}

/* May more come: is there something read, or time left? */
static bool
may_hear(const struct client *c, int64_t end_ns)
{
    return c->at < c->n || clock_ns() < end_ns;
}

static bool
is_ready(const struct frame *f)
{
    return strncmp(f->text, "m-ready", 7) == 0;
}

enum heard { HEARD_NOTHING, HEARD_REPLY, HEARD_READY };

/* Wait for the reply to request `seq`, or for the board to start anew; older
 * replies are passed over. */
static enum status
await(struct client *c, struct frame *reply, enum heard *heard, struct err *err)
{
    const int64_t end_ns = in_ms(c->wait_ms);
    enum status st;
    bool got;

    *heard = HEARD_NOTHING;
    do {
        st = next_frame(c, end_ns, reply, &got, err);
        if (st != ST_OK || !got)
            return st;
        if (is_ready(reply))
            *heard = HEARD_READY;
        else if (reply->seq == c->seq)
            *heard = HEARD_REPLY;
        else
            c->stale++;
    } while (*heard == HEARD_NOTHING && may_hear(c, end_ns));
    return ST_OK;
}

/* Ask until there is an answer.  Of a board that `may_start` a hello means
 * that it did not hear this yet: it is asked again. */
static enum status
call(struct client *c, const char *request, bool may_start, struct frame *reply,
    struct err *err)
{
    char line[FRAME_LINE];
    size_t len = frame_write(line, FRAME_REQUEST, ++c->seq, request);
    enum heard heard = HEARD_NOTHING;
    enum status st;

    if (len == 0)
        return err_set(err, ST_INVALID, "device.request",
            "a frame cannot carry the request '%.40s'", request);
    for (int i = 0; i < c->tries && (heard == HEARD_NOTHING ||
                                        (heard == HEARD_READY && may_start));
         i++) {
        c->repeats += i > 0;
        if ((st = c->port->ops->write(c->port, line, len, err)) != ST_OK ||
            (st = await(c, reply, &heard, err)) != ST_OK)
            return st;
    }
    if (heard == HEARD_READY)
        return err_set(err, ST_UNAVAILABLE, "device.rebooted",
            "the board started anew while it was used: check its supply "
            "and its watchdog");
    if (heard == HEARD_NOTHING)
        return err_set(err, ST_TIMEOUT, "infra.board_silent",
            "no answer to '%.40s' in %d tries of %d ms: is the board on, and "
            "is this its firmware?",
            request, c->tries, c->wait_ms);
    if (strncmp(reply->text, "m-", 2) != 0)
        return err_set(err, ST_UNPROCESSABLE, "device.refused",
            "the board answered '%s' to '%.40s'", reply->text, request);
    return ST_OK;
}

enum status
client_call(
    struct client *c, const char *request, struct frame *reply, struct err *err)
{
    return call(c, request, false, reply, err);
}

enum status
client_greet(
    struct client *c, const char *request, struct frame *reply, struct err *err)
{
    return call(c, request, true, reply, err);
}

enum status
client_await_ready(struct client *c, int timeout_ms, struct err *err)
{
    const int64_t end_ns = in_ms(timeout_ms);
    struct frame f = { .text = "" };
    enum status st;
    bool got;

    do
        st = next_frame(c, end_ns, &f, &got, err);
    while (st == ST_OK && got && !is_ready(&f) && may_hear(c, end_ns));
    if (st == ST_OK && !(got && is_ready(&f)))
        return err_set(err, ST_TIMEOUT, "infra.board_silent",
            "the board did not say that it is ready in %d ms", timeout_ms);
    return st;
}
