/* SPDX-License-Identifier: MIT */
#include "probes/measure/pass_insitu.h"

#include <math.h>
#include <stdlib.h>

#include "base/flag.h"
#include "base/log.h"
#include "probes/measure/closure.h"
#include "probes/measure/insitu.h"

/* The profiler keeps all events in memory until its end: a run has one for
 * every node, and a few more. */
enum { EVENTS_MAX = 60000, EVENTS_BESIDE = 8 };
/* Shorter than this many steps of the profiler's clock is a short layer. */
static const double SHORT_STEPS = 10, HIGH = 0.10;

bool
pass_insitu_here(const struct profile_setup *setup)
{
    return runtime_traces(setup->kit->runtime) && setup->hooks.scratch != NULL;
}

/* Which run each value of the profiled network is of.  Values of a round that
 * is set aside are written over by those of the next one. */
struct run_log {
    struct subject *subject;
    enum status (*run)(void *ctx, int64_t n, struct err *err);
    void *ctx;
    size_t *run_of, cap, runs;
};

static enum status
run_logged(void *ctx, int64_t n, struct err *err)
{
    struct run_log *l = ctx;
    size_t at = l->subject->n_values + l->subject->n_pending;

    if (at >= l->cap) {
        size_t cap = l->cap > 0 ? 2 * l->cap : 1024;
        size_t *new = realloc(l->run_of, cap * sizeof(*new));

        if (new == NULL)
            return err_nomem(err);
        l->run_of = new;
        l->cap = cap;
    }
    l->run_of[at] = l->runs;
    l->runs += (size_t)n;
    return l->run(l->ctx, n, err);
}

static size_t
count_nodes(const struct plan *plan)
{
    size_t n = EVENTS_BESIDE;

    for (size_t i = 0; i < plan->n_layers; i++)
        n += json_array_size(plan->layers[i].nodes);
    return n;
}

/* What the rows of one job are made of. */
struct making {
    struct profiler *p;
    const struct insitu *trace;
    const struct job *plain, *traced;
    struct stats plain_stats, sum_stats;
    json_t *rows; /* owned: the part */
    int64_t flags;
    double sum_ns; /* of the layers' medians */
};

static enum status
add_row(struct making *m, struct row *row, struct err *err)
{
    json_t *o = row_json(row, m->p->plan.seed);
    int bad = o == NULL || json_array_append(m->rows, o) < 0 ||
              json_array_append(m->p->rows, o) < 0;

    json_decref(o);
    return bad ? err_nomem(err) : ST_OK;
}

/* The lower end of an interval of times; NAN where there is none stays so. */
static double
not_below_0(double ns)
{
    return ns < 0 ? 0 : ns;
}

/* A row of times that the profiler rounded down to its steps: where all lie
 * within one step, nobody knows where in it. */
static void
widen(struct row *row, double quantum_ns)
{
    struct stats *s = &row->stats;

    if (s->p75 - s->p25 < quantum_ns) {
        s->lo = not_below_0(s->lo - quantum_ns / 2);
        s->hi += quantum_ns / 2;
    }
    if (s->median < SHORT_STEPS * quantum_ns)
        row->flags |= FLAG(short_layer);
}

static enum status
add_layer(struct making *m, const struct item *item, struct insitu_layer layer,
    struct err *err)
{
    const struct subject *traced = &m->traced->subject;
    struct subject s = { .single = true,
        .n = 1,
        .first_ns = layer.first_ns,
        .not_steady = traced->not_steady,
        .values = (double *)layer.ns,
        .n_values = traced->n_values,
        .rounds = traced->rounds,
        .drift_rounds = traced->drift_rounds,
        .interrupted = traced->interrupted,
        .stop = traced->stop };
    struct row row = { .level = level_name(LEVEL_L1),
        .role = ROLE_LAYER,
        .index = item->index,
        .name = item->name,
        .kernel_key = item->kernel_key,
        .subject = layer.kernels > 0 ? &s : NULL };
    double ci_rel = m->p->plan.policy.ci_rel;
    int64_t flags =
        m->flags | (layer.fused || layer.kernels == 0 ? FLAG(fused) : 0);
    enum status st = row_finish(&row, ci_rel, &m->p->clock, flags, err);

    if (st != ST_OK)
        return st;
    if (layer.kernels > 0) {
        widen(&row, (double)insitu_quantum_ns(m->trace));
        if (!(stats_ci_rel(&row.stats) <= ci_rel))
            row.flags |= FLAG(ci_not_met);
        m->sum_ns += row.stats.median;
    }
    return add_row(m, &row, err);
}

/* What no kernel accounts for.  Not measured but left over, so its interval is
 * as wide as the ends of the two others allow. */
static enum status
add_dispatch(struct making *m, struct err *err)
{
    const struct stats *whole = &m->plain_stats, *sum = &m->sum_stats;
    double left_ns = whole->median - m->sum_ns;
    struct row row = { .level = level_name(LEVEL_L1),
        .role = ROLE_DISPATCH,
        .name = "__dispatch__" };
    enum status st = row_finish(&row, m->p->plan.policy.ci_rel, &m->p->clock,
        m->flags | FLAG(modelled), err);

    m->p->dispatch_ns = fmax(0, left_ns);
    if (st != ST_OK || !(left_ns > 0))
        return st;
    row.stats.median = left_ns;
    row.stats.lo = not_below_0(
        left_ns - (whole->median - whole->lo) - (sum->hi - sum->median));
    row.stats.hi =
        left_ns + (whole->hi - whole->median) + (sum->median - sum->lo);
    return add_row(m, &row, err);
}

static enum status
add_rows(struct making *m, struct err *err)
{
    const struct plan *plan = &m->p->plan;
    const struct profile_hooks *h = &m->p->setup->hooks;
    enum status st = ST_OK;
    json_t *part;

    for (size_t i = 0; st == ST_OK && i < plan->n_layers; i++)
        st = add_layer(m, &plan->layers[i], insitu_layer(m->trace, i), err);
    if (st != ST_OK || (st = add_dispatch(m, err)) != ST_OK || h->part == NULL)
        return st;
    part =
        json_pack("{s:s, s:O}", "level", level_name(LEVEL_L1), "rows", m->rows);
    st = part != NULL ? h->part(h->ctx, part, err) : err_nomem(err);
    json_decref(part);
    return st;
}

static enum status
account(struct profiler *p, struct job *plain, struct job *traced,
    const struct insitu *trace, struct err *err)
{
    struct making m = {
        .p = p, .trace = trace, .plain = plain, .traced = traced
    };
    struct stats with;
    size_t n = traced->subject.n_values;
    enum status st;

    if ((st = stats_of(plain->subject.values, plain->subject.n_values, 0.95,
             &m.plain_stats, err)) != ST_OK ||
        (st = stats_of(traced->subject.values, n, 0.95, &with, err)) != ST_OK ||
        (st = stats_of(insitu_sum(trace), n, 0.95, &m.sum_stats, err)) != ST_OK)
        return st;
    p->overhead_rel = with.median / m.plain_stats.median - 1;
    if (p->overhead_rel > HIGH)
        traced->flags |= FLAG(overhead_high);
    m.flags = traced->flags;
    if ((m.rows = json_array()) == NULL)
        return err_nomem(err);
    if ((st = add_rows(&m, err)) == ST_OK)
        p->closure_rel = m.sum_ns / m.plain_stats.median - 1;
    json_decref(m.rows);
    return st;
}

/* The trace of what ran.  Unreadable: no layers in situ, and it is said. */
static enum status
read_trace(struct profiler *p, struct job *plain, struct job *traced,
    const struct run_log *log, struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    struct insitu *trace = NULL;
    struct tracecost cost;
    struct err cause = { 0 };
    char path[PATH_MAX];
    enum status st;

    h->scratch(h->ctx, path);
    st = tracecost_measure(
        &cost, p->setup->kit->runtime, path, p->setup->host, &cause);
    if (st == ST_OK)
        st = insitu_read(&trace, netbench_net(traced->bench), &p->plan, &cost,
            log->run_of, traced->subject.n_values, &p->rng, &cause);
    log_info("the profiler takes %.0f ns a kernel, %.0f more an input",
        cost.kernel_ns, cost.input_ns);
    if (st == ST_OK) {
        st = account(p, plain, traced, trace, err);
        insitu_free(trace);
        return st;
    }
    if (st == ST_NOMEM)
        return err_nomem(err);
    log_warn("no layers in situ: %s", cause.text);
    traced->flags |= FLAG(partial);
    p->flags |= FLAG(partial);
    return ST_OK;
}

enum status
pass_insitu(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    struct job *plain = &pass->jobs[from], *traced = &pass->jobs[to - 1];
    struct subject *s = &traced->subject;
    struct run_log log = {
        .subject = s,
        .run = s->run,
        .ctx = s->ctx,
        .runs = netbench_runs(traced->bench),
    };
    enum status st;

    s->most = EVENTS_MAX / count_nodes(&p->plan) + 1;
    s->run = run_logged;
    s->ctx = &log;
    st = pass_rounds(p, pass, from, to, err);
    spending_turn(&p->spending, SPEND_TRACE);
    if (st == ST_OK)
        st = read_trace(p, plain, traced, &log, err);
    s->run = log.run;
    s->ctx = log.ctx;
    free(log.run_of);
    return st;
}
