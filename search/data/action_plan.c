/* SPDX-License-Identifier: MIT */
#include "search/data/action_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAD(err, ...) err_set(err, ST_INVALID, "partition.exit", __VA_ARGS__)

enum { FRONT_MAX = 64 };

static const double most_ns = 1e12;

struct plan {
    const struct action_wish *w; /* borrowed */
    struct action_problem p;
    int64_t segment[2][ACTION_EXITS_MAX], head[2][ACTION_EXITS_MAX];
    int64_t bytes[ACTION_EXITS_MAX];
    struct action_bits way[ACTION_BITS_MAX];
    int64_t right[2][ACTION_EXITS_MAX * (ACTION_BITS_MAX + 1)]; /* of a half */
    int64_t n[2];
    uint8_t *half; /* owned */
};

static enum status
take_costs(struct plan *p, int d, const struct costs *c, struct err *err)
{
    int m = costs_metric(c, "latency_ns");

    if (m < 0 || c->exits != p->p.exits)
        return BAD(err, "the costs of %s have %d exits%s: the records have %d",
            c->device ? c->device
            : d       ? "the second device"
                      : "the first device",
            c->exits, m < 0 ? " and no latency_ns" : "", p->p.exits);
    for (int e = 0; e < c->exits; e++) {
        double segment = c->exit[e].segment[m].median;
        double head = c->exit[e].head[m].median;

        if (!(segment >= 0 && segment <= most_ns && head >= 0 &&
                head <= most_ns))
            return BAD(err, "exit %d (%s): its latency_ns was not measured", e,
                c->exit[e].name);
        p->segment[d][e] = llround(segment * 1e3);
        p->head[d][e] = llround(head * 1e3);
        if (c->exit[e].input_bytes >= 0)
            p->bytes[e] = c->exit[e].input_bytes;
    }
    return ST_OK;
}

static enum status
check_records(const struct plan *p, const struct action_way *w, struct err *err)
{
    const struct records *a = p->w->records, *b = w->records;

    if (b->n != a->n || b->exits != a->exits)
        return BAD(err,
            "the records of %d bits have %zu samples and %d exits, the others "
            "%zu and %d: they must be of the same network and samples",
            w->bits, b->n, b->exits, a->n, a->exits);
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->sample[i], b->sample[i]) != 0)
            return BAD(err,
                "the records of %d bits have sample '%.64s' in row %zu, the "
                "others '%.64s'",
                w->bits, b->sample[i], i + 1, a->sample[i]);
    return ST_OK;
}

/* Right answers of a half at every exit, into column `way`. */
static void
count(struct plan *p, const struct records *r, int way)
{
    const struct records *plain = p->w->records;
    const int64_t *last = plain->pred + (size_t)(plain->exits - 1) * plain->n;

    for (size_t i = 0; i < r->n; i++) {
        int half = p->half[i];
        int64_t want =
            p->w->reference == SEARCH_FINAL ? last[i] : plain->label[i];

        if (half > RECORDS_TEST || want < 0)
            continue;
        p->n[half] += way == p->p.ways;
        for (int e = 0; e < r->exits; e++)
            p->right[half][e * (p->p.ways + 1) + way] +=
                r->pred[(size_t)e * r->n + i] == want;
    }
}

static enum status
take_ways(struct plan *p, struct err *err)
{
    const struct action_wish *w = p->w;
    enum status st;

    for (int k = 0; k < w->ways; k++) {
        if (!(w->way[k].encode_ns >= 0 && w->way[k].encode_ns <= 1e6 &&
                w->way[k].decode_ns >= 0 && w->way[k].decode_ns <= 1e6))
            return BAD(err, "%d bits: coding takes 0 to 1e6 ns a byte",
                w->way[k].bits);
        if ((st = check_records(p, &w->way[k], err)) != ST_OK)
            return st;
        p->way[k] = (struct action_bits){ w->way[k].bits,
            llround(w->way[k].encode_ns * 1e3),
            llround(w->way[k].decode_ns * 1e3) };
        count(p, w->way[k].records, k);
    }
    count(p, w->records, w->ways);
    if (p->n[RECORDS_CAL] == 0 || p->n[RECORDS_TEST] == 0)
        return BAD(err, "both halves of the records need a sample%s",
            w->reference == SEARCH_LABEL ? " with a label" : "");
    return ST_OK;
}

static enum status
prepare(struct plan *p, struct err *err)
{
    const struct action_wish *w = p->w;
    struct dag_link link;
    enum status st;

    if (w->ways < 1 || w->ways > ACTION_BITS_MAX)
        return BAD(
            err, "%d ways of sending: give 1 to %d", w->ways, ACTION_BITS_MAX);
    p->p.exits = w->records->exits;
    p->p.ways = w->ways;
    for (int e = 0; e < p->p.exits; e++)
        p->bytes[e] = -1;
    if ((st = take_costs(p, 0, w->first, err)) != ST_OK ||
        (st = take_costs(p, 1, w->second, err)) != ST_OK ||
        (st = graph_link_ps(&w->link, &link, err)) != ST_OK)
        return st;
    for (int e = 0; e < p->p.exits; e++)
        if (p->bytes[e] < 0)
            return BAD(err,
                "exit %d: no costs say `input_bytes`, what its segment takes "
                "and would be sent",
                e);
    if ((p->half = malloc(w->records->n + 1)) == NULL)
        return err_nomem(err);
    records_split(w->records, w->seed, p->half);
    if ((st = take_ways(p, err)) != ST_OK)
        return st;
    for (int d = 0; d < 2; d++) {
        p->p.segment_ps[d] = p->segment[d];
        p->p.head_ps[d] = p->head[d];
    }
    p->p.bytes = p->bytes;
    p->p.way = p->way;
    p->p.right = p->right[RECORDS_CAL];
    p->p.base_ps = link.base_ps;
    p->p.byte_ps = link.byte_ps;
    return ST_OK;
}

static json_t *
action_json(const struct plan *p, const struct action *a)
{
    const struct costs *c = p->w->first;
    size_t at =
        (size_t)(a->exit * (p->p.ways + 1) + (a->way < 0 ? p->p.ways : a->way));

    return json_pack("{s:i,s:s,s:i,s:o,s:I,s:f,s:f,s:f}", "exit", a->exit,
        "name", c->exit[a->exit].name, "cut", a->cut, "bits",
        a->way < 0 ? json_null() : json_integer(p->way[a->way].bits), "bytes",
        a->way < 0
            ? (json_int_t)0
            : (json_int_t)((p->bytes[a->cut] * p->way[a->way].bits + 31) / 32),
        "latency_ns", (double)a->latency_ps / 1e3, "accuracy",
        (double)a->right / (double)p->n[RECORDS_CAL], "test_accuracy",
        (double)p->right[RECORDS_TEST][at] / (double)p->n[RECORDS_TEST]);
}

static enum status
front_json(const struct plan *p, json_t **out, struct err *err)
{
    struct action front[FRONT_MAX];
    size_t n;
    enum status st = action_front(&p->p, front, FRONT_MAX, &n, err);

    if (st != ST_OK)
        return st;
    if ((*out = json_array()) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(*out, action_json(p, &front[i]));
    return ST_OK;
}

static enum status
choose(const struct plan *p, struct action *best, bool *found, struct err *err)
{
    const struct action_wish *w = p->w;
    int64_t full = p->p.right[(p->p.exits - 1) * (p->p.ways + 1) + p->p.ways];
    double n = (double)p->n[RECORDS_CAL];

    if (isnan(w->max_drop) == isnan(w->limit_ms))
        return BAD(err, "give either a drop of accuracy or a limit of time");
    if (!isnan(w->limit_ms))
        return action_surest(
            &p->p, (int64_t)fmin(w->limit_ms * 1e9, 1e18), best, found, err);
    return action_fastest(&p->p,
        (int64_t)ceil((double)full - w->max_drop * n - 1e-9 * n), best, found,
        err);
}

enum status
action_plan(const struct action_wish *w, json_t **out, struct err *err)
{
    struct plan p = { .w = w };
    json_t *front = NULL;
    struct action best = { 0 };
    bool found = false;
    enum status st;

    *out = NULL;
    if ((st = prepare(&p, err)) == ST_OK &&
        (st = choose(&p, &best, &found, err)) == ST_OK)
        st = front_json(&p, &front, err);
    if (st == ST_OK) {
        *out = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:o,s:o}", "schema",
            "offramp.partition/1", "plan", "exit", "status",
            found ? "optimal" : "infeasible", "first",
            w->first->device ? w->first->device : "first", "second",
            w->second->device ? w->second->device : "second", "calibration",
            (json_int_t)p.n[RECORDS_CAL], "test", (json_int_t)p.n[RECORDS_TEST],
            "action", found ? action_json(&p, &best) : json_null(), "front",
            front);
        st = *out ? ST_OK : err_nomem(err);
    }
    free(p.half);
    return st;
}
