/* SPDX-License-Identifier: MIT */
#include "search/solve/enumerate.h"

#include <stdlib.h>
#include <string.h>

#include "search/solve/tensor.h"

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
    struct tensor *tensor; /* owned */
    int depth;             /* exits that are walked; the rest is the tensor */
    uint32_t *rows;        /* owned, [depth + 1][n]: going on at each depth */
    struct tally *tally;   /* owned, [depth][labels]: rows by rank */
    size_t labels;
    size_t cells;      /* of the tensor */
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

static void
finish(struct walk *w, const struct stand *s)
{
    struct triple tr = { .lab = w->lab,
        .rows = s->rows,
        .n_rows = s->n,
        .reached = true,
        .cost = s->cost,
        .right = s->right };

    for (int x = 0; x < 3; x++) {
        tr.exit[x] = w->p->k - 3 + x;
        if (tr.exit[x] < w->depth)
            tr.exit[x] = -1;
        else
            tr.span[x] = w->box->at[tr.exit[x]];
    }
    tensor_fill(w->tensor, w->p, &tr);
    spend(w, w->cells);
    if (w->goal->front != NULL)
        tensor_front(w->tensor, w->goal->front);
    else if (tensor_best(w->tensor, w->goal->floor, w->goal->best))
        set_cut(w);
}

/* The tensor does not know who leaves where, so a limit on that is checked
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

/* Choose label r: those in `left` leave, rows[0..going) go on. */
static void
go_on(struct walk *w, const struct stand *s, int r, size_t going,
    const struct tally *left, int64_t tail)
{
    const struct prob *p = w->p;
    const struct span *span = &w->box->at[s->at];
    struct stand next = *s;

    next.rows = w->rows + (size_t)(s->at + 1) * p->n;
    next.at++;
    next.n = going;
    next.weight -= left->weight;
    next.path += p->seg[s->at];
    if (w->goal->guide != NULL)
        next.scaled_path += w->goal->guide->dual->seg[s->at];
    if (r < span->m) {
        next.path += p->head[s->at];
        if (w->goal->guide != NULL)
            next.scaled_path += w->goal->guide->dual->head[s->at];
        next.heads += p->head[s->at];
        next.kept++;
    }
    next.cost += left->weight * next.path;
    next.right += left->right;
    if (w->goal->guide != NULL)
        next.scaled_left += left->weight * next.scaled_path -
                            left->right * (int64_t)w->goal->guide->dual->wrong;
    if (next.heads > p->spare || next.kept > p->max_early ||
        left->right * 1000000 < left->weight * p->min_ppm[s->at] ||
        hopeless(w, &next, tail))
        return;
    w->lab.at[s->at] = span_label(p, span, s->at, r);
    walk_on(w, &next);
}

static void
walk_on(struct walk *w, const struct stand *s)
{
    const struct span *span;
    struct tally *tally, left = { 0 };
    int64_t tail = 0;

    if (spend(w, s->n))
        return;
    if (s->at == w->depth) {
        if (w->p->strict)
            finish_strict(w, s);
        else
            finish(w, s);
        return;
    }
    span = &w->box->at[s->at];
    tally = w->tally + (size_t)s->at * w->labels;
    sort_rows(w, s, w->rows + (size_t)(s->at + 1) * w->p->n, tally);
    for (int r = 0; r <= span->m; r++)
        tail += tally[r].tail;
    if (span->off)
        go_on(w, s, span->m, s->n, &left, tail);
    for (int r = span->m - 1; r >= 0; r--) {
        left.weight += tally[r + 1].weight;
        left.right += tally[r + 1].right;
        tail -= tally[r + 1].tail;
        go_on(w, s, r, tally[r].end, &left, tail);
    }
}

static enum status
walk_init(struct walk *w, const struct prob *p, const struct box *b,
    const struct goal *g, struct err *err)
{
    const struct span none = { .off = true };
    const struct span *tail[3] = { &none, &none, &none };

    *w = (struct walk){ .p = p, .box = b, .goal = g };
    set_cut(w);
    w->depth = p->strict ? p->k : p->k > 3 ? p->k - 3 : 0;
    for (int j = w->depth; j < p->k; j++)
        tail[j - w->depth] = &b->at[j];
    for (int j = 0; j < w->depth; j++)
        if (w->labels < b->at[j].m + 1u)
            w->labels = b->at[j].m + 1u;
    w->rows = malloc(((size_t)w->depth + 1) * p->n * sizeof(*w->rows));
    w->tally = malloc(((size_t)w->depth * w->labels + 1) * sizeof(*w->tally));
    if (w->rows == NULL || w->tally == NULL)
        return err_nomem(err);
    w->cells = tensor_cells(tail[0], tail[1], tail[2]);
    return tensor_new(&w->tensor, w->cells, err);
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
        walk_on(&w, &s);
    }
    if (g->budget > 0 && w.spent > g->budget)
        *g->spent = true;
    tensor_free(w.tensor);
    free(w.rows);
    free(w.tally);
    return st;
}

bool
enumerate_few_fits(const struct prob *p)
{
    double k = p->k, cells = 1, widest = 0;

    for (int j = 0; j < p->k; j++)
        if (p->top[j] + 1.0 > widest)
            widest = p->top[j] + 1.0;
    cells = widest * widest * widest;
    return p->max_early <= 3 && !p->strict && cells <= ENUMERATE_MAX / 8 &&
           k * k * k / 6 * (cells + (double)p->n) <= ENUMERATE_MAX * 100;
}

/* One triple of exits, all others dropped. */
static void
few_at(const struct prob *p, const struct goal *g, struct tensor *t,
    const int exit[3])
{
    struct triple tr = { .reached = true };
    struct box all;
    uint64_t in = 0;

    box_all(p, &all);
    for (int j = 0; j < p->k; j++)
        tr.lab.at[j] = (uint16_t)p->top[j];
    for (int x = 0; x < 3; x++) {
        tr.exit[x] = exit[x];
        if (exit[x] >= 0) {
            tr.span[x] = all.at[exit[x]];
            in |= UINT64_C(1) << exit[x];
        }
    }
    if (p->forced & ~in ||
        brake_count(g->brake,
            p->n + tensor_cells(&tr.span[0], &tr.span[1], &tr.span[2])))
        return;
    tensor_fill(t, p, &tr);
    if (g->front != NULL)
        tensor_front(t, g->front);
    else
        tensor_best(t, g->floor, g->best);
}

enum status
enumerate_few(const struct prob *p, const struct goal *g, struct err *err)
{
    struct span widest = { 0 };
    struct tensor *t;
    enum status st;

    for (int j = 0; j < p->k; j++)
        if (p->top[j] > widest.m)
            widest.m = (uint16_t)p->top[j];
    st = tensor_new(&t, tensor_cells(&widest, &widest, &widest), err);
    if (st != ST_OK)
        return st;
    if (p->k < 3)
        few_at(p, g, t, (int[3]){ -1, p->k < 2 ? -1 : 0, p->k - 1 });
    for (int a = 0; a < p->k; a++)
        for (int b = a + 1; b < p->k; b++)
            for (int c = b + 1; c < p->k; c++)
                few_at(p, g, t, (int[3]){ a, b, c });
    tensor_free(t);
    return ST_OK;
}
