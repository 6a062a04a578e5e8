/* SPDX-License-Identifier: MIT */
#include "search/solve/tree.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "search/solve/claim.h"
#include "search/solve/crew.h"
#include "search/solve/node.h"

enum {
    ROOT_STEPS = 300,
    AGAIN_STEPS = 90, /* of a root that starts from good prices */
    NODE_STEPS = 30,
    ROUND = 8, /* nodes at a time, whatever the number of threads */
};

/* Memory for the prices of open nodes. */
#define PRICES_MAX ((size_t)384 << 20)

/* Every member but the caller's thread asks the flag that it sets. */
struct hand {
    struct worker worker;
    struct brake brake;
};

struct tree {
    const struct prob *p;
    struct crew *crew; /* owned */
    struct hand *hand; /* owned, [hands] */
    int hands;
    atomic_bool stop;
    struct prices *root; /* of the last search's first node; a reference */

    struct node *open; /* owned heap, least bound first */
    size_t n_open, room;
    size_t held;     /* by their prices, in bytes */
    int64_t ceiling; /* more than any choice costs */
    uint32_t *row;   /* owned, [samples]: scratch for claims */

    /* Of the search at hand. */
    const struct tree_task *task;
    struct pick *best;
    uint64_t nodes;
    int64_t lost; /* least bound of a node that was given up */

    /* Of the round at hand. */
    struct visit visit;
    struct node node[ROUND];
    struct node_result result[ROUND];
    int in_round;
    atomic_int next;
};

/* Two nodes share their prices. */
static size_t
held_by(const struct tree *t, const struct node *node)
{
    return node->prices ? prices_bytes(node->prices, t->p->k) / 2 : 0;
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
    t->held += held_by(t, node);
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

    t->held -= held_by(t, &top);
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

static const struct dual *
dual_of(const struct tree *t)
{
    return &t->hand[0].worker.dual;
}

/* The scaled bound from which on a node is of no use. */
static int64_t
cut_now(const struct tree *t)
{
    int64_t best = t->best->cost;

    return dual_cut(dual_of(t), best < t->ceiling ? best : t->ceiling);
}

/* The nodes of the next round, as far as they are of use. */
static void
fill_round(struct tree *t)
{
    uint64_t max = t->task->o->max_nodes, left = max - t->nodes;

    t->visit.cut = cut_now(t);
    t->visit.keep_prices = t->held < PRICES_MAX;
    t->in_round = 0;
    while (t->n_open > 0 && t->in_round < ROUND &&
           (max == 0 || (uint64_t)t->in_round < left)) {
        struct node node = pop(t);

        /* A proof shows the bound of each node at prices that are there. */
        if (node.bound >= t->visit.cut && !t->visit.prove)
            prices_drop(node.prices);
        else
            t->node[t->in_round++] = node;
    }
    atomic_store(&t->next, 0);
}

static int64_t
least_bound(const struct tree *t)
{
    int64_t least = t->n_open > 0 ? t->open[0].bound : INT64_MAX;

    for (int i = 0; i < t->in_round; i++)
        least = t->node[i].bound < least ? t->node[i].bound : least;
    return least < t->lost ? least : t->lost;
}

/* What the caller hears while a round goes on. */
static void
show(struct tree *t)
{
    struct solve_progress *at = &t->task->brake->at;
    int64_t lower = dual_true(dual_of(t), least_bound(t));

    at->upper = t->best->cost;
    if (lower > at->upper)
        lower = at->upper;
    if (lower > at->lower)
        at->lower = lower;
    at->nodes = t->nodes;
}

static void
work(void *ctx, int member)
{
    struct tree *t = ctx;
    int i;

    while ((i = atomic_fetch_add(&t->next, 1)) < t->in_round) {
        struct node_result *r = &t->result[i];

        *r = (struct node_result){ .best = *t->best };
        node_visit(&t->hand[member].worker, &t->visit, &t->node[i], r);
        if (t->task->brake->stopped)
            atomic_store(&t->stop, true);
    }
}

/* Take over what came of a round, in the order of its nodes. */
static enum status
merge(struct tree *t, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; i < t->in_round; i++) {
        struct node_result *r = &t->result[i];

        if (st == ST_OK && r->st != ST_OK)
            st = err_nomem(err);
        if (st == ST_OK && t->visit.prove)
            for (size_t c = 0; c < r->claims; c++)
                claim_tell(t->p, dual_of(t), t->task->o, &r->claim[c], t->row);
        if (pick_better(&r->best, t->best))
            *t->best = r->best;
        if (r->open && r->bound < t->lost)
            t->lost = r->bound;
        for (int c = 0; c < r->children && st == ST_OK; c++) {
            st = push(t, &r->child[c], err);
            r->child[c].prices = NULL;
        }
        prices_drop(t->node[i].prices);
        node_result_clear(r);
    }
    t->in_round = 0;
    return st;
}

static enum status
rounds(struct tree *t, struct err *err)
{
    struct brake *brake = t->task->brake;
    uint64_t max = t->task->o->max_nodes;
    enum status st = ST_OK;

    while (st == ST_OK && t->n_open > 0 && !brake->stopped &&
           (max == 0 || t->nodes < max)) {
        fill_round(t);
        show(t);
        t->nodes += (uint64_t)t->in_round;
        t->visit.alone = t->in_round == 1 && t->n_open == 0;
        if (t->in_round > 1)
            crew_run(t->crew, work, t);
        else
            work(t, 0); /* the root starts from the prices of hand 0 */
        if (t->visit.steps != NODE_STEPS && t->root == NULL)
            t->root = prices_take(dual_of(t),
                &t->hand[0].worker.join); /* if there is room for it */
        t->visit.steps = NODE_STEPS;
        st = merge(t, err);
    }
    return st;
}

enum status
tree_search(struct tree *t, const struct tree_task *task, struct pick *best,
    struct tree_result *out, struct err *err)
{
    struct node root = { .bound = INT64_MIN };
    struct worker *first = &t->hand[0].worker;
    bool again = t->root != NULL;
    enum status st;

    box_all(t->p, &root.box);
    *out = (struct tree_result){ 0 };
    t->task = task;
    t->best = best;
    t->nodes = 0;
    t->lost = INT64_MAX;
    t->visit = (struct visit){ .p = t->p,
        .steps = again ? AGAIN_STEPS : ROOT_STEPS,
        .walk_max = task->walk_max,
        .prove = task->o->claim != NULL };
    atomic_store(&t->stop, false);
    first->brake = task->brake;
    if (again)
        prices_spread(&first->dual, &first->join, t->root);
    else {
        join_start(&first->join, NULL, 0);
        join_box(&first->join, &root.box);
        dual_start(&first->dual, &best->lab, task->price);
    }
    for (int i = 1; i < t->hands; i++) {
        t->hand[i].brake.stopped = false;
        dual_same_scale(&t->hand[i].worker.dual, dual_of(t));
    }
    prices_drop(t->root);
    t->root = NULL;
    if ((st = push(t, &root, err)) == ST_OK)
        st = rounds(t, err);
    if (st == ST_OK) {
        out->done = t->n_open == 0 && t->lost == INT64_MAX;
        out->lower =
            out->done ? INT64_MAX : dual_true(dual_of(t), least_bound(t));
        out->nodes = t->nodes;
    }
    while (t->n_open > 0)
        prices_drop(t->open[--t->n_open].prices);
    t->held = 0;
    return st;
}

/* The brake of other threads than the caller's. */
static bool
told(void *ctx, const struct solve_progress *p)
{
    const atomic_bool *stop = ctx;

    (void)p;
    return atomic_load(stop);
}

static enum status
hand_init(struct tree *t, struct hand *h, struct err *err)
{
    size_t cells = ((size_t)t->p->k + 1) * t->p->n;
    enum status st;

    h->brake = (struct brake){ .watch = told, .ctx = &t->stop };
    h->worker.brake = &h->brake;
    h->worker.tail = malloc(cells * sizeof(*h->worker.tail));
    if (h->worker.tail == NULL)
        return err_nomem(err);
    st = join_init(&h->worker.join, t->p, err);
    return st == ST_OK ? dual_init(&h->worker.dual, &h->worker.join.p, err)
                       : st;
}

enum status
tree_new(struct tree **out, const struct prob *p, int threads, struct err *err)
{
    struct tree *t = calloc(1, sizeof(*t));
    int hands = threads < ROUND ? threads : ROUND;
    enum status st;

    *out = NULL;
    if (t == NULL)
        return err_nomem(err);
    t->p = p;
    for (int j = 0; j <= p->k; j++)
        t->ceiling += p->seg[j] + p->head[j];
    t->ceiling = t->ceiling * p->total + 1;
    t->row = malloc(p->samples * sizeof(*t->row));
    t->hand = calloc((size_t)hands, sizeof(*t->hand));
    st = t->row && t->hand ? crew_new(&t->crew, hands, err) : err_nomem(err);
    for (; st == ST_OK && t->hands < hands; t->hands++)
        st = hand_init(t, &t->hand[t->hands], err);
    if (st != ST_OK) {
        tree_free(t);
        return st;
    }
    *out = t;
    return ST_OK;
}

void
tree_free(struct tree *t)
{
    if (t == NULL)
        return;
    crew_free(t->crew);
    free(t->row);
    for (int i = 0; i < t->hands; i++) {
        free(t->hand[i].worker.tail);
        dual_clear(&t->hand[i].worker.dual);
        join_clear(&t->hand[i].worker.join);
    }
    prices_drop(t->root);
    free(t->hand);
    free(t->open);
    free(t);
}
