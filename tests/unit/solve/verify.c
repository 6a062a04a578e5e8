/* SPDX-License-Identifier: MIT */
#include "unit/solve/verify.h"

#include <stdlib.h>
#include <string.h>

typedef __int128 wide;

#define NEVER ((wide)1 << 120)

static wide
least(wide a, wide b)
{
    return a < b ? a : b;
}

void
verify_init(struct verify *v, const struct brute_case *c)
{
    *v = (struct verify){ .c = c, .last = c->data.exits - 1 };
}

void
verify_clear(struct verify *v)
{
    free(v->claim);
    *v = (struct verify){ 0 };
}

/* The grid of exit e is the one that was asked for. */
static bool
grid_is_right(const struct verify *v, const struct solve_claim *c, int e)
{
    double want[BRUTE_N * 4];
    int n = brute_candidates(v->c, e, want);

    if (c->part[e].count == 0 && c->thresholds[e] == 0)
        return true; /* left out; exit_is_impossible() looks at that */
    return c->thresholds[e] == n &&
           memcmp(c->threshold[e], want, (size_t)n * sizeof(*want)) == 0;
}

void
verify_hear(void *ctx, const struct solve_claim *c)
{
    struct verify *v = ctx;
    struct verify_claim *to;

    if (v->n == v->room) {
        v->room = v->room ? 2 * v->room : 16;
        v->claim = realloc(v->claim, v->room * sizeof(*v->claim));
        if (v->claim == NULL)
            abort();
    }
    to = &v->claim[v->n++];
    memset(to, 0, sizeof(*to));
    to->looked = c->looked;
    to->shift = c->shift;
    to->wrong = c->wrong;
    for (int e = 0; e < v->last; e++) {
        to->part[e] = c->part[e];
        if (!grid_is_right(v, c, e))
            v->refused = "a grid is not the one asked for";
        for (size_t i = 0; i < v->c->data.n; i++) {
            to->accept[e][i] = c->accept[e] ? c->accept[e][c->row[i]] : 0;
            to->refuse[e][i] = c->refuse[e] ? c->refuse[e][c->row[i]] : 0;
        }
    }
}

/* The longest path with the exits in `kept`. */
static int64_t
longest(const struct solve_data *d, uint64_t kept)
{
    int64_t sum = d->head[d->exits - 1];

    for (int e = 0; e < d->exits; e++)
        sum += d->segment[e] +
               (e < d->exits - 1 && kept >> e & 1 ? d->head[e] : 0);
    return sum;
}

/* No plan within the limits has the exits in `kept`. */
static bool
is_impossible(const struct verify *v, uint64_t kept)
{
    const struct solve_options *o = &v->c->options;
    uint64_t early = (UINT64_C(1) << v->last) - 1;

    return kept & o->forbidden || longest(&v->c->data, kept) > o->worst_case ||
           (o->max_early >= 0 &&
               __builtin_popcountll(kept & early) > o->max_early);
}

/* The early exits that some plan may have, as far as this is obvious. */
static uint64_t
possible(const struct verify *v)
{
    uint64_t early = (UINT64_C(1) << v->last) - 1, out = 0;

    for (int e = 0; e < v->last; e++) {
        uint64_t one = UINT64_C(1) << e;

        if (!is_impossible(v, (v->c->options.forced & early) | one))
            out |= one;
    }
    return out;
}

static int64_t
labels(const struct solve_span *s)
{
    return s->count + s->drop;
}

static int64_t
volume(const struct verify *v, const struct solve_span *part)
{
    int64_t all = 1;

    for (int e = 0; e < v->last; e++)
        all *= labels(&part[e]);
    return all;
}

static bool
overlap(const struct verify *v, const struct solve_span *a,
    const struct solve_span *b)
{
    for (int e = 0; e < v->last; e++) {
        bool kept = a[e].first < b[e].first + b[e].count &&
                    b[e].first < a[e].first + a[e].count;

        if (!kept && !(a[e].drop && b[e].drop))
            return false;
    }
    return true;
}

/* The parts are the whole space, each plan in one of them. */
static const char *
check_parts(const struct verify *v)
{
    const struct solve_options *o = &v->c->options;
    struct solve_span all[BRUTE_E];
    int64_t sum = 0;

    for (int e = 0; e < v->last; e++) {
        double grid[BRUTE_N * 4];

        all[e] = (struct solve_span){ 0, brute_candidates(v->c, e, grid),
            !(o->forced >> e & 1) };
        if (!(possible(v) >> e & 1))
            all[e].count = 0;
    }
    for (size_t i = 0; i < v->n; i++) {
        const struct solve_span *part = v->claim[i].part;

        for (int e = 0; e < v->last; e++)
            if (part[e].first < 0 || part[e].count < 0 ||
                part[e].first + part[e].count > all[e].count ||
                (part[e].drop && !all[e].drop))
                return "a part is outside of the space";
        for (size_t j = 0; j < i; j++)
            if (overlap(v, part, v->claim[j].part))
                return "two parts overlap";
        sum += volume(v, part);
    }
    return sum == volume(v, all) ? NULL : "something is left out";
}

/* True if no plan of the part is allowed, meets the floor and is cheaper. */
static bool
look(const struct verify *v, const struct solve_span *part, int e,
    struct solve_plan *p, int64_t cost)
{
    double grid[BRUTE_N * 4];
    struct solve_tally t;

    if (e == v->last) {
        if (!brute_allows(&v->c->data, &v->c->options, p))
            return true;
        brute_eval(&v->c->data, p, &t);
        return t.right < v->c->options.floor || t.cost >= cost;
    }
    if (part[e].drop && !look(v, part, e + 1, p, cost))
        return false;
    brute_candidates(v->c, e, grid);
    for (int c = part[e].first; c < part[e].first + part[e].count; c++) {
        bool fine;

        p->kept |= UINT64_C(1) << e;
        p->threshold[e] = grid[c];
        fine = look(v, part, e + 1, p, cost);
        p->kept &= ~(UINT64_C(1) << e);
        if (!fine)
            return false;
    }
    return true;
}

/* A bound being added up, in units of 2^-fine of cost. */
struct sum {
    const struct verify *v;
    const struct verify_claim *claim;
    int fine, coarse; /* one of them is 0 */
    double grid[BRUTE_E][BRUTE_N * 4];
};

static wide
of_cost(const struct sum *s, int64_t cost)
{
    return (wide)cost * ((wide)1 << s->fine);
}

static wide
of_price(const struct sum *s, int64_t price)
{
    return (wide)price * ((wide)1 << s->coarse);
}

/* The least that sample i adds from exit e on. */
static wide
least_on(const struct sum *s, size_t i, int e, bool gone)
{
    const struct solve_data *d = &s->v->c->data;
    const struct verify_claim *c = s->claim;
    const struct solve_span *part = &c->part[e];
    wide come = gone ? 0 : of_cost(s, d->segment[e]);
    wide head = gone ? 0 : of_cost(s, d->head[e]), best = NEVER;
    wide answer =
        gone || !d->right[(size_t)e * d->n + i] ? 0 : of_price(s, c->wrong);
    double score;

    if (e == s->v->last)
        return come + head - answer;
    score = d->score[(size_t)e * d->n + i];
    if (part->drop)
        best = least_on(s, i, e + 1, gone);
    if (part->count > 0 && score >= s->grid[e][part->first])
        best = least(best, head - answer + of_price(s, c->accept[e][i]) +
                               least_on(s, i, e + 1, true));
    if (part->count > 0 && score < s->grid[e][part->first + part->count - 1])
        best = least(best,
            head + of_price(s, c->refuse[e][i]) + least_on(s, i, e + 1, gone));
    return come + best;
}

/* The most that samples have at exit e under a threshold of the part. */
static wide
most_kept(const struct sum *s, int e)
{
    const struct solve_data *d = &s->v->c->data;
    const struct solve_span *part = &s->claim->part[e];
    wide most = -NEVER;

    for (int c = part->first; c < part->first + part->count; c++) {
        wide sum = 0;

        for (size_t i = 0; i < d->n; i++)
            sum += (wide)(d->weight ? d->weight[i] : 1) *
                   (d->score[(size_t)e * d->n + i] >= s->grid[e][c]
                           ? s->claim->accept[e][i]
                           : s->claim->refuse[e][i]);
        sum *= (wide)1 << s->coarse;
        most = sum > most ? sum : most;
    }
    return most;
}

/* The same for all exits from e on, `room` of which may be kept. */
static wide
most_on(const struct sum *s, int e, int room)
{
    const struct solve_span *part = &s->claim->part[e];
    wide most = -NEVER, kept;

    if (e == s->v->last)
        return 0;
    if (part->drop)
        most = most_on(s, e + 1, room);
    if (part->count > 0 && room > 0) {
        kept = most_kept(s, e) + most_on(s, e + 1, room - 1);
        most = kept > most ? kept : most;
    }
    return most;
}

/* The claim's prices show that its part costs `cost` or more. */
static bool
bound_holds(const struct verify *v, const struct verify_claim *c, int64_t cost)
{
    const struct solve_options *o = &v->c->options;
    const struct solve_data *d = &v->c->data;
    struct sum s = { .v = v, .claim = c };
    int64_t total = 0, floor = o->floor;
    wide bound;

    if (c->shift < -62 || c->shift > 62 || c->wrong < 0)
        return false;
    s.fine = c->shift < 0 ? -c->shift : 0;
    s.coarse = c->shift > 0 ? c->shift : 0;
    for (int e = 0; e < v->last; e++)
        brute_candidates(v->c, e, s.grid[e]);
    bound = of_price(&s, c->wrong) * floor;
    for (size_t i = 0; i < d->n; i++) {
        int64_t w = d->weight ? d->weight[i] : 1;

        total += w;
        bound += w * least_on(&s, i, 0, false);
    }
    bound -= most_on(&s, 0, o->max_early < 0 ? v->last : o->max_early);
    if (cost == INT64_MAX) /* more than any plan costs: there is none */
        cost = longest(d, possible(v)) * total + 1;
    return bound > of_cost(&s, cost - 1);
}

const char *
verify_proof(const struct verify *v, int64_t cost)
{
    uint64_t early = (UINT64_C(1) << v->last) - 1;
    const char *bad = v->refused;

    if (is_impossible(v, v->c->options.forced & early))
        return cost == INT64_MAX ? NULL : "no plan keeps to the limits";
    if (bad == NULL)
        bad = check_parts(v);
    for (size_t i = 0; i < v->n && bad == NULL; i++) {
        const struct verify_claim *c = &v->claim[i];
        struct solve_plan p = { .kept = UINT64_C(1) << v->last };

        if (c->looked && !look(v, c->part, 0, &p, cost))
            bad = "a part that was looked at holds a cheaper plan";
        else if (!c->looked && !bound_holds(v, c, cost))
            bad = "a bound is too low";
    }
    return bad;
}
