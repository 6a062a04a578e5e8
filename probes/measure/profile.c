/* SPDX-License-Identifier: MIT */
#include "probes/measure/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/flag.h"
#include "probes/measure/check.h"
#include "probes/measure/closure.h"
#include "probes/measure/env.h"
#include "probes/measure/epoch.h"
#include "probes/measure/levels.h"
#include "probes/measure/warmup.h"

static const double TOLERANCE = 1e-4;
static const int64_t SENTINEL_NS = 500000, SENTINEL_CAP_NS = 2000000000;

/* What one run of profile_run() makes on the way to its result. */
struct making {
    struct profiler p;
    struct levels levels;
    struct watch watch; /* the whole job */
    struct check check;
    json_t *stable; /* owned */
    char fingerprint[HASH_HEX];
    struct clock_start start;
    double aa_rel;
};

/* The environment that the payload's policy makes. */
static enum status
read_env(struct making *m, const struct profile_setup *setup,
    const json_t *payload, struct err *err)
{
    struct policy policy;
    struct env_facts facts;
    enum status st;
    char mask[64];

    spending_start(&m->p.spending, setup->host,
        setup->begin_ns > 0 ? setup->begin_ns
                            : setup->host->now_ns(setup->host->ctx));
    if ((st = policy_read(&policy, payload, err)) != ST_OK)
        return st;
    if (setup->pin && policy.threads == 1)
        host_pin(true, mask, sizeof(mask));
    facts = kit_facts(setup->kit, policy.threads);
    if ((m->stable = env_stable(&facts)) == NULL)
        return err_nomem(err);
    return env_fingerprint(m->stable, m->fingerprint, err);
}

/* Clock, sentinel, and the time there is. */
static enum status
start(struct making *m, const struct profile_setup *setup, struct err *err)
{
    struct profiler *p = &m->p;
    const struct host *host = setup->host;
    struct warmup w = warmup_for(p->plan.policy.warmup_s, SENTINEL_CAP_NS);
    enum status st;

    p->setup = setup;
    p->rng.state = (uint64_t)p->plan.seed;
    p->whole_ci_rel = p->spread = NAN;
    p->closure_rel = p->overhead_rel = p->dispatch_ns = NAN;
    p->deadline_ns =
        host->now_ns(host->ctx) + (int64_t)(p->plan.policy.job_budget_s * 1e9);
    if ((p->rows = json_array()) == NULL)
        return err_nomem(err);
    if ((st = clocktest_run(host, &p->clock, err)) != ST_OK ||
        (st = pass_golden(p, GOLDEN_COMPUTE, &p->sentinel_kernel, &p->sentinel,
             err)) != ST_OK)
        return st;
    if (setup->counts)
        return ST_OK;
    if (!clocktest_ok(&p->clock))
        p->flags |= FLAG(timer_suspect);
    if ((st = warmup_run(&p->sentinel, host, &w, err)) == ST_OK)
        st = epoch_calibrate(
            &p->sentinel, host, epoch_target_ns(&p->clock, SENTINEL_NS), err);
    return st;
}

static enum status
open_whole(const struct profiler *p, enum net_optimisation level,
    struct netbench **out, struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    struct net_options opts = { .threads = (int)p->plan.policy.threads,
        .optimisation = level };
    struct net_source src = { 0 };
    char path[PATH_MAX];
    enum status st = h->blob_path(h->ctx, p->plan.whole.blob, path, err);

    src.path = path;
    if (st != ST_OK)
        return st;
    return netbench_open(
        out, p->setup->kit->runtime, &src, &opts, (uint64_t)p->plan.seed, err);
}

/* Outputs before times: nothing is measured of a network that is wrong. */
static enum status
check_whole(struct making *m, struct err *err)
{
    struct profiler *p = &m->p;
    const struct profile_hooks *h = &p->setup->hooks;
    struct netbench *net = NULL;
    enum status st;

    spending_turn(&p->spending, SPEND_CHECK);
    if (h->progress != NULL)
        h->progress(h->ctx, "check", 0, 1, "outputs");
    if ((st = open_whole(p, NET_OPTIMISE_NONE, &p->reference, err)) == ST_OK &&
        (st = open_whole(p, NET_OPTIMISE_ALL, &net, err)) == ST_OK)
        st = check_nets(net, p->reference, TOLERANCE, &m->check, err);
    netbench_close(net);
    spending_turn(&p->spending, SPEND_REST);
    return st;
}

static bool
is_same(const struct item *a, const struct item *b)
{
    return a->blob != NULL && b->blob != NULL && strcmp(a->blob, b->blob) == 0;
}

/* Is the prefix of exit k the very file that its prediction would rest on? */
static bool
is_alone(struct item *const *cuts, size_t k)
{
    const struct item *prefix = &cuts[CUT_PREFIX][k];

    return is_same(prefix, &cuts[CUT_SEGMENT][k]) ||
           is_same(prefix, &cuts[CUT_STAGE][k]) ||
           (k > 0 && is_same(prefix, &cuts[CUT_JOINT][k - 1]));
}

/* Medians of the exits' parts.  NULL when out of memory. */
static struct exit_cost *
exit_costs(const struct plan *plan)
{
    struct exit_cost *costs = calloc(plan->n_exits + 1, sizeof(*costs));

    for (size_t k = 0; costs != NULL && k < plan->n_exits; k++) {
        double ns[CUT_COUNT];

        for (size_t c = 0; c < CUT_COUNT; c++)
            ns[c] =
                plan->cuts[c][k].blob != NULL ? plan->cuts[c][k].median_ns : 0;
        costs[k] = (struct exit_cost){ .segment_ns = ns[CUT_SEGMENT],
            .head_ns = ns[CUT_HEAD],
            .prefix_ns = ns[CUT_PREFIX],
            .joint_ns = ns[CUT_JOINT] > 0 ? ns[CUT_JOINT] : NAN,
            .stage_ns = ns[CUT_STAGE] > 0 ? ns[CUT_STAGE] : NAN,
            .alone = is_alone(plan->cuts, k) };
    }
    return costs;
}

/* A cost of cutting; null where nothing is cut. */
static json_t *
cut_json(const struct item *as_one, double ns)
{
    return as_one->blob != NULL ? json_number_or_null(ns) : json_null();
}

static json_t *
exits_json(const struct plan *plan, const struct exit_cost *x)
{
    json_t *a = json_array();
    size_t n = plan->n_exits;

    for (size_t k = 0; k < n; k++)
        if (json_array_append_new(a,
                json_pack("{s:I, s:o, s:o, s:o, s:o}", "index", (json_int_t)k,
                    "prefix_residual_rel",
                    json_number_or_null(closure_prefix_residual(x, n, k)),
                    "prefix_split_rel",
                    json_number_or_null(closure_prefix_split(x, k)), "cut_ns",
                    cut_json(&plan->cuts[CUT_JOINT][k], closure_cut(x, n, k)),
                    "head_cut_ns",
                    cut_json(&plan->cuts[CUT_STAGE][k],
                        closure_head_cut(x, k)))) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

/* Adds closure and exits to the document, and their flags to the profile. */
static enum status
add_closure(struct making *m, json_t *doc, struct err *err)
{
    const struct plan *plan = &m->p.plan;
    struct exit_cost *costs = exit_costs(plan);
    double *layers = malloc((plan->n_layers + 1) * sizeof(*layers));
    struct closure c;
    int bad = costs == NULL || layers == NULL;

    if (!bad) {
        for (size_t i = 0; i < plan->n_layers; i++)
            layers[i] = plan->layers[i].median_ns;
        closure_of(layers, plan->n_layers, plan->whole.median_ns, &c);
        m->p.flags |= closure_flags(m->p.closure_rel);
        bad |= json_object_set_new(doc, "closure",
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "closure_hot_rel",
                json_number_or_null(c.closure_hot_rel), "closure_rel",
                json_number_or_null(m->p.closure_rel), "overhead_rel",
                json_number_or_null(m->p.overhead_rel), "aa_rel",
                json_number_or_null(m->aa_rel), "sum_layers_ns",
                json_number_or_null(c.sum_layers_ns), "whole_ns",
                json_number_or_null(c.whole_ns), "dispatch_ns",
                json_number_or_null(m->p.dispatch_ns)));
        bad |= json_object_set_new(doc, "exits", exits_json(plan, costs));
    }
    free(costs);
    free(layers);
    return bad ? err_nomem(err) : ST_OK;
}

static enum status
add_env(struct making *m, json_t *doc, struct err *err)
{
    char digest[HASH_HEX], text[CLOCK_TEXT];
    int64_t utc_end_ms = clock_utc_since(&m->start);
    const struct env_job job = { .watch = &m->watch,
        .clock = &m->p.clock,
        .meters = m->p.setup->kit->meters,
        .utc_start_ms = m->start.utc_ms,
        .utc_end_ms = utc_end_ms,
        .loop_ns = m->p.loop_ns + m->p.sentinel.spent_ns,
        .sample_ns = m->p.sample_ns,
        .spent = spending_json(&m->p.spending),
        .rounds_kept = m->p.rounds_kept,
        .rounds_discarded = m->p.rounds_discarded,
        .pace_spread = m->p.spread };
    json_t *env;
    enum status st;
    int bad;

    watch_look(&m->watch);
    env = json_pack(
        "{s:O, s:o}", "stable", m->stable, "volatile", env_volatile(&job));
    if (env == NULL)
        return err_nomem(err);
    if ((st = env_hash(env, digest, err)) != ST_OK) {
        json_decref(env);
        return st;
    }
    bad = json_object_set_new(doc, "env", env);
    bad |= json_object_set_new(
        doc, "env_fingerprint", json_string(m->fingerprint));
    bad |= json_object_set_new(doc, "env_sha256", json_string(digest));
    clock_utc_text(m->start.utc_ms, text);
    bad |= json_object_set_new(doc, "started_at", json_string(text));
    clock_utc_text(utc_end_ms, text);
    bad |= json_object_set_new(doc, "finished_at", json_string(text));
    return bad ? err_nomem(err) : ST_OK;
}

static json_t *
check_json(const struct check *c)
{
    return json_pack("{s:b, s:I, s:f, s:f, s:f, s:s}", "pass", 1, "outputs",
        (json_int_t)c->outputs, "max_abs_err", c->max_abs_err, "max_rel_err",
        c->max_rel_err, "tolerance", c->tolerance, "reference",
        "the same network without optimisation, on 5 seeded inputs");
}

/* The first part: what holds for all rows to come, so that they are worth
 * something even if this process does not live to send its result. */
static enum status
tell_conditions(struct making *m, struct err *err)
{
    const struct profile_hooks *h = &m->p.setup->hooks;
    char started[CLOCK_TEXT];
    json_t *part;
    enum status st;

    if (h->part == NULL)
        return ST_OK;
    clock_utc_text(m->start.utc_ms, started);
    part = json_pack("{s:{s:s, s:I, s:o, s:{s:O}, s:s, s:o}}", "conditions",
        "started_at", started, "seed", (json_int_t)m->p.plan.seed, "policy",
        policy_json(&m->p.plan.policy), "env", "stable", m->stable,
        "env_fingerprint", m->fingerprint, "check", check_json(&m->check));
    st = part != NULL ? h->part(h->ctx, part, err) : err_nomem(err);
    json_decref(part);
    return st;
}

static enum status
compose(struct making *m, json_t **result, struct err *err)
{
    json_t *doc = json_pack("{s:s, s:s?, s:I, s:o, s:o, s:O}", "schema",
        "offramp.profile/1", "device", m->p.setup->device, "seed",
        (json_int_t)m->p.plan.seed, "policy", policy_json(&m->p.plan.policy),
        "check", check_json(&m->check), "rows", m->p.rows);
    enum status st = doc != NULL ? ST_OK : err_nomem(err);
    char grade[2] = { 0 };

    if (st == ST_OK && (st = add_env(m, doc, err)) == ST_OK)
        st = add_closure(m, doc, err);
    if (st == ST_OK) {
        grade[0] = flag_grade(m->p.flags,
            isnan(m->p.whole_ci_rel) ? m->p.widest_ci_rel : m->p.whole_ci_rel);
        if (json_object_set_new(doc, "flags", flag_json(m->p.flags)) < 0 ||
            json_object_set_new(doc, "grade", json_string(grade)) < 0)
            st = err_nomem(err);
    }
    if (st != ST_OK) {
        json_decref(doc);
        return st;
    }
    *result = doc;
    return ST_OK;
}

static enum status
compose_golden(struct making *m, json_t **result, struct err *err)
{
    json_t *doc = json_pack("{s:s, s:s?, s:I, s:o, s:o, s:O}", "schema",
        "offramp.golden/1", "device", m->p.setup->device, "seed",
        (json_int_t)m->p.plan.seed, "policy", policy_json(&m->p.plan.policy),
        "flags", flag_json(m->p.flags), "rows", m->p.rows);
    enum status st = doc != NULL ? add_env(m, doc, err) : err_nomem(err);

    if (st == ST_OK)
        *result = doc;
    else
        json_decref(doc);
    return st;
}

static void
making_clear(struct making *m)
{
    levels_clear(&m->levels);
    netbench_close(m->p.reference);
    subject_clear(&m->p.sentinel);
    golden_close(m->p.sentinel_kernel);
    json_decref(m->p.rows);
    json_decref(m->stable);
    plan_clear(&m->p.plan);
}

enum status
profile_run(const struct profile_setup *setup, const json_t *payload,
    json_t **result, struct err *err)
{
    struct making m = { .start = clock_start() };
    enum status st;

    *result = NULL;
    if ((st = read_env(&m, setup, payload, err)) != ST_OK ||
        (st = plan_read(&m.p.plan, payload, m.fingerprint, err)) != ST_OK)
        goto out;
    watch_start(&m.watch, setup->host);
    if ((st = start(&m, setup, err)) != ST_OK ||
        (st = check_whole(&m, err)) != ST_OK ||
        (st = tell_conditions(&m, err)) != ST_OK ||
        (st = levels_make(&m.levels, &m.p, err)) != ST_OK ||
        (st = levels_run(&m.levels, &m.p, &m.aa_rel, err)) != ST_OK)
        goto out;
    st = compose(&m, result, err);
out:
    making_clear(&m);
    return st;
}

enum status
profile_golden(const struct profile_setup *setup, const json_t *payload,
    json_t **result, struct err *err)
{
    struct making m = { .start = clock_start() };
    double no_pair;
    enum status st;

    *result = NULL;
    if ((st = read_env(&m, setup, payload, err)) != ST_OK ||
        (st = plan_read_golden(&m.p.plan, payload, err)) != ST_OK)
        goto out;
    watch_start(&m.watch, setup->host);
    if ((st = start(&m, setup, err)) != ST_OK ||
        (st = levels_make_golden(&m.levels, &m.p, err)) != ST_OK ||
        (st = levels_run(&m.levels, &m.p, &no_pair, err)) != ST_OK)
        goto out;
    st = compose_golden(&m, result, err);
out:
    making_clear(&m);
    return st;
}
