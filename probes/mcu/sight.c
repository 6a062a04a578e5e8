/* SPDX-License-Identifier: MIT */
#include "probes/mcu/sight.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

/* EEMBC: ten executions at least.  Where the window's ends fall anywhere
 * within an execution, two of them are in doubt: of a hundred. */
enum { LEAST_BY_PIN = 10, LEAST_BY_CLOCK = 100, RUN_MS = 120000 };

/* For a request and its reply on a slow line, and for two clocks. */
static const double TALK_NS = 100e6, CLOCKS_AGREE = 0.01;

/* ---- those there are ---- */

struct sight *
sights_at(struct sights *all, uint32_t first, uint32_t end, bool *is_new)
{
    *is_new = false;
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].first == first && all->at[i].end == end)
            return &all->at[i];
    if (all->n == all->cap) {
        size_t cap = all->cap ? 2 * all->cap : 64;
        struct sight *more = realloc(all->at, cap * sizeof(*more));

        if (more == NULL)
            return NULL;
        all->at = more;
        all->cap = cap;
    }
    *is_new = true;
    all->at[all->n] = (struct sight){ .first = first, .end = end };
    return &all->at[all->n++];
}

void
sights_clear(struct sights *all)
{
    free(all->at);
    *all = (struct sights){ 0 };
}

/* ---- one of them ---- */

/* A run, between two looks at our clock. */
struct timed {
    int64_t from_ns, to_ns;
    double run_ns; /* by the board's */
    uint32_t count;
};

static enum status
run(struct rig *r, const struct sight *s, uint32_t count, struct timed *t,
    struct err *err)
{
    double ticks = 0;
    enum status st;

    *t = (struct timed){ .from_ns = clock_ns(), .count = count };
    st = rig_run(r, s->first, s->end, count, &ticks, err);
    t->to_ns = clock_ns();
    t->run_ns = rig_ns(r, ticks) * count;
    return st;
}

/* The pulse of the pin. */
static enum status
by_pin(const struct meter_handle *m, const struct timed *t, struct sight *s,
    struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);
    struct meter_window w;
    enum status st = m->ops->marked(m->self, t->from_ns, t->to_ns, &w, err);

    if (st != ST_OK)
        return st;
    if (fabs((double)w.window_ns - t->run_ns) >
        CLOCKS_AGREE * t->run_ns + 2 * (double)f->update_ns)
        return err_set(err, ST_INVALID, "measure.meter_clock",
            "%s: the pin was up for %.3f s, the board ran for %.3f s",
            f->source, (double)w.window_ns / 1e9, t->run_ns / 1e9);
    s->total_nj = w.total_nj;
    s->window_ns = (double)w.window_ns;
    s->executions = t->count;
    return ST_OK;
}

/* What lies within the run, however its request and its reply shared the time
 * that it did not take; the meter's delay shifts it back by the guard time at
 * most. */
static enum status
by_clock(const struct meter_handle *m, const struct timed *t, struct sight *s,
    struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);
    int64_t talk_ns = t->to_ns - t->from_ns - (int64_t)t->run_ns;
    int64_t from_ns = t->from_ns + talk_ns + f->guard_ns;
    int64_t to_ns = t->to_ns - talk_ns;
    struct meter_window w;
    enum status st;

    if (talk_ns < 0 || to_ns - from_ns < f->window_ns / 2)
        return err_set(err, ST_INVALID, "measure.meter_window",
            "%s: the board ran for %.3f s, its request and reply took %.3f s: "
            "too little lies surely within",
            f->source, t->run_ns / 1e9, (double)talk_ns / 1e9);
    if ((st = m->ops->between(m->self, from_ns, to_ns, &w, err)) != ST_OK)
        return st;
    s->total_nj = w.total_nj;
    s->window_ns = (double)w.window_ns;
    s->executions = s->window_ns / (t->run_ns / t->count);
    s->edges = 2;
    return ST_OK;
}

static uint32_t
count_for(const struct meter_facts *f, bool pin, double once_ns)
{
    double wanted = (double)f->window_ns;
    double least = pin ? LEAST_BY_PIN : LEAST_BY_CLOCK;

    if (!pin)
        wanted += (double)f->guard_ns + 2 * TALK_NS;
    return (uint32_t)fmin(
        UINT32_MAX / 2, fmax(least, ceil(wanted / fmax(once_ns, 1))));
}

/* Is there a pin at both ends?  The method may need one. */
static enum status
choose_pin(const struct rig *r, const struct meter_handle *m,
    enum energy_method method, bool *pin, struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);

    *pin = f->marks && m->ops->marked != NULL && r->board->mark;
    if (*pin || method != ENERGY_WINDOW)
        return ST_OK;
    return err_set(err, ST_INVALID, "measure.meter_clock",
        "%s: energy_method window needs a pin that the meter sees: %s",
        f->source,
        r->board->mark ? "the meter does not say marks=1"
                       : "this board's firmware has none");
}

/* How long one execution takes, after what comes before it. */
static enum status
try_once(struct rig *r, const struct sight *s, double *ns, struct err *err)
{
    struct timed t;
    double ticks;
    enum status st = rig_feed(r, err);

    if (st == ST_OK && s->first > 0)
        st = rig_run(r, 0, s->first, 1, &ticks, err);
    if (st == ST_OK)
        st = run(r, s, 1, &t, err);
    *ns = st == ST_OK ? t.run_ns : 0;
    return st;
}

/* With the pin only for as long as it is wanted: the meter might take another
 * run's pulse for this one's. */
static enum status
run_window(struct rig *r, const struct meter_handle *m, const struct sight *s,
    uint32_t n, bool pin, struct timed *t, struct err *err)
{
    enum status st = m->ops->select(m->self, 0, err);

    if (st == ST_OK && pin)
        st = board_arm(r->board, true, err);
    if (st == ST_OK)
        st = run(r, s, n, t, err);
    if (st == ST_OK && pin)
        st = board_arm(r->board, false, err);
    return st;
}

enum status
sight_take(struct rig *r, const struct meter_handle *m,
    enum energy_method method, struct sight *s, struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);
    struct timed t;
    double once_ns;
    uint32_t n;
    bool pin;
    enum status st;

    if ((st = choose_pin(r, m, method, &pin, err)) != ST_OK ||
        (st = try_once(r, s, &once_ns, err)) != ST_OK)
        return st;
    n = count_for(f, pin, once_ns);
    if (n * once_ns > RUN_MS * 1e6 / 2)
        return err_set(err, ST_INVALID, "measure.meter_window",
            "%s: %u executions of %.3f s would take too long", f->source, n,
            once_ns / 1e9);
    if ((st = run_window(r, m, s, n, pin, &t, err)) != ST_OK)
        return st;
    return pin ? by_pin(m, &t, s, err) : by_clock(m, &t, s, err);
}

void
sight_energy(const struct sight *s, const struct meter_facts *f,
    const double idle_w[2], struct energy *out)
{
    const struct energy_window w = {
        .total_nj = s->total_nj, .window_ns = (int64_t)s->window_ns, .runs = 1
    };

    energy_account(f, &w, idle_w[0], idle_w[1], out);
    out->gross_nj /= s->executions;
    out->idle_nj /= s->executions;
    out->net_nj /= s->executions;
    out->err_nj =
        (out->err_nj + s->edges * fabs(out->gross_nj)) / s->executions;
}
