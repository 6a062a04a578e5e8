/* SPDX-License-Identifier: MIT */
#include "probes/measure/pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double BACK = 1.02, SLOWER = 1.05, WARMER_C = 2;
static const int64_t PAUSE_NS = 20000000, LONGEST_NS = 60000000000;
static const int64_t LEAST_NS = 50000000; /* of any wait */
enum { READS = 5, STRIKES = 3, SHARE = 10 };

static int64_t
now(const struct pace *p)
{
    return p->host->now_ns(p->host->ctx);
}

static double
temperature(const struct pace *p)
{
    struct host_sample s;

    p->host->sample(p->host->ctx, &s);
    return s.temp_c;
}

void
pace_start(struct pace *p, struct subject *sentinel, const struct host *host,
    int64_t deadline_ns, struct spending *spending)
{
    *p = (struct pace){ .host = host,
        .sentinel = sentinel,
        .spending = spending,
        .deadline_ns = deadline_ns };
    p->begun_ns = now(p);
    p->temp_start_c = temperature(p);
}

void
pace_clear(struct pace *p)
{
    free(p->levels);
    p->levels = NULL;
    p->n = p->cap = 0;
}

enum status
pace_read(struct pace *p, double *ns_out, struct err *err)
{
    struct subject *s = p->sentinel;

    *ns_out = INFINITY;
    for (int i = 0; i < READS; i++) {
        int64_t ns;
        enum status st = subject_time(s, p->host, s->n, &ns, err);

        if (st != ST_OK)
            return st;
        *ns_out = fmin(*ns_out, (double)ns);
    }
    if (!(p->slowest_ns > 0))
        p->slowest_ns = *ns_out;
    return ST_OK;
}

/* Until it is cool; true if it is. */
static bool
cool_down(struct pace *p, int64_t until_ns)
{
    while (temperature(p) > p->temp_start_c + WARMER_C) {
        if (now(p) >= until_ns)
            return false;
        p->host->sleep_ns(p->host->ctx, PAUSE_NS);
    }
    return true;
}

/* Until the sentinel is back, or this wait's share is used up.  *best_ns is
 * the fastest that it was. */
static enum status
spin(struct pace *p, double normal_ns, double *best_ns, struct err *err)
{
    int64_t start = now(p);
    int64_t share = (start - p->begun_ns) / SHARE - p->waited_ns;
    enum status st = ST_OK;

    if (share < LEAST_NS)
        share = LEAST_NS;
    if (share > p->deadline_ns - start)
        share = p->deadline_ns - start;
    *best_ns = INFINITY;
    while (
        st == ST_OK && *best_ns > BACK * normal_ns && now(p) - start < share) {
        double ns;

        st = pace_read(p, &ns, err);
        *best_ns = fmin(*best_ns, ns);
    }
    p->waited_ns += now(p) - start;
    return st;
}

static enum status
wait_for(struct pace *p, double normal_ns, struct err *err)
{
    int64_t longest = (p->deadline_ns - now(p)) / SHARE;
    double best_ns;
    enum status st;

    if (longest > LONGEST_NS)
        longest = LONGEST_NS;
    if (!cool_down(p, now(p) + longest)) {
        p->strikes++;
        return ST_OK;
    }
    if ((st = spin(p, normal_ns, &best_ns, err)) != ST_OK || isinf(best_ns))
        return st; /* there was no time to look */
    if (best_ns > SLOWER * p->slowest_ns) {
        p->slowest_ns = best_ns;
        p->strikes++;
    }
    return ST_OK;
}

enum status
pace_recover(struct pace *p, double normal_ns, struct err *err)
{
    enum spend use = spending_turn(p->spending, SPEND_WAIT);
    int64_t spent_ns = p->sentinel->spent_ns;
    enum status st = wait_for(p, normal_ns, err);

    p->sentinel->spent_ns = spent_ns; /* waiting is no measuring */
    spending_turn(p->spending, use);
    return st;
}

bool
pace_is_lost(const struct pace *p)
{
    return p->strikes >= STRIKES;
}

enum status
pace_keep(struct pace *p, double first_ns, double last_ns, struct err *err)
{
    if (p->n == p->cap) {
        size_t cap = p->cap > 0 ? 2 * p->cap : 64;
        double *to = realloc(p->levels, cap * sizeof(*to));

        if (to == NULL)
            return err_nomem(err);
        p->levels = to;
        p->cap = cap;
    }
    p->levels[p->n++] = (first_ns + last_ns) / 2;
    return ST_OK;
}

enum status
pace_spread(const struct pace *p, size_t rounds, double *out, struct err *err)
{
    size_t n = rounds < p->n ? rounds : p->n;
    double *v;

    *out = NAN;
    if (n == 0)
        return ST_OK;
    if ((v = malloc(n * sizeof(*v))) == NULL)
        return err_nomem(err);
    memcpy(v, p->levels, n * sizeof(*v));
    stats_sort(v, n);
    *out = stats_quantile(v, n, 0.9) / stats_quantile(v, n, 0.1) - 1;
    free(v);
    return ST_OK;
}
