/* SPDX-License-Identifier: MIT */
#include "probes/live/live.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

enum status
live_find(const char *name, const struct policy_kind **out, struct err *err)
{
    if ((*out = policy_find(name)) == NULL)
        return err_set(err, ST_INVALID, "policy.name",
            "there is no policy '%.64s': offramp compare --list names them",
            name);
    if ((*out)->view == POLICY_LEAK)
        return err_set(err, ST_INVALID, "policy.name",
            "%s reads what no device knows: it can be replayed, not run", name);
    return ST_OK;
}

enum status
live_open(struct live *l, struct runner *runner, const struct policy_kind *kind,
    const struct policy_setting *setting, const struct live_other *other,
    struct err *err)
{
    *l = (struct live){ runner, kind, setting, other,
        malloc(policy_state_size(kind, setting->arms)) };
    if (l->state == NULL)
        return err_nomem(err);
    kind->start(l->state, setting);
    return ST_OK;
}

void
live_close(struct live *l)
{
    free(l->state);
    l->state = NULL;
}

static enum status
complete_here(void *ctx, struct runner *r, int stage, struct live_rest *out,
    struct err *err)
{
    const int last = runner_stages(r) - 1;
    double score[RUNNER_EXITS_MAX];
    struct runner_answer a;
    int64_t start = clock_ns();
    enum status st = runner_reach(r, last, false, score, &a, err);

    (void)ctx;
    (void)stage;
    *out = (struct live_rest){ a.class, a.score, (double)(clock_ns() - start),
        NAN };
    return st;
}

const struct live_other live_here = { complete_here, NULL };

/* Up to the chosen exit, and only there. */
static enum status
reach(struct live *l, const struct policy_choice *c, struct live_step *out,
    struct policy_seen *seen, struct err *err)
{
    const int last = l->setting->arms - 1;
    int64_t start = clock_ns();
    struct runner_answer a;
    enum status st;

    for (int e = 0; e <= last; e++)
        out->score[e] = NAN;
    runner_begin(l->runner);
    st = runner_reach(l->runner, c->arm, live_all_heads(l->kind, c->probe),
        out->score, &a, err);
    if (st != ST_OK)
        return st;
    out->here_ns = (double)(clock_ns() - start);
    out->answer = a.class;
    *seen = (struct policy_seen){ c->arm, c->probe, out->score,
        c->arm == last ? out->score[last] : NAN };
    return ST_OK;
}

enum status
live_step(struct live *l, struct live_step *out, struct err *err)
{
    int64_t start = clock_ns();
    const struct policy_choice c = l->kind->decide(l->state);
    struct policy_seen seen;
    enum status st;

    *out = (struct live_step){ .arm = c.arm,
        .probe = c.probe,
        .decide_ns = (double)(clock_ns() - start) };
    if ((st = reach(l, &c, out, &seen, err)) != ST_OK)
        return st;
    out->handed_over =
        c.arm < l->setting->arms - 1 && out->score[c.arm] < l->setting->alpha;
    if (out->handed_over) {
        st = l->other->complete(
            l->other->ctx, l->runner, c.arm, &out->rest, err);
        if (st != ST_OK)
            return st;
        out->answer = out->rest.class;
        seen.final = out->rest.score;
    }
    start = clock_ns();
    l->kind->observe(l->state, &seen);
    out->decide_ns += (double)(clock_ns() - start);
    return ST_OK;
}
