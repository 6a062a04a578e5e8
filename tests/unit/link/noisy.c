/* SPDX-License-Identifier: MIT */
#include "noisy.h"

#include <stdlib.h>
#include <string.h>

enum { QUEUE_MAX = 1 << 20 };

/* What the line makes of one byte: 0, 1 or 2 bytes in `out`. */
static size_t
pass(struct noisy *n, char byte, char out[2])
{
    out[0] = out[1] = byte;
    n->bytes++;
    if (rng_unit(&n->rng) >= n->share)
        return 1;
    n->damaged++;
    switch (rng_below(&n->rng, 4)) {
    case 0:
        return 0;
    case 1:
        return 2;
    default:
        out[0] = (char)(byte ^ (1 + (int)rng_below(&n->rng, 255)));
        return 1;
    }
}

void
noisy_say(struct noisy *n, const char *line, size_t len)
{
    char out[2];

    for (size_t i = 0; i < len && n->fault != NOISY_DEAF; i++)
        if (buf_add(&n->to_host, out, pass(n, line[i], out), NULL) != ST_OK)
            abort();
}

/* The board's answer, with the line's fault in each third one. */
static void
answer(struct noisy *n, const char *line, size_t len)
{
    enum noisy_fault fault = ++n->answers % 3 == 0 ? n->fault : NOISY_NONE;
    char sent[FRAME_LINE];

    memcpy(sent, line, len);
    if (fault == NOISY_REPLAYED) {
        noisy_say(n, n->before, n->n_before);
        noisy_say(n, sent, len);
    }
    if (fault == NOISY_WRONG_CRC)
        sent[len - 2] = sent[len - 2] == '0' ? '1' : '0';
    noisy_say(n, sent, fault == NOISY_TRUNCATED ? len / 2 : len);
    memcpy(n->before, line, len);
    n->n_before = len;
}

static enum status
port_write(struct port *p, const void *data, size_t len, struct err *err)
{
    struct noisy *n = (struct noisy *)p;
    const char *in = data, *line;
    char out[2];

    (void)err;
    for (size_t i = 0; i < len; i++) {
        size_t m = pass(n, in[i], out);

        for (size_t k = 0; k < m; k++) {
            size_t said = responder_push(n->board, out[k], &line);

            if (said > 0)
                answer(n, line, said);
        }
    }
    return ST_OK;
}

static enum status
port_read(struct port *p, void *at, size_t cap, int timeout_ms, size_t *got,
    struct err *err)
{
    struct noisy *n = (struct noisy *)p;
    size_t left = n->to_host.len - n->at;

    (void)timeout_ms; /* nothing more can come while nobody writes */
    (void)err;
    *got = left < cap ? left : cap;
    if (*got > 0)
        memcpy(at, n->to_host.data + n->at, *got);
    n->at += *got;
    if (n->at == n->to_host.len) {
        buf_clear(&n->to_host);
        buf_init(&n->to_host, QUEUE_MAX);
        n->at = 0;
    }
    return ST_OK;
}

static void
port_is_kept(struct port *p)
{
    (void)p;
}

static const struct port_ops ops = {
    .read = port_read,
    .write = port_write,
    .close = port_is_kept,
};

void
noisy_init(struct noisy *n, struct responder *board, double share)
{
    *n = (struct noisy){
        .port = { &ops }, .board = board, .share = share, .rng = { 1 }
    };
    buf_init(&n->to_host, QUEUE_MAX);
}

void
noisy_clear(struct noisy *n)
{
    buf_clear(&n->to_host);
}
