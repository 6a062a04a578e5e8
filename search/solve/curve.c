/* SPDX-License-Identifier: MIT */
/* curve.c -- solve_front(): the plans that no other beats in both ways. */
#include <stdlib.h>

#include "search/solve/descent.h"
#include "search/solve/enumerate.h"

/* Where the front is too large to be enumerated: what descent meets between
 * the most accurate and the cheapest choice, at so many floors. */
enum { FLOORS = 24 };

static enum status
front_sample(struct prob *p, const struct solve_options *o, struct front *f,
    struct err *err)
{
    int64_t floor = p->floor, hi;
    struct pick best, nearest;
    enum status st;
    double price;

    st = descent_run(p, o->seed, f, &best, &nearest, &price, err);
    if (st != ST_OK || nearest.cost == INT64_MAX)
        return st;
    hi = nearest.right;
    for (int i = 0; st == ST_OK && i <= FLOORS && hi >= floor; i++) {
        p->floor = floor + (hi - floor) * i / FLOORS;
        st = descent_run(p, o->seed, f, &best, &nearest, &price, err);
        if (st == ST_OK)
            front_offer(f, &best);
    }
    p->floor = floor;
    return st;
}

static enum status
front_fill(struct prob *p, const struct solve_options *o, struct front *f,
    bool *complete, struct err *err)
{
    struct brake brake = { .watch = o->watch, .ctx = o->watch_ctx };
    struct goal goal = { .floor = f->lo, .front = f, .brake = &brake };
    struct box all;
    enum status st;

    box_all(p, &all);
    brake.at.upper = INT64_MAX;
    if (box_volume(p, &all) <= ENUMERATE_MAX || enumerate_few_fits(p)) {
        st = box_volume(p, &all) <= ENUMERATE_MAX
                 ? enumerate_box(p, &all, &goal, err)
                 : enumerate_few(p, &goal, err);
        *complete = !brake.stopped;
        return st;
    }
    *complete = false;
    return front_sample(p, o, f, err);
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

static enum status
front_points(const struct front *f, bool complete, struct solve_front *out,
    struct err *err)
{
    size_t n = 0;

    for (int64_t r = f->lo; r <= f->hi; r++)
        n += f->cost[r - f->lo] != INT64_MAX;
    if ((out->points = malloc((n + 1) * sizeof(*out->points))) == NULL)
        return err_nomem(err);
    for (int64_t r = f->hi; r >= f->lo; r--) {
        struct solve_point *pt = &out->points[out->n];
        struct pick c;

        front_get(f, r, &c);
        if (c.cost == INT64_MAX)
            continue;
        prob_plan(f->p, &c.lab, &pt->plan);
        pt->cost = c.cost;
        pt->right = r;
        pt->lower = complete ? c.cost : 0;
        out->n++;
    }
    out->complete = complete;
    return ST_OK;
}

enum status
solve_front(const struct solve_data *d, const struct solve_options *o,
    size_t points, struct solve_front *out, struct err *err)
{
    struct front f = { 0 };
    bool complete = false;
    struct prob p;
    enum status st;

    *out = (struct solve_front){ 0 };
    if ((st = prob_init(&p, d, o, err)) != ST_OK)
        return st;
    if (p.floor < 0)
        p.floor = 0;
    if (!front_fits(&p, p.floor, p.total))
        st = err_set(err, ST_INVALID, "search.input",
            "%lld samples by weight are too many for a front: raise the floor",
            (long long)p.total);
    else if ((st = front_init(&f, &p, p.floor, p.total, err)) == ST_OK)
        st = front_fill(&p, o, &f, &complete, err);
    if (st == ST_OK) {
        front_thin(&f);
        if (points > 0)
            front_spread(&f, points);
        st = front_points(&f, complete, out, err);
    }
    front_clear(&f);
    prob_clear(&p);
    return st;
}

void
solve_front_clear(struct solve_front *f)
{
    free(f->points);
    *f = (struct solve_front){ 0 };
}
