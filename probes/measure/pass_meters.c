/* SPDX-License-Identifier: MIT */
#include "probes/measure/pass_meters.h"

#include <stdlib.h>

#include "base/flag.h"
#include "base/log.h"
#include "probes/measure/counters.h"
#include "probes/measure/energy.h"

static const int64_t IDLE_NS = 5000000000;

enum status
pass_counters(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    enum status st = ST_OK;

    spending_turn(&p->spending, SPEND_METERS);
    for (size_t i = from; st == ST_OK && i < to; i++) {
        struct job *job = &pass->jobs[i];

        st = counters_measure(&p->setup->kit->counters, &job->subject,
            &job->counters, &job->flags, err);
        pass_progress(p, pass, pass->n + i + 1, job->name);
    }
    return st;
}

/* A sensor that fails costs a row its energy, not the job its other rows:
 * *failed is set, and the row says how. */
static enum status
forgive(enum status st, struct job *job, const struct err *cause, bool *failed,
    struct err *err)
{
    *failed = st == ST_INVALID;
    if (st != ST_OK && st != ST_INVALID)
        return err_set(err, st, cause->code, "%s", cause->text);
    if (*failed) {
        log_warn("no energy of %s: %s", job->name, cause->text);
        job->flags |= energy_failure_flag(cause->code);
    }
    return ST_OK;
}

/* One window each. */
static enum status
windows(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct energy_window *w, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = from; st == ST_OK && i < to; i++) {
        struct job *job = &pass->jobs[i];
        struct err cause = { 0 };
        bool failed;

        st = energy_measure(&p->setup->kit->energy, &job->subject,
            p->setup->host, &w[i - from], &cause);
        st = forgive(st, job, &cause, &failed, err);
        if (failed)
            w[i - from].runs = 0;
        pass_progress(p, pass, pass->n + i + 1, job->name);
    }
    return st;
}

/* The idle power, without which no row has its energy. */
static enum status
idle(struct profiler *p, struct pass *pass, size_t from, size_t to,
    double *watts, bool *failed, struct err *err)
{
    struct err cause = { 0 };
    enum status idle_st = energy_idle(
        &p->setup->kit->energy, p->setup->host, IDLE_NS, watts, &cause);
    enum status st = ST_OK;

    *failed = false;
    for (size_t i = from; st == ST_OK && i < to; i++)
        st = forgive(idle_st, &pass->jobs[i], &cause, failed, err);
    return st;
}

static enum status
account(struct profiler *p, struct job *job, const struct energy_window *w,
    const double idle_w[2], struct err *err)
{
    const struct meter_handle *m = &p->setup->kit->energy;
    const struct meter_facts *f = m->ops->facts(m->self);
    struct energy e;

    if (w->runs == 0)
        return ST_OK;
    energy_account(f, w, idle_w[0], idle_w[1], &e);
    job->flags |= energy_flags(&e) | energy_idle_flags(idle_w[0], idle_w[1]) |
                  (f->replayed ? FLAG(replayed) : 0);
    job->energy = energy_json(&e, "loop", f->source);
    return job->energy != NULL ? ST_OK : err_nomem(err);
}

enum status
pass_energy(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    struct energy_window *w = calloc(to - from, sizeof(*w));
    double idle_w[2];
    bool failed = false;
    enum status st;

    if (w == NULL)
        return err_nomem(err);
    spending_turn(&p->spending, SPEND_METERS);
    st = idle(p, pass, from, to, &idle_w[0], &failed, err);
    if (st == ST_OK && !failed &&
        (st = windows(p, pass, from, to, w, err)) == ST_OK)
        st = idle(p, pass, from, to, &idle_w[1], &failed, err);
    for (size_t i = from; st == ST_OK && !failed && i < to; i++)
        st = account(p, &pass->jobs[i], &w[i - from], idle_w, err);
    free(w);
    return st;
}
