/* SPDX-License-Identifier: MIT */
/*
 * A profile result becomes a profile and its rows.  What the probe left out
 * because this device had measured it before is copied in, and what depends
 * on it (closure) is computed again.
 */
#include "server/accept_profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/env_digest.h"
#include "base/flag.h"
#include "base/log.h"
#include "db/device.h"
#include "db/job.h"
#include "db/profile.h"
#include "server/accept_internal.h"
#include "server/api_util.h"
#include "server/audit.h"
#include "server/cache_have.h"
#include "server/chart.h"
#include "server/insitu_have.h"
#include "server/support.h"

/* ---- the payload, as it is leased ---- */

/* After a failure to measure, the budgets grow. */
static enum status
scale_budgets(json_t *payload, int64_t scale, struct err *err)
{
    static const struct {
        const char *name;
        double usual_s;
    } budgets[] = { { "layer_budget_s", 60 }, { "job_budget_s", 900 } };
    json_t *policy = json_object_get(payload, "policy");

    for (size_t i = 0; scale > 1 && i < 2; i++) {
        json_t *given = json_object_get(policy, budgets[i].name);
        double s = given ? json_number_value(given) : budgets[i].usual_s;

        if (json_object_set_new(
                policy, budgets[i].name, json_real(s * (double)scale)) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

static bool
uses_cache(enum cache_mode mode)
{
    return mode == CACHE_USE || mode == CACHE_ONLY;
}

static enum status
job_cache_mode(
    struct db *db, int64_t id, enum cache_mode *mode, struct err *err)
{
    struct job j = { 0 };
    enum status st = db_job_get(db, id, &j, err);

    *mode = j.cache;
    job_clear(&j);
    return st;
}

enum status
payload_profile(struct db *db, const struct payload_ask *ask, json_t *payload,
    struct err *err)
{
    struct device d = { 0 };
    enum cache_mode mode;
    json_t *have;
    enum status st;

    if ((st = scale_budgets(payload, ask->task->budget_scale, err)) != ST_OK ||
        (st = job_cache_mode(db, ask->task->job, &mode, err)) != ST_OK ||
        !uses_cache(mode))
        return st;
    if ((st = db_device_get(db, ask->device, ask->now_ms, &d, err)) != ST_OK)
        return st;
    st = cache_have(db,
        &(struct cache_query){ .device = ask->device,
            .env_fingerprint = d.env_fingerprint,
            .now_ms = ask->now_ms },
        json_object_get(payload, "analysis"),
        json_object_get(payload, "levels"), &have, err);
    if (st == ST_OK && mode == CACHE_USE) /* `only` promised to measure none */
        audit_take_out(have, json_object_get(payload, "analysis"),
            json_object_get(payload, "levels"), ask->task->job,
            ask->audit_rate);
    /* Should the environment have changed since, the probe must see that. */
    if (st == ST_OK && (json_object_set_new(payload, "have", have) < 0 ||
                           json_object_set_new(payload, "have_fingerprint",
                               json_string(d.env_fingerprint)) < 0))
        st = err_nomem(err);
    device_clear(&d);
    return st;
}

/* ---- the result ---- */

/* The members of offramp.profile/1; borrowed from it. */
struct profile_in {
    const char *device, *started_at, *finished_at, *fingerprint, *env_sha256,
        *grade;
    int64_t seed;
    json_t *policy, *env, *check, *closure, *exits, *flags, *rows, *support;
};

static enum status
read_result(const json_t *o, struct profile_in *in, struct err *err)
{
    const struct json_field fields[] = {
        { "device", JF_STR, true, &in->device, 0, 64 },
        { "started_at", JF_STR, true, &in->started_at, 0, 40 },
        { "finished_at", JF_STR, true, &in->finished_at, 0, 40 },
        { "seed", JF_INT, true, &in->seed, 0, 0 },
        { "policy", JF_OBJ, true, &in->policy, 0, 0 },
        { "env", JF_OBJ, true, &in->env, 0, 0 },
        { "env_fingerprint", JF_HASH, true, &in->fingerprint, 0, 0 },
        { "env_sha256", JF_HASH, true, &in->env_sha256, 0, 0 },
        { "check", JF_OBJ, true, &in->check, 0, 0 },
        { "closure", JF_OBJ, true, &in->closure, 0, 0 },
        { "exits", JF_ARR, true, &in->exits, 0, 0 },
        { "flags", JF_ARR, true, &in->flags, 0, 0 },
        { "grade", JF_STR, true, &in->grade, 0, 1 },
        { "rows", JF_ARR, true, &in->rows, 0, 0 },
        { "support", JF_OBJ, false, &in->support, 0, 0 },
    };
    enum status st = accept_schema(o, "result", "offramp.profile/1", err);

    return st == ST_OK ? JSON_PICK(o, "result", fields, err) : st;
}

/* What cannot be true of a result that may be stored. */
static enum status
check_result(
    const struct profile_in *in, const struct task *task, struct err *err)
{
    enum status st = accept_device(task, "device", in->device, err);

    if (st != ST_OK)
        return st;
    if (!json_is_true(json_object_get(in->check, "pass")))
        return err_set(err, ST_UNPROCESSABLE, "result.check",
            "result.check.pass is not true: a network with wrong outputs has "
            "no times (fail with model.wrong_output)");
    if (in->grade[0] == '\0' || strchr("ABCX", in->grade[0]) == NULL)
        return err_set(err, ST_UNPROCESSABLE, "result.grade",
            "result.grade must be A, B, C or X");
    if ((st = accept_times(in->started_at, in->finished_at, err)) != ST_OK)
        return st;
    return env_check(in->env, in->fingerprint, in->env_sha256, "result", err);
}

enum status
profile_closure_read(
    const json_t *o, const char *path, struct profile *p, struct err *err)
{
    const struct json_field fields[] = {
        { "closure_rel", JF_REAL, false, &p->closure_rel, 0, 0 },
        { "closure_hot_rel", JF_REAL, false, &p->closure_hot_rel, 0, 0 },
        { "overhead_rel", JF_REAL, false, &p->overhead_rel, 0, 0 },
        { "aa_rel", JF_REAL, false, &p->aa_rel, 0, 0 },
        { "sum_layers_ns", JF_REAL, false, &p->sum_layers_ns, 0, 1e15 },
        { "whole_ns", JF_REAL, false, &p->whole_ns, 0, 1e15 },
        { "dispatch_ns", JF_REAL, false, &p->dispatch_ns, 0, 1e15 },
    };

    p->closure_rel = p->closure_hot_rel = p->overhead_rel = p->aa_rel = NAN;
    p->sum_layers_ns = p->whole_ns = p->dispatch_ns = NAN;
    return JSON_PICK(o, path, fields, err);
}

/* What L0 and L1 of an earlier run have between them comes with their rows. */
static void
take_closure(struct profile *p, const struct insitu_have *insitu)
{
    if (insitu->n == 0)
        return;
    p->closure_rel = insitu->from.closure_rel;
    p->overhead_rel = insitu->from.overhead_rel;
    p->dispatch_ns = insitu->from.dispatch_ns;
    p->flags |= insitu->from.flags & (FLAG(closure_warn) | FLAG(closure_fail));
}

/* The probe could not add up layers that it did not measure. */
static void
close_again(struct profile *p, const struct profile_rows_in *in)
{
    if (in->n_fills == 0)
        return;
    p->sum_layers_ns = rows_in_sum_layers(in);
    p->whole_ns = rows_in_median(in, LEVEL_L0, ROLE_WHOLE, 0);
    p->closure_hot_rel = (p->sum_layers_ns - p->whole_ns) / p->whole_ns;
}

enum status
profile_exits_text(
    const json_t *exits, const json_t *analysis, char **out, struct err *err)
{
    const json_t *known = json_object_get(analysis, "exits"), *exit;
    json_t *list = json_array();
    enum status st = list ? ST_OK : err_nomem(err);
    size_t i;

    json_array_foreach(exits, i, exit)
    {
        int64_t index = -1;
        double residual = NAN, split = NAN, cut_ns = NAN, head_cut_ns = NAN;
        const json_t *name;
        const struct json_field fields[] = {
            { "index", JF_INT, true, &index, 0, 1e6 },
            { "prefix_residual_rel", JF_REAL, false, &residual, 0, 0 },
            { "prefix_split_rel", JF_REAL, false, &split, 0, 0 },
            { "cut_ns", JF_REAL, false, &cut_ns, 0, 0 },
            { "head_cut_ns", JF_REAL, false, &head_cut_ns, 0, 0 },
        };

        if (st == ST_OK)
            st = JSON_PICK(exit, "exits[]", fields, err);
        if (st != ST_OK)
            break;
        name = json_object_get(json_array_get(known, (size_t)index), "name");
        if (name == NULL)
            st = err_set(err, ST_UNPROCESSABLE, "result.exits",
                "exits[%zu].index: the model has %zu exits", i,
                json_array_size(known));
        else if (json_array_append_new(list,
                     json_pack("{s:I,s:O,s:o,s:o,s:o,s:o}", "index",
                         (json_int_t)index, "name", name, "prefix_residual_rel",
                         json_number_or_null(residual), "prefix_split_rel",
                         json_number_or_null(split), "cut_ns",
                         json_number_or_null(cut_ns), "head_cut_ns",
                         json_number_or_null(head_cut_ns))) < 0)
            st = err_nomem(err);
    }
    if (st == ST_OK)
        st = api_text(list, out, err);
    json_decref(list);
    return st;
}

/* ---- both together ---- */

/* A result on its way into the store. */
struct accepting {
    struct db *db;
    const struct task *task;
    int64_t now_ms;
    struct profile_in in;
    struct profile_rows_in rows;
    struct insitu_have insitu; /* empty: L0 and L1 are not of before */
    struct job job;
};

/* The documents of a profile; the caller frees them, also on failure. */
static enum status
write_documents(const struct profile_in *in, const json_t *analysis,
    struct profile *p, struct err *err)
{
    enum status st;

    if (in->support != NULL &&
        ((st = support_check(in->support, analysis, err)) != ST_OK ||
            (st = api_text(in->support, &p->support, err)) != ST_OK))
        return st;
    if ((st = api_text(in->policy, &p->policy, err)) != ST_OK ||
        (st = api_text(in->env, &p->env, err)) != ST_OK ||
        (st = api_text(in->check, &p->check, err)) != ST_OK)
        return st;
    return profile_exits_text(in->exits, analysis, &p->exits, err);
}

/* As it was when the lease was made, and told what is there. */
static struct cache_query
query_of(const struct accepting *a)
{
    return (struct cache_query){ .device = a->in.device,
        .env_fingerprint = a->in.fingerprint,
        .now_ms = a->task->started_ms > 0 ? a->task->started_ms : a->now_ms };
}

/* The device is not what it was (only what it measured now counts), or its
 * machine is quieter than it was (what that spoilt can be measured better). */
static enum status
expire_older(const struct accepting *a, int64_t profile, struct err *err)
{
    const struct cache_query q = query_of(a);
    int64_t n = 0;
    enum status st;

    if (!a->rows.moved) {
        st = db_cache_expire_noisy(a->db, &q, profile, &n, err);
        log_info("%s is quieter than it was: %lld rows of grade C are stale",
            a->in.device, (long long)n);
        return st;
    }
    st = db_cache_expire_before(a->db, &q, profile, &n, err);
    log_warn("%s: what it measured before takes over 5 %% more or less now: "
             "%lld earlier rows are stale",
        a->in.device, (long long)n);
    return st;
}

/* As good as what claims to be its whole network, now or from before. */
static char
profile_grade(const struct accepting *a, int64_t flags)
{
    const struct measure *now = rows_in_find(&a->rows, LEVEL_L0, ROLE_WHOLE, 0);
    const struct cache_fill *before =
        rows_in_fill_find(&a->rows, LEVEL_L0, ROLE_WHOLE, 0);
    double ci_rel = now ? row_ci_rel(now) : before ? before->ci_rel : NAN;
    bool timed = now ? now->source != SOURCE_EMULATED &&
                           !(now->flags & FLAG(unsupported))
                     : before != NULL && !isnan(before->median_ns);

    return row_grade(a->in.grade[0], flags, ci_rel, timed);
}

static enum status
store_rows(const struct accepting *a, int64_t profile, struct err *err)
{
    enum status st = rows_in_store(a->db, &a->rows, profile, err);

    if (st == ST_OK && (a->rows.moved || a->rows.quieter))
        st = expire_older(a, profile, err);
    if (st == ST_OK)
        st = chart_watch(a->db,
            &(struct chart_run){ .device = a->in.device,
                .env_fingerprint = a->in.fingerprint,
                .profile = profile },
            err);
    return st;
}

static enum status
store_profile(const struct accepting *a, struct err *err)
{
    const struct profile_in *in = &a->in;
    struct profile p = { .job = a->task->job,
        .task = a->task->id,
        .model = a->job.model,
        .device = (char *)in->device,
        .created_ms = a->now_ms,
        .started_ms = clock_utc_parse(in->started_at),
        .finished_ms = clock_utc_parse(in->finished_at),
        .seed = in->seed,
        .env_fingerprint = (char *)in->fingerprint,
        .env_sha256 = (char *)in->env_sha256 };
    int64_t id;
    enum status st;

    if ((st = profile_closure_read(in->closure, "result.closure", &p, err)) ==
            ST_OK &&
        (st = flag_from_json(in->flags, &p.flags, err)) == ST_OK &&
        (st = write_documents(in, a->rows.analysis, &p, err)) == ST_OK) {
        take_closure(&p, &a->insitu);
        close_again(&p, &a->rows);
        if (!rows_in_complete(&a->rows))
            p.flags |= FLAG(partial);
        p.grade = profile_grade(a, p.flags);
        if ((st = db_profile_add(a->db, &p, &id, err)) == ST_OK)
            st = store_rows(a, id, err);
    }
    free(p.policy);
    free(p.env);
    free(p.check);
    free(p.exits);
    free(p.support);
    return st;
}

/* The network in situ, from before: where L1 was asked for and nothing of it
 * was measured now, all of L0 and L1 is of that run. */
static enum status
fill_insitu(struct accepting *a, const struct cache_query *q, struct err *err)
{
    struct profile_rows_in *rows = &a->rows;
    struct err why = { 0 };
    enum status st;

    if (!rows_in_asked(rows, LEVEL_L1) ||
        rows_in_find(rows, LEVEL_L0, ROLE_WHOLE, 0) != NULL ||
        rows_in_find(rows, LEVEL_L1, ROLE_WHOLE, 0) != NULL)
        return ST_OK;
    st = insitu_have_find(a->db, q, rows->analysis, &a->insitu, &why);
    if (st == ST_NOT_FOUND) {
        insitu_have_clear(&a->insitu);
        return ST_OK;
    }
    if (st != ST_OK)
        return err_set(err, st, why.code, "%s", why.text);
    for (size_t i = 0; st == ST_OK && i < a->insitu.n; i++)
        st = rows_in_add_fill(rows, &a->insitu.fill[i], err);
    return st;
}

/* Hold the new rows against what this device measured before, and copy in
 * the rest of that, if the job lets us. */
static enum status
fill_rows(struct accepting *a, struct err *err)
{
    struct profile_rows_in *rows = &a->rows;
    const struct cache_query q = query_of(a);
    enum status st = audit_rows(a->db, rows, &q, err);

    if (st == ST_OK && uses_cache(a->job.cache) &&
        (st = fill_insitu(a, &q, err)) == ST_OK)
        st = rows_in_fill(a->db, rows, &q, err);
    if (st == ST_OK && rows->n + rows->n_fills == 0)
        st = err_set(err, ST_UNPROCESSABLE, "result.row",
            "rows has none, and none were measured before");
    return st;
}

static enum status
accept_with(struct db *db, const struct task *task, const json_t *payload,
    const json_t *result, int64_t now_ms, struct err *err)
{
    struct accepting a = { .db = db,
        .task = task,
        .now_ms = now_ms,
        .rows = { .analysis = json_object_get(payload, "analysis"),
            .levels = json_object_get(payload, "levels") } };
    enum status st;

    if ((st = read_result(result, &a.in, err)) == ST_OK &&
        (st = check_result(&a.in, task, err)) == ST_OK &&
        (st = rows_in_read(&a.rows, a.in.rows, err)) == ST_OK &&
        (st = db_job_get(db, task->job, &a.job, err)) == ST_OK &&
        (st = fill_rows(&a, err)) == ST_OK)
        st = store_profile(&a, err);
    job_clear(&a.job);
    insitu_have_clear(&a.insitu);
    rows_in_clear(&a.rows);
    return st;
}

enum status
accept_profile(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    json_t *payload;
    enum status st =
        json_parse(task->payload, strlen(task->payload), &payload, err);

    if (st != ST_OK)
        return st;
    st = accept_with(db, task, payload, result, now_ms, err);
    json_decref(payload);
    return st;
}
