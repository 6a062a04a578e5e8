/* SPDX-License-Identifier: MIT */
#include "search/data/trial_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAD(err, code, ...) err_set(err, ST_INVALID, code, __VA_ARGS__)

enum { DOMAINS_MAX = 1000 };

/* Of a layer's published cost, the share that is its head's. */
static const double published_head = 0.2;

static enum status
publish_exit(struct costs_exit *x, int e, double lambda, struct err *err)
{
    double segment = (1 - published_head) * lambda;
    double head = published_head * lambda;

    x->name = malloc(16);
    x->segment = malloc(sizeof(*x->segment));
    x->head = malloc(sizeof(*x->head));
    if (x->name == NULL || x->segment == NULL || x->head == NULL)
        return err_nomem(err);
    snprintf(x->name, 16, "exit%d", e);
    *x->segment = (struct cost){ segment, segment, segment };
    *x->head = (struct cost){ head, head, head };
    return ST_OK;
}

enum status
trial_published_costs(
    int exits, double lambda, struct costs *out, struct err *err)
{
    enum status st = ST_OK;

    *out = (struct costs){ .metrics = 1, .exits = exits };
    if (!(lambda >= 0) || !isfinite(lambda))
        return BAD(err, "policy.setting",
            "lambda is %g: it must be 0 or more, and finite", lambda);
    if ((out->metric[0] = strdup("score")) == NULL)
        st = err_nomem(err);
    for (int e = 0; st == ST_OK && e < exits; e++)
        st = publish_exit(&out->exit[e], e, lambda, err);
    if (st != ST_OK)
        costs_clear(out);
    return st;
}

static enum status
take_paths(struct trial_input *in, const struct costs *c,
    const struct trial_options *o, struct err *err)
{
    int m = costs_metric(c, o->objective);
    double backbone = 0, heads = 0;

    if (m < 0)
        return BAD(err, "policy.objective",
            "the costs have no metric '%.64s'; the first they have is %s",
            o->objective, c->metric[0]);
    for (int e = 0; e < c->exits; e++) {
        double segment = c->exit[e].segment[m].median;
        double head = c->exit[e].head[m].median;

        if (isnan(segment) || isnan(head))
            return BAD(err, "policy.costs",
                "exit %d (%s): its %s's %s was not measured; choose another "
                "objective",
                e, c->exit[e].name, isnan(segment) ? "segment" : "head",
                o->objective);
        backbone += segment;
        heads += head;
        in->backbone[e] = backbone;
        in->own[e] = backbone + head;
        in->path[e] = backbone + heads;
    }
    if (in->own[c->exits - 1] <= 0)
        return BAD(err, "policy.costs",
            "the full network costs nothing: there is nothing to save");
    return ST_OK;
}

static enum status
take_offload(
    struct trial_input *in, const struct trial_options *o, struct err *err)
{
    int early = in->stream.arms - 1;

    if (o->n_offload != 1 && o->n_offload != (size_t)early)
        return BAD(err, "policy.offload",
            "%zu offload costs for %d early exits: give one number, or one "
            "for each (handing a sample over needs a link with a cost)",
            o->n_offload, early);
    for (int e = 0; e < early; e++)
        in->offload[e] = o->offload[o->n_offload == 1 ? 0 : e];
    return ST_OK;
}

/* Costs in units of score: as published, lambda a layer for both ways of
 * running; measured, each way's own cost. */
static void
weigh(struct trial_input *in, const struct trial_options *o, bool published)
{
    int last = in->stream.arms - 1;
    double unit = published ? 1 : o->weight / in->own[last];

    in->unit = unit;
    for (int e = 0; e <= last; e++) {
        in->earn_path[e] = in->path[e] * unit;
        in->earn_own[e] = published ? in->earn_path[e] : in->own[e] * unit;
        in->earn_offload[e] = in->offload[e] * unit;
    }
}

static void
set_setting(struct policy_setting *s, const struct trial_input *in,
    const double *cost, const struct trial_options *o)
{
    policy_setting_init(s);
    s->arms = in->stream.arms;
    s->cost = cost;
    s->offload = in->earn_offload;
    s->alpha = o->alpha;
    s->beta = o->beta;
    s->probes = o->probes;
    s->memory = o->memory;
    policy_setting_range(s);
}

/* Samples of the test half (or of both) that have a right answer to compare
 * with. */
static size_t
choose(const struct records *r, const struct trial_options *o, uint8_t *half,
    uint32_t *at)
{
    size_t n = 0;

    records_split(r, o->seed, half);
    for (size_t i = 0; i < r->n; i++)
        if ((o->all_rows || half[i] == RECORDS_TEST) &&
            (o->reference == SEARCH_FINAL || r->label[i] >= 0))
            at[n++] = (uint32_t)i;
    return n;
}

/* Groups as numbers, in the order of their names. */
static enum status
number_groups(const struct records *r, const uint32_t *at, size_t n,
    uint32_t *domain, struct err *err)
{
    uint32_t *all, most = 0;
    enum status st = records_groups(r, &all, err);

    if (st != ST_OK)
        return st;
    for (size_t i = 0; i < n; i++) {
        domain[i] = all[at[i]];
        most = domain[i] > most ? domain[i] : most;
    }
    free(all);
    if (most >= DOMAINS_MAX)
        return BAD(err, "policy.records",
            "%u groups: as domains there can be at most %d", most + 1,
            DOMAINS_MAX);
    return ST_OK;
}

static void
copy_samples(struct trial_input *in, const struct records *r,
    const struct trial_options *o, const uint32_t *at)
{
    const int64_t *last = r->pred + (size_t)(r->exits - 1) * r->n;
    size_t n = in->stream.n;

    for (int e = 0; e < r->exits; e++) {
        for (size_t i = 0; i < n; i++) {
            size_t from = (size_t)e * r->n + at[i], to = (size_t)e * n + i;
            int64_t want =
                o->reference == SEARCH_FINAL ? last[at[i]] : r->label[at[i]];

            in->score[to] = r->score[from];
            in->right[to] = r->pred[from] == want;
        }
    }
}

static enum status
take_stream(struct trial_input *in, const struct records *r,
    const struct trial_options *o, struct err *err)
{
    uint32_t *at = malloc((r->n + 1) * sizeof(*at));
    uint8_t *half = malloc(r->n + 1);
    enum status st = ST_OK;
    size_t n, all;

    if (at == NULL || half == NULL) {
        st = err_nomem(err);
        goto out;
    }
    n = choose(r, o, half, at);
    all = n * (size_t)r->exits + 1;
    in->score = malloc(all * sizeof(*in->score));
    in->right = malloc(all);
    if (o->by_group)
        in->domain = malloc((n + 1) * sizeof(*in->domain));
    if (in->score == NULL || in->right == NULL ||
        (o->by_group && in->domain == NULL)) {
        st = err_nomem(err);
        goto out;
    }
    in->stream = (struct replay_stream){ .n = n,
        .arms = r->exits,
        .score = in->score,
        .right = in->right,
        .domain = in->domain };
    copy_samples(in, r, o, at);
    if (o->by_group)
        st = number_groups(r, at, n, in->domain, err);
    in->row = at;
    at = NULL;
out:
    free(at);
    free(half);
    return st;
}

enum status
trial_input_costs(struct trial_input *in, int arms, const struct costs *c,
    bool published, const struct trial_options *o, struct err *err)
{
    enum status st;

    in->stream.arms = arms;
    if (arms != c->exits)
        return err_set(err, ST_UNPROCESSABLE, "policy.exits",
            "the network has %d exits, the costs %d: they are not of one "
            "network",
            arms, c->exits);
    if ((st = take_paths(in, c, o, err)) != ST_OK ||
        (st = take_offload(in, o, err)) != ST_OK)
        return st;
    in->costs = (struct replay_costs){ in->own, in->path, in->offload };
    weigh(in, o, published);
    set_setting(&in->settings.own, in, in->earn_own, o);
    set_setting(&in->settings.path, in, in->earn_path, o);
    if ((st = policy_setting_check(&in->settings.own, err)) == ST_OK)
        st = policy_setting_check(&in->settings.path, err);
    return st;
}

enum status
trial_input_init(struct trial_input *in, const struct records *r,
    const struct costs *c, bool published, const struct trial_options *o,
    struct err *err)
{
    enum status st;

    *in = (struct trial_input){ 0 };
    if (r->exits != c->exits)
        return err_set(err, ST_UNPROCESSABLE, "policy.exits",
            "the records have %d exits, the costs %d: they are not of one "
            "network",
            r->exits, c->exits);
    if (o->by_group && r->group == NULL)
        return BAD(err, "policy.records",
            "the records have no column 'group': without it there are no "
            "domains to visit one after the other");
    if ((st = take_stream(in, r, o, err)) == ST_OK &&
        (st = replay_check(&in->stream, err)) == ST_OK)
        st = trial_input_costs(in, r->exits, c, published, o, err);
    if (st != ST_OK)
        trial_input_clear(in);
    return st;
}

void
trial_input_clear(struct trial_input *in)
{
    free(in->score);
    free(in->right);
    free(in->domain);
    free(in->row);
    *in = (struct trial_input){ 0 };
}
