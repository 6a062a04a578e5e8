/* SPDX-License-Identifier: MIT */
#include "server/cli/run_policy.h"

#include <math.h>
#include <stdlib.h>

#include "probes/live/live.h"
#include "search/data/trial_input.h"
#include "server/cli/client.h"
#include "server/cli/compare.h"
#include "server/cli/run_plan.h"

/* A policy and the network that it runs. */
struct session {
    struct run_plan plan;
    struct trial_input input;
    struct costs costs;
    const struct policy_kind *kind;
    struct live live;
    json_t *steps; /* owned */
    double cost, ns, right, labelled, offloaded, probed;
};

static enum status
read_options(
    const struct run_policy_wish *w, struct trial_options *o, struct err *err)
{
    trial_options_init(o);
    o->names = &w->policy;
    o->n_names = 1;
    if (w->objective != NULL)
        o->objective = w->objective;
    o->alpha = w->alpha;
    o->beta = w->beta;
    o->weight = w->weight;
    o->lambda = w->lambda;
    o->probes = w->probes;
    o->memory = w->memory;
    o->seed = (uint64_t)w->seed;
    if (w->offload == NULL)
        return err_set(err, ST_INVALID, "policy.offload",
            "give --offload X: what handing a sample over costs");
    return compare_offload(w->offload, o->offload, &o->n_offload, err);
}

static enum status
open_costs(struct session *l, const struct run_policy_wish *w,
    struct trial_options *o, struct err *err)
{
    const bool published = w->costs_file == NULL;
    enum status st;

    st = published
             ? trial_published_costs(l->plan.exits.n, o->lambda, &l->costs, err)
             : costs_load(w->costs_file, &l->costs, err);
    if (st != ST_OK)
        return st;
    if (published)
        o->objective = l->costs.metric[0];
    return trial_input_costs(
        &l->input, l->plan.exits.n, &l->costs, published, o, err);
}

static enum status
session_open(struct session *l, const struct run_policy_wish *w,
    const char *model_file, struct err *err)
{
    struct trial_options o;
    enum score score = SCORE_MAX_PROBABILITY;
    enum status st;

    if ((st = live_find(w->policy, &l->kind, err)) != ST_OK ||
        (st = read_options(w, &o, err)) != ST_OK ||
        (w->score != NULL &&
            (st = score_read(w->score, "--score", &score, err)) != ST_OK) ||
        (st = run_plan_open(&l->plan, NULL, score, model_file, err)) != ST_OK ||
        (st = open_costs(l, w, &o, err)) != ST_OK)
        return st;
    l->input.settings.own.seed = l->input.settings.path.seed = o.seed;
    if ((l->steps = json_array()) == NULL)
        return err_nomem(err);
    return live_open(&l->live, l->plan.runner, l->kind,
        l->kind->view == POLICY_ARM ? &l->input.settings.own
                                    : &l->input.settings.path,
        &live_here, err);
}

static void
session_close(struct session *l)
{
    live_close(&l->live);
    json_decref(l->steps);
    run_plan_close(&l->plan);
    trial_input_clear(&l->input);
    costs_clear(&l->costs);
}

static void
account(struct session *l, const struct live_step *x)
{
    l->cost += live_all_heads(l->kind, x->probe) ? l->input.path[x->arm]
                                                 : l->input.own[x->arm];
    l->cost += x->handed_over ? l->input.offload[x->arm] : 0;
    l->offloaded += x->handed_over;
    l->probed += x->probe;
    l->ns += x->decide_ns + x->here_ns;
    l->ns += x->handed_over ? x->rest.rest_ns : 0;
}

static enum status
keep_step(struct session *l, const struct live_step *x, int64_t label,
    struct err *err)
{
    json_t *scores = json_array(), *step;
    const int last = l->plan.exits.n - 1;

    for (int e = 0; scores != NULL && e <= last; e++)
        (void)json_array_append_new(scores, json_number_or_null(x->score[e]));
    step = json_pack("{s:i,s:b,s:b,s:o,s:I,s:o}", "exit", x->arm, "probe",
        x->probe, "handed_over", x->handed_over, "right",
        label < 0 ? json_null() : json_boolean(x->answer == label), "answer",
        (json_int_t)x->answer, "scores", scores);
    return json_array_append_new(l->steps, step) < 0 ? err_nomem(err) : ST_OK;
}

static enum status
run_all(struct session *l, const struct run_samples *s, struct err *err)
{
    size_t elements;
    float *input = runner_input(l->plan.runner, &elements);
    float *raw = malloc(elements * sizeof(*raw));
    enum status st = raw ? ST_OK : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < s->n; i++) {
        int64_t label = run_samples_label(s, i);
        struct live_step x;

        run_samples_read(s, i, raw, input);
        if ((st = live_step(&l->live, &x, err)) != ST_OK)
            break;
        l->labelled += label >= 0;
        l->right += label >= 0 && label == x.answer;
        account(l, &x);
        st = keep_step(l, &x, label, err);
    }
    free(raw);
    return st;
}

static enum status
document(struct session *l, size_t n, json_t **out, struct err *err)
{
    double all = (double)n;

    *out = json_pack("{s:s,s:s,s:I,s:f,s:o,s:f,s:f,s:f,s:O}", "schema",
        "offramp.steps/1", "policy", l->kind->name, "samples", (json_int_t)n,
        "cost", l->cost / all, "accuracy",
        json_number_or_null(l->labelled > 0 ? l->right / l->labelled : NAN),
        "handed_over", l->offloaded / all, "probed", l->probed / all, "mean_ns",
        l->ns / all, "steps", l->steps);
    return *out ? ST_OK : err_nomem(err);
}

static enum status
run_live(const struct run_policy_wish *w, const char *model_file,
    const struct run_samples *s, json_t **out, struct err *err)
{
    struct session l = { 0 };
    enum status st = session_open(&l, w, model_file, err);

    if (st == ST_OK &&
        (st = run_samples_fit(s, runner_input_shape(l.plan.runner), err)) ==
            ST_OK &&
        (st = run_all(&l, s, err)) == ST_OK)
        st = document(&l, s->n, out, err);
    session_close(&l);
    return st;
}

static enum status
replay(const struct run_policy_wish *w, json_t **out, struct err *err)
{
    const bool measured = w->costs_file != NULL;
    struct trial_options o;
    struct records r = { 0 };
    struct costs c = { 0 };
    enum status st;

    if ((st = read_options(w, &o, err)) == ST_OK &&
        (st = records_load(w->records_file, &r, err)) == ST_OK &&
        (!measured || (st = costs_load(w->costs_file, &c, err)) == ST_OK))
        st = trial_steps(&r, measured ? &c : NULL, &o, out, err);
    records_clear(&r);
    costs_clear(&c);
    return st;
}

static void
print(const json_t *doc)
{
    double ns = json_get_number(doc, "mean_ns");
    double accuracy = json_get_number(doc, "accuracy");

    printf("%s, %.0f samples: cost %.6g a sample, handed over %.1f %%, probed "
           "%.1f %%",
        json_get_string(doc, "policy", "?"), json_get_number(doc, "samples"),
        json_get_number(doc, "cost"), 100 * json_get_number(doc, "handed_over"),
        100 * json_get_number(doc, "probed"));
    if (isfinite(accuracy))
        printf(", accuracy %.2f %%", 100 * accuracy);
    if (isfinite(ns))
        printf(", %.1f us here", ns / 1e3);
    printf("\n--json has the choice made for every sample\n");
}

enum status
run_policy(const struct run_policy_wish *w, const char *model_file,
    const struct run_samples *s, bool json, struct err *err)
{
    json_t *doc = NULL;
    enum status st = model_file != NULL ? run_live(w, model_file, s, &doc, err)
                                        : replay(w, &doc, err);

    if (st == ST_OK && json)
        client_print(doc);
    else if (st == ST_OK)
        print(doc);
    json_decref(doc);
    return st;
}
