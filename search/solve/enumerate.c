/* SPDX-License-Identifier: MIT */
#include "search/solve/enumerate.h"

#include <stdlib.h>
#include <string.h>

#include "search/solve/tensor.h"

/* What is the same along the whole walk. */
struct walk {
    const struct prob *p;
    const struct box *box;
    const struct goal *goal;
    struct tensor *tensor; /* owned */
    int depth;             /* exits that are walked; the rest is the tensor */
    uint32_t *rows;        /* owned, [depth + 1][n]: going on at each depth */
    uint32_t *count;       /* owned, [depth][labels + 1]: rows by rank */
    size_t labels;
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
    int64_t heads;
    int kept;
};

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
    if (w->goal->front != NULL)
        tensor_front(w->tensor, w->goal->front);
    else
        tensor_best(w->tensor, w->goal->floor, w->goal->best);
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
    else if (c.right >= w->goal->floor && pick_better(&c, w->goal->best))
        *w->goal->best = c;
}

/* Sort the rows of `s` by rank at its exit; count[r + 1]: rows of rank <= r. */
static void
sort_rows(
    struct walk *w, const struct stand *s, uint32_t *rows, uint32_t *count)
{
    const struct span *span = &w->box->at[s->at];
    const uint16_t *bin = w->p->bin + (size_t)s->at * w->p->n;

    memset(count, 0, (span->m + 2u) * sizeof(*count));
    for (size_t i = 0; i < s->n; i++)
        count[span_rank(span, bin[s->rows[i]]) + 1]++;
    for (int r = 0; r <= span->m; r++)
        count[r + 1] += count[r];
    for (size_t i = 0; i < s->n; i++)
        rows[count[span_rank(span, bin[s->rows[i]])]++] = s->rows[i];
    memmove(count + 1, count, (span->m + 1u) * sizeof(*count));
    count[0] = 0;
}

static void walk_on(struct walk *w, const struct stand *s);

/* Choose label r; rows[0..going) do not leave. */
static void
go_on(struct walk *w, const struct stand *s, int r, size_t going, int64_t left,
    int64_t left_right)
{
    const struct prob *p = w->p;
    const struct span *span = &w->box->at[s->at];
    bool keep = r < span->m;
    struct stand next = *s;

    next.rows = w->rows + (size_t)(s->at + 1) * p->n;
    next.at++;
    next.n = going;
    next.weight -= left;
    next.path += p->seg[s->at];
    if (keep) {
        next.path += p->head[s->at];
        next.heads += p->head[s->at];
        next.kept++;
    }
    next.cost += left * next.path;
    next.right += left_right;
    if (next.heads > p->spare || next.kept > p->max_early)
        return;
    if (left_right * 1000000 < left * p->min_ppm[s->at])
        return;
    if (w->goal->front == NULL &&
        next.cost + next.weight * next.path > w->goal->best->cost)
        return;
    w->lab.at[s->at] = span_label(p, span, s->at, r);
    walk_on(w, &next);
}

static void
walk_on(struct walk *w, const struct stand *s)
{
    const struct prob *p = w->p;
    const struct span *span;
    const uint8_t *right;
    uint32_t *rows, *count;
    int64_t left = 0, left_right = 0;

    if (s->at == w->depth) {
        if (p->strict)
            finish_strict(w, s);
        else
            finish(w, s);
        return;
    }
    span = &w->box->at[s->at];
    right = p->right + (size_t)s->at * p->n;
    rows = w->rows + (size_t)(s->at + 1) * p->n;
    count = w->count + (size_t)s->at * w->labels;
    sort_rows(w, s, rows, count);
    if (span->off)
        go_on(w, s, span->m, s->n, 0, 0);
    for (int r = span->m - 1; r >= 0; r--) {
        for (size_t i = count[r + 1]; i < count[r + 2]; i++) {
            left += p->weight[rows[i]];
            left_right += p->weight[rows[i]] * right[rows[i]];
        }
        go_on(w, s, r, count[r + 1], left, left_right);
    }
}

static enum status
walk_init(struct walk *w, const struct prob *p, const struct box *b,
    const struct goal *g, struct err *err)
{
    const struct span none = { .off = true };
    const struct span *tail[3] = { &none, &none, &none };

    *w = (struct walk){ .p = p, .box = b, .goal = g };
    w->depth = p->strict ? p->k : p->k > 3 ? p->k - 3 : 0;
    for (int j = w->depth; j < p->k; j++)
        tail[j - w->depth] = &b->at[j];
    for (int j = 0; j < w->depth; j++)
        if (w->labels < b->at[j].m + 3u)
            w->labels = b->at[j].m + 3u;
    w->rows = malloc(((size_t)w->depth + 1) * p->n * sizeof(*w->rows));
    w->count = malloc(((size_t)w->depth * w->labels + 1) * sizeof(*w->count));
    if (w->rows == NULL || w->count == NULL)
        return err_nomem(err);
    return tensor_new(&w->tensor, tensor_cells(tail[0], tail[1], tail[2]), err);
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
    tensor_free(w.tensor);
    free(w.rows);
    free(w.count);
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
    if (p->forced & ~in)
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
