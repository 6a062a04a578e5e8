/* SPDX-License-Identifier: MIT */
#include "search/solve/tree.h"

#include <stdlib.h>
#include <string.h>

#include "search/solve/enumerate.h"

enum { ROOT_STEPS = 300, NODE_STEPS = 50, CHUNK = 20 };

/* Prices that several nodes start from. */
struct prices {
    int refs;
    double wrong;
    int32_t *accept, *refuse; /* owned, [k][n] */
};

struct node {
    struct box box;
    int64_t bound; /* scaled */
    struct prices *prices;
};

struct tree {
    const struct prob *p;
    const struct solve_options *o;
    double walk_max;
    struct dual dual;
    int32_t *tail;     /* owned, [k + 1][n] */
    struct node *open; /* owned heap, least bound first */
    size_t n_open, room;
    struct pick *best;
    int64_t ceiling; /* more than any choice costs */
    struct brake *brake;
    uint64_t nodes;
    int64_t lost; /* least bound of a node that was given up */
};

static void
prices_drop(struct prices *x)
{
    if (x == NULL || --x->refs > 0)
        return;
    free(x->accept);
    free(x->refuse);
    free(x);
}

static struct prices *
prices_take(const struct dual *d)
{
    size_t bytes = (size_t)d->k * d->n * sizeof(int32_t);
    struct prices *x = calloc(1, sizeof(*x));

    if (x == NULL)
        return NULL;
    x->refs = 1;
    x->wrong = d->wrong;
    x->accept = malloc(bytes);
    x->refuse = malloc(bytes);
    if (x->accept == NULL || x->refuse == NULL) {
        prices_drop(x);
        return NULL;
    }
    memcpy(x->accept, d->accept, bytes);
    memcpy(x->refuse, d->refuse, bytes);
    return x;
}

/* Put a node on the heap, which takes over a reference to its prices. */
static enum status
push(struct tree *t, const struct node *node, struct err *err)
{
    size_t at = t->n_open;

    if (t->n_open == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct node *more = realloc(t->open, room * sizeof(*more));

        if (more == NULL) {
            prices_drop(node->prices);
            return err_nomem(err);
        }
        t->open = more;
        t->room = room;
    }
    for (t->n_open++; at > 0 && t->open[(at - 1) / 2].bound > node->bound;
         at = (at - 1) / 2)
        t->open[at] = t->open[(at - 1) / 2];
    t->open[at] = *node;
    return ST_OK;
}

static struct node
pop(struct tree *t)
{
    struct node top = t->open[0], last = t->open[--t->n_open];
    size_t at = 0, next;

    while ((next = 2 * at + 1) < t->n_open) {
        if (next + 1 < t->n_open &&
            t->open[next + 1].bound < t->open[next].bound)
            next++;
        if (last.bound <= t->open[next].bound)
            break;
        t->open[at] = t->open[next];
        at = next;
    }
    t->open[at] = last;
    return top;
}

static int64_t
least_bound(const struct tree *t)
{
    int64_t least = t->n_open > 0 ? t->open[0].bound : INT64_MAX;

    return least < t->lost ? least : t->lost;
}

/* The scaled bound from which on a node is of no use. */
static int64_t
cut_now(const struct tree *t)
{
    int64_t best = t->best->cost;

    return dual_cut(&t->dual, best < t->ceiling ? best : t->ceiling);
}

/* Ask the caller whether to go on; `now` is the bound of the node at hand. */
static bool
stopped(struct tree *t, int64_t now)
{
    int64_t least = least_bound(t);
    struct solve_progress *at = &t->brake->at;

    at->upper = t->best->cost;
    at->lower = dual_true(&t->dual, least < now ? least : now);
    if (at->lower < 0)
        at->lower = 0;
    if (at->lower > at->upper)
        at->lower = at->upper;
    at->nodes = t->nodes;
    return brake_ask(t->brake);
}

/* Raise the bound of a node; false if nothing is left of it. */
static bool
climb(struct tree *t, struct node *node, int steps)
{
    int64_t cut = cut_now(t);

    for (int i = 0; i < steps && !stopped(t, node->bound); i += CHUNK) {
        int64_t bound = dual_climb(&t->dual, &node->box, cut, CHUNK);

        if (bound > node->bound)
            node->bound = bound;
        if (node->bound >= cut)
            return false;
    }
    dual_bound(&t->dual, &node->box);
    return dual_filter(&t->dual, &node->box, cut);
}

static enum status
walk(struct tree *t, const struct node *node, struct err *err)
{
    int64_t rest[SOLVE_EXITS_MAX];
    const struct guide guide = { &t->dual, t->tail, rest };
    const struct goal goal = { .floor = t->p->floor,
        .best = t->best,
        .guide = &guide,
        .brake = t->brake };

    dual_tails(&t->dual, &node->box, t->tail, rest);
    return enumerate_box(t->p, &node->box, &goal, err);
}

/* The exit with most labels; its run is cut in half, and Off goes with the
 * stricter thresholds. */
static enum status
split(struct tree *t, const struct node *node, struct err *err)
{
    struct node low = *node, high = *node;
    int widest = 0;
    struct span *s;
    enum status st;

    for (int e = 1; e < t->p->k; e++)
        if (span_labels(&node->box.at[e]) > span_labels(&node->box.at[widest]))
            widest = e;
    if ((low.prices = prices_take(&t->dual)) == NULL)
        return err_nomem(err);
    high.prices = low.prices;
    low.prices->refs = 2;
    s = &low.box.at[widest];
    s->m = (uint16_t)((s->m + s->off) / 2);
    s->off = false;
    s = &high.box.at[widest];
    s->lo = (uint16_t)(s->lo + low.box.at[widest].m);
    s->m = (uint16_t)(s->m - low.box.at[widest].m);
    if ((st = push(t, &low, err)) != ST_OK) {
        prices_drop(high.prices);
        return st;
    }
    return push(t, &high, err);
}

static void
load(struct tree *t, const struct prices *x)
{
    size_t bytes = (size_t)t->p->k * t->p->n * sizeof(int32_t);

    memcpy(t->dual.accept, x->accept, bytes);
    memcpy(t->dual.refuse, x->refuse, bytes);
    dual_restart(&t->dual, x->wrong);
}

static enum status
visit(struct tree *t, struct node *node, struct err *err)
{
    bool root = node->prices == NULL;
    enum status st;

    t->nodes++;
    if (!root)
        load(t, node->prices);
    if (!climb(t, node, root ? ROOT_STEPS : NODE_STEPS))
        return ST_OK;
    if (!t->brake->stopped && box_volume(t->p, &node->box) > t->walk_max)
        return split(t, node, err);
    st = t->brake->stopped ? ST_OK : walk(t, node, err);
    if (t->brake->stopped)
        t->lost = node->bound < t->lost ? node->bound : t->lost;
    return st;
}

static enum status
run(struct tree *t, struct err *err)
{
    struct node node = { .bound = INT64_MIN };
    enum status st;

    box_all(t->p, &node.box);
    st = push(t, &node, err);
    while (st == ST_OK && t->n_open > 0 && !t->brake->stopped) {
        node = pop(t);
        if (node.bound >= cut_now(t)) {
            prices_drop(node.prices);
            continue;
        }
        st = visit(t, &node, err);
        prices_drop(node.prices);
        if (t->o->max_nodes > 0 && t->nodes >= t->o->max_nodes)
            t->brake->stopped = true;
    }
    return st;
}

static int64_t
ceiling_of(const struct prob *p)
{
    int64_t path = 0;

    for (int j = 0; j <= p->k; j++)
        path += p->seg[j] + p->head[j];
    return path * p->total + 1;
}

enum status
tree_search(const struct prob *p, const struct solve_options *o, double price,
    double walk_max, struct brake *brake, struct pick *best,
    struct tree_result *out, struct err *err)
{
    struct tree t = { .p = p,
        .o = o,
        .walk_max = walk_max,
        .best = best,
        .ceiling = ceiling_of(p),
        .brake = brake,
        .lost = INT64_MAX };
    enum status st;

    *out = (struct tree_result){ 0 };
    if ((st = dual_init(&t.dual, p, err)) != ST_OK)
        return st;
    t.tail = malloc(((size_t)p->k + 1) * p->n * sizeof(*t.tail));
    if (t.tail == NULL) {
        dual_clear(&t.dual);
        return err_nomem(err);
    }
    dual_start(&t.dual, &best->lab, price);
    if ((st = run(&t, err)) == ST_OK) {
        out->done = t.n_open == 0 && t.lost == INT64_MAX;
        out->lower =
            out->done ? INT64_MAX : dual_true(&t.dual, least_bound(&t));
        out->nodes = t.nodes;
    }
    while (t.n_open > 0)
        prices_drop(t.open[--t.n_open].prices);
    free(t.open);
    free(t.tail);
    dual_clear(&t.dual);
    return st;
}
