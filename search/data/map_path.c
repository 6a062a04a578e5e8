/* SPDX-License-Identifier: MIT */
#include "search/data/map_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MISFIT(err, ...)                                                       \
    err_set(err, ST_UNPROCESSABLE, "plan.mapping", __VA_ARGS__)

static const char *
name_of(const struct map_system *sys, int p)
{
    const char *name = sys->processor[p].costs->device;

    return name != NULL ? name : "?";
}

static enum status
find_processor(
    const struct map_system *sys, const char *name, int *out, struct err *err)
{
    *out = -1;
    for (int p = 0; p < sys->processors; p++) {
        if (strcmp(name_of(sys, p), name) != 0)
            continue;
        if (*out >= 0)
            return MISFIT(err,
                "two processors are called %.64s: which of them runs a segment "
                "cannot be told",
                name);
        *out = p;
    }
    return *out >= 0 ? ST_OK
                     : MISFIT(err, "the system has no processor %.64s", name);
}

enum status
map_path_read(const json_t *plan, const struct map_system *sys,
    struct map_path *out, struct err *err)
{
    const json_t *list =
        json_object_get(json_object_get(plan, "mapping"), "segments");
    int before = 0;
    enum status st;

    *out = (struct map_path){ .exits = sys->processor[0].costs->exits };
    if (list == NULL && sys->processors == 1)
        return ST_OK;
    if (json_array_size(list) != (size_t)out->exits)
        return MISFIT(err, "the plan maps %zu segments, the costs have %d",
            json_array_size(list), out->exits);
    for (int e = 0; e < out->exits; e++) {
        const char *name = json_string_value(json_array_get(list, (size_t)e));

        if ((st = find_processor(
                 sys, name ? name : "", &out->processor[e], err)) != ST_OK)
            return st;
        if (out->processor[e] < before)
            return MISFIT(err,
                "segment %d is on a processor before that of the segment "
                "before it: data only moves forward",
                e);
        before = out->processor[e];
    }
    return ST_OK;
}

static int64_t
input_bytes(const struct map_system *sys, int e, int p)
{
    int64_t bytes = sys->processor[p].costs->exit[e].input_bytes;

    for (int q = 0; bytes < 0 && q < sys->processors; q++)
        bytes = sys->processor[q].costs->exit[e].input_bytes;
    return bytes;
}

/* What handing over what segment e takes costs; NaN without a link. */
static double
crossing(const struct map_system *sys, int e, int from, int to)
{
    int64_t bytes = input_bytes(sys, e, from);

    for (int i = sys->links; i-- > 0;) { /* the last one said counts */
        const struct map_link *l = &sys->link[i];

        if (l->from == from && l->to == to)
            return l->base + (bytes < 0 ? 0 : l->per_byte * (double)bytes);
    }
    return NAN;
}

/* What reaching segment e on `to` costs, coming from `from`. */
static double
arrival(const struct map_system *sys, int e, int from, int to)
{
    return from == to ? 0
                      : sys->processor[to].wake + crossing(sys, e, from, to);
}

static struct cost
part(const struct map_system *sys, int p, int e, const char *metric, bool head)
{
    const struct costs *c = sys->processor[p].costs;
    const int m = costs_metric(c, metric);

    if (m < 0)
        return (struct cost){ NAN, NAN, NAN };
    return head ? c->exit[e].head[m] : c->exit[e].segment[m];
}

static enum status
make_exit(struct costs_exit *x, const char *name, struct err *err)
{
    x->name = strdup(name);
    x->segment = calloc(1, sizeof(*x->segment));
    x->head = calloc(1, sizeof(*x->head));
    return x->name && x->segment && x->head ? ST_OK : err_nomem(err);
}

enum status
map_path_costs(const struct map_path *m, const struct map_system *sys,
    const char *metric, const char *objective, struct costs *out,
    struct err *err)
{
    const bool same = strcmp(metric, objective) == 0;
    enum status st = ST_OK;
    int from = 0;

    *out = (struct costs){ .metrics = 1 };
    if ((out->metric[0] = strdup(metric)) == NULL)
        st = err_nomem(err);
    for (int e = 0; st == ST_OK && e < m->exits; e++) {
        const int to = m->processor[e];
        struct costs_exit *x = &out->exit[out->exits++];
        double come = from == to || same ? arrival(sys, e, from, to) : NAN;

        if ((st = make_exit(x, sys->processor[0].costs->exit[e].name, err)) !=
            ST_OK)
            break;
        x->segment[0] = part(sys, to, e, metric, false);
        x->segment[0].median += come;
        x->segment[0].lo += come;
        x->segment[0].hi += come;
        x->head[0] = part(sys, to, e, metric, true);
        from = to;
    }
    if (st != ST_OK)
        costs_clear(out);
    return st;
}

/* Samples that reach segment e. */
static double
reaching(const struct prediction *p, int e, int exits)
{
    size_t n = 0;

    for (int i = e; i < exits; i++)
        n += p->left[i];
    return (double)n;
}

/* All that a processor does for all samples, in one metric. */
static double
work(const struct map_path *m, const struct map_system *sys, int processor,
    const struct plan_exits *plan, const struct prediction *p,
    const char *metric)
{
    double sum = 0;

    for (int e = 0; e < m->exits; e++) {
        double n = reaching(p, e, m->exits);

        if (m->processor[e] != processor || !(n > 0))
            continue;
        sum += n * part(sys, processor, e, metric, false).median;
        if (plan->kept[e])
            sum += n * part(sys, processor, e, metric, true).median;
    }
    return sum;
}

static json_t *
expected(const struct map_path *m, const struct map_system *sys, int processor,
    const struct plan_exits *plan, const struct prediction *p)
{
    const bool in_time = strcmp(plan->objective, "latency_ns") == 0;
    const char *source = sys->processor[processor].costs->source;
    double n = processor == 0 ? (double)p->n : 0;
    double over = NAN;
    int64_t sent = -1;

    for (int e = 0; e < m->exits; e++) {
        if (m->processor[e] == processor && !(n > 0))
            n = reaching(p, e, m->exits);
        if (sent >= 0 || m->processor[e] <= processor)
            continue;
        sent = input_bytes(sys, e, processor);
        if (in_time)
            over = crossing(sys, e, processor, m->processor[e]);
    }
    return json_pack("{s:s, s:s?, s:o, s:o, s:o, s:o, s:o}", "name",
        name_of(sys, processor), "source", source, "share",
        json_number_or_null(n / (double)p->n), "own_ns",
        json_number_or_null(work(m, sys, processor, plan, p, "latency_ns") / n),
        "instructions",
        json_number_or_null(
            work(m, sys, processor, plan, p, "instructions") / n),
        "link_ns", json_number_or_null(over), "send_bytes",
        sent < 0 ? json_null() : json_integer(sent));
}

static bool
is_used(const struct map_path *m, int processor)
{
    for (int e = 0; e < m->exits; e++)
        if (m->processor[e] == processor)
            return true;
    return processor == 0;
}

json_t *
map_path_expected(const struct map_path *m, const struct map_system *sys,
    const struct plan_exits *plan, const struct prediction *p)
{
    json_t *list = json_array();

    for (int i = 0; i < sys->processors; i++)
        if (is_used(m, i) &&
            json_array_append_new(list, expected(m, sys, i, plan, p)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}
