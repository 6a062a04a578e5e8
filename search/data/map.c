/* SPDX-License-Identifier: MIT */
#include "search/data/map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "search/data/difficulty.h"
#include "search/data/map_doc.h"

#define BAD(err, ...) err_set(err, ST_INVALID, "search.mapping", __VA_ARGS__)
#define MISFIT(err, ...)                                                       \
    err_set(err, ST_UNPROCESSABLE, "search.mapping", __VA_ARGS__)

static const char *
device(const struct map_system *sys, int p)
{
    const char *name = sys->processor[p].costs->device;

    return name ? name : "?";
}

/* ---- do things fit together? ---- */

static enum status
check_exits(const struct map_system *sys, const struct records *r, int p,
    const char *metric, struct err *err)
{
    const struct costs *c = sys->processor[p].costs;
    const struct costs *first = sys->processor[0].costs;

    if (c->exits != r->exits)
        return MISFIT(err,
            "the records have %d exits, the costs of %s have %d: they are not "
            "of one network",
            r->exits, device(sys, p), c->exits);
    for (int e = 0; e < c->exits; e++)
        if (strcmp(c->exit[e].name, first->exit[e].name) != 0)
            return MISFIT(err,
                "exit %d is %s in the costs of %s, but %s in those of %s", e,
                first->exit[e].name, device(sys, 0), c->exit[e].name,
                device(sys, p));
    if (costs_metric(c, metric) < 0)
        return MISFIT(err, "the costs of %s have no metric '%.64s'",
            device(sys, p), metric);
    return ST_OK;
}

static enum status
check(const struct map_system *sys, const struct records *r, const char *metric,
    struct err *err)
{
    enum status st = ST_OK;

    if (sys->processors < 1 || sys->processors > MAPPING_PROCESSORS_MAX)
        return BAD(err, "%d processors: 1 to %d are possible", sys->processors,
            MAPPING_PROCESSORS_MAX);
    for (int p = 0; st == ST_OK && p < sys->processors; p++)
        st = check_exits(sys, r, p, metric, err);
    for (int i = 0; st == ST_OK && i < sys->links; i++) {
        const struct map_link *l = &sys->link[i];

        if (l->from < 0 || l->from >= l->to || l->to >= sys->processors)
            return BAD(err, "link %d does not lead to a later processor", i);
        if (!(l->base >= 0 && l->per_byte >= 0 && isfinite(l->base) &&
                isfinite(l->per_byte)))
            return BAD(err, "link %d: its costs must be 0 or more", i);
    }
    return st;
}

/* ---- costs as integers ---- */

/* The middle, or the upper end; NaN: not there. */
static double
part(const struct map_work *w, const struct cost *c)
{
    return w->wanted->sure.robust ? c->hi : c->median;
}

/* Bytes of what goes into segment e, as processor p has it; -1: nobody says. */
static int64_t
input_bytes(const struct map_system *sys, int e, int p)
{
    int64_t bytes = sys->processor[p].costs->exit[e].input_bytes;

    for (int q = 0; bytes < 0 && q < sys->processors; q++)
        bytes = sys->processor[q].costs->exit[e].input_bytes;
    return bytes;
}

static double *
send_at(struct map_work *w, int e, int from, int to)
{
    int p = w->sys->processors;

    return &w->send[(e * p + from) * p + to];
}

static enum status
set_sends(struct map_work *w, struct err *err)
{
    const struct map_system *sys = w->sys;

    for (int i = 0; i < w->exits * sys->processors * sys->processors; i++)
        w->send[i] = NAN;
    for (int i = 0; i < sys->links; i++)
        for (int e = 0; e < w->exits; e++) {
            const struct map_link *l = &sys->link[i];
            int64_t bytes = input_bytes(sys, e, l->from);

            if (bytes < 0 && l->per_byte > 0)
                return MISFIT(err,
                    "exit %d: no costs say `input_bytes`, what would be handed "
                    "over; export them again, or add it",
                    e);
            *send_at(w, e, l->from, l->to) =
                l->base + (bytes < 0 ? 0 : l->per_byte * (double)bytes);
        }
    return ST_OK;
}

static void
set_parts(struct map_work *w)
{
    for (int p = 0; p < w->sys->processors; p++) {
        const struct costs *c = w->sys->processor[p].costs;
        int m = costs_metric(c, w->wanted->objective);

        for (int e = 0; e < w->exits; e++) {
            w->segment[p * w->exits + e] = part(w, &c->exit[e].segment[m]);
            w->head[p * w->exits + e] = part(w, &c->exit[e].head[m]);
        }
    }
}

/* The longest that any path may get: every part where it is dearest. */
static double
longest(const struct map_work *w)
{
    int procs = w->sys->processors;
    double path = 0;

    for (int e = 0; e < w->exits; e++) {
        double segment = 0, head = 0, send = 0;

        for (int p = 0; p < procs; p++) {
            segment = fmax(segment, w->segment[p * w->exits + e]);
            head = fmax(head, w->head[p * w->exits + e]);
        }
        for (int i = 0; i < procs * procs; i++)
            send = fmax(send, w->send[e * procs * procs + i]);
        path += segment + head + send;
    }
    for (int p = 1; p < procs; p++)
        path += w->sys->processor[p].wake;
    return path;
}

static int64_t
steps(const struct map_work *w, double cost)
{
    return isnan(cost) ? MAPPING_CANNOT : llround(cost / w->problem.quantum);
}

static enum status
set_steps(struct map_work *w, struct err *err)
{
    int procs = w->sys->processors, n = procs * w->exits;
    double path = longest(w);

    if ((w->problem.quantum = problem_quantum(path)) == 0)
        return BAD(err, "a path of %g %s is too long: use a coarser unit", path,
            w->wanted->objective);
    for (int i = 0; i < n; i++) {
        w->segment_steps[i] = steps(w, w->segment[i]);
        w->head_steps[i] = steps(w, w->head[i]);
    }
    for (int i = 0; i < n * procs; i++)
        w->send_steps[i] = steps(w, w->send[i]);
    for (int p = 0; p < procs; p++)
        w->wake_steps[p] = steps(w, w->sys->processor[p].wake);
    return ST_OK;
}

/* ---- memory ---- */

static enum status
set_room(struct map_work *w, bool *limited, struct err *err)
{
    for (int p = 0; p < w->sys->processors; p++) {
        double room = w->sys->processor[p].memory_bytes;

        w->memory[p] = room < 1e18 ? (int64_t)room : INT64_MAX;
        *limited = *limited || room < 1e18;
        for (int e = 0; e < w->exits; e++) {
            const struct costs_exit *x = &w->sys->processor[p].costs->exit[e];
            int at = p * w->exits + e;

            w->segment_hold[at] = x->segment_bytes < 0 ? 0 : x->segment_bytes;
            w->head_hold[at] = x->head_bytes < 0 ? 0 : x->head_bytes;
            w->peak[at] = x->peak_bytes < 0 ? 0 : x->peak_bytes;
            if (room < 1e18 && (x->segment_bytes < 0 || x->peak_bytes < 0))
                return MISFIT(err,
                    "%s has a memory limit, but its costs do not say "
                    "`segment_bytes` and `peak_bytes` of exit %d",
                    device(w->sys, p), e);
        }
    }
    return ST_OK;
}

/* ---- the search ---- */

/* Halves and floor do not depend on costs: those of a network for nothing. */
static enum status
split(struct map_work *w, const struct records *r, struct err *err)
{
    struct cost nothing = { 0 };
    struct costs none = { .metrics = 1, .exits = r->exits };

    none.metric[0] = (char *)w->wanted->objective;
    for (int e = 0; e < r->exits; e++)
        none.exit[e] =
            (struct costs_exit){ .name =
                                     w->sys->processor[0].costs->exit[e].name,
                .segment = &nothing,
                .head = &nothing };
    return problem_init(&w->problem, r, &none, w->wanted, err);
}

static bool
watch(void *ctx, const struct solve_progress *p)
{
    const struct map_work *w = ctx;
    double seconds = (double)(clock_ns() - w->start_ns) / 1e9;
    const struct search_progress out = {
        .cost = p->upper == INT64_MAX ? NAN
                                      : plan_doc_mean(&w->problem, p->upper,
                                            (int64_t)w->problem.cal.data.n),
        .lower_bound = plan_doc_mean(
            &w->problem, p->lower, (int64_t)w->problem.cal.data.n),
        .seconds = seconds,
        .nodes = p->nodes,
    };

    return seconds > w->wanted->time_limit_s ||
           (w->wanted->watch && w->wanted->watch(w->wanted->watch_ctx, &out));
}

static enum status
search(struct map_work *w, bool limited, struct err *err)
{
    struct solve_options *o = &w->problem.options;
    const struct mapping_data d = { .samples = &w->problem.cal.data,
        .processors = w->sys->processors,
        .segment = w->segment_steps,
        .head = w->head_steps,
        .send = w->send_steps,
        .wake = w->wake_steps,
        .memory = limited ? w->memory : NULL,
        .segment_hold = w->segment_hold,
        .head_hold = w->head_hold,
        .peak = w->peak };
    enum status st;

    if (w->wanted->worst_case < 1e18)
        o->worst_case = (int64_t)floor(
            w->wanted->worst_case / w->problem.quantum * (1 + 1e-12));
    o->watch = watch;
    o->watch_ctx = w;
    w->start_ns = clock_ns();
    if ((st = mapping_best(&d, o, &w->found, err)) != ST_OK)
        return st;
    w->solve_ms = (double)(clock_ns() - w->start_ns) / 1e6;
    memcpy(
        w->problem.segment, w->found.path_segment, sizeof(w->problem.segment));
    memcpy(w->problem.head, w->found.path_head, sizeof(w->problem.head));
    return ST_OK;
}

/* Beside the exact optimum: the same tiers, samples clustered by difficulty. */
static enum status
add_difficulty(const struct records *r, const struct map_work *w, json_t *plan,
    struct err *err)
{
    json_t *doc, *mapping = json_object_get(plan, "mapping");
    enum status st = difficulty_json(r, w->sys, w->wanted, &doc, err);

    if (st != ST_OK)
        return st;
    return json_object_set_new(mapping, "difficulty", doc) < 0 ? err_nomem(err)
                                                               : ST_OK;
}

enum status
map_records(const struct records *r, const struct map_system *sys,
    const struct search_options *o, json_t **plan, struct err *err)
{
    struct map_work *w;
    bool limited = false;
    enum status st;

    *plan = NULL;
    if ((st = check(sys, r, o->objective, err)) != ST_OK)
        return st;
    if ((w = calloc(1, sizeof(*w))) == NULL)
        return err_nomem(err);
    w->sys = sys;
    w->wanted = o;
    w->exits = r->exits;
    set_parts(w);
    if ((st = split(w, r, err)) == ST_OK && (st = set_sends(w, err)) == ST_OK &&
        (st = set_steps(w, err)) == ST_OK &&
        (st = set_room(w, &limited, err)) == ST_OK &&
        (st = search(w, limited, err)) == ST_OK)
        st = map_doc_json(w, plan, err);
    if (st == ST_OK)
        st = add_difficulty(r, w, *plan, err);
    if (st == ST_OK &&
        json_object_set_new(*plan, "warnings", records_warnings(r)) != 0)
        st = err_nomem(err);
    if (st != ST_OK) {
        json_decref(*plan);
        *plan = NULL;
    }
    mapping_result_clear(&w->found);
    problem_clear(&w->problem);
    free(w);
    return st;
}
