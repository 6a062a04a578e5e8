/* SPDX-License-Identifier: MIT */
/* serve.c -- the end of a relay that serves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/relay/wire.h"
#include "probes/transfer/socket.h"

/* One asker being served; buffers owned. */
struct visit {
    const struct relay_service *service;
    int fd;
    uint8_t *in, *out;
    int64_t *served;
};

void
relay_behind(struct relay_answer *out, const struct relay_answer *peer)
{
    out->hop[0].asked_ns = (double)(peer->answered_ns - peer->sent_ns);
    for (size_t i = 0; i < peer->hops && i + 1 < RELAY_HOPS_MAX; i++)
        out->hop[i + 1] = peer->hop[i];
    out->hops = peer->hops + 1 < RELAY_HOPS_MAX ? peer->hops + 1
                                                : (size_t)RELAY_HOPS_MAX;
}

/* Does the asker want what is done here? */
static bool
agree(const struct visit *v)
{
    uint8_t open[sizeof(uint64_t) + RELAY_WHAT_MAX + 1] = { 0 };
    const struct relay_service *s = v->service;
    struct wire_frame f;
    struct err why = { 0 };
    uint64_t bytes_in;

    if (wire_receive(v->fd, &f, open, sizeof(open) - 1) != WIRE_DONE ||
        f.kind != WIRE_OPEN || f.bytes < sizeof(bytes_in))
        return false;
    memcpy(&bytes_in, open, sizeof(bytes_in));
    if (bytes_in == s->bytes_in &&
        strcmp((const char *)open + sizeof(bytes_in), s->what) == 0)
        return wire_send(v->fd, WIRE_READY, 0, NULL, 0);
    (void)err_set(&why, ST_UNAVAILABLE, "relay.mismatch",
        "it takes %zu bytes a sample for '%.64s', but was asked with %llu "
        "bytes for '%.64s': both ends must be of one plan",
        s->bytes_in, s->what, (unsigned long long)bytes_in,
        (const char *)open + sizeof(bytes_in));
    (void)wire_send_failure(v->fd, 0, ST_UNAVAILABLE, &why);
    return false;
}

static enum status
asker_gone(enum wire_end how, int wait_ms, struct err *err)
{
    if (how == WIRE_SILENT)
        return err_set(err, ST_TIMEOUT, "relay.asker_silent",
            "the device that hands tensors over sent nothing for %d s",
            wait_ms / 1000);
    return err_set(err, ST_UNAVAILABLE, "relay.asker_lost",
        "the device that hands tensors over broke off%s",
        how == WIRE_BROKEN ? " with a frame that is none" : "");
}

static enum status
answer(const struct visit *v, const struct wire_frame *f, struct err *err)
{
    const struct relay_service *s = v->service;
    struct relay_answer a = { .hops = 1, .hop = { { NAN, NAN, NAN } } };
    const int64_t start = clock_ns();
    enum status st;

    if (s->run_sized != NULL)
        st = s->run_sized(s->ctx, v->in, f->bytes, &a, err);
    else if (f->bytes != s->bytes_in)
        st = err_set(err, ST_CORRUPT, "relay.frame",
            "a sample of %zu bytes came where %zu were agreed", f->bytes,
            s->bytes_in);
    else
        st = s->run(s->ctx, v->in, &a, err);
    if (st == ST_OK && a.n > RELAY_VALUES_MAX)
        st = err_set(err, ST_TOO_LARGE, "relay.values",
            "an exit of %zu values; an answer has at most %d", a.n,
            RELAY_VALUES_MAX);
    if (st != ST_OK) {
        (void)wire_send_failure(v->fd, f->number, st, err);
        return st;
    }
    if (s->timeless)
        a.hop[0].asked_ns = NAN;
    else
        a.hop[0].within_ns = (double)(clock_ns() - start);
    if (!wire_send(
            v->fd, WIRE_ANSWER, f->number, v->out, wire_pack(&a, v->out)))
        return asker_gone(WIRE_CLOSED, 0, err);
    ++*v->served;
    if (s->tick != NULL)
        s->tick(s->ctx, *v->served);
    return ST_OK;
}

static enum status
serve(const struct visit *v, int wait_ms, struct err *err)
{
    struct wire_frame f;
    enum wire_end how;
    enum status st = ST_OK;

    while (st == ST_OK) {
        how = wire_receive(v->fd, &f, v->in, v->service->bytes_in);
        if (how == WIRE_DONE && f.kind == WIRE_END)
            return ST_OK;
        if (how != WIRE_DONE || f.kind != WIRE_SAMPLE)
            return asker_gone(
                how == WIRE_DONE ? WIRE_BROKEN : how, wait_ms, err);
        st = answer(v, &f, err);
    }
    return st;
}

enum status
relay_serve(struct tcp_door *d, const struct relay_service *s, int wait_ms,
    int64_t *served, struct err *err)
{
    struct visit v = { .service = s,
        .in = malloc(s->bytes_in + 1),
        .out = malloc(WIRE_ANSWER_MAX),
        .served = served };
    enum status st = v.in && v.out ? ST_OK : err_nomem(err);
    bool agreed = false;

    *served = 0;
    if (st == ST_OK && s->bytes_in > RELAY_BYTES_MAX)
        st = err_set(err, ST_TOO_LARGE, "relay.tensors",
            "a sample's tensors are %zu bytes; at most %d are handed over",
            s->bytes_in, RELAY_BYTES_MAX);
    while (st == ST_OK && !agreed) {
        if ((st = tcp_admit(d, wait_ms, &v.fd, err)) != ST_OK)
            break;
        socket_prepare(v.fd, wait_ms / 1000 + 1);
        if ((agreed = agree(&v)))
            st = serve(&v, wait_ms, err);
        close(v.fd);
    }
    free(v.in);
    free(v.out);
    return st;
}
