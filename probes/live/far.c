/* SPDX-License-Identifier: MIT */
#include "probes/live/far.h"

#include <stdlib.h>
#include <string.h>

/* The tensors behind one exit. */
struct border {
    struct tensor tensor[RUNNER_BORDER_MAX];
    size_t n, bytes; /* with the number in front */
};

struct borders {
    struct border behind[RUNNER_EXITS_MAX];
    int n; /* of exits that hand over: all but the last */
    size_t most;
};

static enum status
borders_init(struct borders *b, const struct runner *r, struct err *err)
{
    enum status st = ST_OK;

    *b = (struct borders){ .n = runner_stages(r) - 1 };
    for (int e = 0; st == ST_OK && e < b->n; e++) {
        struct border *x = &b->behind[e];

        st = runner_border(r, e, x->tensor, &x->n, err);
        x->bytes = sizeof(uint64_t);
        for (size_t i = 0; i < x->n; i++)
            x->bytes += x->tensor[i].bytes;
        b->most = x->bytes > b->most ? x->bytes : b->most;
    }
    return st;
}

enum status
far_bytes(const struct runner *r, size_t *bytes, size_t *most, struct err *err)
{
    struct borders b;
    enum status st = borders_init(&b, r, err);

    for (int e = 0; st == ST_OK && e < b.n; e++)
        bytes[e] = b.behind[e].bytes;
    *most = b.most;
    return st;
}

enum status
far_what(const json_t *exits, char what[HASH_HEX], struct err *err)
{
    char *text = json_canonical(exits);

    if (text == NULL)
        return err_nomem(err);
    hash_bytes(text, strlen(text), what);
    free(text);
    return ST_OK;
}

/* ---- the end that asks ---- */

struct far {
    struct relay_line *line; /* owned, as is: */
    uint8_t *sample;
    struct borders borders;
};

enum status
far_open(struct far **out, struct runner *r, const struct relay_peer *peer,
    struct err *err)
{
    struct relay_peer p = *peer;
    struct far *f = calloc(1, sizeof(*f));
    enum status st;

    *out = NULL;
    if (f == NULL)
        return err_nomem(err);
    if ((st = borders_init(&f->borders, r, err)) == ST_OK &&
        (f->sample = malloc(f->borders.most)) == NULL)
        st = err_nomem(err);
    p.bytes_in = f->borders.most;
    if (st == ST_OK)
        st = relay_open(&f->line, &p, err);
    if (st != ST_OK) {
        far_close(f);
        return st;
    }
    *out = f;
    return ST_OK;
}

static enum status
complete(void *ctx, struct runner *r, int stage, struct live_rest *out,
    struct err *err)
{
    struct far *f = ctx;
    const struct border *b = &f->borders.behind[stage];
    const uint64_t number = (uint64_t)stage;
    uint8_t *at = f->sample;
    struct relay_answer a;
    enum status st;

    (void)r;
    memcpy(at, &number, sizeof(number));
    at += sizeof(number);
    for (size_t i = 0; i < b->n; at += b->tensor[i++].bytes)
        memcpy(at, b->tensor[i].data, b->tensor[i].bytes);
    if ((st = relay_run_sized(f->line, f->sample, b->bytes, &a, err)) != ST_OK)
        return st;
    *out = (struct live_rest){ a.class, a.score,
        (double)(a.answered_ns - a.sent_ns), a.hop[0].within_ns };
    return ST_OK;
}

struct live_other
far_other(struct far *f)
{
    return (struct live_other){ complete, f };
}

void
far_close(struct far *f)
{
    if (f == NULL)
        return;
    relay_close(f->line);
    free(f->sample);
    free(f);
}

/* ---- the end that serves ---- */

struct served {
    struct runner *runner;
    struct borders borders;
    const struct far_service *service;
};

static enum status
serve_one(void *ctx, const void *in, size_t bytes, struct relay_answer *out,
    struct err *err)
{
    struct served *s = ctx;
    const int last = runner_stages(s->runner) - 1;
    const uint8_t *at = in;
    double score[RUNNER_EXITS_MAX];
    struct runner_answer a;
    const struct border *b;
    uint64_t stage = UINT64_MAX;
    enum status st;

    if (bytes >= sizeof(stage))
        memcpy(&stage, at, sizeof(stage));
    if (stage >= (uint64_t)last || s->borders.behind[stage].bytes != bytes)
        return err_set(err, ST_CORRUPT, "relay.frame",
            "%zu bytes came, which no exit of this network hands over", bytes);
    b = &s->borders.behind[stage];
    at += sizeof(stage);
    for (size_t i = 0; i < b->n; at += b->tensor[i++].bytes)
        memcpy(b->tensor[i].data, at, b->tensor[i].bytes);
    runner_begin(s->runner);
    runner_resume(s->runner, (int)stage);
    if ((st = runner_reach(s->runner, last, false, score, &a, err)) != ST_OK)
        return st;
    out->stage = last;
    out->class = a.class;
    out->score = a.score;
    return ST_OK;
}

static void
tick(void *ctx, int64_t n)
{
    const struct served *s = ctx;

    if (s->service->tick != NULL)
        s->service->tick(s->service->ctx, n);
}

enum status
far_serve(struct tcp_door *door, const struct far_service *service,
    int64_t *served, struct err *err)
{
    struct served s = { .runner = service->runner, .service = service };
    enum status st = borders_init(&s.borders, s.runner, err);
    const struct relay_service relay = { .what = service->what,
        .bytes_in = s.borders.most,
        .run_sized = serve_one,
        .tick = tick,
        .ctx = &s };

    *served = 0;
    return st == ST_OK
               ? relay_serve(door, &relay, service->wait_ms, served, err)
               : st;
}
