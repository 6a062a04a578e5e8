/* SPDX-License-Identifier: MIT */
#include "search/data/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "search/data/ordered.h"
#include "search/data/trial_fixed.h"
#include "search/policy/temporal.h"

enum { FRONT_POINTS = 40, ROWS_MAX = TRIAL_KINDS_MAX + 16 };

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

struct trial {
    const struct trial_options *o; /* borrowed */
    struct trial_input input;
    struct trial_row *row; /* owned, [ROWS_MAX] */
    size_t rows;
    json_t *exact, *front; /* owned */
    void *state;           /* owned, room for every policy */
};

static void
trial_clear(struct trial *t)
{
    for (size_t k = 0; t->row != NULL && k < t->rows; k++)
        trial_row_clear(&t->row[k]);
    free(t->row);
    free(t->state);
    json_decref(t->exact);
    json_decref(t->front);
    trial_input_clear(&t->input);
}

static bool
is_temporal(const char *name)
{
    for (const struct temporal_rule *r = temporal_rules; r->name; r++)
        if (strcmp(r->name, name) == 0)
            return true;
    return false;
}

static enum status
check_names(const struct trial_options *o, struct err *err)
{
    if (o->n_names > TRIAL_KINDS_MAX)
        return err_set(err, ST_INVALID, "policy.name",
            "at most %d policies at once", TRIAL_KINDS_MAX);
    for (size_t i = 0; i < o->n_names; i++) {
        const char *name = o->names[i];

        if (is_temporal(name) && !o->ordered)
            return err_set(err, ST_INVALID, "policy.name",
                "%s compares samples with earlier ones: say that the rows are "
                "in the order of time (`ordered`)",
                name);
        if (policy_find(name) == NULL && !trial_fixed_named(name) &&
            !trial_select_named(name) && !is_temporal(name))
            return err_set(err, ST_INVALID, "policy.name",
                "there is no policy '%.64s'; the first of them is %s", name,
                policy_kinds[0]->name);
    }
    return ST_OK;
}

static size_t
add_kind(struct trial *t, const struct policy_kind *k)
{
    size_t size = policy_state_size(k, t->input.stream.arms);

    t->row[t->rows++] = (struct trial_row){ .name = k->name,
        .summary = k->summary,
        .family = "online",
        .realisable = k->view != POLICY_LEAK,
        .kind = k,
        .state_bytes = size };
    return size;
}

/* All of them, or those that were asked for, in that order. */
static enum status
add_online(struct trial *t, struct err *err)
{
    const struct trial_options *o = t->o;
    size_t most = 1, size;

    if ((t->row = calloc(ROWS_MAX, sizeof(*t->row))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; o->n_names == 0 && policy_kinds[i] != NULL; i++) {
        size = add_kind(t, policy_kinds[i]);
        most = size > most ? size : most;
    }
    for (size_t i = 0; i < o->n_names; i++) {
        const struct policy_kind *k = policy_find(o->names[i]);

        size = k != NULL ? add_kind(t, k) : 0;
        most = size > most ? size : most;
    }
    t->state = malloc(most);
    return t->state ? ST_OK : err_nomem(err);
}

static void
replay_online(struct trial *t, struct trial_row *row, int64_t run,
    const struct replay_order *order)
{
    struct trial_figures *f = &row->f;
    struct replay_result r;
    int64_t start = clock_ns(), ns;

    replay_run(row->kind, t->state, &t->input.settings, &t->input.stream,
        &t->input.costs, order, NULL, &r);
    ns = clock_ns() - start;
    f->ns = run == 0 || ns < f->ns ? ns : f->ns;
    row->step_ns = (double)f->ns / (double)order->steps;
    f->cost[run] = r.cost;
    f->accuracy[run] = r.accuracy;
    f->offloaded[run] = r.offloaded;
    f->probed[run] = r.probed;
    f->regret[run] = r.regret;
    for (int i = 0; i < REPLAY_POINTS; i++)
        f->trace[i] += r.trace[i];
    for (int i = 0; i < t->input.stream.arms; i++)
        f->pulls[i] += r.pulls[i];
}

/* The samples of one run: shuffled, or as they came. */
static enum status
make_order(const struct trial *t, uint64_t seed, struct replay_order *order,
    struct err *err)
{
    const struct policy_setting *judge = &t->input.settings.own;

    return t->o->ordered
               ? replay_order_given(order, &t->input.stream, judge, err)
               : replay_order_init(order, &t->input.stream, judge,
                     (size_t)t->o->steps, seed, err);
}

static enum status
replay_all(struct trial *t, struct err *err)
{
    enum status st = ST_OK;

    for (int64_t s = 0; st == ST_OK && s < t->o->shuffles; s++) {
        struct replay_order order;
        uint64_t seed = t->o->seed * 1000003 + (uint64_t)s;

        if ((st = make_order(t, seed, &order, err)) != ST_OK)
            break;
        t->input.settings.own.seed = t->input.settings.path.seed = seed;
        for (size_t k = 0; k < t->rows; k++)
            if (t->row[k].kind != NULL)
                replay_online(t, &t->row[k], s, &order);
            else
                trial_fixed_replay(
                    &t->row[k].fixed, &t->input, &order, s, &t->row[k].f);
        replay_order_clear(&order);
        if (t->o->watch != NULL)
            t->o->watch(t->o->watch_ctx, s + 1, t->o->shuffles);
    }
    return st;
}

static enum status
rows_json(const struct trial *t, const struct records *r, const struct costs *c,
    json_t **out, struct err *err)
{
    const struct trial_options *o = t->o;
    const struct ordered_options how = { .objective = o->objective,
        .reference = o->reference,
        .max_drop = o->max_drop,
        .distance = o->distance,
        .names = o->names,
        .n_names = o->n_names };

    if ((*out = json_array()) == NULL)
        return err_nomem(err);
    for (size_t k = 0; k < t->rows; k++)
        if (json_array_append_new(
                *out, trial_row_json(&t->row[k], o, t->input.stream.arms)) < 0)
            return err_nomem(err);
    return o->ordered ? ordered_rows(r, c, &how, *out, err) : ST_OK;
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
find_exact(struct trial *t, const struct records *r, const struct costs *c,
    struct err *err)
{
    struct search_options o;

    search_options_init(&o);
    o.objective = t->o->objective;
    o.max_drop = t->o->max_drop;
    o.reference = t->o->reference;
    o.seed = t->o->seed;
    o.time_limit_s = t->o->time_limit_s;
    o.curve_points = FRONT_POINTS;
    return search_records(r, c, &o, &t->exact, &t->front, err);
}

static enum status
document(const struct trial *t, const struct records *r, const struct costs *c,
    json_t **out, struct err *err)
{
    const struct trial_options *o = t->o;
    json_t *rows = NULL;
    enum status st = rows_json(t, r, c, &rows, err);

    if (st != ST_OK) {
        json_decref(rows);
        return st;
    }
    *out = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:I,s:b,"
                     "s:b,s:o,s:O,s:O,s:o}",
        "schema", "offramp.trial/1", "objective", o->objective, "reference",
        o->reference == SEARCH_LABEL ? "label" : "final", "split", "test",
        "samples", (json_int_t)t->input.stream.n, "steps", (json_int_t)o->steps,
        "shuffles", (json_int_t)o->shuffles, "alpha", o->alpha, "beta", o->beta,
        "probes", o->probes, "memory", o->memory, "seed", (json_int_t)o->seed,
        "by_group", o->by_group, "ordered", o->ordered, "full", full_json(t),
        "exact", t->exact, "front", t->front, "policies", rows);
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
    if (!(o->distance >= 0) || !isfinite(o->distance))
        return err_set(err, ST_INVALID, "policy.setting",
            "distance is %g: give 0 or more", o->distance);
    if (o->ordered && o->by_group)
        return err_set(err, ST_INVALID, "policy.setting",
            "ordered and by_group contradict each other: rows stay in the "
            "order of time, or groups come one after the other");
    return check_names(o, err);
}

static enum status
run(struct trial *t, struct trial_options *o, struct records *r,
    const struct costs *c, bool published, struct err *err)
{
    struct trial_base base = { r, &t->input, o };
    struct trial_rows rows;
    enum status st;

    if ((o->ordered && (st = ordered_split(r, err)) != ST_OK) ||
        (st = trial_input_init(&t->input, r, c, published, o, err)) != ST_OK)
        return st;
    if (o->ordered) {
        o->steps = (int64_t)t->input.stream.n;
        o->shuffles = 1;
    }
    if ((st = find_exact(t, r, c, err)) != ST_OK ||
        (st = add_online(t, err)) != ST_OK)
        return st;
    rows = (struct trial_rows){ t->row, t->rows, ROWS_MAX };
    st = trial_fixed_add(&base, t->exact, &rows, err);
    if (st == ST_OK)
        st = trial_select_add(&base, &rows, err);
    t->rows = rows.n;
    return st == ST_OK ? replay_all(t, err) : st;
}

enum status
trial_run(struct records *r, const struct costs *costs,
    const struct trial_options *wanted, json_t **out, struct err *err)
{
    struct trial_options o = *wanted;
    struct trial t = { .o = &o };
    struct costs own = { 0 };
    const bool published = costs == NULL;
    enum status st;

    *out = NULL;
    if ((st = check_options(&o, err)) != ST_OK)
        return st;
    if (published) {
        if ((st = trial_published_costs(r->exits, o.lambda, &own, err)) !=
            ST_OK)
            return st;
        costs = &own;
        o.objective = own.metric[0];
    }
    if ((st = run(&t, &o, r, costs, published, err)) == ST_OK)
        st = document(&t, r, costs, out, err);
    trial_clear(&t);
    costs_clear(&own);
    return st;
}
