/* SPDX-License-Identifier: MIT */
#include "probes/measure/pass_meters.h"

#include <stdlib.h>

#include "base/flag.h"
#include "base/log.h"
#include "probes/measure/counters.h"
#include "probes/measure/energy.h"

static const int64_t WINDOW_NS = 500000000, IDLE_NS = 5000000000;

enum status
pass_counters(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = from; st == ST_OK && i < to; i++) {
        struct job *job = &pass->jobs[i];

        st = counters_measure(&p->setup->kit->counters, &job->subject,
            &job->counters, &job->flags, err);
        pass_progress(p, pass, pass->n + i + 1, job->name);
    }
    return st;
}

/* One window each.  A sensor that fails costs that row its energy, not the
 * job its other rows. */
static enum status
windows(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct energy_window *w, struct err *err)
{
    for (size_t i = from; i < to; i++) {
        struct job *job = &pass->jobs[i];
        struct err cause = { 0 };
        enum status st = energy_measure(&p->setup->kit->energy, &job->subject,
            p->setup->host, WINDOW_NS, &w[i - from], &cause);

        pass_progress(p, pass, pass->n + i + 1, job->name);
        if (st == ST_INVALID) {
            log_warn("no energy of %s: %s", job->name, cause.text);
            job->flags |= FLAG(meter_drops);
            w[i - from].runs = 0;
        } else if (st != ST_OK) {
            return err_set(err, st, cause.code, "%s", cause.text);
        }
    }
    return ST_OK;
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
    job->flags |= energy_flags(&e) | energy_idle_flags(idle_w[0], idle_w[1]);
    job->energy = energy_json(&e, f->source);
    return job->energy != NULL ? ST_OK : err_nomem(err);
}

enum status
pass_energy(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    const struct meter_handle *m = &p->setup->kit->energy;
    const struct host *host = p->setup->host;
    struct energy_window *w = calloc(to - from, sizeof(*w));
    double idle_w[2];
    enum status st;

    if (w == NULL)
        return err_nomem(err);
    if ((st = energy_idle(m, host, IDLE_NS, &idle_w[0], err)) == ST_OK &&
        (st = windows(p, pass, from, to, w, err)) == ST_OK)
        st = energy_idle(m, host, IDLE_NS, &idle_w[1], err);
    for (size_t i = from; st == ST_OK && i < to; i++)
        st = account(p, &pass->jobs[i], &w[i - from], idle_w, err);
    free(w);
    return st;
}
