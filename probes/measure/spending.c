/* SPDX-License-Identifier: MIT */
#include "probes/measure/spending.h"

static const char *const names[SPEND_COUNT] = {
    [SPEND_START] = "start",
    [SPEND_CHECK] = "check",
    [SPEND_OPEN] = "open",
    [SPEND_WARM_UP] = "warm_up",
    [SPEND_ROUNDS] = "rounds",
    [SPEND_WAIT] = "wait",
    [SPEND_TRACE] = "trace",
    [SPEND_METERS] = "meters",
    [SPEND_REST] = "rest",
};

void
spending_start(struct spending *s, const struct host *host, int64_t since_ns)
{
    *s = (struct spending){
        .host = host, .use = SPEND_START, .since_ns = since_ns
    };
}

enum spend
spending_turn(struct spending *s, enum spend use)
{
    enum spend before;
    int64_t now;

    if (s == NULL)
        return use;
    before = s->use;
    now = s->host->now_ns(s->host->ctx);
    s->ns[before] += now - s->since_ns;
    s->since_ns = now;
    s->use = use;
    return before;
}

json_t *
spending_json(struct spending *s)
{
    json_t *o = json_object();
    int bad = o == NULL;

    spending_turn(s, s->use);
    for (int i = 0; i < SPEND_COUNT; i++)
        bad |=
            json_object_set_new(o, names[i], json_real((double)s->ns[i] / 1e9));
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}
