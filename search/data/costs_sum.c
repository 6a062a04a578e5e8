/* SPDX-License-Identifier: MIT */
/* costs_sum.c -- a weighted sum of metrics as one metric more. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/data/costs.h"

struct term {
    double weight;
    int metric;
};

#define BAD(err, ...) err_set(err, ST_INVALID, "search.objective", __VA_ARGS__)

/* "0.2*energy_nj" or "energy_nj", of `n` characters. */
static enum status
read_term(const struct costs *c, const char *text, size_t n, struct term *out,
    struct err *err)
{
    char word[96], *name = word, *end;

    if (n == 0 || n >= sizeof(word))
        return BAD(err, "objective: '%.*s' is no term such as 0.2*energy_nj",
            (int)(n < 64 ? n : 64), text);
    memcpy(word, text, n);
    word[n] = '\0';
    out->weight = 1;
    if ((end = strchr(word, '*')) != NULL) {
        *end = '\0';
        name = end + 1;
        out->weight = strtod(word, &end);
        if (end == word || *end != '\0' || !(out->weight > 0) ||
            !isfinite(out->weight))
            return BAD(err, "objective: '%s' is no weight above 0", word);
    }
    if ((out->metric = costs_metric(c, name)) < 0)
        return BAD(err,
            "objective: the costs have no metric '%s'; the first they have is "
            "%s",
            name, c->metric[0]);
    return ST_OK;
}

static struct cost
sum_of(const struct cost *part, const struct term *t, int n)
{
    struct cost sum = { 0 };

    for (int i = 0; i < n; i++) {
        sum.median += t[i].weight * part[t[i].metric].median;
        sum.lo += t[i].weight * part[t[i].metric].lo;
        sum.hi += t[i].weight * part[t[i].metric].hi;
    }
    return sum;
}

/* Room for one metric more in a part. */
static enum status
append(
    struct cost **part, int metrics, const struct cost *more, struct err *err)
{
    struct cost *all = realloc(*part, ((size_t)metrics + 1) * sizeof(*all));

    if (all == NULL)
        return err_nomem(err);
    all[metrics] = *more;
    *part = all;
    return ST_OK;
}

static enum status
add_metric(struct costs *c, const char *name, const struct term *t, int n,
    struct err *err)
{
    enum status st = ST_OK;

    for (int e = 0; st == ST_OK && e < c->exits; e++) {
        struct cost segment = sum_of(c->exit[e].segment, t, n),
                    head = sum_of(c->exit[e].head, t, n);

        if ((st = append(&c->exit[e].segment, c->metrics, &segment, err)) ==
            ST_OK)
            st = append(&c->exit[e].head, c->metrics, &head, err);
    }
    if (st == ST_OK && (c->metric[c->metrics] = strdup(name)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK)
        c->metrics++;
    return st;
}

enum status
costs_sum(struct costs *c, const char *objective, struct err *err)
{
    struct term t[COSTS_METRICS_MAX];
    int n = 0;

    if (costs_metric(c, objective) >= 0 || strpbrk(objective, "+*") == NULL)
        return ST_OK; /* one metric, known or not */
    if (c->metrics == COSTS_METRICS_MAX)
        return BAD(err,
            "the costs have %d metrics: there is no room for a sum of them",
            COSTS_METRICS_MAX);
    for (const char *at = objective;; n++) {
        size_t len = strcspn(at, "+");
        enum status st;

        if (n == COSTS_METRICS_MAX)
            return BAD(err, "objective: at most %d terms", COSTS_METRICS_MAX);
        if ((st = read_term(c, at, len, &t[n], err)) != ST_OK)
            return st;
        if (at[len] == '\0')
            return add_metric(c, objective, t, n + 1, err);
        at += len + 1;
    }
}
