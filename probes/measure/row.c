/* SPDX-License-Identifier: MIT */
#include "probes/measure/row.h"

#include <math.h>

#include "base/flag.h"
#include "base/json.h"

/* Percentiles of single executions need this many (the LoadGen rule). */
enum { LEAST_P90 = 64, LEAST_P99 = 662 };

const char *
row_role_name(enum row_role role)
{
    static const char *const names[] = {
        [ROLE_WHOLE] = "whole",
        [ROLE_LAYER] = "layer",
        [ROLE_SEGMENT] = "segment",
        [ROLE_HEAD] = "head",
        [ROLE_PREFIX] = "prefix",
        [ROLE_JOINT] = "joint",
        [ROLE_STAGE] = "stage",
        [ROLE_SENTINEL] = "sentinel",
        [ROLE_AA] = "aa",
        [ROLE_DISPATCH] = "dispatch",
    };

    return names[role];
}

enum status
row_finish(struct row *r, double ci_rel, const struct clocktest *clock,
    int64_t more, struct err *err)
{
    const struct subject *s = r->subject;
    enum status st;

    r->flags = more;
    if (s == NULL)
        return stats_of(NULL, 0, 0.95, &r->stats, err);
    st = stats_of(s->values, s->n_values, 0.95, &r->stats, err);
    if (st == ST_OK)
        r->flags |= subject_flags(s, &r->stats, ci_rel, clock);
    /* Epoch means hide the tail, and few executions do not show it. */
    if (!s->single || s->n_values < LEAST_P90)
        r->stats.p90 = NAN;
    if (!s->single || s->n_values < LEAST_P99)
        r->stats.p99 = NAN;
    return st;
}

char
row_grade(const struct row *r)
{
    if (r->flags & FLAG(emulated)) /* counts are exact */
        return flag_grade(r->flags, 0);
    return flag_grade(r->flags, stats_ci_rel(&r->stats));
}

/* Raw values to a sixteenth of a ns: finer than any clock here, and short in
 * decimal. */
static json_t *
raw_json(const double *v, size_t n)
{
    json_t *a = json_array();

    for (size_t i = 0; a != NULL && i < n; i++)
        if (json_array_append_new(a, json_real(round(v[i] * 16) / 16)) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

static int
add_stats(json_t *o, const struct stats *s)
{
    const struct {
        const char *name;
        double value;
    } rows[] = {
        { "min_ns", s->min },
        { "p10_ns", s->p10 },
        { "p25_ns", s->p25 },
        { "median_ns", s->median },
        { "p75_ns", s->p75 },
        { "p90_ns", s->p90 },
        { "p99_ns", s->p99 },
        { "max_ns", s->max },
        { "mean_ns", s->mean },
        { "sd_ns", s->sd },
        { "mad_ns", s->mad },
        { "ci95_lo_ns", s->lo },
        { "ci95_hi_ns", s->hi },
        { "lag1", s->lag1 },
    };
    int bad = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        bad |= json_object_set_new(
            o, rows[i].name, json_number_or_null(rows[i].value));
    bad |=
        json_object_set_new(o, "n_mild", json_integer((json_int_t)s->n_mild));
    bad |= json_object_set_new(
        o, "n_severe", json_integer((json_int_t)s->n_severe));
    return bad;
}

static json_t *
or_null(json_t *o)
{
    return o != NULL ? json_incref(o) : json_null();
}

static const char *
source_of(const struct row *r)
{
    return r->flags & FLAG(modelled)   ? "modelled"
           : r->flags & FLAG(emulated) ? "emulated"
                                       : "measured";
}

json_t *
row_json(const struct row *r, int64_t seed)
{
    static const struct subject none = { .first_ns = NAN };
    const struct subject *s = r->subject != NULL ? r->subject : &none;
    const char *stop = stop_reason_name(s->stop);
    const char grade[2] = { row_grade(r), '\0' };
    json_t *o;

    o = json_pack("{s:s, s:s, s:I, s:s, s:s?, s:s, s:I, s:I, s:o, s:s?, s:I,"
                  " s:o, s:s, s:o, s:o, s:o}",
        "level", r->level, "role", row_role_name(r->role), "index",
        (json_int_t)r->index, "name", r->name, "kernel_key", r->kernel_key,
        "source", source_of(r), "n_epochs", (json_int_t)s->n_values,
        "iters_per_epoch", (json_int_t)(s->single ? 1 : s->n), "first_ns",
        json_number_or_null(s->first_ns), "stop_reason", stop, "seed",
        (json_int_t)seed, "flags", flag_json(r->flags), "grade", grade,
        "epochs_ns", raw_json(s->values, s->n_values), "energy",
        or_null(r->energy), "counters", or_null(r->counters));
    if (o == NULL)
        return NULL;
    if (add_stats(o, &r->stats) != 0 ||
        (s->n_discarded > 0 &&
            json_object_set_new(o, "discarded_ns",
                raw_json(s->discarded, s->n_discarded)) < 0)) {
        json_decref(o);
        return NULL;
    }
    return o;
}
