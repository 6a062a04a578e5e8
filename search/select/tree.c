/* SPDX-License-Identifier: MIT */
/* A decision tree (Breiman et al. 1984): the split with the least Gini
 * impurity, to depth 16, with five rows in a leaf at least; of equal splits
 * the lowest feature and threshold. */
#include <math.h>
#include <stdlib.h>

#include "search/select/premodel.h"

struct node {
    double threshold; /* left where x[feature] <= threshold */
    int16_t feature;  /* -1: a leaf */
    uint8_t class;
    uint32_t left, right;
};

struct tree {
    size_t n; /* nodes */
    struct node node[];
};

struct pair {
    double x;
    uint8_t y;
};

struct maker {
    const struct premodel_rows *rows; /* borrowed */
    struct tree *tree;                /* borrowed; room for 2n nodes */
    uint32_t *at;                     /* owned, [n]: rows, parted by node */
    uint32_t *spare;                  /* owned, [n] */
    struct pair *pair;                /* owned, [n] */
};

struct split {
    double impurity, threshold;
    int feature; /* -1: none */
};

static int
by_x(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;

    return (p->x > q->x) - (p->x < q->x);
}

/* The Gini impurity of `n` rows times n; `squares` of the classes' counts. */
static double
impurity(double squares, double n)
{
    return n > 0 ? n - squares / n : 0;
}

/* The best place to part sorted pairs. */
static void
scan(const struct pair *p, size_t n, int classes, int feature,
    struct split *best)
{
    double left[PREMODEL_CLASSES_MAX] = { 0 };
    double right[PREMODEL_CLASSES_MAX] = { 0 };
    double left2 = 0, right2 = 0;

    for (size_t i = 0; i < n; i++)
        right[p[i].y]++;
    for (int c = 0; c < classes; c++)
        right2 += right[c] * right[c];
    for (size_t i = 0; i + 1 < n; i++) {
        double worst;

        left2 += 2 * left[p[i].y]++ + 1;
        right2 += 1 - 2 * right[p[i].y]--;
        if (p[i].x == p[i + 1].x || i + 1 < PREMODEL_LEAF ||
            n - i - 1 < PREMODEL_LEAF)
            continue;
        worst = impurity(left2, (double)(i + 1)) +
                impurity(right2, (double)(n - i - 1));
        if (worst < best->impurity - 1e-12)
            *best = (struct split){ worst, (p[i].x + p[i + 1].x) / 2, feature };
    }
}

/* The most frequent class, and the impurity of all. */
static uint8_t
majority(const struct maker *m, const uint32_t *at, size_t n, double *gini)
{
    double count[PREMODEL_CLASSES_MAX] = { 0 }, squares = 0;
    int best = 0;

    for (size_t i = 0; i < n; i++)
        count[m->rows->y[at[i]]]++;
    for (int c = 0; c < m->rows->classes; c++) {
        squares += count[c] * count[c];
        if (count[c] > count[best])
            best = c;
    }
    *gini = impurity(squares, (double)n);
    return (uint8_t)best;
}

static struct split
find_split(const struct maker *m, const uint32_t *at, size_t n, double gini)
{
    struct split best = { gini, 0, -1 };
    const struct premodel_rows *r = m->rows;

    for (int j = 0; j < r->d; j++) {
        for (size_t i = 0; i < n; i++)
            m->pair[i] =
                (struct pair){ r->x[(size_t)at[i] * (size_t)r->d + (size_t)j],
                    r->y[at[i]] };
        qsort(m->pair, n, sizeof(*m->pair), by_x);
        scan(m->pair, n, r->classes, j, &best);
    }
    return best;
}

/* Rows that go left come first, each side in its order; how many they are. */
static size_t
part(const struct maker *m, uint32_t *at, size_t n, const struct split *s)
{
    const struct premodel_rows *r = m->rows;
    size_t left = 0, right = 0;

    for (size_t i = 0; i < n; i++) {
        size_t cell = (size_t)at[i] * (size_t)r->d + (size_t)s->feature;

        if (r->x[cell] <= s->threshold)
            at[left++] = at[i];
        else
            m->spare[right++] = at[i];
    }
    for (size_t i = 0; i < right; i++)
        at[left + i] = m->spare[i];
    return left;
}

/* Depth is at most PREMODEL_DEPTH, so recursion is shallow. */
static uint32_t
grow(const struct maker *m, uint32_t *at, size_t n, int depth)
{
    uint32_t me = (uint32_t)m->tree->n++;
    struct node *node = &m->tree->node[me];
    double gini = 0;
    struct split s;
    size_t left;

    *node = (struct node){ .feature = -1, .class = majority(m, at, n, &gini) };
    if (depth == PREMODEL_DEPTH || gini <= 0 || n < 2 * PREMODEL_LEAF)
        return me;
    s = find_split(m, at, n, gini);
    if (s.feature < 0)
        return me;
    left = part(m, at, n, &s);
    node->feature = (int16_t)s.feature;
    node->threshold = s.threshold;
    node->left = grow(m, at, left, depth + 1);
    node->right = grow(m, at + left, n - left, depth + 1);
    return me;
}

static enum status
train(const struct premodel_rows *rows, void **out, size_t *bytes,
    struct err *err)
{
    struct maker m = { .rows = rows };
    enum status st = ST_OK;

    m.tree = malloc(sizeof(*m.tree) + 2 * rows->n * sizeof(struct node));
    m.at = calloc(rows->n + 1, sizeof(*m.at));
    m.spare = malloc(rows->n * sizeof(*m.spare));
    m.pair = malloc(rows->n * sizeof(*m.pair));
    if (!m.tree || !m.at || !m.spare || !m.pair) {
        free(m.tree);
        m.tree = NULL;
        st = err_nomem(err);
    } else {
        m.tree->n = 0;
        for (size_t i = 0; i < rows->n; i++)
            m.at[i] = (uint32_t)i;
        (void)grow(&m, m.at, rows->n, 0);
        *bytes = sizeof(*m.tree) + m.tree->n * sizeof(struct node);
    }
    free(m.at);
    free(m.spare);
    free(m.pair);
    *out = m.tree;
    return st;
}

static int
predict(const void *model, const double *x)
{
    const struct tree *t = model;
    const struct node *at = t->node;

    while (at->feature >= 0)
        at = &t->node[x[at->feature] <= at->threshold ? at->left : at->right];
    return at->class;
}

const struct premodel_kind premodel_tree = { "tree",
    "a decision tree of depth 16", train, predict };
