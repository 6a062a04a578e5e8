/* SPDX-License-Identifier: MIT */
#include "search/data/trace.h"

#include <math.h>

static void
thin(struct trace *t)
{
    size_t m = 0;

    for (size_t i = 0; i < t->n; i += 2)
        t->point[m++] = t->point[i];
    t->n = m;
    t->pace_s = 2 * t->point[m - 1].seconds / TRACE_MAX;
}

static void
append(struct trace *t, double seconds, const struct solve_progress *p)
{
    if (t->n == TRACE_MAX)
        thin(t);
    t->point[t->n++] = (struct trace_point){ seconds, *p };
}

void
trace_add(struct trace *t, double seconds, const struct solve_progress *p)
{
    const struct trace_point *last = t->n ? &t->point[t->n - 1] : NULL;

    if (t->ended)
        return;
    if (last != NULL &&
        ((last->at.upper == p->upper && last->at.lower == p->lower) ||
            seconds - last->seconds < t->pace_s))
        return;
    append(t, seconds, p);
}

void
trace_end(struct trace *t, double seconds, const struct solve_progress *p)
{
    append(t, seconds, p);
    t->ended = true;
}

json_t *
trace_json(const struct trace *t, double unit)
{
    json_t *a = json_array();

    for (size_t i = 0; a != NULL && i < t->n; i++) {
        const struct solve_progress *p = &t->point[i].at;
        double cost = p->upper == INT64_MAX ? NAN : (double)p->upper * unit;

        if (json_array_append_new(a,
                json_pack("{s:f,s:o,s:f,s:I}", "seconds", t->point[i].seconds,
                    "cost", json_number_or_null(cost), "lower_bound",
                    (double)p->lower * unit, "nodes", (json_int_t)p->nodes)) ==
            0)
            continue;
        json_decref(a);
        return NULL;
    }
    return a;
}
