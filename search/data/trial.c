/* SPDX-License-Identifier: MIT */
#include "search/data/trial.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "search/data/trial_input.h"

enum { FRONT_POINTS = 40 };

void
trial_options_init(struct trial_options *o)
{
    struct policy_setting s;

    policy_setting_init(&s);
    *o = (struct trial_options){ .objective = "latency_ns",
        .weight = 1,
        .lambda = 0.1,
        .alpha = s.alpha,
        .beta = s.beta,
        .probes = s.probes,
        .memory = s.memory,
        .steps = 20000,
        .shuffles = 20,
        .seed = 1,
        .max_drop = 0.01,
        .time_limit_s = 10 };
}

/* One policy's figures over the shuffles. */
struct figures {
    double cost[TRIAL_SHUFFLES_MAX], accuracy[TRIAL_SHUFFLES_MAX];
    double offloaded[TRIAL_SHUFFLES_MAX], probed[TRIAL_SHUFFLES_MAX];
    double regret[TRIAL_SHUFFLES_MAX];
    double trace[REPLAY_POINTS]; /* sums */
    uint64_t pulls[POLICY_ARMS_MAX];
    int64_t ns; /* fastest shuffle's */
};

struct trial {
    const struct trial_options *o; /* borrowed */
    const struct policy_kind *kind[TRIAL_KINDS_MAX];
    size_t kinds;
    struct trial_input input;
    struct figures *figures; /* owned, [kinds] */
    void *state;             /* owned, room for every policy */
};

/* The 97.5 % quantile of Student's t: the normal one and four terms of
 * Fisher's expansion (Abramowitz and Stegun 26.7.5). */
static double
student(double df)
{
    const double z = 1.959963984540054, z2 = z * z;
    const double g1 = z * (z2 + 1) / 4;
    const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
    const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    const double g4 =
        z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;

    return z + (g1 + (g2 + (g3 + g4 / df) / df) / df) / df;
}

/* [mean, low, high] with a 95 % interval over the shuffles; no interval for
 * fewer than five. */
static json_t *
interval(const double *x, int64_t n)
{
    double mean = 0, squares = 0, half;

    for (int64_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    half = n < 5 ? NAN
                 : student((double)(n - 1)) *
                       sqrt(squares / (double)(n - 1) / (double)n);
    return json_pack("[f,o,o]", mean, json_number_or_null(mean - half),
        json_number_or_null(mean + half));
}

static enum status
choose_kinds(struct trial *t, struct err *err)
{
    const struct trial_options *o = t->o;

    for (size_t i = 0; o->n_names == 0 && policy_kinds[i] != NULL; i++)
        t->kind[t->kinds++] = policy_kinds[i];
    for (size_t i = 0; i < o->n_names; i++) {
        if (t->kinds == TRIAL_KINDS_MAX)
            return err_set(err, ST_INVALID, "policy.name",
                "at most %d policies at once", TRIAL_KINDS_MAX);
        if ((t->kind[t->kinds] = policy_find(o->names[i])) == NULL)
            return err_set(err, ST_INVALID, "policy.name",
                "there is no policy '%.64s'; the first of them is %s",
                o->names[i], policy_kinds[0]->name);
        t->kinds++;
    }
    return ST_OK;
}

static enum status
make_room(struct trial *t, struct err *err)
{
    size_t most = 0;

    for (size_t k = 0; k < t->kinds; k++) {
        size_t size = policy_state_size(t->kind[k], t->input.stream.arms);

        most = size > most ? size : most;
    }
    t->figures = calloc(t->kinds, sizeof(*t->figures));
    t->state = malloc(most);
    return t->figures && t->state ? ST_OK : err_nomem(err);
}

static void
replay(struct trial *t, size_t k, int64_t shuffle,
    const struct replay_order *order)
{
    struct figures *f = &t->figures[k];
    struct replay_result r;
    int64_t start = clock_ns(), ns;

    replay_run(t->kind[k], t->state, &t->input.settings, &t->input.stream,
        &t->input.costs, order, NULL, &r);
    ns = clock_ns() - start;
    f->ns = shuffle == 0 || ns < f->ns ? ns : f->ns;
    f->cost[shuffle] = r.cost;
    f->accuracy[shuffle] = r.accuracy;
    f->offloaded[shuffle] = r.offloaded;
    f->probed[shuffle] = r.probed;
    f->regret[shuffle] = r.regret;
    for (int i = 0; i < REPLAY_POINTS; i++)
        f->trace[i] += r.trace[i];
    for (int i = 0; i < t->input.stream.arms; i++)
        f->pulls[i] += r.pulls[i];
}

static enum status
replay_all(struct trial *t, struct err *err)
{
    enum status st = ST_OK;

    for (int64_t s = 0; st == ST_OK && s < t->o->shuffles; s++) {
        struct replay_order order;
        uint64_t seed = t->o->seed * 1000003 + (uint64_t)s;

        if ((st = replay_order_init(&order, &t->input.stream,
                 &t->input.settings.own, (size_t)t->o->steps, seed, err)) !=
            ST_OK)
            break;
        t->input.settings.own.seed = t->input.settings.path.seed = seed;
        for (size_t k = 0; k < t->kinds; k++)
            replay(t, k, s, &order);
        replay_order_clear(&order);
        if (t->o->watch != NULL)
            t->o->watch(t->o->watch_ctx, s + 1, t->o->shuffles);
    }
    return st;
}

static json_t *
trace_json(const struct trial *t, const struct figures *f)
{
    json_t *a = json_array();

    for (int i = 0; a != NULL && i < REPLAY_POINTS; i++)
        if (json_array_append_new(
                a, json_pack("[I,f]",
                       (json_int_t)((i + 1) * t->o->steps / REPLAY_POINTS),
                       f->trace[i] / (double)t->o->shuffles)) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

static json_t *
kind_json(const struct trial *t, size_t k)
{
    const struct policy_kind *kind = t->kind[k];
    const struct figures *f = &t->figures[k];
    int64_t n = t->o->shuffles;
    int arms = t->input.stream.arms, most = 0;

    for (int i = 1; i < arms; i++)
        if (f->pulls[i] > f->pulls[most])
            most = i;
    return json_pack("{s:s,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:i,s:I,s:f}",
        "name", kind->name, "summary", kind->summary, "realisable",
        kind->view != POLICY_LEAK, "cost", interval(f->cost, n), "accuracy",
        interval(f->accuracy, n), "offloaded", interval(f->offloaded, n),
        "probed", interval(f->probed, n), "regret", interval(f->regret, n),
        "regret_trace", trace_json(t, f), "favourite", most, "state_bytes",
        (json_int_t)policy_state_size(kind, arms), "step_ns",
        (double)f->ns / (double)t->o->steps);
}

static json_t *
kinds_json(const struct trial *t)
{
    json_t *a = json_array();

    for (size_t k = 0; a != NULL && k < t->kinds; k++)
        if (json_array_append_new(a, kind_json(t, k)) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

/* Always the full network, on the same samples. */
static json_t *
full_json(const struct trial *t)
{
    const struct replay_stream *s = &t->input.stream;
    int last = s->arms - 1;
    double right = 0;

    for (size_t i = 0; i < s->n; i++)
        right += s->right[(size_t)last * s->n + i];
    return json_pack("{s:f,s:f}", "cost", t->input.own[last], "accuracy",
        right / (double)s->n);
}

/* The exact plan for the device alone, and the front that it is of: chosen on
 * the calibration half. */
static enum status
exact_json(const struct trial *t, const struct records *r,
    const struct costs *c, json_t **plan, json_t **front, struct err *err)
{
    struct search_options o;

    search_options_init(&o);
    o.objective = t->o->objective;
    o.max_drop = t->o->max_drop;
    o.reference = t->o->reference;
    o.seed = t->o->seed;
    o.time_limit_s = t->o->time_limit_s;
    o.curve_points = FRONT_POINTS;
    return search_records(r, c, &o, plan, front, err);
}

static enum status
document(const struct trial *t, const struct records *r, const struct costs *c,
    json_t **out, struct err *err)
{
    const struct trial_options *o = t->o;
    json_t *exact = NULL, *front = NULL;
    enum status st = exact_json(t, r, c, &exact, &front, err);

    if (st != ST_OK)
        return st;
    *out = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:I,s:b,"
                     "s:o,s:o,s:o,s:o}",
        "schema", "offramp.trial/1", "objective", o->objective, "reference",
        o->reference == SEARCH_LABEL ? "label" : "final", "split", "test",
        "samples", (json_int_t)t->input.stream.n, "steps", (json_int_t)o->steps,
        "shuffles", (json_int_t)o->shuffles, "alpha", o->alpha, "beta", o->beta,
        "probes", o->probes, "memory", o->memory, "seed", (json_int_t)o->seed,
        "by_group", o->by_group, "full", full_json(t), "exact", exact, "front",
        front, "policies", kinds_json(t));
    return *out ? ST_OK : err_nomem(err);
}

static enum status
check_options(const struct trial_options *o, struct err *err)
{
    if (o->steps < 1 || o->steps > TRIAL_STEPS_MAX)
        return err_set(err, ST_INVALID, "policy.setting",
            "steps is %lld: give 1 to %d", (long long)o->steps,
            TRIAL_STEPS_MAX);
    if (o->shuffles < 1 || o->shuffles > TRIAL_SHUFFLES_MAX)
        return err_set(err, ST_INVALID, "policy.setting",
            "shuffles is %lld: give 1 to %d", (long long)o->shuffles,
            TRIAL_SHUFFLES_MAX);
    if (!(o->weight > 0) || !isfinite(o->weight))
        return err_set(err, ST_INVALID, "policy.setting",
            "weight is %g: give a number above 0", o->weight);
    return ST_OK;
}

enum status
trial_run(const struct records *r, const struct costs *costs,
    const struct trial_options *wanted, json_t **out, struct err *err)
{
    struct trial_options o = *wanted;
    struct trial t = { .o = &o };
    struct costs own = { 0 };
    const bool published = costs == NULL;
    enum status st;

    *out = NULL;
    if ((st = check_options(&o, err)) != ST_OK ||
        (st = choose_kinds(&t, err)) != ST_OK)
        return st;
    if (published) {
        if ((st = trial_published_costs(r->exits, o.lambda, &own, err)) !=
            ST_OK)
            return st;
        costs = &own;
        o.objective = own.metric[0];
    }
    if ((st = trial_input_init(&t.input, r, costs, published, &o, err)) ==
            ST_OK &&
        (st = make_room(&t, err)) == ST_OK &&
        (st = replay_all(&t, err)) == ST_OK)
        st = document(&t, r, costs, out, err);
    free(t.figures);
    free(t.state);
    trial_input_clear(&t.input);
    costs_clear(&own);
    return st;
}
