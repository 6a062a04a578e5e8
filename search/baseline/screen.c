/* SPDX-License-Identifier: MIT */
/* screen.c -- every choice of a (small) problem looked at. */
#include "search/baseline/baseline_internal.h"
#include "search/solve/enumerate.h"

/* The choice with most right answers; none where a front would be too large
 * to hold. */
static enum status
most_right(
    const struct prob *p, struct found *f, struct pick *out, struct err *err)
{
    struct front front;
    const struct goal g = { .front = &front, .brake = &f->brake };
    struct box all;
    enum status st;

    if (!front_fits(p, 0, p->total))
        return ST_OK;
    if ((st = front_init(&front, p, 0, p->total, err)) != ST_OK)
        return st;
    box_all(p, &all);
    st = enumerate_box(p, &all, &g, err);
    for (int64_t r = front.hi; r >= 0 && out->cost == INT64_MAX; r--)
        front_get(&front, r, out);
    front_clear(&front);
    return st;
}

enum status
found_screen(
    const struct prob *p, struct found *f, struct pick *out, struct err *err)
{
    const struct goal g = {
        .floor = p->floor, .best = out, .brake = &f->brake
    };
    struct box all;
    enum status st;

    *out = (struct pick){ .cost = INT64_MAX };
    box_all(p, &all);
    st = enumerate_box(p, &all, &g, err);
    if (st == ST_OK && out->cost == INT64_MAX && !f->brake.stopped)
        st = most_right(p, f, out, err);
    return st;
}
