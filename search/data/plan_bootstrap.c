/* SPDX-License-Identifier: MIT */
#include "search/data/plan_bootstrap.h"

#include <math.h>

static struct bootstrap_part
part(const struct costs *c, int exit, bool head, int metric)
{
    const struct costs_epochs *e = costs_epochs(c, exit, head, metric);
    const struct cost *x =
        head ? &c->exit[exit].head[metric] : &c->exit[exit].segment[metric];

    return (struct bootstrap_part){ .median = x->median,
        .lo = x->lo,
        .hi = x->hi,
        .epoch = e ? e->value : NULL,
        .n = e ? e->n : 0 };
}

static json_t *
bootstrap_json(const struct bootstrap *b, int asked, bool best)
{
    static const char *const from[] = { "nothing", "intervals", "epochs",
        "both" };
    bool known = b->from != BOOTSTRAP_NOTHING;

    return json_pack("{s:i,s:i,s:i,s:s,s:o,s:o,s:o}", "draws", b->draws,
        "solves", b->solves, "solves_asked", asked, "from", from[b->from],
        "chance_best",
        json_number_or_null(best && known ? b->chance_best : NAN), "cost",
        known ? json_pack("[f,f,f]", b->median, b->lo, b->hi) : json_null(),
        "regret",
        best && known ? json_pack("[f,f]", b->regret_mean, b->regret_hi)
                      : json_null());
}

enum status
plan_bootstrap_json(const struct problem *p, const struct costs *c,
    const struct search_options *o, const struct solve_plan *plan, bool best,
    json_t **out, struct err *err)
{
    struct bootstrap_part segment[COSTS_EXITS_MAX], head[COSTS_EXITS_MAX];
    int metric = costs_metric(c, o->objective);
    struct bootstrap_options bo;
    struct bootstrap b;
    enum status st;

    for (int e = 0; e < c->exits; e++) {
        segment[e] = part(c, e, false, metric);
        head[e] = part(c, e, true, metric);
    }
    bo = o->sure.bootstrap;
    bo.quantum = p->quantum;
    bo.seed = o->seed;
    if (!best)
        bo.solves = 0;
    st = bootstrap_run(
        &p->cal.data, &p->options, plan, segment, head, &bo, &b, err);
    if (st != ST_OK)
        return st;
    *out = bootstrap_json(&b, bo.solves, best);
    return *out ? ST_OK : err_nomem(err);
}
