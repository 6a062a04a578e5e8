/* SPDX-License-Identifier: MIT */
/* The `live` task of a worker: what comes before and after a probe's. */
#include <string.h>

#include "search/data/trial_input.h"
#include "search/worker/kinds.h"
#include "search/worker/live.h"

enum status
live_basis_read(
    struct live_basis *b, const json_t *payload, int exits, struct err *err)
{
    json_t *costs = NULL, *problem = NULL;
    const struct json_field fields[] = {
        { "costs", JF_OBJ, false, &costs, 0, 0 },
        { "problem", JF_OBJ, true, &problem, 0, 0 },
    };
    enum status st;

    *b = (struct live_basis){ 0 };
    if ((st = JSON_PICK(payload, "payload", fields, err)) != ST_OK ||
        (st = trial_options_read(problem, b->names, &b->options, err)) != ST_OK)
        return st;
    b->published = costs == NULL;
    st = b->published
             ? trial_published_costs(exits, b->options.lambda, &b->costs, err)
             : costs_read(costs, &b->costs, err);
    if (st == ST_OK && b->published)
        b->options.objective = b->costs.metric[0];
    return st;
}

void
live_basis_clear(struct live_basis *b)
{
    costs_clear(&b->costs);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    const char *role = json_get_string(t->payload, "role", "");

    if (strcmp(role, "prepare") == 0)
        return live_prepare(t, result, err);
    if (strcmp(role, "replay") == 0)
        return live_replay(t, result, err);
    return err_set(err, ST_INVALID, "request.field",
        "payload.role must be prepare or replay");
}

const struct task_kind task_live = {
    .name = "live",
    .run = run,
    .blame = TASK_USER,
};
