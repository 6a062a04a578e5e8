/* SPDX-License-Identifier: MIT */
#include "search/data/map_doc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WHY_MAX = 512 };

static const char *const state_names[] = {
    [MAPPING_SEARCHED] = "searched",
    [MAPPING_UNSUPPORTED] = "unsupported",
    [MAPPING_NO_LINK] = "no_link",
    [MAPPING_NO_ROOM] = "no_room",
    [MAPPING_NO_PLAN] = "no_plan",
};

static const char *
name(const struct map_work *w, int p)
{
    const char *device = w->sys->processor[p].costs->device;

    return device ? device : "?";
}

static void
say_why(
    const struct map_work *w, const struct mapping_option *o, char out[WHY_MAX])
{
    const struct costs_exit *x =
        &w->sys->processor[0].costs->exit[o->where < 0 ? 0 : o->where];

    out[0] = '\0';
    if (o->state == MAPPING_UNSUPPORTED) {
        int p = o->processor[o->where];
        const char *reason = w->sys->processor[p].costs->exit[o->where].reason;

        snprintf(out, WHY_MAX, "%s cannot run segment %s%s%.400s", name(w, p),
            x->name, reason ? ": " : "", reason ? reason : "");
    } else if (o->state == MAPPING_NO_LINK) {
        snprintf(out, WHY_MAX, "no link from %s to %s, for segment %s",
            name(w, o->where ? o->processor[o->where - 1] : 0),
            name(w, o->processor[o->where]), x->name);
    } else if (o->state == MAPPING_NO_ROOM) {
        snprintf(out, WHY_MAX, "%s needs %lld bytes of %lld", name(w, o->where),
            (long long)o->need, (long long)w->memory[o->where]);
    } else if (o->state == MAPPING_NO_PLAN) {
        snprintf(out, WHY_MAX, "no plan meets what is asked");
    }
}

static json_t *
segments_json(const struct map_work *w, const int8_t *processor)
{
    json_t *a = json_array();
    int rc = 0;

    for (int e = 0; e < w->exits; e++)
        rc |= json_array_append_new(a, json_string(name(w, processor[e])));
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}

static json_t *
cost_json(const struct map_work *w, int64_t sum)
{
    int64_t n = (int64_t)w->problem.cal.data.n;

    return json_number_or_null(
        sum == INT64_MAX ? NAN : plan_doc_mean(&w->problem, sum, n));
}

static json_t *
option_json(const struct map_work *w, const struct mapping_option *o)
{
    char why[WHY_MAX];

    say_why(w, o, why);
    return json_pack("{s:o,s:s,s:o,s:o,s:o}", "segments",
        segments_json(w, o->processor), "state", state_names[o->state], "why",
        why[0] ? json_string(why) : json_null(), "cost", cost_json(w, o->upper),
        "lower_bound", cost_json(w, o->lower));
}

/* Of all samples, how many come to a processor. */
static double
reach(const struct map_work *w, int p)
{
    const struct solve_tally *t = &w->found.best.tally;
    int64_t n = 0;
    bool here = false;

    for (int e = 0; e < w->exits; e++)
        if ((here = here || w->found.processor[e] == p))
            n += t->left[e];
    return plan_doc_share(n, t->n);
}

static json_t *
processor_json(const struct map_work *w, int p)
{
    const struct map_processor *x = &w->sys->processor[p];

    return json_pack("{s:s,s:o,s:o,s:f,s:o,s:O?,s:O?}", "name", name(w, p),
        "source",
        x->costs->source ? json_string(x->costs->source) : json_null(), "reach",
        json_number_or_null(reach(w, p)), "wake", x->wake, "memory_bytes",
        json_number_or_null(isinf(x->memory_bytes) ? NAN : x->memory_bytes),
        "cost_quality", x->costs->quality, "cost_model", x->costs->model);
}

static json_t *
mapping_json(const struct map_work *w)
{
    json_t *processors = json_array(), *options = json_array();
    int rc = 0;

    for (int p = 0; p < w->sys->processors; p++)
        rc |= json_array_append_new(processors, processor_json(w, p));
    for (size_t i = 0; i < w->found.n; i++)
        rc |= json_array_append_new(
            options, option_json(w, &w->found.options[i]));
    if (rc == 0)
        return json_pack("{s:o,s:o,s:o}", "processors", processors, "segments",
            segments_json(w, w->found.processor), "options", options);
    json_decref(processors);
    json_decref(options);
    return NULL;
}

/* What a sum of costs of all the processors is: derived as soon as one of them
 * is, else counted as soon as one is; NULL: nobody says. */
static const char *
source_of_all(const struct map_work *w)
{
    static const char *const weak[] = { "modelled", "emulated" };

    for (size_t k = 0; k < 2; k++)
        for (int p = 0; p < w->sys->processors; p++) {
            const char *source = w->sys->processor[p].costs->source;

            if (source != NULL && strcmp(source, weak[k]) == 0)
                return weak[k];
        }
    return w->sys->processor[0].costs->source;
}

enum status
map_doc_json(const struct map_work *w, json_t **out, struct err *err)
{
    const struct plan_doc doc = { &w->problem, w->sys->processor[0].costs,
        w->wanted, &w->found.best, w->solve_ms };
    char why[WHY_MAX];
    enum status st;

    if (w->found.best.plan.kept == 0) {
        say_why(w, &w->found.options[0], why);
        return err_set(err, ST_UNPROCESSABLE, "search.mapping",
            "no mapping can run the network; the first: %s", why);
    }
    if ((st = plan_doc_json(&doc, out, err)) != ST_OK)
        return st;
    /* The other members are those of a search on one processor. */
    if (json_object_update_new(
            *out, json_pack("{s:o,s:[],s:n,s:n,s:n,s:n,s:n,s:s?,s:n}",
                      "mapping", mapping_json(w), "trace", "guarantee",
                      "bootstrap", "metrics", "comparison", "cost_quality",
                      "cost_source", source_of_all(w), "cost_model")) == 0)
        return ST_OK;
    json_decref(*out);
    *out = NULL;
    return err_nomem(err);
}
