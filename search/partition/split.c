/* SPDX-License-Identifier: MIT */
#include "search/partition/split.h"

#include <stdlib.h>
#include <string.h>

#include "search/partition/split_cut.h"

enum {
    WEIGHTS = 1 << 8, /* what the three weights of a bound add up to */
    HEAVY_STEPS = 60,
};

enum status
split_light(const struct dag *d, const struct dag_link *l, uint8_t *on_first,
    struct dag_bill *out, struct err *err)
{
    static const struct split_weights same = { 1, 1, 1 };
    enum status st = dag_check(d, l, err);
    int64_t value;

    if (st == ST_OK)
        st = split_cut(d, l, &same, on_first, &value, err);
    return st == ST_OK ? dag_bill(d, l, on_first, out, err) : st;
}

static int64_t
largest(const struct dag_bill *b)
{
    int64_t most = b->first_ps > b->link_ps ? b->first_ps : b->link_ps;

    return most > b->second_ps ? most : b->second_ps;
}

/* Move weight towards the longest stage, from the shortest that has any. */
static void
move_weight(struct split_weights *w, const struct dag_bill *b, int64_t step)
{
    const int64_t time[3] = { b->first_ps, b->link_ps, b->second_ps };
    int64_t *weight[3] = { &w->first, &w->link, &w->second };
    int longest = 0, shortest = -1;

    for (int i = 1; i < 3; i++)
        if (time[i] > time[longest])
            longest = i;
    for (int i = 0; i < 3; i++)
        if (i != longest && *weight[i] > 0 &&
            (shortest < 0 || time[i] < time[shortest]))
            shortest = i;
    if (shortest < 0)
        return;
    if (step > *weight[shortest])
        step = *weight[shortest];
    *weight[shortest] -= step;
    *weight[longest] += step;
}

/* One set of weights: a bound, and a cut that may be the best so far. */
static enum status
heavy_step(const struct dag *d, const struct dag_link *l,
    struct split_weights *w, int64_t step, uint8_t *cut, uint8_t *on_first,
    struct dag_bill *out, int64_t *bound_ps, struct err *err)
{
    struct dag_bill bill;
    int64_t value;
    enum status st = split_cut(d, l, w, cut, &value, err);

    if (st != ST_OK)
        return st;
    value = (value + WEIGHTS - 1) / WEIGHTS;
    if (value > *bound_ps)
        *bound_ps = value;
    if ((st = dag_bill(d, l, cut, &bill, err)) != ST_OK)
        return st;
    if (largest(&bill) < largest(out)) {
        *out = bill;
        memcpy(on_first, cut, d->n);
    }
    move_weight(w, &bill, step);
    return ST_OK;
}

/* The link's time of every prefix of the order, [n + 1], added to link_ps:
 * a tensor is sent by prefixes that hold it and not its last reader. */
static enum status
prefix_links(const struct dag *d, const struct dag_link *l, int64_t *link_ps,
    struct err *err)
{
    size_t *last = calloc(d->n + 1, sizeof(*last)); /* tensor t at t + 1 */

    if (last == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < d->layer[i].n_reads; k++)
            last[d->layer[i].reads[k] + 1] = i;
    for (size_t t = 0; t <= d->n; t++) {
        int64_t bytes = t == 0 ? d->input_bytes : d->layer[t - 1].bytes;

        /* prefix k holds layers 0..k-1, so tensor t from k = t on */
        for (size_t k = t; k <= last[t]; k++)
            link_ps[k] += l->base_ps + bytes * l->byte_ps;
    }
    free(last);
    return ST_OK;
}

/* The prefix of the order with the smallest largest stage: a start. */
static enum status
best_prefix(const struct dag *d, const struct dag_link *l, size_t *prefix,
    struct err *err)
{
    int64_t *link_ps = calloc(d->n + 1, sizeof(*link_ps)), least = INT64_MAX;
    struct dag_bill b = { 0 };
    enum status st = link_ps ? ST_OK : err_nomem(err);

    if (st == ST_OK)
        st = prefix_links(d, l, link_ps, err);
    for (size_t i = 0; i < d->n; i++)
        b.second_ps += d->layer[i].second_ps;
    for (size_t k = 0; st == ST_OK && k <= d->n; k++) {
        b.link_ps = link_ps[k];
        if (largest(&b) < least) {
            least = largest(&b);
            *prefix = k;
        }
        if (k < d->n) {
            b.first_ps += d->layer[k].first_ps;
            b.second_ps -= d->layer[k].second_ps;
        }
    }
    free(link_ps);
    return st;
}

enum status
split_heavy(const struct dag *d, const struct dag_link *l, uint8_t *on_first,
    struct dag_bill *out, int64_t *bound_ps, struct err *err)
{
    struct split_weights w = { WEIGHTS / 2, WEIGHTS / 4, WEIGHTS / 4 };
    enum status st = dag_check(d, l, err);
    size_t prefix = 0;
    uint8_t *cut;
    bool all;

    *bound_ps = 0;
    if (st != ST_OK || (st = best_prefix(d, l, &prefix, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < d->n; i++)
        on_first[i] = i < prefix;
    if ((st = dag_bill(d, l, on_first, out, err)) != ST_OK)
        return st;
    if ((cut = malloc(d->n)) == NULL)
        return err_nomem(err);
    for (int i = 0; st == ST_OK && i < HEAVY_STEPS; i++) {
        int64_t step = WEIGHTS / 4 >> (i / 8);

        st = heavy_step(
            d, l, &w, step > 0 ? step : 1, cut, on_first, out, bound_ps, err);
        if (*bound_ps >= largest(out))
            break;
    }
    free(cut);
    if (st != ST_OK || *bound_ps == largest(out))
        return st;
    if ((st = split_all(d, l, largest(out), on_first, &all, err)) == ST_OK &&
        (st = dag_bill(d, l, on_first, out, err)) == ST_OK && all)
        *bound_ps = largest(out);
    return st;
}
