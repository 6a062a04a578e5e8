/* SPDX-License-Identifier: MIT */
/* lead_json.c -- what samples did on a chain, as an offramp.relay/1. */
#include <math.h>

#include "base/flag.h"
#include "probes/deploy/validate_json.h"
#include "probes/relay/lead_internal.h"

static json_t *
exits_json(const struct lead *l)
{
    json_t *list = json_array();

    for (int i = 0; i < l->account.exits; i++) {
        const struct account_exit *x = &l->account.exit[i];
        const double n = (double)l->account.n, known = (double)x->labelled;
        const bool path = l->measured.rounds > 0 && l->measured.left[i] > 0;

        if (json_array_append_new(list,
                json_pack("{s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "index",
                    (json_int_t)x->index, "name", x->name, "n",
                    (json_int_t)x->n, "share",
                    json_number_or_null((double)x->n / n), "accuracy",
                    json_number_or_null(
                        known > 0 ? (double)x->right / known : NAN),
                    "path_ns",
                    path ? validate_value_json(&l->measured.plan.path[i])
                         : json_null(),
                    "path_instructions",
                    json_number_or_null(x->counts / (double)x->n),
                    "max_abs_diff",
                    json_number_or_null(x->compared ? x->max_abs : NAN))) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Means over all runs, of those that reached it; of hand-overs the median, as
 * links are measured. */
static json_t *
processors_json(const struct lead *l)
{
    json_t *list = json_array();
    const double runs = (double)l->account.processor[0].reached;

    for (size_t i = 0; i < (size_t)l->chain->length; i++) {
        const struct account_processor *p = &l->account.processor[i];
        const double n = (double)p->reached;
        const struct account_median link =
            l->timed ? account_link_median(p)
                     : (struct account_median){ NAN, NAN, NAN };

        if (json_array_append_new(list,
                json_pack("{s:O?, s:o, s:o, s:o, s:o, s:o}", "name",
                    json_array_get(l->names, i), "share",
                    json_number_or_null(n / runs), "own_ns",
                    json_number_or_null(l->timed ? p->own_ns / n : NAN),
                    "link_ns", json_number_or_null(link.ns), "link_ci95_ns",
                    isnan(link.lo) ? json_null()
                                   : json_pack("[f,f]", link.lo, link.hi),
                    "instructions", json_number_or_null(p->counts / n))) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* One of the two networks: its times, what is right, what was counted. */
static json_t *
network_json(const struct lead *l, const struct validate_times *t, size_t right,
    size_t labelled, double counts)
{
    json_t *o =
        validate_times_json(l->measured.rounds > 0 ? t : NULL, right, labelled);

    if (o != NULL && json_object_set_new(o, "mean_instructions",
                         json_number_or_null(counts)) == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *
plan_json(const struct lead *l)
{
    size_t right = 0, labelled = 0;
    double counts = 0;

    for (int i = 0; i < l->account.exits; i++) {
        right += l->account.exit[i].right;
        labelled += l->account.exit[i].labelled;
        counts += l->account.exit[i].counts;
    }
    return network_json(
        l, &l->measured.plan, right, labelled, counts / (double)l->account.n);
}

static json_t *
full_json(const struct lead *l)
{
    const struct lead_full *f = &l->full;

    return f->runs ? network_json(l, &l->measured.full, f->right, f->labelled,
                         f->counts / (double)f->n)
                   : json_null();
}

json_t *
lead_json(const struct lead *l)
{
    const struct stretch *s = l->chain->stretch;
    int64_t flags =
        (l->measured.flags & ~FLAG(no_energy_sensor)) | l->energy_flags;
    char start[CLOCK_TEXT], end[CLOCK_TEXT];

    if (!l->timed)
        flags |= FLAG(emulated);
    if (l->chain->next != NULL)
        flags |= tcp_place_flags(relay_place(l->chain->next));
    if (l->account.n < (size_t)l->n)
        flags |= FLAG(partial);
    clock_utc_text(l->start.utc_ms, start);
    clock_utc_text(clock_utc_since(&l->start), end);
    return json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:I, s:I, s:I, s:o, s:o, "
                     "s:o, s:o, s:o, s:O?, s:o, s:o}",
        "schema", "offramp.relay/1", "started_at", start, "finished_at", end,
        "env_fingerprint", s->fingerprint, "env", s->stable, "n",
        (json_int_t)l->account.n, "rows", (json_int_t)l->n, "rounds",
        (json_int_t)l->measured.rounds, "handed_over",
        (json_int_t)l->account.handed_over, "exits", exits_json(l), "plan",
        plan_json(l), "processors", processors_json(l), "outputs",
        account_outputs_json(&l->account), "full", full_json(l), "energy",
        l->energy, "flags", flag_json(flags), "board", stretch_trouble(s));
}
