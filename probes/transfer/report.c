/* SPDX-License-Identifier: MIT */
#include "probes/transfer/report.h"

#include "base/clock.h"
#include "base/flag.h"
#include "base/json.h"

static json_t *
value(const struct line_value *v, double scale)
{
    return json_pack("{s:f,s:f,s:f}", "value", v->value * scale, "ci95_lo",
        v->lo * scale, "ci95_hi", v->hi * scale);
}

static json_t *
points(const struct sweep *s, const struct sweep_way *w)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n; i++) {
        const struct stats *at = &w->at[i];

        if (json_array_append_new(list,
                json_pack("{s:I,s:I,s:f,s:f,s:o,s:o,s:f}", "bytes",
                    (json_int_t)s->bytes[i], "n", (json_int_t)at->n, "min_ns",
                    at->min, "median_ns", at->median, "ci95_lo_ns",
                    json_number_or_null(at->lo), "ci95_hi_ns",
                    json_number_or_null(at->hi), "max_ns", at->max)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *
way(const struct sweep *s, const struct sweep_way *w)
{
    const struct line_interval *f = &w->fit;

    return json_pack("{s:o,s:o,s:o,s:f,s:f,s:o}", "base_ns",
        value(&f->base, 0.5), "byte_ns", value(&f->slope, 1), "bytes_per_s",
        json_number_or_null(1e9 / f->slope.value), "residual_rel",
        f->line.residual_rel, "worst_rel", f->line.worst_rel, "exchanges",
        points(s, w));
}

json_t *
report_link(const struct sweep *s, const struct report_facts *f)
{
    char start[CLOCK_TEXT], end[CLOCK_TEXT], grade[2] = { 0 };
    int64_t flags = s->flags | f->flags;

    clock_utc_text(f->utc_start_ms, start);
    clock_utc_text(f->utc_end_ms, end);
    grade[0] = flag_grade(flags, s->ci_rel);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:o,s:o,"
                     "s:I,s:O?,s:o,s:s}",
        "schema", "offramp.link/1", "from", f->from, "to", f->to, "transport",
        f->transport, "source", "measured", "started_at", start, "finished_at",
        end, "env_fingerprint", f->env_fingerprint, "seed", (json_int_t)f->seed,
        "rounds", (json_int_t)s->rounds, "stop_reason", s->stop_reason, "send",
        way(s, &s->way[SWEEP_SEND]), "receive", way(s, &s->way[SWEEP_RECEIVE]),
        "work_us", (json_int_t)(f->work_ns / 1000), "energy", f->energy,
        "flags", flag_json(flags), "grade", grade);
}
