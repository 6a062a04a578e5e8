/* SPDX-License-Identifier: MIT */
/* trial_steps.c -- one policy over a stream as it came, step by step. */
#include <math.h>
#include <stdlib.h>

#include "search/data/trial_input.h"

struct steps {
    struct trial_input input;
    struct replay_order order;
    struct replay_step *step; /* owned */
    void *state;              /* owned */
};

static json_t *
step_json(const struct replay_stream *s, size_t t, const struct replay_step *x)
{
    int answers = x->offloaded ? s->arms - 1 : x->arm;

    return json_pack("{s:i,s:b,s:b,s:b}", "exit", x->arm, "probe", x->probe,
        "handed_over", x->offloaded, "right",
        s->right[(size_t)answers * s->n + t]);
}

static enum status
document(const struct steps *p, const struct policy_kind *k,
    const struct replay_result *r, json_t **out, struct err *err)
{
    json_t *steps = json_array();

    for (size_t t = 0; steps != NULL && t < p->order.steps; t++)
        (void)json_array_append_new(
            steps, step_json(&p->input.stream, t, &p->step[t]));
    *out = json_pack("{s:s,s:s,s:I,s:f,s:f,s:f,s:f,s:f,s:o}", "schema",
        "offramp.steps/1", "policy", k->name, "samples",
        (json_int_t)p->order.steps, "cost", r->cost, "accuracy", r->accuracy,
        "handed_over", r->offloaded, "probed", r->probed, "regret", r->regret,
        "steps", steps);
    return *out ? ST_OK : err_nomem(err);
}

static enum status
replay(struct steps *p, const struct policy_kind *k,
    const struct trial_options *o, json_t **out, struct err *err)
{
    struct replay_result r;
    enum status st = replay_order_given(
        &p->order, &p->input.stream, &p->input.settings.own, err);

    if (st != ST_OK)
        return st;
    p->state = malloc(policy_state_size(k, p->input.stream.arms));
    p->step = malloc(p->order.steps * sizeof(*p->step));
    if (p->state == NULL || p->step == NULL)
        return err_nomem(err);
    p->input.settings.own.seed = p->input.settings.path.seed = o->seed;
    replay_run(k, p->state, &p->input.settings, &p->input.stream,
        &p->input.costs, &p->order, p->step, &r);
    return document(p, k, &r, out, err);
}

static enum status
find_kind(const struct trial_options *o, const struct policy_kind **out,
    struct err *err)
{
    if (o->n_names == 1 && (*out = policy_find(o->names[0])) != NULL)
        return ST_OK;
    return err_set(err, ST_INVALID, "policy.name",
        "there is no policy '%.64s'; the first of them is %s",
        o->n_names ? o->names[0] : "", policy_kinds[0]->name);
}

enum status
trial_steps(const struct records *r, const struct costs *costs,
    const struct trial_options *wanted, json_t **out, struct err *err)
{
    struct trial_options o = *wanted;
    struct costs own = { 0 };
    struct steps p = { 0 };
    const struct policy_kind *k = NULL;
    const bool published = costs == NULL;
    enum status st = find_kind(&o, &k, err);

    *out = NULL;
    if (st != ST_OK)
        return st;
    o.all_rows = true;
    if (published) {
        if ((st = trial_published_costs(r->exits, o.lambda, &own, err)) !=
            ST_OK)
            return st;
        costs = &own;
        o.objective = own.metric[0];
    }
    if ((st = trial_input_init(&p.input, r, costs, published, &o, err)) ==
        ST_OK)
        st = replay(&p, k, &o, out, err);
    free(p.state);
    free(p.step);
    replay_order_clear(&p.order);
    trial_input_clear(&p.input);
    costs_clear(&own);
    return st;
}
