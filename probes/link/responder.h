/* SPDX-License-Identifier: MIT */
/*
 * responder.h -- the board's side of the protocol: requests in, replies out,
 * each request run once.
 *
 * The caller owns the struct, feeds it bytes from one thread, and sends what
 * it is told to send.
 */
#ifndef OFFRAMP_LINK_RESPONDER_H
#define OFFRAMP_LINK_RESPONDER_H

#include "probes/link/frame.h"
#include "probes/link/text.h"

struct responder {
    /* Run a request and write its reply's text ("m-.." or "e-.."). */
    void (*run)(void *ctx, const char *request, struct text *reply);
    void *ctx;

    struct frame_reader reader; /* private from here on */
    struct frame request;
    char line[FRAME_LINE];
    size_t line_len;   /* 0: nothing was answered yet */
    uint16_t last_seq; /* of the request that `line` answers */
    uint32_t last_crc;
};

void responder_init(struct responder *r,
    void (*run)(void *ctx, const char *request, struct text *reply), void *ctx);

/* Take a byte; returns how many bytes of *line are to be sent now (borrowed
 * until the next call). */
size_t responder_push(struct responder *r, char byte, const char **line);

#endif
