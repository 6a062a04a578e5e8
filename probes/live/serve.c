/* SPDX-License-Identifier: MIT */
#include "probes/live/serve.h"

#include "probes/deploy/payload.h"
#include "probes/live/far.h"
#include "probes/measure/kit.h"
#include "probes/transfer/peer.h"

static void
tick(void *ctx, int64_t served)
{
    task_progress(ctx, "serving", served, 0, NULL);
}

/* Who was lost is gone on purpose, or its own task says why: trying this one
 * again alone helps nobody. */
static enum status
blame(struct task *t, enum status st, const struct err *why)
{
    return st == ST_OK ? ST_OK
                       : task_fail(t, TASK_USER, why->code, NULL,
                             "%s; POST :resume runs it again", why->text);
}

static enum status
serve(struct task *t, const json_t *exits, int wait_ms, struct runner *runner,
    int64_t *served, struct err *err)
{
    struct tcp_door *door = NULL;
    struct err why = { 0 };
    char what[HASH_HEX];
    enum status st = far_what(exits, what, err);

    if (st == ST_OK && (st = peer_open_door(t, &door, err)) == ST_OK) {
        task_progress(t, "waiting", 0, 1, NULL);
        st = far_serve(door,
            &(struct far_service){ runner, what, wait_ms, tick, t }, served,
            &why);
        st = blame(t, st, &why);
    }
    tcp_close(door);
    return st;
}

enum status
live_serve(struct task *t, json_t **result, struct err *err)
{
    int64_t wait_s = 600, served = 0;
    json_t *exits = NULL;
    const struct json_field fields[] = {
        { "exits", JF_ARR, true, &exits, 0, 0 },
        { "wait_s", JF_INT, false, &wait_s, 1, 3600 },
    };
    struct runner *runner = NULL;
    struct kit kit = { 0 };
    char mask[64];
    enum status st = JSON_PICK(t->payload, "payload", fields, err);

    if (st == ST_OK && (st = kit_open(&kit, NULL, err)) == ST_OK) {
        host_pin(true, mask, sizeof(mask));
        st = payload_runner(&runner, t, exits, kit.runtime, err);
    }
    if (st == ST_OK)
        st = serve(t, exits, (int)wait_s * 1000, runner, &served, err);
    runner_close(runner);
    if (kit.runtime != NULL)
        kit_close(&kit);
    if (st == ST_OK &&
        (*result = json_pack("{s:s,s:I}", "schema", "offramp.live_served/1",
             "served", (json_int_t)served)) == NULL)
        st = err_nomem(err);
    return st;
}
