/* SPDX-License-Identifier: MIT */
/* selection.c -- configurations from records, costs and plans. */
#include "search/data/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/data/plan_read.h"

void
selection_clear(struct selection *s)
{
    for (int c = 0; c < s->configs; c++)
        free(s->name[c]);
    for (size_t i = 0; s->sample != NULL && i < s->n; i++)
        free(s->sample[i]);
    free(s->sample);
    free(s->cost);
    free(s->right);
    free(s->group);
    free(s->x);
    *s = (struct selection){ 0 };
}

/* The first configuration brings the samples. */
static enum status
take_samples(struct selection *s, const struct records *r, struct err *err)
{
    s->n = r->n;
    if ((s->sample = calloc(r->n + 1, sizeof(*s->sample))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < r->n; i++)
        if ((s->sample[i] = strdup(r->sample[i])) == NULL)
            return err_nomem(err);
    return records_groups(r, &s->group, err);
}

static enum status
same_samples(const struct selection *s, const char *name,
    const struct records *r, struct err *err)
{
    if (r->n != s->n)
        return err_set(err, ST_UNPROCESSABLE, "select.records",
            "%.64s has %zu samples, %.64s %zu: configurations are compared on "
            "the same ones",
            name, r->n, s->name[0], s->n);
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->sample[i], s->sample[i]) != 0)
            return err_set(err, ST_UNPROCESSABLE, "select.records",
                "%.64s: row %zu is of sample '%.64s', where %.64s has '%.64s'",
                name, i + 1, r->sample[i], s->name[0], s->sample[i]);
    return ST_OK;
}

/* Which exits a configuration has, and what leaving there costs. */
struct way {
    bool kept[RECORDS_EXITS_MAX];
    double threshold[RECORDS_EXITS_MAX], path[RECORDS_EXITS_MAX];
};

static enum status
find_way(struct way *w, const struct costs *c, const json_t *plan,
    const char *objective, struct err *err)
{
    int m = costs_metric(c, objective);
    struct plan_exits x;
    double sum = 0;
    enum status st;

    if (m < 0)
        return err_set(err, ST_INVALID, "select.objective",
            "the costs have no metric '%.64s'; the first they have is %s",
            objective, c->metric[0]);
    *w = (struct way){ 0 };
    w->kept[c->exits - 1] = true;
    if (plan != NULL) {
        if ((st = plan_exits_read(plan, &x, err)) != ST_OK)
            return st;
        if (x.n != c->exits)
            return err_set(err, ST_UNPROCESSABLE, "select.exits",
                "the plan has %d exits, the costs %d: they are not of one "
                "network",
                x.n, c->exits);
        memcpy(w->kept, x.kept, sizeof(w->kept));
        memcpy(w->threshold, x.threshold, sizeof(w->threshold));
    }
    for (int e = 0; e < c->exits; e++) {
        sum += c->exit[e].segment[m].median +
               (w->kept[e] ? c->exit[e].head[m].median : 0);
        w->path[e] = sum;
    }
    return isnan(sum) ? err_set(err, ST_INVALID, "select.costs",
                            "%.64s was not measured for every part: choose "
                            "another objective",
                            objective)
                      : ST_OK;
}

static int
leaves_at(const struct way *w, const struct records *r, size_t i)
{
    int e = 0;

    while (e < r->exits - 1 &&
           !(w->kept[e] && r->score[(size_t)e * r->n + i] >= w->threshold[e]))
        e++;
    return e;
}

static enum status
make_room(struct selection *s, struct err *err)
{
    size_t cells = ((size_t)s->configs + 1) * s->n + 1;
    double *cost = realloc(s->cost, cells * sizeof(*cost));
    uint8_t *right;

    if (cost == NULL)
        return err_nomem(err);
    s->cost = cost;
    if ((right = realloc(s->right, cells)) == NULL)
        return err_nomem(err);
    s->right = right;
    return ST_OK;
}

static enum status
check_labels(const char *name, const struct records *r, struct err *err)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->label[i] < 0)
            return err_set(err, ST_UNPROCESSABLE, "select.records",
                "%.64s: sample '%.64s' has no label, so nobody knows which "
                "configuration is right",
                name, r->sample[i]);
    return ST_OK;
}

enum status
selection_add(struct selection *s, const char *name, const struct records *r,
    const struct costs *c, const json_t *plan, const char *objective,
    struct err *err)
{
    struct way w;
    enum status st;

    if (s->configs == SELECT_MAX)
        return err_set(err, ST_INVALID, "select.configs",
            "more than %d configurations", SELECT_MAX);
    if (r->exits != c->exits)
        return err_set(err, ST_UNPROCESSABLE, "select.exits",
            "%.64s: the records have %d exits, the costs %d: they are not of "
            "one network",
            name, r->exits, c->exits);
    if ((st = find_way(&w, c, plan, objective, err)) != ST_OK ||
        (st = check_labels(name, r, err)) != ST_OK ||
        (st = s->configs == 0 ? take_samples(s, r, err)
                              : same_samples(s, name, r, err)) != ST_OK ||
        (st = make_room(s, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < r->n; i++) {
        size_t to = (size_t)s->configs * s->n + i;
        int e = leaves_at(&w, r, i);

        s->cost[to] = w.path[e];
        s->right[to] = r->pred[(size_t)e * r->n + i] == r->label[i];
    }
    if ((s->name[s->configs] = strdup(name)) == NULL)
        return err_nomem(err);
    s->configs++;
    return ST_OK;
}
