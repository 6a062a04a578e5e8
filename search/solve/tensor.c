/* SPDX-License-Identifier: MIT */
#include "search/solve/tensor.h"

#include <stdlib.h>
#include <string.h>

/* What a step adds, for the rows of one cell. */
struct cell {
    int64_t cost, right;
};

struct tensor {
    size_t room; /* cells of `cube` */
    struct triple tr;
    const struct prob *p;
    int m[3];
    int64_t head[3];          /* of the three exits */
    bool allowed[2][2][2];    /* by kept: limits on heads and count */
    struct cell *cube;        /* past all three, [m0 + 1][m1 + 1][m2 + 1] */
    struct cell *plane;       /* past two, [m0 + 1][m1 + 1] */
    int64_t *plane_weight;    /* weight of rows that reach the third exit */
    struct cell *line;        /* past one, [m0 + 1] */
    int64_t *line_weight;     /* weight of rows that reach the second */
    struct cell point;        /* certain */
    int64_t point_weight;     /* weight of rows that reach the first */
    struct cell *sum2, *sum1; /* running sums: a plane and a row of the cube */
};

size_t
tensor_cells(const struct span *a, const struct span *b, const struct span *c)
{
    return ((size_t)a->m + 1) * ((size_t)b->m + 1) * ((size_t)c->m + 1);
}

enum status
tensor_new(struct tensor **out, size_t cells, struct err *err)
{
    struct tensor *t = calloc(1, sizeof(*t));

    *out = NULL;
    if (t == NULL)
        return err_nomem(err);
    t->room = cells;
    t->cube = malloc(cells * sizeof(*t->cube));
    t->plane = malloc(cells * sizeof(*t->plane));
    t->plane_weight = malloc(cells * sizeof(*t->plane_weight));
    t->line = malloc(cells * sizeof(*t->line));
    t->line_weight = malloc(cells * sizeof(*t->line_weight));
    t->sum2 = malloc(cells * sizeof(*t->sum2));
    t->sum1 = malloc(cells * sizeof(*t->sum1));
    if (!t->cube || !t->plane || !t->plane_weight || !t->line ||
        !t->line_weight || !t->sum2 || !t->sum1) {
        tensor_free(t);
        return err_nomem(err);
    }
    *out = t;
    return ST_OK;
}

void
tensor_free(struct tensor *t)
{
    if (t == NULL)
        return;
    free(t->cube);
    free(t->plane);
    free(t->plane_weight);
    free(t->line);
    free(t->line_weight);
    free(t->sum2);
    free(t->sum1);
    free(t);
}

/* Limits that link the three exits to each other and to the rest. */
static void
set_allowed(struct tensor *t, const struct prob *p, const struct triple *tr)
{
    int64_t heads = 0;
    int kept = 0;
    bool forced_ok = !p->empty;

    for (int j = 0; j < p->k; j++) {
        if (j == tr->exit[0] || j == tr->exit[1] || j == tr->exit[2])
            continue;
        if (prob_kept(p, &tr->lab, j)) {
            heads += p->head[j];
            kept++;
        } else if (p->forced >> j & 1) {
            forced_ok = false;
        }
    }
    for (int i = 0; i < 8; i++) {
        int a = i >> 2, b = i >> 1 & 1, c = i & 1;
        int64_t h = heads + a * t->head[0] + b * t->head[1] + c * t->head[2];

        t->allowed[a][b][c] =
            forced_ok && h <= p->spare && kept + a + b + c <= p->max_early;
    }
}

/* Where rows leave and what it costs there, the three exits aside. */
struct stops {
    int n;                     /* other kept exits */
    int exit[SOLVE_EXITS_MAX]; /* ascending */
    uint16_t label[SOLVE_EXITS_MAX];
    int64_t path[SOLVE_EXITS_MAX + 1]; /* path[j + 1]: leaving at j */
};

static void
stops_find(struct stops *s, const struct prob *p, const struct triple *tr)
{
    int64_t sum = 0;

    s->n = 0;
    s->path[0] = 0;
    for (int j = 0; j <= p->k; j++) {
        bool third = j == tr->exit[0] || j == tr->exit[1] || j == tr->exit[2];

        sum += p->seg[j];
        if (j < p->k && !third && prob_kept(p, &tr->lab, j)) {
            sum += p->head[j];
            s->exit[s->n] = j;
            s->label[s->n++] = tr->lab.at[j];
        }
        s->path[j + 1] = sum;
    }
}

static int
stops_first(const struct stops *s, const struct prob *p, size_t i)
{
    for (int x = 0; x < s->n; x++)
        if (p->bin[(size_t)s->exit[x] * p->n + i] > s->label[x])
            return s->exit[x];
    return p->k;
}

/* Add what going on from one stop to another changes for row i; stop -1 is
 * the state before anything was paid or answered. */
static inline void
step(struct cell *c, const struct prob *p, const int64_t *path, size_t i,
    int from, int to)
{
    int32_t w = p->weight[i];
    int was = from < 0 ? 0 : p->right[(size_t)from * p->n + i];
    int is = to < 0 ? 0 : p->right[(size_t)to * p->n + i];

    c->cost += w * (path[to + 1] - path[from + 1]);
    c->right += w * (is - was);
}

static inline int
rank_of(const struct tensor *t, int x, size_t i)
{
    int j = t->tr.exit[x];

    return j < 0 ? 0 : span_rank(&t->tr.span[x], t->p->bin[j * t->p->n + i]);
}

static void
add_row(struct tensor *t, const int64_t *path, size_t i, int first)
{
    const int *x = t->tr.exit;
    const struct prob *p = t->p;
    int32_t w = p->weight[i];
    size_t r;

    if (first < x[0]) {
        step(&t->point, p, path, i, -1, first);
        return;
    }
    step(&t->point, p, path, i, -1, x[0]);
    t->point_weight += w;
    r = (size_t)rank_of(t, 0, i);
    if (first < x[1]) {
        step(&t->line[r], p, path, i, x[0], first);
        return;
    }
    step(&t->line[r], p, path, i, x[0], x[1]);
    t->line_weight[r] += w;
    r = r * (size_t)(t->m[1] + 1) + (size_t)rank_of(t, 1, i);
    if (first < x[2]) {
        step(&t->plane[r], p, path, i, x[1], first);
        return;
    }
    step(&t->plane[r], p, path, i, x[1], x[2]);
    t->plane_weight[r] += w;
    r = r * (size_t)(t->m[2] + 1) + (size_t)rank_of(t, 2, i);
    step(&t->cube[r], p, path, i, x[2], first);
}

void
tensor_fill(struct tensor *t, const struct prob *p, const struct triple *tr)
{
    struct stops stops;
    size_t line, plane, cube, n = tr->rows ? tr->n_rows : p->n;

    t->p = p;
    t->tr = *tr;
    for (int x = 0; x < 3; x++) {
        if (tr->exit[x] < 0)
            t->tr.span[x] = (struct span){ .off = true };
        t->m[x] = t->tr.span[x].m;
        t->head[x] = tr->exit[x] < 0 ? 0 : p->head[tr->exit[x]];
    }
    line = (size_t)t->m[0] + 1;
    plane = line * (size_t)(t->m[1] + 1);
    cube = plane * (size_t)(t->m[2] + 1);
    memset(t->line, 0, line * sizeof(*t->line));
    memset(t->line_weight, 0, line * sizeof(*t->line_weight));
    memset(t->plane, 0, plane * sizeof(*t->plane));
    memset(t->plane_weight, 0, plane * sizeof(*t->plane_weight));
    memset(t->cube, 0, cube * sizeof(*t->cube));
    t->point = (struct cell){ tr->cost, tr->right };
    t->point_weight = 0;

    set_allowed(t, p, tr);
    stops_find(&stops, p, tr);
    for (size_t s = 0; s < n; s++) {
        size_t i = tr->rows ? tr->rows[s] : s;

        add_row(
            t, stops.path, i, tr->reached ? p->k : stops_first(&stops, p, i));
    }
}

/* One row of the cube: labels a and b are chosen, c runs. */
struct strip {
    int a, b, m;
    int64_t cost, right, head; /* of (a, b); what keeping c adds */
    bool keep, drop;           /* may c be kept, dropped */
    const struct cell *sum;    /* [m + 1], to be summed up along c */
};

typedef void strip_visit(struct tensor *t, const struct strip *s, void *ctx);

static inline __attribute__((always_inline)) void
scan_strip(struct tensor *t, struct strip *s, const struct cell *at,
    int64_t weight, strip_visit *visit, void *ctx)
{
    bool ka = s->a < t->m[0], kb = s->b < t->m[1];

    if ((!ka && !t->tr.span[0].off) || (!kb && !t->tr.span[1].off))
        return;
    s->keep = t->allowed[ka][kb][1];
    s->drop = t->allowed[ka][kb][0] && t->tr.span[2].off;
    if (!s->keep && !s->drop)
        return;
    s->cost += at->cost;
    s->right += at->right;
    s->head = t->head[2] * weight;
    visit(t, s, ctx);
}

/* Visit all strips, keeping running sums over a and b. */
static inline __attribute__((always_inline)) void
scan(struct tensor *t, strip_visit *visit, void *ctx)
{
    size_t nb = (size_t)t->m[1] + 1, nc = (size_t)t->m[2] + 1;
    struct cell line = t->point;
    int64_t line_weight = 0;

    memset(t->sum2, 0, nb * nc * sizeof(*t->sum2));
    for (int a = 0; a <= t->m[0]; a++) {
        struct cell *plane = t->plane + (size_t)a * nb;
        int64_t *weight = t->plane_weight + (size_t)a * nb;
        const struct cell *cube = t->cube + (size_t)a * nb * nc;
        struct cell run = { 0 };
        int64_t run_weight = 0;

        line.cost += t->line[a].cost;
        line.right += t->line[a].right;
        line_weight += t->line_weight[a];
        memset(t->sum1, 0, nc * sizeof(*t->sum1));
        for (size_t b = 0; b < nb; b++, cube += nc) {
            struct cell *sum2 = t->sum2 + b * nc;
            struct strip s = { .a = a, .b = (int)b, .m = t->m[2], .sum = sum2 };

            run.cost += plane[b].cost;
            run.right += plane[b].right;
            run_weight += weight[b];
            plane[b] = run;
            weight[b] = run_weight;
            if (a > 0) {
                plane[b].cost += (plane - nb)[b].cost;
                plane[b].right += (plane - nb)[b].right;
                weight[b] += (weight - nb)[b];
            }
            for (size_t c = 0; c < nc; c++) {
                t->sum1[c].cost += cube[c].cost;
                t->sum1[c].right += cube[c].right;
                sum2[c].cost += t->sum1[c].cost;
                sum2[c].right += t->sum1[c].right;
            }
            s.cost = line.cost +
                     (a < t->m[0] ? t->head[0] * t->point_weight : 0) +
                     (s.b < t->m[1] ? t->head[1] * line_weight : 0);
            s.right = line.right;
            scan_strip(t, &s, &plane[b], weight[b], visit, ctx);
        }
    }
}

static void
choose(const struct tensor *t, int a, int b, int c, struct labels *lab)
{
    const int r[3] = { a, b, c };

    *lab = t->tr.lab;
    for (int x = 0; x < 3; x++) {
        int j = t->tr.exit[x];

        if (j >= 0)
            lab->at[j] = span_label(t->p, &t->tr.span[x], j, r[x]);
    }
}

struct best_ctx {
    int64_t floor;
    struct pick *best;
    bool improved;
};

static inline void
best_take(struct tensor *t, const struct strip *s, int c, int64_t cost,
    int64_t right, struct best_ctx *x)
{
    struct pick *best = x->best;

    if (right < x->floor || cost > best->cost ||
        (cost == best->cost && right <= best->right))
        return;
    best->cost = cost;
    best->right = right;
    choose(t, s->a, s->b, c, &best->lab);
    x->improved = true;
}

static void
best_strip(struct tensor *t, const struct strip *s, void *ctx)
{
    struct best_ctx *x = ctx;
    struct cell sum = { s->cost + s->head, s->right };

    if (s->cost > x->best->cost)
        return; /* what follows only adds cost */
    for (int c = 0; c < s->m; c++) {
        sum.cost += s->sum[c].cost;
        sum.right += s->sum[c].right;
        if (s->keep && sum.right >= x->floor && sum.cost <= x->best->cost)
            best_take(t, s, c, sum.cost, sum.right, x);
    }
    if (s->drop)
        best_take(t, s, s->m, sum.cost - s->head + s->sum[s->m].cost,
            sum.right + s->sum[s->m].right, x);
}

bool
tensor_best(struct tensor *t, int64_t floor, struct pick *best)
{
    struct best_ctx x = { floor, best, false };

    scan(t, best_strip, &x);
    return x.improved;
}
