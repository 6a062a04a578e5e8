/* SPDX-License-Identifier: MIT */
#include "search/solve/dual_rows.h"

#include <string.h>

#include "search/solve/wide.h"

/* A price that no row pays if it has a choice; sums with it stay in 32 bits. */
#define NEVER (INT32_C(1) << 29)

/* Momentum: the share of the direction that stays, in 256ths. */
enum { KEEP = 230 };

INLINE int32_t
least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* One exit, as a block of rows sees it. */
struct view {
    const int32_t *accept, *refuse;
    const uint16_t *bin;
    const uint8_t *right;
    int32_t lo, hi;    /* bins > lo may be accepted, <= hi refused */
    int32_t off, keep; /* what Off costs; added to a kept state */
    int32_t seg, head, wrong;
};

static struct view
view_of(const struct dual *d, const struct box *b, int e, size_t from)
{
    const struct span *s = &b->at[e];
    size_t at = (size_t)e * d->n + from;

    return (struct view){ .accept = d->accept + at,
        .refuse = d->refuse + at,
        .bin = d->p->bin + at,
        .right = d->p->right + at,
        .lo = s->lo,
        .hi = s->lo + s->m - 1,
        .off = s->off ? 0 : NEVER,
        .keep = s->m > 0 ? 0 : NEVER,
        .seg = d->seg[e],
        .head = d->head[e],
        .wrong = (int32_t)d->wrong };
}

/* One exit backwards: from what is least after it to what is least before,
 * and which states are chosen for it (if the row gets here, and if it has
 * left before).  The view is taken by value, and every load is done whatever
 * comes of it: both let compilers make vectors. */
INLINE void
step_back(const struct view v, size_t m, const int32_t *restrict on,
    const int32_t *restrict gone, int32_t *restrict on_out,
    int32_t *restrict gone_out, uint8_t *restrict st_on,
    uint8_t *restrict st_gone)
{
    const int32_t *restrict accept = v.accept, *restrict refuse = v.refuse;
    const uint16_t *restrict bin = v.bin;
    const uint8_t *restrict right = v.right;

    for (size_t i = 0; i < m; i++) {
        int32_t pa = accept[i] + v.keep, pr = refuse[i] + v.keep;
        int32_t a = bin[i] > v.lo ? pa : NEVER;
        int32_t r = bin[i] <= v.hi ? pr : NEVER;
        int32_t xa = a + v.head - right[i] * v.wrong + gone[i];
        int32_t xr = r + v.head + on[i], xo = v.off + on[i];
        int32_t x = least(xr, xo), y = least(r, v.off);
        int32_t next = xr <= xo ? ST_REFUSE : ST_OFF;
        int32_t next_gone = r <= v.off ? ST_REFUSE : ST_OFF;

        st_on[i] = (uint8_t)(xa <= x ? ST_ACCEPT : next);
        st_gone[i] = (uint8_t)(a <= y ? ST_ACCEPT : next_gone);
        on_out[i] = v.seg + least(xa, x);
        gone_out[i] = gone[i] + least(a, y);
    }
}

/* What the way forwards turns. */
struct turn {
    int16_t *move_a, *move_r;
    int32_t label; /* the exit's own choice; Off: above every bin, */
    int32_t kept;  /* and 0 here */
};

/* One exit forwards: the state that counts, whether the row goes on, and the
 * direction. */
INLINE void
step_on(const struct view v, const struct turn t, size_t m,
    const uint8_t *restrict st_on, const uint8_t *restrict st_gone,
    uint8_t *restrict here, const int32_t *restrict weight,
    struct rows_sum *sum)
{
    int16_t *restrict move_a = t.move_a, *restrict move_r = t.move_r;
    const uint16_t *restrict bin = v.bin;
    const uint8_t *restrict right = v.right;
    int32_t hits = 0;
    int64_t norm = 0;

    for (size_t i = 0; i < m; i++) {
        int32_t st = st_gone[i] + here[i] * (st_on[i] - st_gone[i]);
        int32_t a = st == ST_ACCEPT, r = st == ST_REFUSE;
        int32_t ea = bin[i] > t.label, er = t.kept - ea;
        int32_t ma = move_a[i] * KEEP / 256 + (a - ea) * 256;
        int32_t mr = move_r[i] * KEEP / 256 + (r - er) * 256;

        hits += (a & here[i] & right[i]) * weight[i];
        here[i] = (uint8_t)(here[i] & (a ^ 1));
        move_a[i] = (int16_t)ma;
        move_r[i] = (int16_t)mr;
        norm += (int64_t)((ma * ma + mr * mr) >> 8) * weight[i];
    }
    sum->right += hits;
    sum->norm += norm;
}

/* What is least after the last early exit; nothing for rows that do not get
 * there. */
INLINE void
start_back(const struct dual *d, size_t from, size_t m, int32_t *restrict on,
    int32_t *restrict gone)
{
    const uint8_t *restrict right = d->p->right + (size_t)d->k * d->n + from;
    int32_t seg = d->seg[d->k], wrong = (int32_t)d->wrong;
    size_t live = rows_live(d, d->k, from, m);

    for (size_t i = 0; i < live; i++)
        on[i] = seg - right[i] * wrong;
    memset(on + live, 0, (m - live) * sizeof(*on));
    memset(gone, 0, m * sizeof(*gone));
}

WIDE void
rows_choose(struct dual *d, const struct box *b, size_t from, size_t m,
    struct rows_sum *sum)
{
    uint8_t st_on[SOLVE_EXITS_MAX][ROWS_BLOCK];
    uint8_t st_gone[SOLVE_EXITS_MAX][ROWS_BLOCK];
    int32_t on[2][ROWS_BLOCK], gone[2][ROWS_BLOCK];
    const int32_t *weight = d->p->weight + from;
    const uint8_t *last = d->p->right + (size_t)d->k * d->n + from;
    uint8_t here[ROWS_BLOCK];

    start_back(d, from, m, on[0], gone[0]);
    start_back(d, from, m, on[1], gone[1]);
    memset(here, 1, m);
    for (int e = d->k - 1; e >= 0; e--) {
        int x = (e + 1) & 1, y = e & 1;

        step_back(view_of(d, b, e, from), rows_live(d, e, from, m), on[x],
            gone[x], on[y], gone[y], st_on[e], st_gone[e]);
    }
    for (size_t i = 0; i < m; i++)
        sum->value += (int64_t)weight[i] * on[0][i];
    for (int e = 0; e < d->k; e++) {
        size_t at = (size_t)e * d->n + from;
        bool kept = d->label[e] < d->p->top[e];
        const struct turn t = { d->move_accept + at, d->move_refuse + at,
            kept ? d->label[e] : INT32_MAX, kept };

        step_on(view_of(d, b, e, from), t, rows_live(d, e, from, m), st_on[e],
            st_gone[e], here, weight, sum);
    }
    for (size_t i = 0; i < rows_live(d, d->k, from, m); i++)
        sum->right += (here[i] & last[i]) * weight[i];
}

WIDE void
rows_least(const struct dual *d, const struct box *b, size_t from, size_t m,
    int32_t (*on)[ROWS_BLOCK], int32_t (*gone)[ROWS_BLOCK])
{
    uint8_t st_on[ROWS_BLOCK], st_gone[ROWS_BLOCK];

    start_back(d, from, m, on[d->k], gone[d->k]);
    for (int e = d->k - 1; e >= 0; e--) {
        size_t live = rows_live(d, e, from, m);

        step_back(view_of(d, b, e, from), live, on[e + 1], gone[e + 1], on[e],
            gone[e], st_on, st_gone);
        memset(on[e] + live, 0, (m - live) * sizeof(*on[e]));
        memset(gone[e] + live, 0, (m - live) * sizeof(*gone[e]));
    }
}

void
rows_forced_start(struct rows_forced *f, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        f->here[i] = 0;
        f->away[i] = NEVER;
    }
}

/* Less than the truth where a state is not possible, so that sums fit. */
WIDE void
rows_force(const struct dual *d, const struct box *b, int e, size_t from,
    size_t m, struct rows_forced *f)
{
    const struct view v = view_of(d, b, e, from);
    const int32_t *restrict near = d->on[e + 1], *restrict far = d->gone[e + 1];
    const int32_t *restrict accept = v.accept, *restrict refuse = v.refuse;
    const uint16_t *restrict bin = v.bin;
    const uint8_t *restrict right = v.right;
    bool kept = v.keep == 0;

    for (size_t i = 0; i < m; i++) {
        int32_t pa = accept[i], pr = refuse[i], away = f->away[i];
        int32_t a = (kept & (bin[i] > v.lo)) ? pa : NEVER;
        int32_t r = (kept & (bin[i] <= v.hi)) ? pr : NEVER;
        int32_t come = f->here[i] + v.seg;
        int32_t leave = come + a + v.head - right[i] * v.wrong;
        int32_t pass = come + r + v.head, skip = come + v.off;

        f->accepted[i] = least(leave, away + a) + far[i];
        f->refused[i] = least(pass + near[i], away + r + far[i]);
        f->off[i] = least(skip + near[i], away + v.off + far[i]);
        f->here[i] = least(least(pass, skip), NEVER);
        away += least(a, least(r, v.off));
        f->away[i] = least(least(leave, away), NEVER);
    }
}

WIDE void
rows_move(struct dual *d, int e, int32_t pace)
{
    size_t at = (size_t)e * d->n;
    int32_t *restrict a = d->accept + at, *restrict r = d->refuse + at;
    const int16_t *restrict ma = d->move_accept + at;
    const int16_t *restrict mr = d->move_refuse + at;
    int32_t most = d->price_max;

    for (size_t i = 0; i < d->p->live[e]; i++) {
        int32_t x = a[i] + (ma[i] * pace) / 256;
        int32_t y = r[i] + (mr[i] * pace) / 256;

        a[i] = x > most ? most : x < -most ? -most : x;
        r[i] = y > most ? most : y < -most ? -most : y;
    }
}
