/* SPDX-License-Identifier: MIT */
#include "search/solve/dual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/solve/dual_rows.h"

/* The longest path in scaled cost, and the dearest wrong answer. */
#define PATH_MAX_SCALED (INT32_C(1) << 21)
#define WRONG_MAX       (INT32_C(1) << 27)
#define PACE_MAX        (INT32_C(1) << 19)

/* Share of the linearised prices that exits earn at the start. */
#define START_SHARE 0.4

enum { STALLS = 6 };

enum status
dual_init(struct dual *d, const struct prob *p, struct err *err)
{
    size_t cells = (size_t)p->k * p->n + 1;

    *d = (struct dual){ .p = p, .n = p->n, .k = p->k };
    d->price_max = (INT32_C(1) << 29) / (p->k + 1);
    d->accept = calloc(cells, sizeof(*d->accept));
    d->refuse = calloc(cells, sizeof(*d->refuse));
    d->move_accept = calloc(cells, sizeof(*d->move_accept));
    d->move_refuse = calloc(cells, sizeof(*d->move_refuse));
    d->mean = calloc(p->n, sizeof(*d->mean));
    d->share = calloc(p->n, sizeof(*d->share));
    d->on = calloc((size_t)p->k + 1, sizeof(*d->on));
    d->gone = calloc((size_t)p->k + 1, sizeof(*d->gone));
    if (!d->accept || !d->refuse || !d->move_accept || !d->move_refuse ||
        !d->mean || !d->share || !d->on || !d->gone) {
        dual_clear(d);
        return err_nomem(err);
    }
    for (int e = 0; e < p->k; e++) {
        size_t labels = (size_t)p->top[e] + 1;

        d->worth[e] = calloc(labels, sizeof(*d->worth[e]));
        d->excess[e] = calloc(labels, sizeof(*d->excess[e]));
        if (d->worth[e] == NULL || d->excess[e] == NULL) {
            dual_clear(d);
            return err_nomem(err);
        }
    }
    return ST_OK;
}

void
dual_clear(struct dual *d)
{
    for (int e = 0; e < d->k; e++) {
        free(d->worth[e]);
        free(d->excess[e]);
    }
    free(d->mean);
    free(d->share);
    free(d->on);
    free(d->gone);
    free(d->accept);
    free(d->refuse);
    free(d->move_accept);
    free(d->move_refuse);
    *d = (struct dual){ 0 };
}

static int64_t
scale(const struct dual *d, int64_t cost)
{
    return d->shift >= 0 ? cost >> d->shift : cost * (INT64_C(1) << -d->shift);
}

/* Choose the scale: finest such that the longest path and the price of a
 * wrong answer fit.  Segments are rounded down together, so that each path
 * loses less than one for them. */
static void
set_scale(struct dual *d, double wrong)
{
    const struct prob *p = d->p;
    int64_t longest = 0, sum = 0;

    for (int j = 0; j <= d->k; j++)
        longest += p->seg[j] + p->head[j];
    d->shift = -20;
    while (ldexp((double)longest, -d->shift) > PATH_MAX_SCALED ||
           (ldexp(wrong, -d->shift) > WRONG_MAX / 4 &&
               ldexp((double)longest, -d->shift) > PATH_MAX_SCALED / 64))
        d->shift++;
    for (int j = 0; j <= d->k; j++) {
        sum += p->seg[j];
        d->path[j] = scale(d, sum);
        d->seg[j] = (int32_t)(d->path[j] - (j > 0 ? d->path[j - 1] : 0));
        d->head[j] = (int32_t)scale(d, p->head[j]);
    }
    d->wrong = fmin(ldexp(wrong, -d->shift), WRONG_MAX);
    d->wrong = floor(d->wrong);
}

/* For a row of one path and choice of exits: what each exit's state is worth
 * while all others stay. */
static void
start_row(struct dual *d, const struct labels *lab, size_t i)
{
    const struct prob *p = d->p;
    double on = 0, wrong = d->wrong; /* from the exit after, if it goes on */
    double most = d->price_max;

    on = d->seg[d->k] - (p->right[(size_t)d->k * d->n + i] ? wrong : 0);
    for (int e = d->k - 1; e >= 0; e--) {
        size_t at = (size_t)e * d->n + i;
        double leave = d->head[e] - (p->right[at] ? wrong : 0);
        bool kept = prob_kept(p, lab, e);

        d->accept[at] =
            (int32_t)fmax(-most, fmin(most, -START_SHARE * (leave - on)));
        d->refuse[at] = (int32_t)(-START_SHARE * d->head[e]);
        on = d->seg[e] + (kept && p->bin[at] > lab->at[e]
                                 ? leave
                                 : on + (kept ? d->head[e] : 0));
    }
    /* Exits after the one it leaves at do not matter to the row. */
    for (int e = 0, gone = 0; e < d->k; e++) {
        size_t at = (size_t)e * d->n + i;

        if (gone)
            d->accept[at] = d->refuse[at] = 0;
        gone |= prob_kept(p, lab, e) && p->bin[at] > lab->at[e];
    }
}

/* What each label of exit e costs at the present prices: what rows pay for
 * the states it gives them, with the sign turned. */
static void
weigh_exit(struct dual *d, int e)
{
    size_t at = (size_t)e * d->n;
    const uint16_t *bin = d->p->bin + at;
    const int32_t *a = d->accept + at, *r = d->refuse + at;
    const int32_t *w = d->p->weight;
    int64_t *worth = d->worth[e], refused = 0, run = 0;
    int top = d->p->top[e];

    /* worth[b]: accept - refuse of the rows of bin b, then of bins > c. */
    memset(worth, 0, ((size_t)top + 1) * sizeof(*worth));
    for (size_t i = 0; i < d->p->live[e]; i++) {
        worth[bin[i]] += (int64_t)w[i] * (a[i] - r[i]);
        refused += (int64_t)w[i] * r[i];
    }
    for (int c = top; c >= 0; c--) {
        int64_t own = worth[c];

        worth[c] = -(refused + run);
        run += own;
    }
    worth[top] = 0;
}

void
dual_start(struct dual *d, const struct labels *lab, double wrong)
{
    set_scale(d, wrong);
    d->n = d->p->n;
    for (size_t i = 0; i < d->n; i++)
        start_row(d, lab, i);
    dual_restart(d, d->wrong);
}

void
dual_same_scale(struct dual *d, const struct dual *other)
{
    d->shift = other->shift;
    memcpy(d->seg, other->seg, sizeof(d->seg));
    memcpy(d->head, other->head, sizeof(d->head));
    memcpy(d->path, other->path, sizeof(d->path));
}

void
dual_restart(struct dual *d, double wrong)
{
    size_t cells = (size_t)d->k * d->n;

    memset(d->move_accept, 0, cells * sizeof(*d->move_accept));
    memset(d->move_refuse, 0, cells * sizeof(*d->move_refuse));
    d->wrong = wrong;
    d->move_wrong = 0;
    d->moved = false;
    d->pace = 1;
    d->most = INT64_MIN;
    d->stalls = 0;
}

/* Columns of d->n become columns of n, and rows that become one have the
 * mean of theirs.  Of `price` and `move`, one is NULL; each is read before it
 * is written at the same place, for n is not larger. */
static inline void
join_columns(struct dual *d, const uint32_t *to, const int32_t *was,
    int32_t *price, int16_t *move)
{
    size_t n = d->p->n;

    for (int e = 0; e < d->k; e++) {
        size_t from = (size_t)e * d->n, at = (size_t)e * n;

        memset(d->mean, 0, n * sizeof(*d->mean));
        for (size_t i = 0; i < d->n; i++)
            d->mean[to[i]] +=
                (double)was[i] * (price ? price[from + i] : move[from + i]);
        for (size_t i = 0; i < n; i++) {
            double mean = i < d->p->live[e] ? d->mean[i] * d->share[i] : 0;

            if (price != NULL)
                price[at + i] = (int32_t)mean;
            else
                move[at + i] = (int16_t)mean;
        }
    }
}

void
dual_join(struct dual *d, const uint32_t *to, const int32_t *was)
{
    for (size_t i = 0; i < d->p->n; i++)
        d->share[i] = 1.0 / d->p->weight[i];
    join_columns(d, to, was, d->accept, NULL);
    join_columns(d, to, was, d->refuse, NULL);
    if (d->moved) {
        join_columns(d, to, was, NULL, d->move_accept);
        join_columns(d, to, was, NULL, d->move_refuse);
    }
    d->n = d->p->n;
    for (int e = 0; e < d->k; e++)
        weigh_exit(d, e);
}

int64_t
dual_cut(const struct dual *d, int64_t cost)
{
    if (cost == INT64_MAX)
        return INT64_MAX;
    if (d->shift < 0)
        return (cost - 1) * (INT64_C(1) << -d->shift) + 1;
    return (cost >> d->shift) + ((cost & ((INT64_C(1) << d->shift) - 1)) != 0);
}

int64_t
dual_true(const struct dual *d, int64_t bound)
{
    int64_t out, one = INT64_C(1) << (d->shift < 0 ? -d->shift : d->shift);

    if (d->shift >= 0)
        return !__builtin_mul_overflow(bound, one, &out) ? out
               : bound < 0                               ? INT64_MIN
                                                         : INT64_MAX;
    return bound / one + (bound > 0 && bound % one != 0);
}

/* The best kept label of exit e in the box, and what it costs. */
static int
best_kept(const struct dual *d, const struct box *b, int e)
{
    const struct span *s = &b->at[e];
    int best = s->lo;

    for (int c = s->lo; c < s->lo + s->m; c++)
        if (d->worth[e][c] < d->worth[e][best])
            best = c;
    return best;
}

int64_t
dual_exits(
    const struct dual *d, const struct box *b, int fixed, int kept, int *label)
{
    int64_t sum = 0, gain[SOLVE_EXITS_MAX];
    int n = 0, order[SOLVE_EXITS_MAX], room = d->p->max_early - kept;

    for (int e = 0; e < d->k; e++) {
        int best;

        if (e == fixed)
            continue;
        label[e] = d->p->top[e];
        if (b->at[e].m == 0)
            continue;
        best = best_kept(d, b, e);
        if (!b->at[e].off) {
            label[e] = best;
            sum += d->worth[e][best];
            room--;
        } else if (d->worth[e][best] < 0) {
            int at = n++;

            gain[e] = d->worth[e][best];
            for (; at > 0 && gain[order[at - 1]] > gain[e]; at--)
                order[at] = order[at - 1];
            order[at] = e;
            label[e] = best;
        }
    }
    for (int i = 0; i < n; i++)
        if (i < room)
            sum += gain[order[i]];
        else
            label[order[i]] = d->p->top[order[i]];
    return sum;
}

static int64_t
floor_charge(const struct dual *d)
{
    return (int64_t)d->wrong * d->p->floor;
}

int64_t
dual_bound(struct dual *d, const struct box *b)
{
    struct rows_sum sum = { 0 };
    double late;

    d->exits = dual_exits(d, b, -1, 0, d->label);
    for (size_t from = 0; from < d->n; from += ROWS_BLOCK) {
        size_t m = d->n - from < ROWS_BLOCK ? d->n - from : ROWS_BLOCK;

        rows_choose(d, b, from, m, &sum);
    }
    d->moved = true;
    late = (double)(d->p->floor - sum.right);
    d->move_wrong = 0.9 * d->move_wrong + late;
    d->norm = (double)sum.norm / 256 +
              d->move_wrong * d->move_wrong / (double)d->p->total;
    d->bound = floor_charge(d) + sum.value + d->exits;
    return d->bound;
}

/* One step along the direction, towards `aim`. */
static void
step(struct dual *d, double aim)
{
    double pace = d->pace * (aim - (double)d->bound) / fmax(d->norm, 1e-9);

    pace = fmin(fmax(pace, 1), PACE_MAX);
    d->wrong += pace * d->move_wrong / (double)d->p->total;
    d->wrong = floor(fmin(fmax(d->wrong, 0), WRONG_MAX));
    for (int e = 0; e < d->k; e++) {
        rows_move(d, e, (int32_t)pace);
        weigh_exit(d, e);
    }
}

void
dual_climb(struct dual *d, const struct box *b, int64_t cut, int steps)
{
    for (int i = 0; i < steps && d->bound < cut; i++) {
        step(d, (double)cut);
        if (dual_bound(d, b) > d->most) {
            d->most = d->bound;
            d->stalls = 0;
        } else if (++d->stalls == STALLS) {
            d->pace *= 0.75;
            d->stalls = 0;
        }
    }
}
