/* SPDX-License-Identifier: MIT */
#include "bench/search/write.h"

#include <jansson.h>

#include "search/solve/prob.h"

static json_t *
list_costs(const int64_t *cost, int n)
{
    json_t *a = json_array();

    for (int e = 0; e < n; e++)
        json_array_append_new(a, json_integer(cost[e]));
    return a;
}

/* What each early exit has: a list, or with `tops` its thresholds. */
static json_t *
list_bins(const struct prob *p, size_t samples, bool tops)
{
    json_t *all = json_array();

    for (int e = 0; e < p->k; e++) {
        json_t *a = tops ? json_integer(p->top[e]) : json_array();

        for (size_t i = 0; i < samples && !tops; i++)
            json_array_append_new(
                a, json_integer(p->bin[(size_t)e * p->n + p->row[i]]));
        json_array_append_new(all, a);
    }
    return all;
}

static json_t *
list_scores(const struct solve_data *d)
{
    json_t *all = json_array();

    for (int e = 0; e + 1 < d->exits; e++) {
        json_t *a = json_array();

        for (size_t i = 0; i < d->n; i++)
            json_array_append_new(a, json_real(d->score[(size_t)e * d->n + i]));
        json_array_append_new(all, a);
    }
    return all;
}

static json_t *
list_right(const struct solve_data *d)
{
    json_t *all = json_array();

    for (int e = 0; e < d->exits; e++) {
        json_t *a = json_array();

        for (size_t i = 0; i < d->n; i++)
            json_array_append_new(
                a, json_integer(d->right[(size_t)e * d->n + i]));
        json_array_append_new(all, a);
    }
    return all;
}

bool
write_instance(const struct solve_data *d, const struct solve_options *o)
{
    struct prob p;
    json_t *doc;
    bool ok;

    if (prob_init(&p, d, o, NULL) != ST_OK)
        return false;
    doc = json_pack("{s:I,s:i,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "n",
        (json_int_t)d->n, "exits", d->exits, "floor", (json_int_t)o->floor,
        "segment", list_costs(d->segment, d->exits), "head",
        list_costs(d->head, d->exits), "thresholds", list_bins(&p, d->n, true),
        "bin", list_bins(&p, d->n, false), "right", list_right(d), "score",
        list_scores(d));
    prob_clear(&p);
    ok = doc != NULL && json_dumpf(doc, stdout, JSON_COMPACT) == 0;
    json_decref(doc);
    return ok;
}
