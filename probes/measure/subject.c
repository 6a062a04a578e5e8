/* SPDX-License-Identifier: MIT */
#include "probes/measure/subject.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"

enum { FEW = 11, SHORT_READS = 100 };
static const double MATTERS = 0.1; /* share of samples touched */
static const double VARIED = 0.05; /* between paces of the machine */

const char *
stop_reason_name(enum stop_reason r)
{
    static const char *const names[] = {
        [STOP_CI_MET] = "ci_met",
        [STOP_MAX_ROUNDS] = "max_rounds",
        [STOP_MAX_TIME] = "max_time",
    };

    return names[r];
}

void
subject_clear(struct subject *s)
{
    free(s->values);
    free(s->discarded);
    s->values = s->discarded = NULL;
    s->n_values = s->cap = s->n_discarded = s->cap_discarded = 0;
    s->n_pending = 0;
}

enum status
subject_time(struct subject *s, const struct host *host, int64_t n, int64_t *ns,
    struct err *err)
{
    int64_t start = host->now_ns(host->ctx);
    enum status st = s->run(s->ctx, n, err);

    *ns = host->now_ns(host->ctx) - start;
    s->spent_ns += *ns;
    return st;
}

static enum status
reserve(double **v, size_t *cap, size_t need, struct err *err)
{
    size_t n = *cap > 0 ? *cap * 2 : 64;
    double *p;

    if (need <= *cap)
        return ST_OK;
    while (n < need)
        n *= 2;
    if ((p = realloc(*v, n * sizeof(*p))) == NULL)
        return err_nomem(err);
    *v = p;
    *cap = n;
    return ST_OK;
}

enum status
subject_add(struct subject *s, double ns, bool interrupted, struct err *err)
{
    size_t at = s->n_values + s->n_pending;
    enum status st = reserve(&s->values, &s->cap, at + 1, err);

    if (st != ST_OK)
        return st;
    s->values[at] = ns;
    s->n_pending++;
    s->pending_interrupted += interrupted;
    return ST_OK;
}

void
subject_keep(struct subject *s, bool drifted)
{
    if (s->n_pending == 0)
        return;
    s->n_values += s->n_pending;
    s->interrupted += s->pending_interrupted;
    s->rounds++;
    s->drift_rounds += drifted;
    s->n_pending = s->pending_interrupted = 0;
}

enum status
subject_discard(struct subject *s, struct err *err)
{
    enum status st = reserve(
        &s->discarded, &s->cap_discarded, s->n_discarded + s->n_pending, err);

    if (st != ST_OK || s->n_pending == 0)
        return st;
    memcpy(s->discarded + s->n_discarded, s->values + s->n_values,
        s->n_pending * sizeof(*s->values));
    s->n_discarded += s->n_pending;
    s->n_pending = s->pending_interrupted = 0;
    return ST_OK;
}

int64_t
subject_flags(const struct subject *s, const struct stats *stats, double ci_rel,
    const struct clocktest *clock)
{
    int64_t flags = 0;

    if (s->not_steady)
        flags |= FLAG(not_steady);
    if ((double)s->drift_rounds > MATTERS * (double)s->rounds)
        flags |= FLAG(drift);
    if (s->spread > VARIED)
        flags |= FLAG(freq_varied);
    if ((double)s->interrupted > MATTERS * (double)s->n_values)
        flags |= FLAG(ctx_switched);
    if (stats->n < FEW)
        flags |= FLAG(few_samples);
    if (stats->autocorrelated)
        flags |= FLAG(autocorrelated);
    if (stats->bimodal)
        flags |= FLAG(bimodal);
    if (!(stats_ci_rel(stats) <= ci_rel)) /* no interval is not met either */
        flags |= FLAG(ci_not_met);
    if (s->single && stats->median < SHORT_READS * clock->cost_ns)
        flags |= FLAG(short_layer);
    if (!clocktest_ok(clock))
        flags |= FLAG(timer_suspect);
    return flags;
}
