/* SPDX-License-Identifier: MIT */
#include "search/solve/descent.h"

#include <math.h>

#include "search/solve/sweep.h"
#include "search/solve/tensor.h"

enum {
    PRICE_STEPS = 16, /* halvings of the price, on a log scale */
    FRESH_STEPS = 6,  /* of them from the start */
    RANDOM_STARTS = 2,
    POLISH_ROUNDS = 8,
    CELLS_MAX = 1 << 21, /* of one tensor while polishing */
};

/* Rows and cells that one round of polishing may look at. */
#define POLISH_WORK 4e8

struct descent {
    const struct prob *p;
    struct sweep *sweep; /* owned */
    struct front *front; /* or NULL */
    struct pick *best, *nearest;
    double price; /* the lowest at which the floor was met, of all starts */
};

/* Note a choice that the limits allow. */
static void
note(struct descent *d, const struct pick *c)
{
    if (!prob_allows(d->p, &c->lab))
        return;
    if (d->front != NULL)
        front_offer(d->front, c);
    if (d->nearest->cost == INT64_MAX || c->right > d->nearest->right ||
        (c->right == d->nearest->right && c->cost < d->nearest->cost))
        *d->nearest = *c;
    if (c->right >= d->p->floor && pick_better(c, d->best))
        *d->best = *c;
}

/* Settle `lab` at one price; right answers met. */
static int64_t
try_price(struct descent *d, struct labels *lab, double price)
{
    struct aim aim = { .price = price };
    struct pick c;

    sweep_settle(d->sweep, &aim, lab);
    prob_eval(d->p, lab, &c);
    note(d, &c);
    return c.right;
}

/* From one start, close in on the price at which the floor is just met.  Once
 * prices are close, each is tried from where the one before has led, which
 * takes few passes; from afar, that would hold on to what was. */
static void
from_start(struct descent *d, const struct labels *start)
{
    struct labels cheap = *start, lab = *start;
    double path = 1, lo, hi;

    for (int j = 0; j <= d->p->k; j++)
        path += (double)(d->p->seg[j] + d->p->head[j]);
    if (try_price(d, &cheap, 0) >= d->p->floor) {
        d->price = 0;
        return;
    }
    /* So dear that one answer outweighs all costs: the most accurate. */
    if (try_price(d, &lab, path * (double)d->p->total) < d->p->floor)
        return;
    lo = path / 1024;
    hi = path * 4096;
    for (int i = 0; i < PRICE_STEPS; i++) {
        double mid = sqrt(lo * hi);

        if (i < FRESH_STEPS)
            lab = *start;
        if (try_price(d, &lab, mid) >= d->p->floor)
            hi = mid;
        else
            lo = mid;
    }
    if (hi < d->price)
        d->price = hi;
}

static uint64_t
next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Keep each exit at one of its thresholds, as far as the limits let us:
 * the middle one, or with `state` a random one for half of the exits. */
static void
start_kept(const struct prob *p, uint64_t *state, struct labels *lab)
{
    int64_t heads = 0;
    int kept = 0;

    prob_fewest(p, lab);
    for (int j = 0; j < p->k; j++)
        if (p->forced >> j & 1) {
            heads += p->head[j];
            kept++;
        }
    for (int j = 0; j < p->k; j++) {
        bool forced = p->forced >> j & 1;
        uint64_t r = state ? next_random(state) : (uint64_t)p->top[j];

        if (!forced && (heads + p->head[j] > p->spare || kept == p->max_early ||
                           (state && r >> 63)))
            continue;
        lab->at[j] = state ? (uint16_t)(r % (uint64_t)p->top[j])
                           : (uint16_t)(p->top[j] / 2);
        heads += forced ? 0 : p->head[j];
        kept += !forced;
    }
}

enum status
descent_run(const struct prob *p, uint64_t seed, struct front *front,
    struct pick *best, struct pick *nearest, double *price, struct err *err)
{
    struct descent d = { .p = p,
        .front = front,
        .best = best,
        .nearest = nearest,
        .price = INFINITY };
    struct labels start;
    enum status st;

    best->cost = nearest->cost = INT64_MAX;
    *price = 0;
    if (p->empty)
        return ST_OK;
    if ((st = sweep_new(&d.sweep, p, err)) != ST_OK)
        return st;
    prob_fewest(p, &start);
    from_start(&d, &start);
    start_kept(p, NULL, &start);
    from_start(&d, &start);
    for (int i = 0; i < RANDOM_STARTS; i++) {
        start_kept(p, &seed, &start);
        from_start(&d, &start);
    }
    sweep_free(d.sweep);
    *price = isfinite(d.price) ? d.price : 0;
    if (best->cost != INT64_MAX)
        return descent_polish(p, p->floor, best, err);
    return ST_OK;
}

/* How many exits can be searched together: work and memory decide. */
static int
polish_width(const struct prob *p, size_t *cells)
{
    double k = p->k, n = (double)p->n, labels = 1;
    const double sets[4] = { 0, k, k * (k - 1) / 2, k * (k - 1) * (k - 2) / 6 };

    for (int j = 0; j < p->k; j++)
        labels = labels < p->top[j] + 1.0 ? p->top[j] + 1.0 : labels;
    for (int width = p->k < 3 ? p->k : 3; width > 0; width--) {
        double c = width == 3   ? labels * labels * labels
                   : width == 2 ? labels * labels
                                : labels;

        *cells = (size_t)c;
        if (c <= CELLS_MAX && sets[width] * (c + n) <= POLISH_WORK)
            return width;
    }
    return 0;
}

/* Search the exits x together; true if *best improved. */
static bool
polish_at(const struct prob *p, struct tensor *t, int64_t floor, const int x[3],
    struct pick *best)
{
    struct triple tr = { .lab = best->lab };
    struct pick was = *best;
    struct box all;

    box_all(p, &all);
    for (int i = 0; i < 3; i++) {
        tr.exit[i] = x[i];
        if (x[i] >= 0)
            tr.span[i] = all.at[x[i]];
    }
    tensor_fill(t, p, &tr);
    if (!tensor_best(t, floor, best))
        return false;
    if (!p->strict || prob_allows(p, &best->lab))
        return true;
    *best = was;
    return false;
}

static bool
polish_round(const struct prob *p, struct tensor *t, int width, int64_t floor,
    struct pick *best)
{
    bool better = false;

    for (int a = width > 2 ? 0 : -1; a < (width > 2 ? p->k : 0); a++)
        for (int b = width > 1 ? a + 1 : -1; b < (width > 1 ? p->k : 0); b++)
            for (int c = b + 1; c < p->k; c++)
                better |= polish_at(p, t, floor, (int[3]){ a, b, c }, best);
    return better;
}

enum status
descent_polish(
    const struct prob *p, int64_t floor, struct pick *best, struct err *err)
{
    struct tensor *t;
    size_t cells;
    int width = polish_width(p, &cells);
    enum status st;

    if (width == 0)
        return ST_OK;
    if ((st = tensor_new(&t, cells, err)) != ST_OK)
        return st;
    for (int i = 0; i < POLISH_ROUNDS; i++)
        if (!polish_round(p, t, width, floor, best))
            break;
    tensor_free(t);
    return ST_OK;
}
