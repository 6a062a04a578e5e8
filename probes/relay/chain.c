/* SPDX-License-Identifier: MIT */
#include "probes/relay/chain.h"

#include <math.h>
#include <stdlib.h>

#include "probes/relay/parcel.h"

static enum status
read_place(struct chain *c, struct err *err)
{
    const struct json_field fields[] = {
        { "what", JF_STR, true, &c->what, 0, RELAY_WHAT_MAX },
        { "at", JF_INT, true, &c->at, 0, RELAY_HOPS_MAX - 1 },
        { "length", JF_INT, true, &c->length, 1, RELAY_HOPS_MAX },
        { "wait_s", JF_INT, false, &c->wait_s, 1, 3600 },
        { "answer_s", JF_INT, false, &c->answer_s, 1, 3600 },
    };
    enum status st = JSON_PICK(c->task->payload, "payload", fields, err);

    if (st == ST_OK && c->at >= c->length)
        return err_set(err, ST_INVALID, "request.field",
            "payload.at must be below payload.length");
    return st;
}

static enum status
open_line(struct chain *c, struct err *err)
{
    struct peer peer;
    enum status st;

    if (c->at == c->length - 1)
        return ST_OK;
    if ((st = peer_read(c->task, &peer, err)) != ST_OK)
        return st;
    return relay_open(&c->next,
        &(struct relay_peer){ .name = peer.name,
            .host = peer.host,
            .port = peer.port,
            .secret = peer.secret,
            .what = c->what,
            .bytes_in = parcel_bytes(&c->stretch->gives),
            .answer_ms = (int)c->answer_s * 1000 },
        err);
}

static enum status
allocate(struct chain *c, struct err *err)
{
    const struct stretch_tensors *takes = &c->stretch->takes;
    const struct stretch_tensors *gives = &c->stretch->gives;

    if (parcel_is_coded(takes) && (c->comes = malloc(takes->bytes)) == NULL)
        return err_nomem(err);
    if (parcel_is_coded(gives) &&
        (c->goes = malloc(parcel_bytes(gives))) == NULL)
        return err_nomem(err);
    return ST_OK;
}

enum status
chain_open(struct chain *c, struct task *t, struct err *err)
{
    enum status st;

    *c = (struct chain){ .task = t, .wait_s = 600, .answer_s = 30 };
    if ((st = read_place(c, err)) != ST_OK ||
        (st = stretch_open(&c->stretch, t, err)) != ST_OK ||
        (st = allocate(c, err)) != ST_OK)
        return st;
    return open_line(c, err);
}

void
chain_close(struct chain *c)
{
    relay_close(c->next);
    stretch_close(c->stretch);
    free(c->comes);
    free(c->goes);
    *c = (struct chain){ 0 };
}

/* Over to the next one, whose answer becomes this one's. */
static enum status
ask(struct chain *c, const struct stretch_run *here, struct relay_answer *out,
    struct err *err)
{
    const void *parcel = here->gives;
    struct relay_answer a;
    enum status st;

    if (c->goes != NULL) {
        parcel_pack(&c->stretch->gives, here->gives, c->goes);
        parcel = c->goes;
    }
    if (c->next == NULL)
        return err_set(err, ST_UNPROCESSABLE, "relay.no_exit",
            "a sample left at no exit of the last processor: the plan's last "
            "exit must be there");
    if ((st = relay_run(c->next, parcel, &a, err)) != ST_OK)
        return st;
    out->stage = a.stage;
    out->class = a.class;
    out->score = a.score;
    out->values = a.values;
    out->n = a.n;
    relay_behind(out, &a);
    return ST_OK;
}

enum status
chain_run(
    struct chain *c, const void *in, struct relay_answer *out, struct err *err)
{
    struct stretch_run here;
    enum status st = stretch_run(c->stretch, in, &here, err);

    if (st != ST_OK)
        return st;
    *out = (struct relay_answer){ .stage = here.stage,
        .class = here.class,
        .score = here.score,
        .values = here.values,
        .n = here.n,
        .hop = { { here.own_ns, NAN, here.counts } },
        .hops = 1 };
    return here.left ? ST_OK : ask(c, &here, out, err);
}

/* ---- serving ---- */

static enum status
answer(void *ctx, const void *in, struct relay_answer *out, struct err *err)
{
    struct chain *c = ctx;

    if (c->comes == NULL)
        return chain_run(c, in, out, err);
    parcel_unpack(&c->stretch->takes, in, c->comes);
    return chain_run(c, c->comes, out, err);
}

static void
tick(void *ctx, int64_t served)
{
    struct chain *c = ctx;

    task_progress(c->task, "samples", served, served, NULL);
}

enum status
chain_serve(struct chain *c, int64_t *served, struct err *err)
{
    const struct relay_service service = { .what = c->what,
        .bytes_in = parcel_bytes(&c->stretch->takes),
        .timeless = c->stretch->timeless,
        .run = answer,
        .tick = tick,
        .ctx = c };
    struct tcp_door *door;
    enum status st = peer_open_door(c->task, &door, err);

    if (st != ST_OK)
        return st;
    task_progress(c->task, "waiting", 0, 1, peer_own_address());
    st = relay_serve(door, &service, (int)c->wait_s * 1000, served, err);
    tcp_close(door);
    return st;
}
