/* SPDX-License-Identifier: MIT */
#include "probes/measure/counters.h"

#include <math.h>
#include <string.h>

#include "base/flag.h"
#include "base/json.h"

enum { BATCHES = 5 };
static const double CYCLES_AGREE = 0.05;

/* NaN where a total went down, which no count can. */
static double
count_between(const struct meter_facts *f, uint64_t from, uint64_t to)
{
    uint64_t delta;

    return meter_delta(f, from, to, &delta, NULL) == ST_OK ? (double)delta
                                                           : NAN;
}

/* The median of a few batches, each channel on its own, per execution; NaN
 * where one of them cannot be true. */
static enum status
count_group(const struct meter_handle *m, struct subject *s,
    double per_run[METER_CHANNELS], struct err *err)
{
    const struct meter_facts *f = m->ops->facts(m->self);
    double v[METER_CHANNELS][BATCHES];

    for (int b = 0; b < BATCHES; b++) {
        uint64_t from[METER_CHANNELS], to[METER_CHANNELS];
        enum status st;

        if ((st = m->ops->read(m->self, from, err)) != ST_OK ||
            (st = s->run(s->ctx, s->n, err)) != ST_OK ||
            (st = m->ops->read(m->self, to, err)) != ST_OK)
            return st;
        for (size_t c = 0; c < f->n; c++)
            v[c][b] = count_between(f, from[c], to[c]) / (double)s->n;
    }
    for (size_t c = 0; c < f->n; c++) {
        bool known = true;

        for (int b = 0; b < BATCHES; b++)
            known &= !isnan(v[c][b]);
        stats_sort(v[c], BATCHES);
        per_run[c] = known ? stats_quantile(v[c], BATCHES, 0.5) : NAN;
    }
    return ST_OK;
}

/* Nothing runs in no cycles or by no instructions; misses can be none. */
static bool
impossible(const char *name, double value)
{
    return isnan(value) ||
           (value <= 0 && (strcmp(name, "PAPI_TOT_CYC") == 0 ||
                              strcmp(name, "PAPI_TOT_INS") == 0));
}

static enum status
record_group(const struct meter_facts *f, const double *per_run, double *cycles,
    json_t *out, int64_t *flags, struct err *err)
{
    for (size_t c = 0; c < f->n; c++) {
        const char *name = f->names[c];
        bool bad = impossible(name, per_run[c]);

        if (bad)
            *flags |= FLAG(counter_pass_mismatch);
        if (c == 0 && isfinite(*cycles)) {
            /* The tie between groups; recorded once. */
            if (!(fabs(per_run[0] - *cycles) <= CYCLES_AGREE * *cycles))
                *flags |= FLAG(counter_pass_mismatch);
            continue;
        }
        if (c == 0)
            *cycles = per_run[0];
        if (json_object_set_new(
                out, name, json_number_or_null(bad ? NAN : per_run[c])) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

enum status
counters_measure(const struct meter_handle *m, struct subject *s, json_t **out,
    int64_t *flags, struct err *err)
{
    double per_run[METER_CHANNELS], cycles = NAN;
    enum status st = ST_OK;

    if ((*out = json_object()) == NULL)
        return err_nomem(err);
    for (size_t group = 0; st == ST_OK; group++) {
        struct err none = { 0 };

        st = m->ops->select(m->self, group, &none);
        if (st == ST_NOT_FOUND) {
            st = ST_OK; /* that was the last group */
            break;
        }
        if (st != ST_OK)
            st = err_set(err, st, none.code, "%s", none.text);
        if (st == ST_OK)
            st = count_group(m, s, per_run, err);
        if (st == ST_OK)
            st = record_group(
                m->ops->facts(m->self), per_run, &cycles, *out, flags, err);
    }
    if (st != ST_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return st;
}
