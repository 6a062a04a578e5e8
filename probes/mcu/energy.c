/* SPDX-License-Identifier: MIT */
#include "probes/mcu/energy.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/flag.h"
#include "base/log.h"
#include "probes/measure/energy.h"
#include "probes/mcu/sight.h"

enum { PROBLEMS_MAX = 16 };

/* Of a part, from its sights. */
struct total {
    double gross_nj, idle_nj, net_nj, err_nj, quant_nj;
};

struct pass_of {
    const struct board_energy *e;
    struct sights sights;
    double idle_w[2];
    int64_t flags; /* of all rows: idle power could not be known */
    struct err *err;
};

static bool
wanted(const struct part *p)
{
    return !p->empty && p->role != ROLE_AA && p->role != ROLE_PREFIX;
}

/* ---- what went wrong ---- */

/* A meter that fails costs energy, and nothing else: ST_OK, and the flag. */
static enum status
forgive(struct pass_of *x, const char *name, enum status st,
    const struct err *cause, int64_t *flags)
{
    if (st != ST_OK && st != ST_INVALID)
        return err_set(x->err, st, cause->code, "%s", cause->text);
    if (st == ST_OK)
        return ST_OK;
    log_warn("no energy of %s: %s", name, cause->text);
    *flags |= energy_failure_flag(cause->code);
    if (json_array_size(x->e->problems) < PROBLEMS_MAX &&
        json_array_append_new(
            x->e->problems, json_pack("{s:s,s:s,s:s}", "name", name, "code",
                                cause->code, "why", cause->text)) < 0)
        return err_nomem(x->err);
    return ST_OK;
}

static enum status
idle(struct pass_of *x, int which)
{
    struct err cause = { 0 };
    enum status st = energy_idle(
        x->e->meter, &host_real, x->e->idle_ns, &x->idle_w[which], &cause);

    return forgive(x, "idle", st, &cause, &x->flags);
}

/* ---- windows ---- */

/* Run it; a board that is lost is brought back. */
static enum status
see_once(struct pass_of *x, struct sight *s, struct err *cause)
{
    struct rig *r = x->e->rig;
    enum status st;

    while ((st = sight_take(r, x->e->meter, x->e->limits->policy->energy_method,
                s, cause)) != ST_OK &&
           st != ST_INVALID)
        if ((st = rig_mend(r, st, cause)) != ST_OK)
            break;
    return st;
}

/* A window that something disturbed is taken once more. */
static enum status
see(struct pass_of *x, const char *name, struct sight *s)
{
    struct err cause = { 0 };
    enum status st = see_once(x, s, &cause);

    if (st == ST_INVALID) {
        err_clear(&cause);
        st = see_once(x, s, &cause);
    }
    return forgive(x, name, st, &cause, &s->flags);
}

/* The windows that a step needs. */
static enum status
see_step(struct pass_of *x, const struct part *p, const struct step *s)
{
    bool diff = x->e->limits->policy->energy_method == ENERGY_PREFIX_DIFF;
    const uint32_t ends[2] = { s->end, s->first };
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < (diff ? 2 : 1); i++) {
        bool is_new;
        struct sight *to =
            sights_at(&x->sights, diff ? 0 : s->first, ends[i], &is_new);

        if (to == NULL)
            return err_nomem(x->err);
        if (is_new && to->end > to->first)
            st = see(x, p->name, to);
    }
    return st;
}

typedef enum status step_fn(
    struct pass_of *x, const struct part *p, const struct step *s, void *ctx);

/* Every step of a part; passes in which it is another's input are not its. */
static enum status
each_step(struct pass_of *x, size_t part, step_fn *fn, void *ctx)
{
    const struct parts *all = x->e->parts;
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < all->n_passes; i++)
        for (size_t k = 0; st == ST_OK && k < all->pass[i].n; k++)
            if (all->pass[i].steps[k].part == part)
                st = fn(x, &all->part[part], &all->pass[i].steps[k], ctx);
    return st;
}

static enum status
look(struct pass_of *x, const struct part *p, const struct step *s, void *ctx)
{
    (void)ctx;
    return see_step(x, p, s);
}

/* ---- rows ---- */

struct sum {
    struct total total;
    int64_t flags;
};

/* Add a window's energy, or (`sign` -1) take it off; bounds only add up. */
static void
add(struct pass_of *x, struct sum *sum, uint32_t first, uint32_t end, int sign)
{
    const struct meter_handle *m = x->e->meter;
    struct sight *s;
    struct energy e;
    bool is_new;

    if (first == end ||
        (s = sights_at(&x->sights, first, end, &is_new)) == NULL)
        return;
    sum->flags |= s->flags;
    sight_energy(s, m->ops->facts(m->self), x->idle_w, &e);
    sum->total.gross_nj += sign * e.gross_nj;
    sum->total.idle_nj += sign * e.idle_nj;
    sum->total.net_nj += sign * e.net_nj;
    sum->total.err_nj += e.err_nj;
    sum->total.quant_nj += e.quant_err_rel * e.gross_nj;
}

static enum status
add_step(
    struct pass_of *x, const struct part *p, const struct step *s, void *ctx)
{
    (void)p;
    if (x->e->limits->policy->energy_method != ENERGY_PREFIX_DIFF) {
        add(x, ctx, s->first, s->end, 1);
        return ST_OK;
    }
    add(x, ctx, 0, s->end, 1);
    add(x, ctx, 0, s->first, -1);
    return ST_OK;
}

/* What is said of a part that has been summed; NULL: it has no energy. */
static enum status
energy_of(struct pass_of *x, struct sum *sum, json_t **out)
{
    const struct meter_facts *f = x->e->meter->ops->facts(x->e->meter->self);
    const struct total *t = &sum->total;
    const struct energy e = { .gross_nj = t->gross_nj,
        .idle_nj = t->idle_nj,
        .net_nj = t->net_nj,
        .err_nj = t->err_nj,
        .quant_err_rel = t->quant_nj / t->gross_nj };
    bool lost = (sum->flags | x->flags) != 0;

    *out = NULL;
    sum->flags |= x->flags;
    if (lost)
        return ST_OK;
    sum->flags |= energy_idle_flags(x->idle_w[0], x->idle_w[1]) |
                  (f->replayed ? FLAG(replayed) : 0);
    if (!(t->gross_nj > 0)) { /* a difference that is lost in its error */
        sum->flags |= FLAG(energy_coarse);
        return ST_OK;
    }
    sum->flags |= energy_flags(&e);
    *out = energy_json(
        &e, energy_method_name(x->e->limits->policy->energy_method), f->source);
    return *out != NULL ? ST_OK : err_nomem(x->err);
}

static enum status
add_row(struct pass_of *x, size_t part, json_t *rows)
{
    const struct measure_limits *limits = x->e->limits;
    const struct part *p = &x->e->parts->part[part];
    const struct clocktest clock = { .monotonic = true, .advances = true };
    struct row row = { .level = "L5",
        .role = p->role,
        .index = p->index,
        .name = p->name,
        .kernel_key = p->kernel_key };
    struct sum sum = { .flags = 0 };
    json_t *o;
    enum status st = each_step(x, part, add_step, &sum);

    if (st == ST_OK)
        st = energy_of(x, &sum, &row.energy);
    if (st == ST_OK)
        st =
            row_finish(&row, limits->policy->ci_rel, &clock, sum.flags, x->err);
    if (st == ST_OK && ((o = row_json(&row, limits->seed)) == NULL ||
                           json_array_append_new(rows, o) < 0))
        st = err_nomem(x->err);
    json_decref(row.energy);
    return st;
}

enum status
board_energy_rows(const struct board_energy *e, json_t *rows, struct err *err)
{
    struct pass_of x = { .e = e, .err = err };
    const size_t n = e->parts->n;
    enum status st = idle(&x, 0);

    for (size_t i = 0; st == ST_OK && x.flags == 0 && i < n; i++) {
        if (e->limits->progress != NULL)
            e->limits->progress(e->limits->ctx, i, n);
        if (wanted(&e->parts->part[i]))
            st = each_step(&x, i, look, NULL);
    }
    if (st == ST_OK && x.flags == 0)
        st = idle(&x, 1);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        if (wanted(&e->parts->part[i]))
            st = add_row(&x, i, rows);
    sights_clear(&x.sights);
    return st;
}
