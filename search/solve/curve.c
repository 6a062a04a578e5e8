/* SPDX-License-Identifier: MIT */
/* curve.c -- solve_front(): the plans that no other beats in both ways. */
#include <stdlib.h>

#include "search/solve/descent.h"
#include "search/solve/enumerate.h"
#include "search/solve/tree.h"

/* Where the front is too large to look at everything: so many floors are
 * searched if all points are asked for, and so many nodes for all of them. */
enum { FLOORS = 24, NODES = 1024 };

/* What was proved on the way: no plan with `floor` right answers or more
 * costs less than `lower`. */
struct bound {
    int64_t floor, lower;
};

struct curve {
    struct prob *p; /* borrowed; its floor moves */
    struct solve_options o;
    struct front f;
    struct bound *bound; /* owned */
    size_t n_bounds;
    struct brake brake;
    struct tree *tree; /* owned; or NULL */
    bool complete;
    uint64_t nodes;
};

/* The cheapest choice met so far with the floor's right answers. */
static void
cheapest(const struct front *f, int64_t floor, struct pick *best)
{
    for (int64_t r = floor; r <= f->hi; r++)
        if (f->cost[r - f->lo] < best->cost)
            front_get(f, r, best);
}

/* Search at one floor, from what is known and the prices of the last. */
static enum status
search_floor(struct curve *c, int64_t floor, struct err *err)
{
    struct tree_task task = {
        .o = &c->o, .walk_max = TREE_WALK_MAX, .brake = &c->brake
    };
    struct tree_result r = { 0 };
    struct pick best, nearest;
    enum status st;

    c->p->floor = floor;
    st = descent_run(c->p, c->o.seed, &c->f, &best, &nearest, &task.price, err);
    if (st != ST_OK)
        return st;
    cheapest(&c->f, floor, &best);
    if (best.cost == INT64_MAX || brake_ask(&c->brake))
        return ST_OK;
    if (c->tree == NULL &&
        (st = tree_new(&c->tree, c->p, c->o.threads, err)) != ST_OK)
        return st;
    c->brake.at = (struct solve_progress){ .upper = best.cost };
    st = tree_search(c->tree, &task, &best, &r, err);
    c->nodes += r.nodes;
    front_offer(&c->f, &best);
    c->bound[c->n_bounds++] =
        (struct bound){ floor, r.lower < best.cost ? r.lower : best.cost };
    return st;
}

/* Floors from the most accurate choice down to the cheapest. */
static enum status
search_floors(struct curve *c, size_t points, struct err *err)
{
    size_t n = points > 0 ? points : FLOORS;
    int64_t low = c->p->floor, hi;
    struct pick best, most;
    enum status st;
    double price;

    /* A floor that is met at once sends no start to the accurate end, so that
     * is asked for first: at the highest floor, where it is the nearest. */
    c->p->floor = c->p->total;
    st = descent_run(c->p, c->o.seed, &c->f, &best, &most, &price, err);
    c->p->floor = low;
    if (st == ST_OK && most.cost != INT64_MAX) {
        struct pick nearest;

        st = descent_run(c->p, c->o.seed, &c->f, &best, &nearest, &price, err);
    }
    if (st != ST_OK || most.cost == INT64_MAX || best.cost == INT64_MAX)
        return st;
    hi = most.right;
    c->bound = calloc(n, sizeof(*c->bound));
    if (c->bound == NULL)
        return err_nomem(err);
    if (c->o.max_nodes == 0)
        c->o.max_nodes = 1 + NODES / n;
    for (size_t i = 0; i < n && st == ST_OK && !c->brake.stopped; i++) {
        int64_t drop = n > 1 ? (hi - best.right) * (int64_t)i : 0;

        st = search_floor(
            c, i + 1 < n ? hi - drop / (int64_t)(n - 1) : low, err);
    }
    c->p->floor = low;
    return st;
}

static enum status
curve_fill(struct curve *c, size_t points, struct err *err)
{
    struct goal goal = { .floor = c->f.lo, .front = &c->f, .brake = &c->brake };
    enum status st = ST_OK;
    struct box all;

    box_all(c->p, &all);
    c->brake.at = (struct solve_progress){ INT64_MAX, 0, c->nodes = 1 };
    if (box_volume(c->p, &all) <= ENUMERATE_MAX)
        st = enumerate_box(c->p, &all, &goal, err);
    else if (enumerate_few_fits(c->p))
        st = enumerate_few(c->p, &goal, err);
    else
        return search_floors(c, points, err);
    c->complete = !c->brake.stopped;
    return st;
}

/* Mark at most `want` of the entries that are left, evenly spread in right
 * answers, both ends among them; the others go. */
static void
front_spread(struct front *f, size_t want)
{
    int64_t first = -1, last = -1;
    size_t next = 0;

    for (int64_t r = f->lo; r <= f->hi; r++)
        if (f->cost[r - f->lo] != INT64_MAX) {
            first = first < 0 ? r : first;
            last = r;
        }
    if (want < 2 || first < 0)
        return;
    for (int64_t r = first; r < last; r++) {
        int64_t *c = &f->cost[r - f->lo];
        int64_t due =
            first + (last - first) * (int64_t)next / (int64_t)(want - 1);

        if (*c == INT64_MAX)
            continue;
        if (r < due) {
            *c = INT64_MAX;
            continue;
        }
        while (
            next < want &&
            first + (last - first) * (int64_t)next / (int64_t)(want - 1) <= r)
            next++;
    }
}

/* The best of what was proved for `right` answers or more. */
static int64_t
lower_at(const struct curve *c, int64_t right, int64_t cost)
{
    int64_t lower = c->complete ? cost : 0;

    for (size_t i = 0; i < c->n_bounds; i++)
        if (c->bound[i].floor <= right && c->bound[i].lower > lower)
            lower = c->bound[i].lower;
    return lower;
}

static enum status
curve_points(const struct curve *c, struct solve_front *out, struct err *err)
{
    const struct front *f = &c->f;
    size_t n = 0;

    for (int64_t r = f->lo; r <= f->hi; r++)
        n += f->cost[r - f->lo] != INT64_MAX;
    if ((out->points = malloc((n + 1) * sizeof(*out->points))) == NULL)
        return err_nomem(err);
    for (int64_t r = f->hi; r >= f->lo; r--) {
        struct solve_point *pt = &out->points[out->n];
        struct pick pick;

        front_get(f, r, &pick);
        if (pick.cost == INT64_MAX)
            continue;
        prob_drop_unreached(f->p, &pick.lab);
        prob_plan(f->p, &pick.lab, &pt->plan);
        pt->cost = pick.cost;
        pt->right = r;
        pt->lower = lower_at(c, r, pick.cost);
        out->n++;
    }
    out->complete = c->complete;
    out->nodes = c->nodes;
    return ST_OK;
}

enum status
solve_front(const struct solve_data *d, const struct solve_options *o,
    size_t points, struct solve_front *out, struct err *err)
{
    struct curve c = { .o = *o,
        .brake = { .watch = o->watch, .ctx = o->watch_ctx } };
    struct prob p;
    enum status st;

    *out = (struct solve_front){ 0 };
    if ((st = prob_init(&p, d, o, err)) != ST_OK)
        return st;
    c.p = &p;
    c.o.claim = NULL;
    if (!front_fits(&p, p.floor, p.total))
        st = err_set(err, ST_INVALID, "search.input",
            "%lld samples by weight are too many for a front: raise the floor",
            (long long)p.total);
    else if ((st = front_init(&c.f, &p, p.floor, p.total, err)) == ST_OK)
        st = curve_fill(&c, points, err);
    if (st == ST_OK) {
        front_thin(&c.f);
        if (points > 0)
            front_spread(&c.f, points);
        st = curve_points(&c, out, err);
    }
    tree_free(c.tree);
    free(c.bound);
    front_clear(&c.f);
    prob_clear(&p);
    return st;
}

void
solve_front_clear(struct solve_front *f)
{
    free(f->points);
    *f = (struct solve_front){ 0 };
}
