/* SPDX-License-Identifier: MIT */
#include "probes/relay/lead.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/flag.h"
#include "probes/relay/lead_internal.h"

enum { ROWS_BYTES_MAX = 1 << 30, TRIES = 8 };

/* ONNX Runtime fuses a whole network otherwise than its parts, and a board's
 * float32 sums come in another order. */
static const double ABS_TOLERANCE = 1e-6, REL_TOLERANCE = 1e-4;

static enum status
read_exits(struct lead *l, struct err *err)
{
    struct account *a = &l->account;
    const json_t *x;
    enum status st;
    size_t i;

    json_array_foreach(l->exits, i, x)
    {
        struct account_exit *e = &a->exit[a->exits];
        const struct json_field fields[] = {
            { "index", JF_INT, true, &e->index, 0, RUNNER_EXITS_MAX - 1 },
            { "name", JF_STR, true, &e->name, 0, 1024 },
            { "exact", JF_BOOL, false, &e->exact, 0, 0 },
        };

        if (a->exits == RUNNER_EXITS_MAX)
            return err_set(err, ST_INVALID, "request.field",
                "payload.exits: at most %d", RUNNER_EXITS_MAX);
        if ((st = JSON_PICK(x, "payload.exits", fields, err)) != ST_OK)
            return st;
        a->exits++;
    }
    return ST_OK;
}

static enum status
read_payload(struct lead *l, struct err *err)
{
    json_t *rows = NULL, *policy = NULL;
    const struct json_field top[] = {
        { "exits", JF_ARR, true, &l->exits, 0, 0 },
        { "names", JF_ARR, true, &l->names, 0, 0 },
        { "rows", JF_OBJ, true, &rows, 0, 0 },
        { "timed", JF_BOOL, true, &l->timed, 0, 0 },
        { "policy", JF_OBJ, false, &policy, 0, 0 },
        { "seed", JF_INT, false, &l->seed, 0, 9e15 },
    };
    const struct json_field in_rows[] = {
        { "inputs", JF_HASH, true, &l->inputs, 0, 0 },
        { "labels", JF_HASH, false, &l->labels, 0, 0 },
        { "reference", JF_HASH, false, &l->reference, 0, 0 },
        { "values", JF_INT, false, &l->width, 1, RELAY_VALUES_MAX },
        { "n", JF_INT, true, &l->n, 1, 1e7 },
    };
    const struct json_field in_policy[] = {
        { "budget_s", JF_REAL, false, &l->budget_s, 0.001, 86400 },
        { "ci_rel", JF_REAL, false, &l->ci_rel, 1e-4, 1 },
    };
    const json_t *payload = l->chain->task->payload;
    enum status st;

    if ((st = JSON_PICK(payload, "payload", top, err)) != ST_OK ||
        (st = JSON_PICK(rows, "payload.rows", in_rows, err)) != ST_OK ||
        (policy != NULL && (st = JSON_PICK(policy, "payload.policy", in_policy,
                                err)) != ST_OK))
        return st;
    return read_exits(l, err);
}

/* A blob of exactly `bytes`; none is fine. */
static enum status
load(const struct lead *l, const char *hex, const char *what, size_t bytes,
    char **data, struct err *err)
{
    char path[PATH_MAX];
    size_t len;
    enum status st;

    if (hex == NULL)
        return ST_OK;
    if ((st = task_blob_path(l->chain->task, hex, path, err)) != ST_OK ||
        (st = file_read(path, ROWS_BYTES_MAX, data, &len, err)) != ST_OK)
        return st;
    if (len != bytes)
        return err_set(err, ST_INVALID, "request.field",
            "payload.rows.%s has %zu bytes; the network and n ask for %zu",
            what, len, bytes);
    return ST_OK;
}

static enum status
load_rows(struct lead *l, struct err *err)
{
    const size_t n = (size_t)l->n, bytes = l->chain->stretch->takes.bytes;
    enum status st;

    if ((st = load(l, l->inputs, "inputs", n * bytes, &l->rows, err)) !=
            ST_OK ||
        (st = load(l, l->labels, "labels", n * sizeof(int64_t), &l->classes,
             err)) != ST_OK ||
        (st = load(l, l->reference, "reference",
             account_bytes(n, (size_t)l->width), &l->unsplit, err)) != ST_OK)
        return st;
    l->account.reference = (const uint8_t *)l->unsplit;
    l->account.width = (size_t)l->width;
    l->account.abs_tolerance = ABS_TOLERANCE;
    l->account.rel_tolerance = REL_TOLERANCE;
    return ST_OK;
}

/* ---- running ---- */

/* A board alone: its layers are what is timed, not the line to it. */
static bool
by_own_clock(const struct lead *l)
{
    return l->chain->length == 1 && l->chain->stretch->own_clock;
}

static enum status
run_row(struct lead *l, struct relay_answer *a, struct err *err)
{
    const int64_t start = clock_ns();
    enum status st = chain_run(l->chain, l->row, a, err);

    if (st != ST_OK || l->chain->stretch->timeless)
        return st;
    if (by_own_clock(l))
        l->own_ns = a->hop[0].within_ns;
    else
        a->hop[0].within_ns = (double)(clock_ns() - start);
    return st;
}

static enum status
run_full(struct lead *l, struct stretch_run *r, struct err *err)
{
    enum status st = stretch_run_full(l->chain->stretch, l->row, r, err);

    l->own_ns = r->own_ns;
    return st;
}

static const float *
row_at(const struct lead *l, size_t i)
{
    return (const float *)(const void *)(l->rows +
                                         i * l->chain->stretch->takes.bytes);
}

/* What the network without early exits makes of the row. */
static enum status
add_full(struct lead *l, int64_t label, struct err *err)
{
    struct stretch_run r;
    enum status st;

    if (!l->full.runs)
        return ST_OK;
    if ((st = run_full(l, &r, err)) != ST_OK)
        return st;
    l->full.n++;
    l->full.counts += r.counts;
    l->full.labelled += label >= 0;
    l->full.right += label >= 0 && r.class == label;
    return ST_OK;
}

/* Every row once, until the time is over: what it says is counted and
 * compared. */
static enum status
check_rows(struct lead *l, struct err *err)
{
    const int64_t *labels = (const int64_t *)(const void *)l->classes;
    const double share = l->timed ? l->budget_s / TRIES : l->budget_s;
    const int64_t end = clock_ns() + (int64_t)(share * 1e9);
    struct relay_answer a;
    enum status st = ST_OK;

    l->full.runs = l->chain->length == 1 && stretch_has_full(l->chain->stretch);
    for (size_t i = 0; i < (size_t)l->n && (i == 0 || clock_ns() < end); i++) {
        const int64_t label = labels != NULL ? labels[i] : -1;

        task_progress(
            l->chain->task, "samples", (int64_t)i, l->n, "first pass");
        l->row = row_at(l, i);
        if ((st = run_row(l, &a, err)) != ST_OK ||
            (st = account_add(&l->account, i, label, &a, err)) != ST_OK ||
            (st = add_full(l, label, err)) != ST_OK)
            return st;
        if (!l->timed)
            account_time(&l->account, &a);
    }
    return ST_OK;
}

static void
load_row(void *ctx, const float *row)
{
    ((struct lead *)ctx)->row = row;
}

static enum status
run_loaded(void *ctx, struct runner_answer *out, struct err *err)
{
    struct lead *l = ctx;
    struct relay_answer a;
    enum status st = run_row(l, &a, err);

    if (st != ST_OK)
        return st;
    account_time(&l->account, &a);
    *out = (struct runner_answer){
        .stage = account_find(&l->account, a.stage),
        .class = a.class,
        .score = a.score,
    };
    return out->stage >= 0 ? ST_OK
                           : err_set(err, ST_CORRUPT, "relay.exit",
                                 "a sample left at exit %lld, which the plan "
                                 "has not",
                                 (long long)a.stage);
}

static enum status
run_full_loaded(void *ctx, struct runner_answer *out, struct err *err)
{
    struct lead *l = ctx;
    struct stretch_run r;
    enum status st = run_full(l, &r, err);

    *out = (struct runner_answer){
        .stage = l->account.exits - 1, .class = r.class, .score = r.score
    };
    return st;
}

static void
progress(void *ctx, size_t done, size_t total)
{
    task_progress(ctx, "rounds", (int64_t)done, (int64_t)total, NULL);
}

static enum status
measure(struct lead *l, struct err *err)
{
    static const struct meter_handle none = { 0 };
    const double *own = by_own_clock(l) ? &l->own_ns : NULL;
    const struct validate_setup setup = { .host = &host_real,
        .energy = &none,
        .plan = { load_row, run_loaded, l, own },
        .full = { load_row, l->full.runs ? run_full_loaded : NULL, l, own },
        .rows = row_at(l, 0),
        .elements = l->chain->stretch->takes.bytes / sizeof(float),
        .labels = (const int64_t *)(const void *)l->classes,
        .n = l->account.n,
        .seed = (uint64_t)l->seed,
        .budget_s = l->budget_s,
        .ci_rel = l->ci_rel,
        .progress = progress,
        .ctx = l->chain->task };

    return validate_run(&setup, &l->measured, err);
}

/* Of a board alone, in a pass of its own. */
static enum status
measure_energy(struct lead *l, struct err *err)
{
    size_t left[RUNNER_EXITS_MAX];

    for (int i = 0; i < l->account.exits; i++)
        left[i] = l->account.exit[i].n;
    l->energy_flags = 0;
    task_progress(l->chain->task, "energy", 0, 1, NULL);
    return stretch_energy(
        l->chain->stretch, left, &l->energy, &l->energy_flags, err);
}

/* ---- together ---- */

/* What is known when it fails. */
static void
hand_over_partial(const struct lead *l)
{
    json_t *part =
        json_pack("{s:o}", "partial", l->account.n > 0 ? lead_json(l) : NULL);

    if (part != NULL)
        (void)!task_part(l->chain->task, part, NULL);
    json_decref(part);
}

enum status
lead_run(struct chain *c, json_t **result, struct err *err)
{
    struct lead *l = calloc(1, sizeof(*l));
    enum status st;

    if (l == NULL)
        return err_nomem(err);
    *l = (struct lead){ .chain = c,
        .seed = 1,
        .budget_s = 60,
        .ci_rel = 0.01,
        .energy_flags = FLAG(no_energy_sensor),
        .start = clock_start() };
    if ((st = read_payload(l, err)) == ST_OK &&
        (st = load_rows(l, err)) == ST_OK) {
        if ((st = check_rows(l, err)) == ST_OK && l->timed)
            st = measure(l, err);
        if (st == ST_OK && by_own_clock(l))
            st = measure_energy(l, err);
        if (st != ST_OK)
            hand_over_partial(l);
    }
    if (st == ST_OK && (*result = lead_json(l)) == NULL)
        st = err_nomem(err);
    json_decref(l->energy);
    free(l->rows);
    free(l->classes);
    free(l->unsplit);
    free(l);
    return st;
}
