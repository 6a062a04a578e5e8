/* SPDX-License-Identifier: MIT */
#include "probes/relay/task_relay.h"

#include "probes/relay/lead.h"

static enum status
serve(struct chain *c, json_t **result, struct err *err)
{
    int64_t served = 0;
    enum status st = chain_serve(c, &served, err);

    if (st != ST_OK)
        return st;
    *result = json_pack("{s:s,s:I,s:s,s:O,s:o}", "schema",
        "offramp.relay_served/1", "served", (json_int_t)served,
        "env_fingerprint", c->stretch->fingerprint, "env", c->stretch->stable,
        "board", stretch_trouble(c->stretch));
    return *result != NULL ? ST_OK : err_nomem(err);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct chain c;
    enum status st;

    task_progress(t, "load", 0, 1, NULL);
    if ((st = chain_open(&c, t, err)) == ST_OK)
        st = c.at == 0 ? lead_run(&c, result, err) : serve(&c, result, err);
    chain_close(&c);
    return st;
}

const struct task_kind task_relay = {
    .name = "relay",
    .run = run,
    .blame = TASK_DEVICE,
};
