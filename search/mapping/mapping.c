/* SPDX-License-Identifier: MIT */
/*
 * mapping.c -- search all mappings in rounds: each round gives every mapping
 * that may still hold the best plan so many parts, those with the lowest bound
 * first, and the next one four times as many.  A good plan is known early, and
 * what starting again costs is at most a third of the last round.
 */
#include "search/mapping/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "search/mapping/way.h"

enum { FIRST_NODES = 64, NODES_FACTOR = 4 };

#define BAD(err, ...) err_set(err, ST_INVALID, "search.mapping", __VA_ARGS__)

struct run {
    const struct mapping_data *d;
    const struct solve_options *o;
    struct way *ways;
    size_t n;
    struct mapping_result *out;
    const struct way *now; /* being searched */
    int64_t rest;          /* the least bound of all other mappings */
    uint64_t nodes, round_nodes;
    bool stopped; /* the caller has had enough */
};

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The caller sees all mappings; a mapping whose bound is no better than the
 * best plan known has had its turn. */
static bool
watch(void *ctx, const struct solve_progress *p)
{
    struct run *r = ctx;
    int64_t best = r->out->best.status == SOLVE_INFEASIBLE
                       ? INT64_MAX
                       : r->out->best.tally.cost;
    struct solve_progress all = { .upper = least(best, p->upper),
        .lower = least(p->lower, r->rest),
        .nodes = r->nodes + p->nodes };

    if (r->o->watch != NULL && r->o->watch(r->o->watch_ctx, &all))
        r->stopped = true;
    return r->stopped || p->lower >= best;
}

static void
keep(struct run *r, const struct way *w, const struct solve_result *found)
{
    struct mapping_result *out = r->out;
    bool first = out->best.plan.kept == 0;
    bool better = found->status != SOLVE_INFEASIBLE &&
                  (out->best.status == SOLVE_INFEASIBLE ||
                      found->tally.cost < out->best.tally.cost);

    if (!better && !(first && found->plan.kept != 0))
        return;
    out->best = *found;
    memcpy(out->processor, w->option.processor, sizeof(out->processor));
    memcpy(out->path_segment, w->segment, sizeof(w->segment));
    memcpy(out->path_head, w->head, sizeof(w->head));
}

/* The kept head whose leaving frees most of a processor that is too full. */
static int
heaviest(const struct run *r, const struct way *w, int processor, uint64_t kept)
{
    int exits = r->d->samples->exits, at = -1;
    const int64_t *hold = r->d->head_hold + (size_t)processor * (size_t)exits;

    for (int e = 0; e < exits - 1; e++)
        if ((kept >> e & 1) && w->option.processor[e] == processor &&
            (at < 0 || hold[e] > hold[at]))
            at = e;
    return at;
}

/*
 * The part of a mapping with these exits forced and forbidden.  Where the
 * cheapest plan does not fit into memory, one of its heads on the processor
 * that is too full is forbidden in one half and forced in the other; a half
 * that overflows with its forced heads alone is empty.
 */
static enum status
search_part(struct run *r, struct way *w, uint64_t forced, uint64_t forbidden,
    struct err *err)
{
    struct solve_data d = *r->d->samples;
    struct solve_options o = *r->o;
    struct solve_result found;
    uint64_t bit;
    int full;
    enum status st;

    if (way_overflow(r->d, w, forced) >= 0)
        return ST_OK;
    d.segment = w->segment;
    d.head = w->head;
    o.forced = forced;
    o.forbidden = forbidden;
    o.max_nodes = r->round_nodes;
    o.watch = watch;
    o.watch_ctx = r;
    o.claim = NULL;
    if ((st = solve_best(&d, &o, &found, err)) != ST_OK)
        return st;
    r->nodes += found.nodes;
    full = found.plan.kept ? way_overflow(r->d, w, found.plan.kept) : -1;
    if (full < 0) {
        keep(r, w, &found);
        if (found.status != SOLVE_INFEASIBLE)
            w->option.upper = least(w->option.upper, found.tally.cost);
    } else if (found.status != SOLVE_INFEASIBLE && !r->stopped) {
        bit = UINT64_C(1) << heaviest(r, w, full, found.plan.kept & ~forced);
        if ((st = search_part(r, w, forced, forbidden | bit, err)) != ST_OK)
            return st;
        return search_part(r, w, forced | bit, forbidden, err);
    }
    w->option.lower = least(w->option.lower, found.lower);
    return ST_OK;
}

static enum status
search_way(struct run *r, struct way *w, struct err *err)
{
    int64_t before = w->option.lower;
    enum status st;

    w->option.lower = INT64_MAX; /* of no part */
    st = search_part(r, w, r->o->forced, r->o->forbidden | w->forbidden, err);
    if (w->option.lower < before)
        w->option.lower = before;
    if (w->option.lower == INT64_MAX && w->option.upper == INT64_MAX)
        w->option.state = MAPPING_NO_PLAN;
    return st;
}

static int
by_bound(const void *a, const void *b)
{
    const struct mapping_option *x = &((const struct way *)a)->option;
    const struct mapping_option *y = &((const struct way *)b)->option;

    if (x->lower != y->lower)
        return x->lower < y->lower ? -1 : 1;
    return memcmp(x->processor, y->processor, sizeof(x->processor));
}

static int
by_guess(const void *a, const void *b)
{
    const struct way *x = a, *y = b;

    if (x->guess != y->guess)
        return x->guess < y->guess ? -1 : 1;
    return by_bound(a, b);
}

static bool
is_open(const struct run *r, const struct way *w)
{
    const struct solve_result *b = &r->out->best;

    return w->option.state == MAPPING_SEARCHED &&
           w->option.lower < w->option.upper &&
           (b->status == SOLVE_INFEASIBLE || w->option.lower < b->tally.cost);
}

/* The least bound of all mappings but one. */
static int64_t
bound_without(const struct run *r, const struct way *but)
{
    int64_t lower = INT64_MAX;

    for (size_t i = 0; i < r->n; i++)
        if (&r->ways[i] != but)
            lower = least(lower, r->ways[i].option.lower);
    return lower;
}

static enum status
search_round(struct run *r, bool *any, struct err *err)
{
    enum status st;

    *any = false;
    qsort(r->ways, r->n, sizeof(*r->ways),
        r->round_nodes == FIRST_NODES ? by_guess : by_bound);
    for (size_t i = 0; i < r->n && !r->stopped; i++) {
        if (!is_open(r, &r->ways[i]))
            continue;
        *any = true;
        r->rest = bound_without(r, &r->ways[i]);
        if ((st = search_way(r, &r->ways[i], err)) != ST_OK)
            return st;
        if (r->o->max_nodes != 0 && r->nodes >= r->o->max_nodes)
            r->stopped = true;
    }
    return ST_OK;
}

/* Which mappings to look at first, as no bound tells them apart yet: those that
 * would be cheap if three quarters of the samples went on at every exit.  Only
 * the order depends on it. */
static int64_t
guess(const struct way *w, int exits)
{
    int64_t sum = 0, unit = 1024;

    for (int e = 0; e < exits; e++, unit = unit * 3 / 4)
        sum += (w->segment[e] + w->head[e]) / 1024 * unit;
    return sum;
}

/* Before anything is searched: everybody leaves after the first segment. */
static void
first_bounds(struct run *r)
{
    const struct solve_data *s = r->d->samples;
    int64_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += s->weight ? s->weight[i] : 1;
    for (size_t i = 0; i < r->n; i++)
        if (r->ways[i].option.state == MAPPING_SEARCHED) {
            r->ways[i].option.lower = n * r->ways[i].segment[0];
            r->ways[i].guess = guess(&r->ways[i], s->exits);
        }
}

static void
conclude(struct run *r)
{
    struct solve_result *b = &r->out->best;
    int64_t lower = bound_without(r, NULL);

    qsort(r->ways, r->n, sizeof(*r->ways), by_bound);
    for (size_t i = 0; i < r->n; i++)
        r->out->options[i] = r->ways[i].option;
    r->out->n = r->n;
    b->nodes = r->nodes;
    b->gap = 0;
    if (b->status == SOLVE_INFEASIBLE) {
        b->proved = lower == INT64_MAX;
        b->lower = lower;
        return;
    }
    b->proved = lower >= b->tally.cost;
    b->lower = b->proved ? b->tally.cost : lower;
    b->status = b->proved ? SOLVE_OPTIMAL : SOLVE_FEASIBLE;
    if (!b->proved)
        b->gap = (double)(b->tally.cost - lower) / (double)b->tally.cost;
}

static enum status
check(const struct mapping_data *d, size_t *n, struct err *err)
{
    if (d->samples == NULL || d->samples->exits < 1 ||
        d->samples->exits > SOLVE_EXITS_MAX)
        return BAD(err, "1 to %d exits are possible", SOLVE_EXITS_MAX);
    if (d->processors < 1 || d->processors > MAPPING_PROCESSORS_MAX)
        return BAD(err, "%d processors: 1 to %d are possible", d->processors,
            MAPPING_PROCESSORS_MAX);
    if ((*n = way_count(d->samples->exits, d->processors)) > MAPPING_MAX)
        return err_set(err, ST_UNPROCESSABLE, "search.mapping",
            "%d exits on %d processors can be mapped in more than %d ways; "
            "give fewer processors",
            d->samples->exits, d->processors, MAPPING_MAX);
    for (int i = 0; i < d->processors * d->samples->exits; i++)
        if (d->segment[i] > SOLVE_COST_MAX || d->head[i] > SOLVE_COST_MAX)
            return BAD(err, "a cost is too large; choose a coarser unit");
    return ST_OK;
}

static enum status
search_all(struct run *r, struct err *err)
{
    enum status st = ST_OK;
    bool any = true;

    way_list(r->d, r->o, r->ways);
    first_bounds(r);
    r->out->best.status = SOLVE_INFEASIBLE;
    for (r->round_nodes = FIRST_NODES; st == ST_OK && any && !r->stopped;
         r->round_nodes *= NODES_FACTOR)
        st = search_round(r, &any, err);
    if (st == ST_OK)
        conclude(r);
    return st;
}

enum status
mapping_best(const struct mapping_data *d, const struct solve_options *o,
    struct mapping_result *out, struct err *err)
{
    struct run r = { .d = d, .o = o, .out = out };
    enum status st;

    *out = (struct mapping_result){ 0 };
    if ((st = check(d, &r.n, err)) != ST_OK)
        return st;
    r.ways = calloc(r.n, sizeof(*r.ways));
    out->options = calloc(r.n, sizeof(*out->options));
    st = r.ways && out->options ? search_all(&r, err) : err_nomem(err);
    free(r.ways);
    if (st != ST_OK)
        mapping_result_clear(out);
    return st;
}

void
mapping_result_clear(struct mapping_result *r)
{
    free(r->options);
    *r = (struct mapping_result){ 0 };
}
