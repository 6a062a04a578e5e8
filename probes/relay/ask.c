/* SPDX-License-Identifier: MIT */
/* ask.c -- the end of a relay that hands tensors over and asks. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/relay/wire.h"
#include "probes/transfer/socket.h"

struct relay_line {
    int fd;
    enum tcp_place place;
    char name[64];
    size_t bytes_in;
    int answer_ms;
    uint64_t number;
    uint8_t in[WIRE_ANSWER_MAX];
    float values[RELAY_VALUES_MAX];
};

/* What kept a frame from coming. */
static enum status
no_frame(const struct relay_line *l, enum wire_end how, struct err *err)
{
    if (how == WIRE_SILENT)
        return err_set(err, ST_TIMEOUT, "relay.peer_slow",
            "%s did not answer within %d ms at sample %llu: is it stuck, or "
            "the link too slow?",
            l->name, l->answer_ms, (unsigned long long)l->number);
    if (how == WIRE_CLOSED)
        return err_set(err, ST_UNAVAILABLE, "relay.peer_lost",
            "%s broke off at sample %llu: its task or its agent ended", l->name,
            (unsigned long long)l->number);
    return err_set(err, ST_CORRUPT, "relay.frame",
        "%s sent what is no answer at sample %llu: are both agents of one "
        "version?",
        l->name, (unsigned long long)l->number);
}

/* The frame that answers the one just sent. */
static enum status
expect(struct relay_line *l, enum wire_kind kind, struct wire_frame *f,
    struct err *err)
{
    enum wire_end how = wire_receive(l->fd, f, l->in, sizeof(l->in));

    if (how != WIRE_DONE)
        return no_frame(l, how, err);
    if (f->kind == WIRE_FAIL)
        return wire_failure(l->in, f->bytes, l->name, err);
    if (f->kind != kind || f->number != l->number)
        return no_frame(l, WIRE_BROKEN, err);
    return ST_OK;
}

static enum status
agree(struct relay_line *l, const char *what, struct err *err)
{
    uint8_t open[sizeof(uint64_t) + RELAY_WHAT_MAX];
    const uint64_t bytes_in = l->bytes_in;
    const size_t len = strnlen(what, RELAY_WHAT_MAX);
    struct wire_frame f;

    memcpy(open, &bytes_in, sizeof(bytes_in));
    memcpy(open + sizeof(bytes_in), what, len);
    if (!wire_send(l->fd, WIRE_OPEN, 0, open, sizeof(bytes_in) + len))
        return no_frame(l, WIRE_CLOSED, err);
    return expect(l, WIRE_READY, &f, err);
}

enum status
relay_open(
    struct relay_line **out, const struct relay_peer *peer, struct err *err)
{
    struct relay_line *l = calloc(1, sizeof(*l));
    enum status st;

    *out = NULL;
    if (l == NULL)
        return err_nomem(err);
    l->fd = -1;
    l->bytes_in = peer->bytes_in;
    l->answer_ms = peer->answer_ms;
    memcpy(l->name, peer->name, strnlen(peer->name, sizeof(l->name) - 1));
    if ((st = tcp_dial(&l->fd, &l->place, peer->host, peer->port, peer->secret,
             err)) == ST_OK) {
        socket_prepare(l->fd, (peer->answer_ms + 999) / 1000);
        st = agree(l, peer->what, err);
    }
    if (st != ST_OK) {
        relay_close(l);
        return st;
    }
    *out = l;
    return ST_OK;
}

enum status
relay_run(struct relay_line *l, const void *in, struct relay_answer *out,
    struct err *err)
{
    return relay_run_sized(l, in, l->bytes_in, out, err);
}

enum status
relay_run_sized(struct relay_line *l, const void *in, size_t bytes,
    struct relay_answer *out, struct err *err)
{
    const int64_t sent_ns = clock_ns();
    struct wire_frame f;
    enum status st;

    l->number++;
    if (!wire_send(l->fd, WIRE_SAMPLE, l->number, in, bytes))
        return no_frame(l, WIRE_CLOSED, err);
    if ((st = expect(l, WIRE_ANSWER, &f, err)) != ST_OK)
        return st;
    if (!wire_unpack(l->in, f.bytes, out, l->values))
        return no_frame(l, WIRE_BROKEN, err);
    out->sent_ns = sent_ns;
    out->answered_ns = clock_ns();
    return ST_OK;
}

enum tcp_place
relay_place(const struct relay_line *l)
{
    return l->place;
}

void
relay_close(struct relay_line *l)
{
    if (l == NULL)
        return;
    if (l->fd >= 0) {
        (void)wire_send(l->fd, WIRE_END, l->number + 1, NULL, 0);
        close(l->fd);
    }
    free(l);
}
