/* SPDX-License-Identifier: MIT */
/* Profiles and their rows. */
#include "server/view.h"

#include <math.h>

#include "base/flag.h"
#include "server/row_field.h"

static json_t *
view_grade(char grade)
{
    return json_stringn(&grade, 1);
}

static json_t *
view_energy(const struct measure *m)
{
    if (m->energy_method == NULL)
        return json_null();
    return json_pack("{s:o,s:o,s:o,s:o,s:s,s:o}", "gross_nj",
        json_number_or_null(m->energy_gross_nj), "idle_nj",
        json_number_or_null(m->energy_idle_nj), "net_nj",
        json_number_or_null(m->energy_net_nj), "err_nj",
        json_number_or_null(m->energy_err_nj), "method", m->energy_method,
        "sensor", view_text(m->energy_sensor));
}

static json_t *
view_counters(const struct measure *m)
{
    json_t *o = m->n_counters > 0 ? json_object() : json_null();

    for (size_t i = 0; o != NULL && i < m->n_counters; i++)
        if (json_object_set_new(o, m->counters[i].event,
                json_number_or_null(m->counters[i].value)) < 0) {
            json_decref(o);
            return NULL;
        }
    return o;
}

json_t *
view_row(const struct measure *m)
{
    json_t *o =
        json_pack("{s:I,s:s,s:s,s:I,s:s,s:o,s:s}", "id", (json_int_t)m->id,
            "level", level_words[m->level], "role", role_words[m->role],
            "index", (json_int_t)m->index, "name", m->name, "kernel_key",
            view_text(m->kernel_key), "source", source_words[m->source]);
    int rc = o == NULL;

    for (const struct row_field *f = row_fields; rc == 0 && f->name; f++)
        rc = json_object_set_new(o, f->name, row_field_json(m, f));
    if (rc != 0) {
        json_decref(o);
        return NULL;
    }
    return view_merge(
        o, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "stop_reason",
               view_text(m->stop_reason), "flags", flag_json(m->flags), "grade",
               view_grade(m->grade), "energy", view_energy(m), "counters",
               view_counters(m), "cached_from", view_id(m->cached_from)));
}

int
view_row_facts(json_t *row, const struct measure *m, const json_t *analysis)
{
    static const char *const facts[] = { "op_type", "fusion_group",
        "onnx_nodes", "exit", "dtype", "input_shapes", "output_shapes",
        "attributes", "macs", "params", "weight_bytes", "bytes_in",
        "bytes_out" };
    const json_t *layer, *exit, *part;
    int rc = 0;

    if (m->role == ROLE_LAYER) {
        layer = json_array_get(
            json_object_get(analysis, "layers"), (size_t)m->index);
        for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
            json_t *v = json_object_get(layer, facts[i]);

            if (v != NULL)
                rc |= json_object_set(row, facts[i], v);
        }
    } else if (role_is_of_exit(m->role)) {
        exit = json_array_get(
            json_object_get(analysis, "exits"), (size_t)m->index);
        part = json_object_get(exit, role_words[m->role]);
        if (json_object_get(part, "macs") != NULL)
            rc = json_object_set(row, "macs", json_object_get(part, "macs"));
    }
    return rc;
}

static json_t *
view_closure(const struct profile *p)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "closure_hot_rel",
        json_number_or_null(p->closure_hot_rel), "closure_rel",
        json_number_or_null(p->closure_rel), "overhead_rel",
        json_number_or_null(p->overhead_rel), "aa_rel",
        json_number_or_null(p->aa_rel), "sum_layers_ns",
        json_number_or_null(p->sum_layers_ns), "whole_ns",
        json_number_or_null(p->whole_ns), "dispatch_ns",
        json_number_or_null(p->dispatch_ns));
}

/* Where the time went, by the probe's own record; null where that is silent. */
static json_t *
view_spent(const struct profile *p)
{
    json_t *env = view_document(p->env), *s, *out = NULL;
    const json_t *v = json_object_get(env, "volatile");
    json_t *uses = json_object_get(v, "spent_s");
    const char *name;
    double total = 0;

    json_object_foreach(uses, name, s)
    {
        total += json_number_value(s);
    }
    out =
        json_is_object(uses)
            ? json_pack("{s:o,s:o,s:o,s:o,s:o}", "total_s",
                  json_number_or_null(total), "loop_s",
                  json_number_or_null(json_get_number(v, "loop_s")), "sample_s",
                  json_number_or_null(json_get_number(v, "sample_s")), "wait_s",
                  json_number_or_null(json_get_number(uses, "wait")),
                  "pace_spread_rel",
                  json_number_or_null(json_get_number(v, "pace_spread_rel")))
            : json_null();
    json_decref(env);
    return out;
}

json_t *
view_origin(const struct import *i)
{
    if (i->id == 0)
        return json_null();
    return json_pack("{s:s,s:s,s:I,s:o,s:o}", "sha256", i->sha256, "generator",
        i->generator, "profile", (json_int_t)i->profile, "imported_at",
        view_time(i->created_ms), "origin",
        i->origin ? view_document(i->origin) : json_null());
}

json_t *
view_profile(const struct profile *p, const char *model_name, json_t *origin,
    json_t *e2e)
{
    json_t *o = json_pack("{s:I,s:o,s:s,s:s,s:s,s:o,s:o,s:o,s:I,s:o}", "id",
        (json_int_t)p->id, "job", view_id(p->job), "model", p->model,
        "model_name", model_name ? model_name : "", "device", p->device,
        "created_at", view_time(p->created_ms), "started_at",
        view_time(p->started_ms), "finished_at", view_time(p->finished_ms),
        "seed", (json_int_t)p->seed, "policy", view_document(p->policy));

    return view_merge(o,
        json_pack("{s:o,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:I,s:o}", "grade",
            view_grade(p->grade), "flags", flag_json(p->flags),
            "env_fingerprint", p->env_fingerprint, "env_sha256", p->env_sha256,
            "e2e", e2e, "closure", view_closure(p), "spent", view_spent(p),
            "check", view_document(p->check), "exits", view_document(p->exits),
            "n_rows", (json_int_t)p->n_rows, "origin", origin));
}
