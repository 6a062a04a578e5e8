/* SPDX-License-Identifier: MIT */
#include "probes/deploy/validate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"
#include "base/rng.h"
#include "probes/measure/energy.h"

static const double CONFIDENCE = 0.95;
static const int64_t IDLE_NS = 2000000000;

/* What rounds gave so far, for one network. */
struct series {
    double mean[VALIDATE_ROUNDS_MOST], all[VALIDATE_ROUNDS_MOST],
        p50[VALIDATE_ROUNDS_MOST], p90[VALIDATE_ROUNDS_MOST];
    double path[RUNNER_EXITS_MAX][VALIDATE_ROUNDS_MOST];
};

struct work {
    const struct validate_setup *setup;
    struct validated *out;
    struct series *plan, *full; /* owned, as are: */
    size_t *order;              /* [n] */
    double *ns, *of_stage;      /* [n]: times of one pass */
    int *stage;                 /* [n]: where each of them left */
    struct rng rng;
    size_t n; /* rounds done */
};

static void
shuffle(struct work *w)
{
    for (size_t i = w->setup->n; i > 1; i--) {
        size_t k = rng_below(&w->rng, i), t = w->order[i - 1];

        w->order[i - 1] = w->order[k];
        w->order[k] = t;
    }
}

static void
load_runner(void *ctx, const float *row)
{
    size_t elements;
    float *input = runner_input(ctx, &elements);

    memcpy(input, row, elements * sizeof(*input));
}

static enum status
run_runner(void *ctx, struct runner_answer *a, struct err *err)
{
    return runner_run(ctx, a, err);
}

struct validate_net
validate_runner(struct runner *r)
{
    return (struct validate_net){ load_runner, run_runner, r, NULL };
}

static enum status
run_sample(const struct work *w, const struct validate_net *net, size_t row,
    double *ns, struct runner_answer *a, struct err *err)
{
    const struct host *host = w->setup->host;
    int64_t start;
    enum status st;

    net->load(net->ctx, w->setup->rows + row * w->setup->elements);
    start = host->now_ns(host->ctx);
    st = net->run(net->ctx, a, err);
    *ns = net->own_ns != NULL ? *net->own_ns
                              : (double)(host->now_ns(host->ctx) - start);
    return st;
}

/* The medians by stage, and their mean by shares. */
static void
sum_up(struct work *w, struct series *s)
{
    const size_t n = w->setup->n;

    s->mean[w->n] = 0;
    for (int k = 0; k < RUNNER_EXITS_MAX; k++) {
        size_t m = 0;

        for (size_t i = 0; i < n; i++)
            if (w->stage[i] == k)
                w->of_stage[m++] = w->ns[i];
        if (m == 0)
            continue;
        stats_sort(w->of_stage, m);
        s->path[k][w->n] = stats_quantile(w->of_stage, m, 0.5);
        s->mean[w->n] += s->path[k][w->n] * (double)m / (double)n;
    }
}

/* Every sample once. */
static enum status
pass(struct work *w, const struct validate_net *net, struct series *s,
    struct err *err)
{
    const size_t n = w->setup->n;
    struct runner_answer a;
    double sum = 0;
    enum status st;

    if (net->run == NULL)
        return ST_OK;
    for (size_t i = 0; i < n; i++) {
        if ((st = run_sample(w, net, w->order[i], &w->ns[i], &a, err)) != ST_OK)
            return st;
        w->stage[i] = a.stage;
        sum += w->ns[i];
    }
    sum_up(w, s);
    s->all[w->n] = sum / (double)n;
    stats_sort(w->ns, n);
    s->p50[w->n] = stats_quantile(w->ns, n, 0.5);
    s->p90[w->n] = stats_quantile(w->ns, n, 0.9);
    return ST_OK;
}

/* The decisions, which are the same in every round, from a pass that is not
 * timed: it also loads and warms both networks. */
static enum status
decide(struct work *w, struct err *err)
{
    const int64_t *labels = w->setup->labels;
    struct validated *out = w->out;
    struct runner_answer a;
    double ns;
    enum status st;

    for (size_t i = 0; i < w->setup->n; i++) {
        int64_t label = labels != NULL ? labels[i] : -1;

        if ((st = run_sample(w, &w->setup->plan, i, &ns, &a, err)) != ST_OK)
            return st;
        out->left[a.stage]++;
        out->labelled[a.stage] += label >= 0;
        out->right[a.stage] += label >= 0 && a.class == label;
        if (w->setup->full.run == NULL)
            continue;
        if ((st = run_sample(w, &w->setup->full, i, &ns, &a, err)) != ST_OK)
            return st;
        out->full_labelled += label >= 0;
        out->full_right += label >= 0 && a.class == label;
    }
    return ST_OK;
}

static enum status
one_round(struct work *w, struct err *err)
{
    const struct validate_setup *s = w->setup;
    const bool plan_first = w->n % 2 == 0;
    enum status st;

    shuffle(w);
    st = plan_first ? pass(w, &s->plan, w->plan, err)
                    : pass(w, &s->full, w->full, err);
    if (st == ST_OK)
        st = plan_first ? pass(w, &s->full, w->full, err)
                        : pass(w, &s->plan, w->plan, err);
    w->n++;
    return st;
}

static enum status
times_of(const struct work *w, const struct series *s,
    struct validate_times *out, struct err *err)
{
    enum status st;

    for (int k = 0; k < RUNNER_EXITS_MAX; k++)
        if (s->path[k][0] > 0 && (st = stats_of(s->path[k], w->n, CONFIDENCE,
                                      &out->path[k], err)) != ST_OK)
            return st;
    if ((st = stats_of(s->mean, w->n, CONFIDENCE, &out->mean, err)) != ST_OK ||
        (st = stats_of(s->all, w->n, CONFIDENCE, &out->all, err)) != ST_OK ||
        (st = stats_of(s->p50, w->n, CONFIDENCE, &out->p50, err)) != ST_OK)
        return st;
    return stats_of(s->p90, w->n, CONFIDENCE, &out->p90, err);
}

/* Rounds until both means' intervals are as narrow as asked for, or the time
 * is over; the least number of rounds is always run. */
static enum status
rounds(struct work *w, struct watch *watch, struct err *err)
{
    const struct validate_setup *s = w->setup;
    const struct host *host = s->host;
    int64_t end = host->now_ns(host->ctx) + (int64_t)(s->budget_s * 1e9);
    bool narrow = false;
    enum status st;

    while (w->n < VALIDATE_ROUNDS_MOST && !narrow &&
           (w->n < VALIDATE_ROUNDS_LEAST || host->now_ns(host->ctx) < end)) {
        if ((st = one_round(w, err)) != ST_OK ||
            (st = times_of(w, w->plan, &w->out->plan, err)) != ST_OK ||
            (s->full.run != NULL &&
                (st = times_of(w, w->full, &w->out->full, err)) != ST_OK))
            return st;
        watch_look(watch);
        narrow = w->n >= VALIDATE_ROUNDS_LEAST &&
                 stats_ci_rel(&w->out->plan.mean) <= s->ci_rel &&
                 (s->full.run == NULL ||
                     stats_ci_rel(&w->out->full.mean) <= s->ci_rel);
        if (s->progress != NULL)
            s->progress(s->ctx, w->n, VALIDATE_ROUNDS_MOST);
    }
    if (!narrow)
        w->out->flags |= FLAG(ci_not_met);
    return ST_OK;
}

/* For the energy window: all samples, n of them in turn. */
static enum status
run_many(void *ctx, int64_t n, struct err *err)
{
    struct work *w = ctx;
    struct runner_answer a;
    double ns;
    enum status st = ST_OK;

    for (int64_t i = 0; st == ST_OK && i < n; i++)
        st = run_sample(w, &w->setup->plan, (size_t)i, &ns, &a, err);
    return st;
}

/* Whole passes only, so that the shares are right; in a pass of its own. */
static enum status
energy(struct work *w, struct err *err)
{
    const struct meter_handle *m = w->setup->energy;
    const struct host *host = w->setup->host;
    struct subject s = { .run = run_many, .ctx = w, .n = (int64_t)w->setup->n };
    struct energy_window window;
    struct energy e;
    double before, after;
    enum status st;

    if (m == NULL || m->self == NULL) {
        w->out->flags |= FLAG(no_energy_sensor);
        return ST_OK;
    }
    if ((st = energy_idle(m, host, IDLE_NS, &before, err)) != ST_OK ||
        (st = energy_measure(m, &s, host, &window, err)) != ST_OK ||
        (st = energy_idle(m, host, IDLE_NS, &after, err)) != ST_OK)
        return st;
    energy_account(m->ops->facts(m->self), &window, before, after, &e);
    w->out->flags |= energy_flags(&e) | energy_idle_flags(before, after);
    w->out->energy = energy_json(&e, "loop", m->ops->facts(m->self)->source);
    return w->out->energy != NULL ? ST_OK : err_nomem(err);
}

/* A meter that fails costs the energy, not the validation. */
static enum status
try_energy(struct work *w, struct err *err)
{
    struct err cause = { 0 };
    enum status st = energy(w, &cause);

    if (st == ST_INVALID) {
        w->out->flags |= energy_failure_flag(cause.code);
        return ST_OK;
    }
    return st == ST_OK ? ST_OK : err_set(err, st, cause.code, "%s", cause.text);
}

static enum status
work_open(struct work *w, struct err *err)
{
    const size_t n = w->setup->n;

    w->plan = calloc(1, sizeof(*w->plan));
    w->full = calloc(1, sizeof(*w->full));
    w->order = malloc((n + 1) * sizeof(*w->order));
    w->ns = malloc((n + 1) * sizeof(*w->ns));
    w->of_stage = malloc((n + 1) * sizeof(*w->of_stage));
    w->stage = malloc((n + 1) * sizeof(*w->stage));
    if (w->plan == NULL || w->full == NULL || w->order == NULL ||
        w->ns == NULL || w->of_stage == NULL || w->stage == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++)
        w->order[i] = i;
    return ST_OK;
}

static void
work_close(struct work *w)
{
    free(w->plan);
    free(w->full);
    free(w->order);
    free(w->ns);
    free(w->of_stage);
    free(w->stage);
}

enum status
validate_run(
    const struct validate_setup *setup, struct validated *out, struct err *err)
{
    struct work w = {
        .setup = setup, .out = out, .rng = { .state = setup->seed }
    };
    struct watch watch;
    enum status st;

    *out = (struct validated){ 0 };
    watch_start(&watch, setup->host);
    if ((st = work_open(&w, err)) == ST_OK && (st = decide(&w, err)) == ST_OK &&
        (st = rounds(&w, &watch, err)) == ST_OK)
        st = try_energy(&w, err);
    out->rounds = w.n;
    if (setup->plan.own_ns == NULL) /* else nothing here disturbs it */
        out->flags |= watch_flags(&watch);
    work_close(&w);
    return st;
}
