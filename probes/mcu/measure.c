/* SPDX-License-Identifier: MIT */
#include "probes/mcu/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/flag.h"

/* A run lasts at least 1000 ticks, so that one tick is a thousandth of it;
 * on a real board also 10 ms (measurement.md 4). */
enum { LEAST_TICKS = 1000, LEAST_MS = 10, COUNT_MAX = 1 << 20 };
enum { EMULATED_ROUNDS = 3, LOOKS = 8 };

/* Rounds at which the intervals are looked at (measurement.md 6). */
static const size_t looks[LOOKS] = { 11, 16, 24, 36, 54, 81, 122, 183 };

size_t
measure_rounds_max(const struct rig *r, const struct policy *policy)
{
    if (r->emulated)
        return EMULATED_ROUNDS;
    return policy->max_rounds < 1 ? 1 : (size_t)policy->max_rounds;
}

/* ---- passes ---- */

static enum status
run_pass(struct rig *r, struct parts *p, struct pass *pass, struct err *err)
{
    enum status st = rig_feed(r, err);
    double ticks;

    for (size_t i = 0; i < pass->n; i++)
        if (pass->steps[i].part != STEP_SILENT) {
            p->part[pass->steps[i].part].sum = 0;
            p->part[pass->steps[i].part].adding = mix_empty();
        }
    for (size_t i = 0; st == ST_OK && i < pass->n; i++) {
        const struct step *s = &pass->steps[i];
        bool silent = s->part == STEP_SILENT;

        st = rig_run(r, s->first, s->end, silent ? 1 : s->count, &ticks, err);
        if (st != ST_OK || silent)
            continue;
        p->part[s->part].sum += ticks;
        mix_add(&p->part[s->part].adding, &r->run);
    }
    return st;
}

/* The same until it worked, or cannot. */
static enum status
do_pass(struct rig *r, struct parts *p, struct pass *pass, struct err *err)
{
    enum status st;

    while ((st = run_pass(r, p, pass, err)) != ST_OK)
        if ((st = rig_mend(r, st, err)) != ST_OK)
            return st;
    return ST_OK;
}

/* How often each step has to run to be timed well. */
static enum status
calibrate(struct rig *r, struct pass *pass, struct err *err)
{
    double least = LEAST_TICKS, ticks;
    enum status st = rig_feed(r, err);

    if (!r->emulated)
        least = fmax(least, (double)r->board->clock_hz * LEAST_MS / 1000);
    for (size_t i = 0; st == ST_OK && i < pass->n; i++) {
        struct step *s = &pass->steps[i];

        st = rig_run(r, s->first, s->end, 1, &ticks, err);
        if (st == ST_OK)
            s->count = (uint32_t)fmin(
                COUNT_MAX, fmax(1, ceil(least / fmax(1, ticks))));
    }
    return st;
}

static enum status
calibrate_all(struct rig *r, struct parts *p, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < p->n_passes; i++) {
        while ((st = calibrate(r, &p->pass[i], err)) != ST_OK)
            if ((st = rig_mend(r, st, err)) != ST_OK)
                return st;
        for (size_t k = 0; k < p->pass[i].n; k++) {
            const struct step *s = &p->pass[i].steps[k];

            if (s->part != STEP_SILENT && s->count > p->part[s->part].count)
                p->part[s->part].count = s->count;
        }
    }
    return st;
}

/* ---- rounds ---- */

/* Close a round: every part has one more value. */
static enum status
keep_round(struct rig *r, struct parts *p, struct err *err)
{
    for (size_t i = 0; i < p->n; i++) {
        struct part *x = &p->part[i];

        if (x->empty)
            continue;
        if (r->emulated && x->n > 0 && x->sum == x->values[0] &&
            !mix_same(&x->adding, &x->mix))
            return err_set(err, ST_UNPROCESSABLE, "device.counts_differ",
                "%s %s took as many instructions as before, but others: an "
                "emulated board must count the same in every run",
                row_role_name(x->role), x->name);
        if (r->emulated && x->n > 0 && x->sum != x->values[0])
            return err_set(err, ST_UNPROCESSABLE, "device.counts_differ",
                "%s %s took %.6g ticks and then %.6g: an emulated board must "
                "count the same in every run",
                row_role_name(x->role), x->name, x->values[0], x->sum);
        x->values[x->n++] = x->sum;
        x->mix = x->adding;
    }
    return ST_OK;
}

static bool
is_narrow(const struct parts *p, double ci_rel)
{
    struct stats s;

    for (size_t i = 0; i < p->n; i++) {
        const struct part *x = &p->part[i];

        if (!x->empty && (stats_of(x->values, x->n, 0.99, &s, NULL) != ST_OK ||
                             !(stats_ci_rel(&s) <= ci_rel)))
            return false;
    }
    return true;
}

static bool
is_look(size_t n)
{
    for (size_t i = 0; i < LOOKS; i++)
        if (looks[i] == n)
            return true;
    return false;
}

enum status
measure_parts(struct rig *r, struct parts *p,
    const struct measure_limits *limits, struct err *err)
{
    const size_t most = measure_rounds_max(r, limits->policy);
    const int64_t end_ns =
        clock_ns() + (int64_t)(limits->policy->job_budget_s * 1e9);
    enum status st = calibrate_all(r, p, err);
    int good = 0;

    for (size_t n = 0; st == ST_OK && n < most && good < 2; n++) {
        if (limits->progress != NULL)
            limits->progress(limits->ctx, n, most);
        for (size_t i = 0; st == ST_OK && i < p->n_passes; i++)
            st = do_pass(r, p, &p->pass[i], err);
        if (st == ST_OK)
            st = keep_round(r, p, err);
        if (!r->emulated && is_look(n + 1))
            good = is_narrow(p, limits->policy->ci_rel) ? good + 1 : 0;
        if (!r->emulated && n > 0 && clock_ns() > end_ns)
            break; /* rows tell how wide their intervals are */
    }
    return st;
}

/* ---- rows ---- */

static enum status
add_count(json_t *counters, const char *name, double v, struct err *err)
{
    return json_object_set_new(counters, name, json_number_or_null(v)) == 0
               ? ST_OK
               : err_nomem(err);
}

/* What is counted of a part, and what of its memory is known. */
static enum status
count(const struct rig *r, const struct part *p, double ticks, json_t **out,
    struct err *err)
{
    enum status st;

    if ((*out = json_object()) == NULL)
        return err_nomem(err);
    st = r->emulated
             ? add_count(*out, "instructions", rig_instructions(r, ticks), err)
             : add_count(*out, "cycles", ticks, err);
    if (st == ST_OK && r->emulated)
        st = mix_json(&p->mix, *out, err);
    if (st == ST_OK && !isnan(p->need_bytes) &&
        (st = add_count(*out, "weight_bytes", p->weight_bytes, err)) == ST_OK)
        st = add_count(*out, "need_bytes", p->need_bytes, err);
    return st;
}

/* The part's times as a subject, for row.h.  The caller frees its values. */
static enum status
times(const struct rig *r, const struct part *p, struct subject *s,
    struct err *err)
{
    *s = (struct subject){ .n = p->count, .rounds = p->n, .first_ns = NAN };
    if ((s->values = calloc(p->n + 1, sizeof(double))) == NULL)
        return err_nomem(err);
    s->n_values = p->n;
    for (size_t i = 0; i < p->n; i++)
        s->values[i] = rig_ns(r, p->values[i]);
    s->first_ns = p->n > 0 ? s->values[0] : NAN;
    return ST_OK;
}

static enum status
finish(const struct rig *r, struct row *row, double ci_rel, int64_t flags,
    struct err *err)
{
    const struct clocktest clock = { .resolution_ns = (int64_t)rig_ns(r, 1),
        .cost_ns = rig_ns(r, (double)r->board->clock_cost),
        .monotonic = true,
        .advances = true };

    return row_finish(row, ci_rel, &clock, flags, err);
}

enum status
measure_row(const struct rig *r, const struct part *p,
    const struct measure_limits *limits, int64_t flags, json_t **out,
    double *median, struct err *err)
{
    struct row row = { .level = p->level,
        .role = p->role,
        .index = p->index,
        .name = p->name,
        .kernel_key = p->kernel_key };
    double ticks = NAN, *sorted = NULL;
    struct subject s = { 0 };
    enum status st = ST_OK;

    *out = NULL;
    if (p->empty)
        flags |= p->lack ? FLAG(unsupported) : FLAG(fused);
    if (r->emulated)
        flags |= FLAG(emulated);
    if (!p->empty && (sorted = malloc((p->n + 1) * sizeof(double))) != NULL) {
        memcpy(sorted, p->values, p->n * sizeof(double));
        stats_sort(sorted, p->n);
        ticks = stats_quantile(sorted, p->n, 0.5);
        st = count(r, p, ticks, &row.counters, err);
    }
    free(sorted);
    if (st == ST_OK && !p->empty && !r->emulated &&
        (st = times(r, p, &s, err)) == ST_OK)
        row.subject = &s;
    if (st == ST_OK)
        st = finish(r, &row, limits->policy->ci_rel, flags, err);
    if (st == ST_OK && (*out = row_json(&row, limits->seed)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK && r->emulated &&
        (json_object_set_new(*out, "n_epochs", json_integer((json_int_t)p->n)) |
            json_object_set_new(*out, "iters_per_epoch",
                json_integer((json_int_t)p->count))) != 0)
        st = err_nomem(err);
    if (median != NULL)
        *median = r->emulated ? rig_instructions(r, ticks) : rig_ns(r, ticks);
    json_decref(row.counters);
    free(s.values);
    return st;
}
