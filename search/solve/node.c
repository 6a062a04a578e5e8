/* SPDX-License-Identifier: MIT */
#include "search/solve/node.h"

#include <stdlib.h>

#include "search/solve/enumerate.h"

enum {
    CHUNK = 15,           /* steps between two filters */
    CELLS_MAX = 1 << 21,  /* of a walk's tensor */
    WALK_LOOKS = 60,      /* at each row and exit that a walk may take, */
    JOIN_AGAIN = 4,       /* rows again when the box is this much smaller */
    SMALL_WALK = 1 << 17, /* and so many more */
};

static bool
claim_add(struct node_result *r, const struct box *b, struct prices *prices)
{
    if (r->claims == r->room) {
        size_t room = r->room ? 2 * r->room : 16;
        struct claim *more = realloc(r->claim, room * sizeof(*more));

        if (more == NULL) {
            r->st = ST_NOMEM;
            return false;
        }
        r->claim = more;
        r->room = room;
    }
    if (prices != NULL)
        prices->refs++;
    r->claim[r->claims++] = (struct claim){ *b, prices };
    return true;
}

/* The whole box goes, by the bound at the dual's prices. */
static void
claim_box(struct worker *w, const struct visit *v, const struct box *b,
    struct node_result *r)
{
    struct prices *x;

    if (!v->prove)
        return;
    if ((x = prices_take(&w->dual, &w->join)) == NULL) {
        r->st = ST_NOMEM;
        return;
    }
    claim_add(r, b, x);
    prices_drop(x);
}

/* Each label that a filter took from `was` goes on its own. */
static void
claim_labels(struct worker *w, const struct visit *v, struct box was,
    const struct box *now, struct node_result *r)
{
    struct prices *x;

    if (!v->prove)
        return;
    if ((x = prices_take(&w->dual, &w->join)) == NULL) {
        r->st = ST_NOMEM;
        return;
    }
    for (int e = 0; e < v->p->k; e++) {
        struct span all = was.at[e], left = now->at[e];

        for (int c = all.lo; c < all.lo + all.m && r->st == ST_OK; c++)
            if (c < left.lo || c >= left.lo + left.m) {
                was.at[e] = (struct span){ (uint16_t)c, 1, false };
                claim_add(r, &was, x);
            }
        if (all.off && !left.off && r->st == ST_OK) {
            was.at[e] = (struct span){ 0, 0, true };
            claim_add(r, &was, x);
        }
        was.at[e] = left;
        if (span_labels(&left) == 0)
            break; /* nothing is left of the box */
    }
    prices_drop(x);
}

/* The bound of the only open node is what the caller hears. */
static void
show(struct worker *w, int64_t bound)
{
    struct solve_progress *at = &w->brake->at;
    int64_t lower = dual_true(&w->dual, bound);

    if (lower > at->upper)
        lower = at->upper;
    if (lower > at->lower)
        at->lower = lower;
}

/* Raise the bound and drop labels; false if nothing is left of the node. */
static bool
climb(struct worker *w, const struct visit *v, struct node *node,
    struct node_result *r)
{
    struct dual *d = &w->dual;

    prices_join(d, &w->join, &node->box);
    dual_bound(d, &node->box);
    for (int done = 0;; done += CHUNK) {
        struct box was = node->box;
        bool left;

        if (d->bound > r->bound)
            r->bound = d->bound;
        if (v->alone)
            show(w, r->bound);
        if (d->bound >= v->cut) {
            claim_box(w, v, &node->box, r);
            return false;
        }
        left = dual_filter(d, &node->box, v->cut);
        claim_labels(w, v, was, &node->box, r);
        if (!left || r->st != ST_OK)
            return false;
        if (done >= v->steps || brake_ask(w->brake))
            break;
        if (box_volume(v->p, &node->box) < w->join.volume / JOIN_AGAIN)
            prices_join(d, &w->join, &node->box);
        dual_climb(d, &node->box, v->cut, CHUNK);
    }
    prices_join(d, &w->join, &node->box);
    return true;
}

static bool
splittable(const struct prob *p, const struct box *b)
{
    return box_volume(p, b) > 1;
}

/* Whether a walk is worth a try, and its tensor small enough. */
static bool
walkable(const struct visit *v, const struct box *b)
{
    double cells = 1;

    for (int e = v->p->k < 3 ? 0 : v->p->k - 3; e < v->p->k; e++)
        cells *= b->at[e].m + 1.0;
    return cells <= CELLS_MAX && box_volume(v->p, b) <= v->walk_max;
}

/* False if it takes too long: then the box is better split. */
static bool
walk(struct worker *w, const struct visit *v, const struct box *b,
    struct node_result *r)
{
    const struct prob *p = &w->join.p;
    int64_t rest[SOLVE_EXITS_MAX];
    bool spent = false;
    const struct guide guide = { &w->dual, w->tail, rest };
    const struct goal goal = { .floor = v->p->floor,
        .best = &r->best,
        .guide = &guide,
        .brake = w->brake,
        .budget = splittable(v->p, b)
                      ? WALK_LOOKS * (uint64_t)p->k * p->n + SMALL_WALK
                      : 0,
        .spent = &spent };

    dual_tails(&w->dual, b, w->tail, rest);
    r->st = enumerate_box(p, b, &goal, NULL);
    if (v->prove && r->st == ST_OK && !spent && !w->brake->stopped)
        claim_add(r, b, NULL);
    return !spent;
}

/* The exit with most labels; its run is cut in half, and Off goes with the
 * stricter thresholds. */
static void
split(struct worker *w, const struct visit *v, const struct node *node,
    struct node_result *r)
{
    struct node *low = &r->child[0], *high = &r->child[1];
    struct prices *x = node->prices;
    int widest = 0;
    struct span *s;

    for (int e = 1; e < v->p->k; e++)
        if (span_labels(&node->box.at[e]) > span_labels(&node->box.at[widest]))
            widest = e;
    if (x != NULL && !v->keep_prices)
        x->refs++;
    else if ((x = prices_take(&w->dual, &w->join)) == NULL) {
        r->st = ST_NOMEM;
        return;
    }
    x->refs++;
    *low = *high = (struct node){ node->box, r->bound, x };
    s = &low->box.at[widest];
    s->m = (uint16_t)((s->m + s->off) / 2);
    s->off = false;
    s = &high->box.at[widest];
    s->lo = (uint16_t)(s->lo + low->box.at[widest].m);
    s->m = (uint16_t)(s->m - low->box.at[widest].m);
    r->children = 2;
}

void
node_visit(struct worker *w, const struct visit *v, struct node *node,
    struct node_result *r)
{
    r->bound = node->bound;
    if (node->prices != NULL)
        prices_load(&w->dual, &w->join, node->prices);
    if (!climb(w, v, node, r))
        return;
    if (!w->brake->stopped &&
        (!walkable(v, &node->box) || !walk(w, v, &node->box, r)) &&
        !w->brake->stopped && r->st == ST_OK)
        split(w, v, node, r);
    r->open = w->brake->stopped && r->children == 0;
}

void
node_result_clear(struct node_result *r)
{
    for (int i = 0; i < r->children; i++)
        prices_drop(r->child[i].prices);
    for (size_t i = 0; i < r->claims; i++)
        prices_drop(r->claim[i].prices);
    free(r->claim);
    *r = (struct node_result){ 0 };
}
