/* SPDX-License-Identifier: MIT */
#include "probes/measure/pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/flag.h"
#include "base/log.h"
#include "probes/measure/epoch.h"
#include "probes/measure/warmup.h"

enum {
    PER_MILLE = 1000,
    BLOCK_NETS = 64,
    BLOCK_BYTES = 256 << 20,
    P99_SINGLES = 662
};
static const int64_t EPOCH_NS = 2000000;
static const double SHORT_WARMUP_S = 0.02;

void
pass_progress(const struct profiler *p, const struct pass *pass, size_t done,
    const char *detail)
{
    const struct profile_hooks *h = &p->setup->hooks;
    double part = (double)done / (2.0 * (double)pass->n);

    if (h->progress != NULL)
        h->progress(h->ctx, pass->phase,
            (size_t)(PER_MILLE * (pass->begin + pass->share * part)), PER_MILLE,
            detail);
}

enum status
pass_blame(enum status st, const struct job *job, const struct err *cause,
    struct err *err)
{
    if (st == ST_OK)
        return ST_OK;
    return err_set(err, st, cause->code, "%s '%s': %s",
        row_role_name(job->role), job->name, cause->text);
}

static enum status
open_net(struct profiler *p, struct job *job, struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    struct net_options opts = NET_OPTIONS_DEFAULT;
    struct net_source src = { 0 };
    char path[PATH_MAX], trace[PATH_MAX];
    enum status st;

    if ((st = h->blob_path(h->ctx, job->item->blob, path, err)) != ST_OK)
        return st;
    src.path = path;
    opts.threads = (int)p->plan.policy.threads;
    if (job->traced) {
        h->scratch(h->ctx, trace);
        opts.trace = trace;
    }
    st = netbench_open(&job->bench, p->setup->kit->runtime, &src, &opts,
        (uint64_t)p->plan.seed, err);
    if (st == ST_OK)
        netbench_subject(job->bench, &job->subject);
    return st;
}

enum status
pass_golden(const struct profiler *p, enum golden_kind kind,
    struct golden **kernel, struct subject *s, struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    enum status st;

    *kernel = NULL;
    if (h->golden != NULL) {
        h->golden(h->ctx, kind, s);
        return ST_OK;
    }
    if ((st = golden_open(kernel, kind, err)) == ST_OK)
        golden_subject(*kernel, s);
    return st;
}

static enum status
open_job(struct profiler *p, struct job *job, struct err *err)
{
    enum status st;

    if (job->item != NULL)
        st = open_net(p, job, err);
    else
        st = pass_golden(
            p, (enum golden_kind)job->index, &job->golden, &job->subject, err);
    job->subject.first_ns = NAN;
    job->subject.most = job->most;
    job->subject.single =
        job->level == LEVEL_L0 || job->level == LEVEL_L3 || job->traced;
    return st;
}

static void
close_job(struct profiler *p, struct job *job)
{
    p->loop_ns += job->subject.spent_ns;
    p->sample_ns += job->subject.sampled_ns;
    subject_clear(&job->subject);
    netbench_close(job->bench);
    golden_close(job->golden);
    json_decref(job->energy);
    json_decref(job->counters);
    job->bench = NULL;
    job->golden = NULL;
    job->energy = job->counters = NULL;
}

/* The sentinel has brought the processor up, so all but the whole network,
 * which lays out the most memory, begin with a short one.  A profiler keeps
 * every run: its net is warmed up by the plain one.  Golden kernels are plain
 * C without memory to lay out. */
static struct warmup
warmup_of(const struct pass *pass, const struct job *job, int64_t share_ns)
{
    if (job->traced)
        return warmup_for(SHORT_WARMUP_S, share_ns);
    if (job->item == NULL)
        return warmup_next(warmup_for(pass->warmup_s / 5, share_ns));
    if (job->level == LEVEL_L0)
        return warmup_for(pass->warmup_s, share_ns);
    return warmup_next(warmup_for(pass->warmup_s, share_ns));
}

/* What is counted is opened by a process of its own (counting.h); here only
 * where it is looked at too. */
static bool
is_opened(
    const struct profiler *p, const struct pass *pass, const struct job *job)
{
    return !p->setup->counts ||
           (pass->inspect != NULL && job->role == ROLE_PREFIX);
}

/* Open, inspect, warm up and calibrate one job. */
static enum status
prepare(struct profiler *p, struct pass *pass, struct job *job, struct err *err)
{
    const struct host *host = p->setup->host;
    int64_t left = pass->end_ns - host->now_ns(host->ctx);
    struct warmup w =
        warmup_of(pass, job, left > 0 ? left / (int64_t)(2 * pass->n) : 0);
    struct err cause = { 0 };
    enum status st;

    if (!is_opened(p, pass, job))
        return ST_OK;
    spending_turn(&p->spending, SPEND_OPEN);
    st = open_job(p, job, &cause);
    spending_turn(&p->spending, SPEND_CHECK);
    if (st == ST_OK && pass->inspect != NULL)
        st = pass->inspect(p, job, &cause);
    spending_turn(&p->spending, SPEND_WARM_UP);
    if (st != ST_OK || p->setup->counts)
        return pass_blame(st, job, &cause, err);
    if (st == ST_OK)
        st = warmup_run(&job->subject, host, &w, &cause);
    if (st == ST_OK)
        st = epoch_calibrate(
            &job->subject, host, epoch_target_ns(&p->clock, EPOCH_NS), &cause);
    /* Things compared with each other take the same number of turns. */
    if (st == ST_OK && job->twin != NULL)
        job->subject.n = job->twin->subject.n;
    return pass_blame(st, job, &cause, err);
}

struct ticker {
    const struct profiler *p;
    const struct pass *pass;
    size_t from, to;
};

static void
tick(void *ctx)
{
    const struct ticker *t = ctx;
    size_t settled = t->from;
    char detail[64];

    for (size_t i = t->from; i < t->to; i++)
        settled += t->pass->jobs[i].subject.stop != STOP_NONE;
    snprintf(detail, sizeof(detail), "%zu of %zu settled", settled, t->pass->n);
    pass_progress(t->p, t->pass, t->pass->n + settled, detail);
}

static void
note_rounds(struct profiler *p, const struct pass *pass,
    const struct rounds_result *result)
{
    log_info(
        "%s: %zu rounds kept, %zu set aside, waited %.1f s for the machine",
        pass->phase, result->kept, result->discarded,
        (double)result->waited_ns / 1e9);
    p->rounds_kept += result->kept;
    p->rounds_discarded += result->discarded;
    p->spread = fmax(p->spread, result->spread); /* fmax skips a NaN */
}

enum status
pass_rounds(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    const struct host *host = p->setup->host;
    struct ticker ticker = { p, pass, from, to };
    struct rounds_plan plan = { .ci_rel = p->plan.policy.ci_rel,
        .max_rounds = (size_t)p->plan.policy.max_rounds,
        .least_singles = pass->level == LEVEL_L3 ? 0 : P99_SINGLES,
        .layer_budget_ns = (int64_t)(p->plan.policy.layer_budget_s * 1e9),
        .deadline_ns = pass->end_ns,
        .pair = pass->pair,
        .tick = tick,
        .tick_ctx = &ticker,
        .spending = &p->spending };
    struct subject *subjects[BLOCK_NETS];
    struct rounds_result result;
    struct watch watch;
    int64_t now = host->now_ns(host->ctx);
    int64_t flags;
    enum status st;

    /* Of what is left, each block gets its share. */
    plan.deadline_ns = now + (pass->end_ns - now) * (int64_t)(to - from) /
                                 (int64_t)(pass->n - from);
    for (size_t i = from; i < to; i++)
        subjects[i - from] = &pass->jobs[i].subject;
    watch_start(&watch, host);
    spending_turn(&p->spending, SPEND_ROUNDS);
    st = rounds_run(
        subjects, to - from, &p->sentinel, &plan, host, &p->rng, &result, err);
    note_rounds(p, pass, &result);
    watch_look(&watch);
    flags = watch_flags(&watch);
    if (result.thermal_unstable)
        flags |= FLAG(thermal_unstable);
    for (size_t i = from; i < to; i++)
        pass->jobs[i].flags |= flags;
    p->flags |= flags;
    return st;
}

/* What a row says of the whole profile. */
static void
note_row(struct profiler *p, const struct job *job, const struct row *row)
{
    double ci_rel = stats_ci_rel(&row->stats);

    if (job->level == LEVEL_L0)
        p->whole_ci_rel = ci_rel;
    p->flags |= row->flags & FLAG(freq_varied);
    p->widest_ci_rel =
        isnan(ci_rel) ? INFINITY : fmax(p->widest_ci_rel, ci_rel);
    if (row->subject->stop == STOP_MAX_TIME && (row->flags & FLAG(few_samples)))
        p->flags |= FLAG(partial);
}

static enum status
make_row(struct profiler *p, const struct pass *pass, struct job *job,
    json_t *part, struct err *err)
{
    bool timed =
        pass->level != LEVEL_L4 && pass->level != LEVEL_L5 && !p->setup->counts;
    struct row row = { .level = level_name(job->level),
        .role = job->role,
        .index = job->index,
        .name = job->name,
        .kernel_key = job->item != NULL ? job->item->kernel_key : NULL,
        .subject = timed ? &job->subject : NULL,
        .energy = job->energy,
        .counters = job->counters };
    enum status st =
        row_finish(&row, p->plan.policy.ci_rel, &p->clock, job->flags, err);

    if (st != ST_OK)
        return st;
    job->median_ns = row.stats.median;
    if (timed)
        note_row(p, job, &row);
    job->row = row_json(&row, p->plan.seed);
    if (json_array_append(part, job->row) < 0 ||
        json_array_append_new(p->rows, job->row) < 0)
        return err_nomem(err);
    return ST_OK;
}

/* Rows of jobs [from, to), handed over as a part too. */
static enum status
make_rows(struct profiler *p, const struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    json_t *rows = json_array(), *part;
    enum status st = rows != NULL ? ST_OK : err_nomem(err);

    for (size_t i = from; st == ST_OK && i < to; i++)
        st = make_row(p, pass, &pass->jobs[i], rows, err);
    if (st == ST_OK && h->part != NULL) {
        part = json_pack(
            "{s:s, s:O}", "level", level_name(pass->level), "rows", rows);
        st = part != NULL ? h->part(h->ctx, part, err) : err_nomem(err);
        json_decref(part);
    }
    json_decref(rows);
    return st;
}

/* How many jobs from `from` on may be open together; one at least. */
static enum status
block_end(const struct profiler *p, const struct pass *pass, size_t from,
    size_t *to, struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    int64_t bytes = 0;
    size_t i;

    for (i = from; i < pass->n && i - from < BLOCK_NETS; i++) {
        char path[PATH_MAX];
        enum status st;

        if (pass->jobs[i].item == NULL)
            continue;
        st = h->blob_path(h->ctx, pass->jobs[i].item->blob, path, err);
        if (st != ST_OK)
            return st;
        bytes += file_size(path);
        if (bytes > BLOCK_BYTES && i > from)
            break;
    }
    *to = i;
    return ST_OK;
}

static enum status
run_block(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = from; st == ST_OK && i < to; i++) {
        pass_progress(p, pass, i, pass->jobs[i].name);
        st = prepare(p, pass, &pass->jobs[i], err);
    }
    if (st == ST_OK)
        st = pass->measure(p, pass, from, to, err);
    spending_turn(&p->spending, SPEND_REST);
    if (st == ST_OK)
        st = make_rows(p, pass, from, to, err);
    spending_turn(&p->spending, SPEND_OPEN);
    for (size_t i = from; i < to; i++)
        close_job(p, &pass->jobs[i]);
    spending_turn(&p->spending, SPEND_REST);
    return st;
}

enum status
pass_run(struct profiler *p, struct pass *pass, struct err *err)
{
    enum status st = ST_OK;
    size_t to;

    for (size_t from = 0; st == ST_OK && from < pass->n; from = to) {
        st = block_end(p, pass, from, &to, err);
        if (st == ST_OK)
            st = run_block(p, pass, from, to, err);
    }
    return st;
}

enum status
pass_copy(struct profiler *p, const struct job *job, const struct item *item,
    struct err *err)
{
    json_t *row = json_copy(job->row); /* shallow: members are replaced */
    json_t *flags = json_copy(json_object_get(job->row, "flags"));
    int bad = row == NULL || flags == NULL;

    if (!bad) {
        bad |= json_array_append_new(
            flags, json_string(flag_name(FLAG_INDEX_cached)));
        bad |= json_object_set(row, "flags", flags);
        bad |= json_object_set_new(
            row, "role", json_string(row_role_name(item->role)));
        bad |= json_object_set_new(row, "index", json_integer(item->index));
        bad |= json_object_set_new(row, "name", json_string(item->name));
        bad |= json_object_set_new(row, "epochs_ns", json_array());
        bad |= json_array_append(p->rows, row);
    }
    json_decref(flags);
    json_decref(row);
    return bad ? err_nomem(err) : ST_OK;
}
