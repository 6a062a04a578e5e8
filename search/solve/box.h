/* SPDX-License-Identifier: MIT */
/*
 * box.h -- a part of the search space: for each exit a run of thresholds, and
 * whether the exit may be dropped.
 *
 * Inside a box, labels are ranks 0..m-1 (thresholds lo..lo+m-1) and m (drop,
 * where allowed), and a row has rank clamp(bin - lo, 0, m): label r accepts
 * ranks > r, so the rows that go on past label r are those of rank <= r.
 */
#ifndef OFFRAMP_SEARCH_BOX_H
#define OFFRAMP_SEARCH_BOX_H

#include "search/solve/prob.h"

struct span {
    uint16_t lo; /* first threshold */
    uint16_t m;  /* how many; 0: the exit is dropped */
    bool off;    /* may be dropped */
};

struct box {
    struct span at[SOLVE_EXITS_MAX]; /* [k] */
};

/* Everything that p's limits leave possible, exit by exit. */
static inline void
box_all(const struct prob *p, struct box *b)
{
    for (int j = 0; j < p->k; j++)
        b->at[j] = (struct span){
            .lo = 0, .m = (uint16_t)p->top[j], .off = !(p->forced >> j & 1)
        };
}

static inline int
span_labels(const struct span *s)
{
    return s->m + s->off;
}

static inline int
span_rank(const struct span *s, int bin)
{
    int r = bin - s->lo;

    return r < 0 ? 0 : r > s->m ? s->m : r;
}

/* The problem's label for rank r of exit j. */
static inline uint16_t
span_label(const struct prob *p, const struct span *s, int j, int r)
{
    return (uint16_t)(r < s->m ? s->lo + r : p->top[j]);
}

/* Whether the problem's label c of exit j is in the box. */
static inline bool
box_has(const struct prob *p, const struct box *b, int j, int c)
{
    const struct span *s = &b->at[j];

    return c == p->top[j] ? s->off : c >= s->lo && c < s->lo + s->m;
}

/* How many choices the box holds, as far as a double can say. */
static inline double
box_volume(const struct prob *p, const struct box *b)
{
    double v = 1;

    for (int j = 0; j < p->k; j++)
        v *= span_labels(&b->at[j]);
    return v;
}

#endif
