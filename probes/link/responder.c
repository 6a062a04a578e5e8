/* SPDX-License-Identifier: MIT */
#include "probes/link/responder.h"

void
responder_init(struct responder *r,
    void (*run)(void *ctx, const char *request, struct text *reply), void *ctx)
{
    *r = (struct responder){ .run = run, .ctx = ctx };
}

static bool
came_before(const struct responder *r)
{
    return r->line_len > 0 && r->request.seq == r->last_seq &&
           r->request.crc == r->last_crc;
}

size_t
responder_push(struct responder *r, char byte, const char **line)
{
    char out[FRAME_TEXT + 1];
    struct text reply;

    if (!frame_push(&r->reader, byte, &r->request) ||
        r->request.kind != FRAME_REQUEST)
        return 0;
    *line = r->line;
    if (came_before(r))
        return r->line_len;
    text_init(&reply, out, sizeof(out));
    r->run(r->ctx, r->request.text, &reply);
    r->last_seq = r->request.seq;
    r->last_crc = r->request.crc;
    r->line_len = frame_write(r->line, FRAME_REPLY, r->request.seq,
        reply.cut ? "e-long the reply does not fit a frame" : out);
    return r->line_len;
}
