/* SPDX-License-Identifier: MIT */
#include "probes/measure/rounds.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "probes/measure/epoch.h"
#include "probes/measure/pace.h"

static const double MARK = 1.02, DISCARD = 1.05;
static const double LOOK_CONFIDENCE = 0.99;
enum { LOOKS_TO_STOP = 2 };

bool
rounds_look(size_t kept)
{
    static const size_t looks[] = { 11, 16, 24, 36, 54, 81, 122, 183 };

    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
        if (looks[i] == kept)
            return true;
    return false;
}

/* What one call works with. */
struct run {
    const struct rounds_plan *plan;
    const struct host *host;
    struct rng *rng;
    struct pace pace;
    struct subject **active; /* those not done, in this round's order */
    size_t n_active;
    struct rounds_result *out;
    double sentinel_ns; /* its reading after the last round, which is the one
                           before the next; NaN: to be read */
};

static void
shuffle(struct run *r)
{
    for (size_t i = r->n_active; i > 1; i--) {
        size_t j = (size_t)rng_below(r->rng, i);
        struct subject *s = r->active[j];

        r->active[j] = r->active[i - 1];
        r->active[i - 1] = s;
    }
}

/* A B, then B A: neither is always the one that comes second. */
static void
turn_round(struct run *r)
{
    for (size_t i = 0; i < r->n_active / 2; i++) {
        struct subject *s = r->active[i];

        r->active[i] = r->active[r->n_active - 1 - i];
        r->active[r->n_active - 1 - i] = s;
    }
}

static bool
too_late(const struct run *r)
{
    return r->host->now_ns(r->host->ctx) >= r->plan->deadline_ns;
}

/* Of all subjects: none was ever kept, and there may be no other round. */
static bool
only_chance(const struct run *r)
{
    bool last = too_late(r) || pace_is_lost(&r->pace) ||
                r->out->discarded + 1 >= 2 * r->plan->max_rounds;

    for (size_t i = 0; i < r->n_active; i++)
        last |= r->active[i]->spent_ns >= r->plan->layer_budget_ns;
    return r->out->kept == 0 && last;
}

/* Keep or set aside what the round measured.  Where it is all that there is
 * time for, poor rows are better than none. */
static enum status
judge(struct run *r, double first_ns, double last_ns, struct err *err)
{
    bool bad = last_ns > DISCARD * first_ns && !only_chance(r);

    for (size_t i = 0; i < r->n_active; i++) {
        enum status st = ST_OK;

        if (bad)
            st = subject_discard(r->active[i], err);
        else
            subject_keep(r->active[i], last_ns > MARK * first_ns);
        if (st != ST_OK)
            return st;
    }
    if (!bad) {
        r->out->kept++;
        r->sentinel_ns = last_ns;
        return pace_keep(&r->pace, first_ns, last_ns, err);
    }
    r->sentinel_ns = NAN;
    log_debug("a round was set aside: the sentinel slowed by %.1f %%",
        100 * (last_ns / first_ns - 1));
    r->out->discarded++;
    return pace_recover(&r->pace, first_ns, err);
}

static enum status
one_round(struct run *r, struct err *err)
{
    double first_ns = r->sentinel_ns, last_ns;
    enum status st;

    if (r->plan->pair)
        turn_round(r);
    else
        shuffle(r);
    if (isnan(first_ns) && (st = pace_read(&r->pace, &first_ns, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < r->n_active; i++) {
        if (r->out->kept > 0 && too_late(r))
            break;
        if ((st = epoch_run(r->active[i], r->host, r->rng, err)) != ST_OK)
            return st;
    }
    if ((st = pace_read(&r->pace, &last_ns, err)) != ST_OK)
        return st;
    return judge(r, first_ns, last_ns, err);
}

/* Is the interval narrow enough, for the second look in a row? */
static enum status
look(const struct run *r, struct subject *s, bool *met, struct err *err)
{
    struct stats stats;
    enum status st =
        stats_of(s->values, s->n_values, LOOK_CONFIDENCE, &stats, err);

    if (st != ST_OK)
        return st;
    if (stats_ci_rel(&stats) <= r->plan->ci_rel)
        s->good_looks++;
    else
        s->good_looks = 0;
    *met = s->good_looks >= LOOKS_TO_STOP &&
           (!s->single || s->n_values >= r->plan->least_singles);
    return ST_OK;
}

static bool
full(const struct subject *s)
{
    return s->most > 0 && s->n_values >= s->most;
}

static enum status
decide(const struct run *r, struct subject *s, bool last_round, struct err *err)
{
    size_t max = r->plan->max_rounds; /* of kept rounds; twice that in all */
    bool met = false;
    enum status st = ST_OK;

    if (rounds_look(s->rounds))
        st = look(r, s, &met, err);
    if (met)
        s->stop = STOP_CI_MET;
    else if (r->out->kept >= max ||
             r->out->kept + r->out->discarded >= 2 * max || full(s))
        s->stop = STOP_MAX_ROUNDS;
    else if (last_round || s->spent_ns >= r->plan->layer_budget_ns)
        s->stop = STOP_MAX_TIME;
    return st;
}

/* Take those that are done out of the list: nobody leaves with nothing, so a
 * wait that used up the time is followed by the one round that is kept. */
static enum status
retire(struct run *r, struct err *err)
{
    bool last_round = too_late(r) || pace_is_lost(&r->pace);
    size_t left = 0, undecided = 0;

    if (r->out->kept == 0)
        return ST_OK;

    for (size_t i = 0; i < r->n_active; i++) {
        struct subject *s = r->active[i];
        enum status st =
            s->stop == STOP_NONE ? decide(r, s, last_round, err) : ST_OK;

        if (st == ST_OK && s->stop != STOP_NONE)
            st = pace_spread(&r->pace, s->rounds, &s->spread, err);
        if (st != ST_OK)
            return st;
        undecided += s->stop == STOP_NONE;
    }
    for (size_t i = 0; i < r->n_active; i++) {
        struct subject *s = r->active[i];

        if (s->stop == STOP_NONE || (r->plan->pair && undecided && !full(s)))
            r->active[left++] = s;
    }
    r->n_active = left;
    return ST_OK;
}

enum status
rounds_run(struct subject *const *subjects, size_t n, struct subject *sentinel,
    const struct rounds_plan *plan, const struct host *host, struct rng *rng,
    struct rounds_result *out, struct err *err)
{
    struct run r = { .plan = plan,
        .host = host,
        .rng = rng,
        .n_active = n,
        .sentinel_ns = NAN,
        .out = out };
    enum status st = ST_OK;

    *out = (struct rounds_result){ 0 };
    if ((r.active = malloc((n + 1) * sizeof(struct subject *))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++)
        r.active[i] = subjects[i];
    pace_start(&r.pace, sentinel, host, plan->deadline_ns, plan->spending);
    while (st == ST_OK && r.n_active > 0) {
        if ((st = one_round(&r, err)) == ST_OK)
            st = retire(&r, err);
        if (plan->tick != NULL)
            plan->tick(plan->tick_ctx);
    }
    out->thermal_unstable = pace_is_lost(&r.pace);
    out->waited_ns = r.pace.waited_ns;
    if (st == ST_OK)
        st = pace_spread(&r.pace, r.pace.n, &out->spread, err);
    pace_clear(&r.pace);
    free(r.active);
    return st;
}
