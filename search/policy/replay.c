/* SPDX-License-Identifier: MIT */
#include "search/policy/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum status
replay_check(const struct replay_stream *s, struct err *err)
{
    if (s->arms < 2 || s->arms > POLICY_ARMS_MAX)
        return err_set(err, ST_INVALID, "policy.stream",
            "%d exits: a policy chooses among 2 to %d", s->arms,
            POLICY_ARMS_MAX);
    if (s->n < (size_t)s->arms)
        return err_set(err, ST_INVALID, "policy.stream",
            "%zu samples for %d exits: every exit is tried once, so there "
            "must be as many samples at least",
            s->n, s->arms);
    for (int e = 0; e < s->arms; e++) {
        for (size_t i = 0; i < s->n; i++) {
            double x = s->score[(size_t)e * s->n + i];

            if (!(x >= 0 && x <= 1))
                return err_set(err, ST_INVALID, "policy.stream",
                    "score_%d of sample %zu is %g: policies weigh scores "
                    "against costs, so every exit needs a confidence within "
                    "0..1, the last one too",
                    e, i, x);
        }
    }
    return ST_OK;
}

/* What an arm earns for a sample. */
static double
earning(const struct replay_stream *s, const struct policy_setting *setting,
    int arm, size_t i)
{
    return policy_earning(setting, arm, s->score[(size_t)arm * s->n + i],
        s->score[(size_t)(s->arms - 1) * s->n + i]);
}

/* The arm that earns most over the samples at[0..n), lowest of equals. */
static uint8_t
best_arm(const struct replay_stream *s, const struct policy_setting *setting,
    const uint32_t *at, size_t n)
{
    double most = -INFINITY;
    uint8_t best = 0;

    for (int e = 0; e < s->arms; e++) {
        double sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += earning(s, setting, e, at[i]);
        if (sum > most) {
            most = sum;
            best = (uint8_t)e;
        }
    }
    return best;
}

static void
shuffle(uint32_t *at, size_t n, struct rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(rng, i);
        uint32_t x = at[i - 1];

        at[i - 1] = at[j];
        at[j] = x;
    }
}

/* One domain's samples: its share of the steps, in shuffled rounds. */
static size_t
lay_out(struct replay_order *o, size_t from, size_t to, uint32_t *at, size_t n,
    uint8_t best, struct rng *rng)
{
    while (from < to) {
        size_t take = n < to - from ? n : to - from;

        shuffle(at, n, rng);
        memcpy(o->sample + from, at, take * sizeof(*at));
        memset(o->best + from, best, take);
        from += take;
    }
    return to;
}

static void
fill(struct replay_order *o, const struct replay_stream *s,
    const struct policy_setting *setting, uint32_t *at, uint64_t seed)
{
    struct rng rng = { seed };
    size_t seen = 0, step = 0;

    for (uint32_t d = 0; seen < s->n; d++) {
        size_t n = 0;

        for (size_t i = 0; i < s->n; i++)
            if (s->domain == NULL || s->domain[i] == d)
                at[n++] = (uint32_t)i;
        seen += n;
        if (n > 0)
            step = lay_out(o, step,
                (size_t)((double)o->steps * (double)seen / (double)s->n), at, n,
                best_arm(s, setting, at, n), &rng);
    }
}

enum status
replay_order_init(struct replay_order *o, const struct replay_stream *s,
    const struct policy_setting *setting, size_t steps, uint64_t seed,
    struct err *err)
{
    uint32_t *at = malloc(s->n * sizeof(*at));

    *o = (struct replay_order){ .sample = malloc(steps * sizeof(*o->sample)),
        .best = malloc(steps),
        .steps = steps };
    if (at == NULL || o->sample == NULL || o->best == NULL) {
        free(at);
        replay_order_clear(o);
        return err_nomem(err);
    }
    fill(o, s, setting, at, seed);
    free(at);
    return ST_OK;
}

enum status
replay_order_given(struct replay_order *o, const struct replay_stream *s,
    const struct policy_setting *setting, struct err *err)
{
    enum status st = replay_order_init(o, s, setting, s->n, 0, err);
    uint8_t *best;

    if (st != ST_OK)
        return st;
    if ((best = malloc(s->n)) == NULL) {
        replay_order_clear(o);
        return err_nomem(err);
    }
    for (size_t t = 0; t < s->n; t++)
        best[o->sample[t]] = o->best[t];
    for (size_t t = 0; t < s->n; t++)
        o->sample[t] = (uint32_t)t;
    memcpy(o->best, best, s->n);
    free(best);
    return ST_OK;
}

void
replay_order_clear(struct replay_order *o)
{
    free(o->sample);
    free(o->best);
    *o = (struct replay_order){ 0 };
}

/* What a device knows after choosing: the rest stays NaN. */
static void
reveal(const struct replay_stream *s, const struct policy_kind *k,
    const struct policy_setting *setting, size_t i,
    const struct policy_choice *c, double *score, struct policy_seen *seen)
{
    int last = s->arms - 1;
    double final = s->score[(size_t)last * s->n + i];

    for (int e = 0; e < s->arms; e++) {
        bool computed =
            e == c->arm || c->probe || (e < c->arm && k->view != POLICY_ARM);

        score[e] = computed ? s->score[(size_t)e * s->n + i] : NAN;
    }
    *seen = (struct policy_seen){
        .arm = c->arm, .probe = c->probe, .score = score, .final = NAN
    };
    if (c->arm == last || score[c->arm] < setting->alpha ||
        k->view == POLICY_LEAK)
        seen->final = final;
}

static bool
is_handed_over(
    const struct policy_setting *setting, const struct policy_seen *seen)
{
    return seen->arm < setting->arms - 1 &&
           seen->score[seen->arm] < setting->alpha;
}

static void
account(struct replay_result *r, const struct replay_stream *s,
    const struct policy_kind *k, const struct policy_setting *setting,
    const struct replay_costs *c, size_t i, const struct policy_seen *seen)
{
    int answers = seen->arm, last = s->arms - 1;
    bool all_heads = seen->probe || k->view != POLICY_ARM;

    r->cost += all_heads ? c->path[seen->arm] : c->own[seen->arm];
    r->probed += seen->probe;
    r->pulls[seen->arm]++;
    if (is_handed_over(setting, seen)) {
        r->cost += c->offload[seen->arm];
        r->offloaded++;
        answers = last;
    }
    r->accuracy += s->right[(size_t)answers * s->n + i];
}

void
replay_run(const struct policy_kind *k, void *state,
    const struct replay_settings *settings, const struct replay_stream *s,
    const struct replay_costs *c, const struct replay_order *o,
    struct replay_step *steps, struct replay_result *out)
{
    const struct policy_setting *mine =
        k->view == POLICY_ARM ? &settings->own : &settings->path;
    double score[POLICY_ARMS_MAX], n = (double)o->steps;
    size_t point = 0;

    *out = (struct replay_result){ 0 };
    k->start(state, mine);
    for (size_t t = 0; t < o->steps; t++) {
        size_t i = o->sample[t];
        struct policy_choice choice = k->decide(state);
        /* a probe pays for every head, whoever asks for it */
        const struct policy_setting *paid =
            choice.probe ? &settings->path : mine;
        struct policy_seen seen;

        reveal(s, k, mine, i, &choice, score, &seen);
        k->observe(state, &seen);
        account(out, s, k, mine, c, i, &seen);
        if (steps != NULL)
            steps[t] = (struct replay_step){ seen.arm, seen.probe,
                is_handed_over(mine, &seen) };
        out->regret += earning(s, &settings->own, o->best[t], i) -
                       policy_earned(paid, &seen);
        while (point < REPLAY_POINTS &&
               (t + 1) * REPLAY_POINTS >= (point + 1) * o->steps)
            out->trace[point++] = out->regret;
    }
    out->cost /= n;
    out->accuracy /= n;
    out->offloaded /= n;
    out->probed /= n;
}
