/* SPDX-License-Identifier: MIT */
#include "search/solve/enumerate.h"

#include <stdlib.h>
#include <string.h>

#include "search/solve/cube.h"

/* Cells of a cube that are looked at in the time of one row. */
enum { CELLS_A_LOOK = 8 };

/* Rows of one rank at the exit that the walk stands at, or of that rank and
 * all above. */
struct tally {
    size_t end; /* rows of this rank or less */
    int64_t weight, right, tail;
};

/* What is the same along the whole walk. */
struct walk {
    const struct prob *p;
    const struct box *box;
    const struct goal *goal;
    struct cube *cube;   /* owned; or NULL */
    int depth;           /* exits that are walked; the rest is the cube */
    uint32_t *rows;      /* owned, [depth + 1][n]: going on at each depth */
    struct tally *tally; /* owned, [depth][labels]: rows by rank */
    size_t labels;
    size_t cells;      /* of the cube */
    uint64_t spent;    /* work done */
    int64_t cut;       /* scaled bound from which on nothing is cheaper */
    struct labels lab; /* of the exits walked so far */
};

/* Where the walk stands: the labels of exits before `at` are chosen. */
struct stand {
    int at;
    const uint32_t *rows; /* that go on */
    size_t n;
    int64_t weight;      /* of those rows */
    int64_t cost, right; /* of those that have left */
    int64_t path;        /* cost of coming so far, for those who go on */
    int64_t scaled_left; /* the guide's account of those who have left */
    int64_t scaled_path; /* and of coming so far */
    int64_t heads;
    int kept;
};

/* Whether choices have to be looked at one by one. */
static bool
by_hand(const struct prob *p)
{
    return p->strict || !cube_fits(p);
}

static void
set_cut(struct walk *w)
{
    if (w->goal->guide != NULL)
        w->cut = dual_cut(w->goal->guide->dual, w->goal->best->cost);
}

/* Count work; true: no more of it. */
static bool
spend(struct walk *w, size_t work)
{
    w->spent += work;
    return brake_count(w->goal->brake, work) ||
           (w->goal->budget > 0 && w->spent > w->goal->budget);
}

/* Look at all choices for the rows that are in the cube. */
static void
finish(struct walk *w, const struct stand *s)
{
    const struct cube_base base = { .cost = s->cost + s->weight * s->path,
        .right = s->right,
        .heads = s->heads,
        .kept = s->kept,
        .lab = w->lab };

    spend(w, w->cells / CELLS_A_LOOK);
    if (w->goal->front != NULL)
        cube_front(w->cube, &base, w->goal->front);
    else if (cube_best(w->cube, &base, w->goal->floor, w->goal->best))
        set_cut(w);
}

/* The cube does not know who leaves where, so a limit on that is checked
 * on one choice at a time: the last exit's here, the others' in go_on(). */
static void
finish_strict(struct walk *w, const struct stand *s)
{
    const struct prob *p = w->p;
    const uint8_t *right = p->right + (size_t)p->k * p->n;
    struct pick c = { .lab = w->lab };
    int64_t last = 0;

    for (size_t r = 0; r < s->n; r++)
        last += p->weight[s->rows[r]] * right[s->rows[r]];
    if (last * 1000000 < s->weight * p->min_ppm[p->k])
        return;
    c.cost = s->cost + s->weight * (s->path + p->seg[p->k]);
    c.right = s->right + last;
    if (w->goal->front != NULL)
        front_offer(w->goal->front, &c);
    else if (c.right >= w->goal->floor && pick_better(&c, w->goal->best)) {
        *w->goal->best = c;
        set_cut(w);
    }
}

/* Sort the rows of `s` by rank at its exit, and add them up. */
static void
sort_rows(
    struct walk *w, const struct stand *s, uint32_t *rows, struct tally *tally)
{
    const struct span *span = &w->box->at[s->at];
    const struct guide *g = w->goal->guide;
    size_t at = (size_t)s->at * w->p->n, start = 0;
    const uint16_t *bin = w->p->bin + at;
    const uint8_t *right = w->p->right + at;
    const int32_t *tail = g ? g->tail + at + w->p->n : NULL;

    memset(tally, 0, (span->m + 1u) * sizeof(*tally));
    for (size_t i = 0; i < s->n; i++) {
        size_t row = s->rows[i];
        struct tally *t = &tally[span_rank(span, bin[row])];
        int64_t weight = w->p->weight[row];

        t->end++;
        t->weight += weight;
        t->right += weight * right[row];
        t->tail += tail ? weight * tail[row] : 0;
    }
    for (int r = 0; r <= span->m; r++) {
        size_t n = tally[r].end;

        tally[r].end = start;
        start += n;
    }
    for (size_t i = 0; i < s->n; i++)
        rows[tally[span_rank(span, bin[s->rows[i]])].end++] = s->rows[i];
}

static void walk_on(struct walk *w, const struct stand *s);

/* True if nothing below is cheaper than the best: `tail` is the sum of the
 * guide's tails over those who go on. */
static bool
hopeless(const struct walk *w, const struct stand *next, int64_t tail)
{
    const struct goal *g = w->goal;

    if (g->front != NULL)
        return false;
    if (next->cost + next->weight * next->path > g->best->cost)
        return true;
    return g->guide != NULL && next->scaled_left +
                                       next->weight * next->scaled_path + tail +
                                       g->guide->rest[next->at] >=
                                   w->cut;
}

/* Choose label r: those in `left` leave, `going` rows go on.  False if that
 * is of no use. */
static bool
choose(struct walk *w, const struct stand *s, int r, size_t going,
    const struct tally *left, int64_t tail, struct stand *next)
{
    const struct prob *p = w->p;
    const struct span *span = &w->box->at[s->at];
    const struct dual *d = w->goal->guide ? w->goal->guide->dual : NULL;

    *next = *s;
    next->rows = w->rows + (size_t)(s->at + 1) * p->n;
    next->at++;
    next->n = going;
    next->weight -= left->weight;
    next->path += p->seg[s->at];
    next->scaled_path += d ? d->seg[s->at] : 0;
    if (r < span->m) {
        next->path += p->head[s->at];
        next->scaled_path += d ? d->head[s->at] : 0;
        next->heads += p->head[s->at];
        next->kept++;
    }
    next->cost += left->weight * next->path;
    next->right += left->right;
    if (d != NULL)
        next->scaled_left +=
            left->weight * next->scaled_path - left->right * (int64_t)d->wrong;
    w->lab.at[s->at] = span_label(p, span, s->at, r);
    return next->heads <= p->spare && next->kept <= p->max_early &&
           left->right * 1000000 >= left->weight * p->min_ppm[s->at] &&
           !hopeless(w, next, tail);
}

/* Label r of the walk's last exit, of which all that go on past lesser ones
 * are in the cube: `in` rows. */
static void
slide(struct walk *w, const struct stand *next, size_t *in)
{
    cube_add(w->cube, next->rows + *in, next->n - *in);
    spend(w, next->n - *in);
    *in = next->n;
    finish(w, next);
}

/* From the label that most rows leave at to the one that none does, so that
 * the cube below the last exit of the walk only ever gains rows. */
static void
walk_on(struct walk *w, const struct stand *s)
{
    const struct span *span = &w->box->at[s->at];
    struct tally *tally = w->tally + (size_t)s->at * w->labels;
    struct tally left = { .weight = 0 };
    bool last = s->at + 1 == w->depth && w->cube != NULL;
    struct stand next;
    int64_t tail = 0;
    size_t in = 0;

    if (spend(w, s->n))
        return;
    if (s->at == w->depth) {
        finish_strict(w, s);
        return;
    }
    sort_rows(w, s, w->rows + (size_t)(s->at + 1) * w->p->n, tally);
    if (last)
        cube_clear(w->cube);
    for (int r = 1; r <= span->m; r++) {
        left.weight += tally[r].weight;
        left.right += tally[r].right;
    }
    for (int r = 0; r <= span->m; r++) {
        tail += tally[r].tail;
        if ((r < span->m || span->off) &&
            choose(w, s, r, tally[r].end, &left, tail, &next)) {
            if (last)
                slide(w, &next, &in);
            else
                walk_on(w, &next);
        }
        if (r < span->m) {
            left.weight -= tally[r + 1].weight;
            left.right -= tally[r + 1].right;
        }
    }
}

static enum status
walk_init(struct walk *w, const struct prob *p, const struct box *b,
    const struct goal *g, struct err *err)
{
    struct span span[3] = { { 0 } };
    int exit[3];
    enum status st;

    *w = (struct walk){ .p = p, .box = b, .goal = g };
    set_cut(w);
    w->depth = by_hand(p) ? p->k : p->k > 3 ? p->k - 3 : 0;
    for (int j = 0; j < w->depth; j++)
        if (w->labels < b->at[j].m + 1u)
            w->labels = b->at[j].m + 1u;
    w->rows = malloc(((size_t)w->depth + 1) * p->n * sizeof(*w->rows));
    w->tally = malloc(((size_t)w->depth * w->labels + 1) * sizeof(*w->tally));
    if (w->rows == NULL || w->tally == NULL)
        return err_nomem(err);
    if (by_hand(p))
        return ST_OK;
    for (int x = 0; x < 3; x++) {
        exit[x] = x < 3 - p->k ? -1 : p->k - 3 + x;
        if (exit[x] >= 0)
            span[x] = b->at[exit[x]];
    }
    w->cells = cube_cells(span);
    if ((st = cube_new(&w->cube, p, span, err)) == ST_OK)
        cube_set(w->cube, w->depth - 1, exit, span, w->depth > 0);
    return st;
}

enum status
enumerate_box(const struct prob *p, const struct box *b, const struct goal *g,
    struct err *err)
{
    struct walk w;
    enum status st = walk_init(&w, p, b, g, err);

    if (st == ST_OK && !p->empty) {
        struct stand s = { .rows = w.rows, .n = p->n, .weight = p->total };

        for (size_t i = 0; i < p->n; i++)
            w.rows[i] = (uint32_t)i;
        if (w.depth > 0 || w.cube == NULL) {
            walk_on(&w, &s);
        } else if (!spend(&w, p->n)) {
            cube_add(w.cube, NULL, p->n);
            finish(&w, &s);
        }
    }
    if (g->budget > 0 && w.spent > g->budget)
        *g->spent = true;
    cube_free(w.cube);
    free(w.rows);
    free(w.tally);
    return st;
}

bool
enumerate_few_fits(const struct prob *p)
{
    double k = p->k, cells, widest = 0;

    for (int j = 0; j < p->k; j++)
        if (p->top[j] + 1.0 > widest)
            widest = p->top[j] + 1.0;
    cells = widest * widest * widest;
    return p->max_early <= 3 && !by_hand(p) && cells <= ENUMERATE_MAX / 8 &&
           k * k * k / 6 * (cells + (double)p->n) <= ENUMERATE_MAX * 100;
}

/* One triple of exits, all others dropped. */
static void
few_at(const struct prob *p, const struct goal *g, struct cube *c,
    const int exit[3])
{
    struct cube_base base = { 0 };
    struct span span[3] = { { 0 } };
    struct box all;
    uint64_t in = 0;

    box_all(p, &all);
    for (int j = 0; j < p->k; j++)
        base.lab.at[j] = (uint16_t)p->top[j];
    for (int x = 0; x < 3; x++)
        if (exit[x] >= 0) {
            span[x] = all.at[exit[x]];
            in |= UINT64_C(1) << exit[x];
        }
    if (p->forced & ~in ||
        brake_count(g->brake, p->n + cube_cells(span) / CELLS_A_LOOK))
        return;
    cube_set(c, -1, exit, span, false);
    cube_add(c, NULL, p->n);
    if (g->front != NULL)
        cube_front(c, &base, g->front);
    else
        cube_best(c, &base, g->floor, g->best);
}

enum status
enumerate_few(const struct prob *p, const struct goal *g, struct err *err)
{
    struct span widest = { 0 };
    struct cube *c;
    enum status st;

    for (int j = 0; j < p->k; j++)
        if (p->top[j] > widest.m)
            widest.m = (uint16_t)p->top[j];
    st = cube_new(&c, p, (struct span[3]){ widest, widest, widest }, err);
    if (st != ST_OK)
        return st;
    if (p->k < 3)
        few_at(p, g, c, (int[3]){ -1, p->k < 2 ? -1 : 0, p->k - 1 });
    for (int x = 0; x < p->k; x++)
        for (int y = x + 1; y < p->k; y++)
            for (int z = y + 1; z < p->k; z++)
                few_at(p, g, c, (int[3]){ x, y, z });
    cube_free(c);
    return ST_OK;
}
