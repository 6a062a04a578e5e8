/* SPDX-License-Identifier: MIT */
/* Jobs, searches, their tasks, plans, and the devices that do the work. */
#include "server/view.h"

#include <math.h>

/* What the agent said last; null before it said anything. */
static json_t *
view_progress(const struct task *t)
{
    if (t == NULL || t->phase == NULL)
        return json_null();
    return json_pack("{s:s,s:I,s:I,s:s}", "phase", t->phase, "done",
        (json_int_t)t->done, "total", (json_int_t)t->total, "detail",
        t->detail ? t->detail : "");
}

static json_t *
view_task_failure(const struct task *t)
{
    if (t == NULL)
        return json_null();
    return view_failure(
        t->error_class, t->error_code, t->error_detail, t->error_nodes);
}

json_t *
view_task(const struct task *t, json_t *waits_for)
{
    bool waits = t->state == TASK_QUEUED;

    return json_pack("{s:I,s:s,s:o,s:o,s:s,s:I,s:o,s:o,s:o,s:o,s:o,s:I}", "id",
        (json_int_t)t->id, "kind", task_kind_words[t->kind], "device",
        view_text(t->device), "selector", view_text(t->selector), "state",
        task_state_words[t->state], "attempt", (json_int_t)t->attempt,
        "queue_until", view_time(waits ? t->queue_until_ms : 0), "waits_for",
        waits_for, "progress", view_progress(t), "error", view_task_failure(t),
        "profile", view_id(t->profile), "n_parts", (json_int_t)t->n_parts);
}

json_t *
view_part(const struct part *p)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:o,s:s,s:I,s:o,s:o}", "id",
        (json_int_t)p->id, "task", (json_int_t)p->task, "lease",
        (json_int_t)p->lease, "attempt", (json_int_t)p->attempt, "device",
        view_text(p->device), "lease_state", lease_state_words[p->lease_state],
        "n", (json_int_t)p->n, "received_at", view_time(p->created_ms), "part",
        view_document(p->body));
}

json_t *
view_job(const struct job *j, json_t *tasks, const struct outlook *o)
{
    return json_pack("{s:I,s:s,s:s,s:o,s:o,s:o,s:s,s:I,s:s,s:I,s:o,s:o,s:o,"
                     "s:o,s:o,s:o,s:o}",
        "id", (json_int_t)j->id, "name", j->name ? j->name : "", "model",
        j->model, "devices", view_document(j->devices), "levels",
        view_document(j->levels), "policy", view_document(j->policy), "cache",
        cache_mode_words[j->cache], "priority", (json_int_t)j->priority,
        "state", run_state_words[j->state], "version", (json_int_t)j->version,
        "created_at", view_time(j->created_ms), "started_at",
        view_time(j->started_ms), "finished_at", view_time(j->finished_ms),
        "position",
        o != NULL && o->position >= 0 ? json_integer(o->position) : json_null(),
        "eta_s", json_number_or_null(o != NULL ? o->eta_s : NAN), "tasks",
        tasks, "quantise", view_document(j->quantise));
}

json_t *
view_reuse(const struct reuse *r)
{
    double n = (double)(r->hits + r->misses);

    return json_pack("{s:I,s:I,s:o,s:f}", "hits", (json_int_t)r->hits, "misses",
        (json_int_t)r->misses, "hit_rate",
        json_number_or_null(n > 0 ? (double)r->hits / n : NAN), "saved_s",
        r->saved_s);
}

json_t *
view_search(const struct search *s, const struct task *task)
{
    json_t *curve = s->curve ? view_document(s->curve) : json_array();

    return json_pack(
        "{s:I,s:o,s:I,s:o,s:s,s:b,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "id",
        (json_int_t)s->id, "profile", view_id(s->profile), "records",
        (json_int_t)s->records, "problem", view_document(s->problem), "state",
        run_state_words[s->state], "ending", s->ending_ms > 0, "version",
        (json_int_t)s->version, "progress", view_progress(task), "plan",
        view_id(s->plan), "curve", curve, "error", view_task_failure(task),
        "created_at", view_time(s->created_ms), "started_at",
        view_time(s->started_ms), "finished_at", view_time(s->finished_ms));
}

json_t *
view_plan(const struct plan *p)
{
    json_t *o =
        json_pack("{s:I,s:I,s:o,s:I,s:o}", "id", (json_int_t)p->id, "search",
            (json_int_t)p->search, "profile", view_id(p->profile), "records",
            (json_int_t)p->records, "created_at", view_time(p->created_ms));

    return view_merge(o, view_document(p->document));
}

json_t *
view_device(const struct device *d, json_t *golden)
{
    return json_pack("{s:s,s:s,s:o,s:s,s:s,s:s,s:b,s:o,s:o,s:o,s:o*}", "name",
        d->name, "agent", d->agent ? d->agent : "", "labels",
        view_document(d->labels), "state", d->online ? "online" : "offline",
        "health", device_health_words[d->health], "mode",
        device_mode_words[d->mode], "busy", d->busy, "last_seen_at",
        view_time(d->last_seen_ms), "env", view_document(d->env),
        "env_fingerprint", view_text(d->env_fingerprint), "golden", golden);
}
