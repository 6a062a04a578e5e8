/* SPDX-License-Identifier: MIT */
#include "probes/mcu/task_board.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/env_digest.h"
#include "base/file.h"
#include "base/flag.h"
#include "base/log.h"
#include "probes/mcu/energy.h"
#include "probes/mcu/golden_image.h"
#include "probes/mcu/measure.h"
#include "probes/mcu/network.h"
#include "probes/mcu/site.h"
#include "probes/meters/external.h"

enum { BLOB_MAX = 1 << 28 };
static const int64_t IDLE_NS = 5000000000;

/* One task of a board; everything is owned but what is borrowed of `t`. */
struct work {
    struct task *t;
    const char *device;
    struct site_board site;
    struct rig rig;
    struct plan plan;
    struct golden_image golden;
    struct parts kernels, parts;
    char *image, *sample;
    size_t len, n_sample;
    json_t *rows, *support, *problems; /* those of the energy meter */
    struct rig_check check;
    struct clock_start start;
    int64_t flags;
};

static const char *
device_of(const struct task *t)
{
    return json_get_string(t->lease, "device", "");
}

bool
task_is_for_board(const struct task *t)
{
    struct site_board s;

    return site_find(device_of(t), &s, NULL) == ST_OK;
}

static void
work_clear(struct work *w)
{
    parts_clear(&w->kernels);
    parts_clear(&w->parts);
    golden_image_clear(&w->golden);
    plan_clear(&w->plan);
    rig_clear(&w->rig);
    json_decref(w->rows);
    json_decref(w->support);
    json_decref(w->problems);
    free(w->image);
    free(w->sample);
}

static enum status
start(struct work *w, struct err *err)
{
    struct board *b = NULL;
    enum status st;

    w->start = clock_start();
    w->device = device_of(w->t);
    w->rows = json_array();
    w->problems = json_array();
    if (w->rows == NULL || w->problems == NULL)
        return err_nomem(err);
    task_progress(w->t, "board", 0, 1, w->device);
    if ((st = site_find(w->device, &w->site, err)) != ST_OK ||
        (st = site_open(&w->site, &b, err)) != ST_OK ||
        (st = rig_init(&w->rig, b, site_emulated(&w->site), err)) != ST_OK)
        return st;
    if (w->rig.emulated)
        w->flags |= FLAG(emulated);
    w->flags |= FLAG(no_energy_sensor);
    return ST_OK;
}

/* ---- measuring ---- */

static void
progress(void *ctx, size_t done, size_t total)
{
    task_progress(ctx, "rounds", (int64_t)done, (int64_t)total, NULL);
}

static void
progress_energy(void *ctx, size_t done, size_t total)
{
    task_progress(ctx, "energy", (int64_t)done, (int64_t)total, NULL);
}

static enum status
add_rows(struct work *w, const struct parts *p,
    const struct measure_limits *limits, struct err *err)
{
    enum status st = ST_OK;
    json_t *row;

    for (size_t i = 0; st == ST_OK && i < p->n; i++) {
        const struct part *x = &p->part[i];

        /* A cut that the network has not is no row; a layer always is one,
         * and what cannot run says so. */
        if (x->empty && x->lack == NULL && x->role != ROLE_LAYER &&
            x->role != ROLE_SEGMENT)
            continue;
        st = measure_row(&w->rig, x, limits, 0, &row, NULL, err);
        if (st == ST_OK && json_array_append_new(w->rows, row) < 0)
            st = err_nomem(err);
    }
    return st;
}

static struct measure_limits
limits_of(const struct work *w)
{
    return (struct measure_limits){ .policy = &w->plan.policy,
        .seed = w->plan.seed,
        .progress = progress,
        .ctx = w->t };
}

static enum status
measure(struct work *w, struct parts *p, struct err *err)
{
    const struct measure_limits limits = limits_of(w);
    enum status st = measure_parts(&w->rig, p, &limits, err);

    return st == ST_OK ? add_rows(w, p, &limits, err) : st;
}

static enum status
measure_golden(struct work *w, struct err *err)
{
    size_t rounds = measure_rounds_max(&w->rig, &w->plan.policy);
    enum status st;

    if ((st = golden_image_make(&w->golden, err)) != ST_OK ||
        (st = golden_image_parts(&w->kernels, rounds, err)) != ST_OK ||
        (st = rig_load(&w->rig, w->golden.image, w->golden.len, w->golden.input,
             err)) != ST_OK ||
        (st = rig_compare(&w->rig, &w->check, err)) != ST_OK)
        return st;
    return measure(w, &w->kernels, err);
}

static enum status
read_blob(const struct work *w, const json_t *image, const char *name,
    char **data, size_t *len, struct err *err)
{
    char path[PATH_MAX];
    enum status st =
        task_blob_path(w->t, json_get_string(image, name, ""), path, err);

    return st == ST_OK ? file_read(path, BLOB_MAX, data, len, err) : st;
}

static enum status
tell_problem(struct work *w, const char *name, const char *code,
    const char *why, struct err *err)
{
    json_t *o =
        json_pack("{s:s,s:s,s:s}", "name", name, "code", code, "why", why);

    return json_array_append_new(w->problems, o) == 0 ? ST_OK : err_nomem(err);
}

/* Under the board's meter, if it has one; an emulator takes none of a board's
 * energy. */
static enum status
measure_energy(
    struct work *w, const json_t *image, uint32_t n_layers, struct err *err)
{
    struct measure_limits limits = limits_of(w);
    struct board_energy e = { .rig = &w->rig,
        .limits = &limits,
        .idle_ns = IDLE_NS,
        .problems = w->problems };
    struct plan all = w->plan; /* the same parts, whatever else was asked for */
    struct meter_handle meter;
    struct parts parts = { 0 };
    struct err why = { 0 };
    char room[RIG_WHY];
    enum status st;

    limits.progress = progress_energy;
    if (w->rig.emulated || !w->plan.policy.energy ||
        !(w->plan.levels & LEVEL_BIT(LEVEL_L5)))
        return ST_OK;
    if ((st = meter_external_open(&meter, w->device, &why)) != ST_OK) {
        log_info("no energy of %s: %s", w->device, why.text);
        return st == ST_NOT_FOUND ? ST_OK : err_nomem(err);
    }
    w->flags &= ~FLAG(no_energy_sensor);
    if (!rig_fits(&w->rig, w->image, w->len, room)) {
        meter_close(&meter);
        return tell_problem(w, "network", "model.too_large", room, err);
    }
    all.levels =
        LEVEL_BIT(LEVEL_L0) | LEVEL_BIT(LEVEL_L2) | LEVEL_BIT(LEVEL_L6);
    e.meter = &meter;
    e.parts = &parts;
    st = parts_make(&parts, &all, json_object_get(w->t->payload, "analysis"),
        image, n_layers, 1, err);
    if (st == ST_OK)
        st = board_energy_rows(&e, w->rows, err);
    parts_clear(&parts);
    meter_close(&meter);
    return st;
}

static enum status
measure_network(struct work *w, const json_t *image, struct err *err)
{
    const struct measure_limits limits = limits_of(w);
    struct network n = { .doc = image,
        .analysis = json_object_get(w->t->payload, "analysis"),
        .plan = &w->plan };
    const struct nn_image *head;
    enum status st;

    if ((st = read_blob(w, image, "image", &w->image, &w->len, err)) != ST_OK ||
        (st = read_blob(w, image, "sample", &w->sample, &w->n_sample, err)) !=
            ST_OK)
        return st;
    head = (const void *)w->image;
    if (w->len < sizeof(*head) || head->in_bytes != w->n_sample)
        return err_set(err, ST_UNPROCESSABLE, "model.image",
            "the sample has %zu bytes, the image of %zu takes others",
            w->n_sample, w->len);
    n.image = w->image;
    n.len = w->len;
    n.sample = (const uint8_t *)w->sample;
    task_progress(w->t, "check", 0, 1, "outputs");
    st = network_measure(
        &w->rig, &n, &limits, &w->parts, &w->check, &w->support, err);
    if (st == ST_OK)
        st = add_rows(w, &w->parts, &limits, err);
    return st == ST_OK ? measure_energy(w, image, head->n_layers, err) : st;
}

/* ---- the documents ---- */

static enum status
add_env(struct work *w, const char *dtype, json_t *doc, struct err *err)
{
    char fingerprint[HASH_HEX], digest[HASH_HEX], begun[CLOCK_TEXT],
        ended[CLOCK_TEXT];
    json_t *stable = NULL, *env, *trouble;
    enum status st =
        site_stable(&w->site, w->rig.board, dtype, &stable, fingerprint, err);

    if (st != ST_OK)
        return st;
    clock_utc_text(w->start.utc_ms, begun);
    clock_utc_text(clock_utc_since(&w->start), ended);
    env = json_pack("{s:o,s:{s:s,s:s,s:O}}", "stable", stable, "volatile",
        "utc_start", begun, "utc_end", ended, "energy_problems", w->problems);
    if ((trouble = rig_trouble(&w->rig)) == NULL || env == NULL ||
        json_object_update(json_object_get(env, "volatile"), trouble) != 0) {
        json_decref(trouble);
        json_decref(env);
        return err_nomem(err);
    }
    json_decref(trouble);
    if ((st = env_hash(env, digest, err)) != ST_OK) {
        json_decref(env);
        return st;
    }
    if (json_object_set_new(doc, "env", env) == 0 &&
        json_object_set_new(doc, "env_fingerprint", json_string(fingerprint)) ==
            0 &&
        json_object_set_new(doc, "env_sha256", json_string(digest)) == 0 &&
        json_object_set_new(doc, "started_at", json_string(begun)) == 0 &&
        json_object_set_new(doc, "finished_at", json_string(ended)) == 0)
        return ST_OK;
    return err_nomem(err);
}

static double
middle(const struct part *p)
{
    return p != NULL && !p->empty && p->n > 0 ? p->values[p->n / 2] : NAN;
}

/* Sums of an emulated board are counts, which the closure has no place for
 * but as ratios. */
static json_t *
closure(const struct work *w)
{
    double whole = middle(parts_find(&w->parts, ROLE_WHOLE, 0)), sum = 0, pair;
    const struct part *twin = NULL;

    for (size_t i = 0; i < w->parts.n; i++) {
        const struct part *p = &w->parts.part[i];

        if (p->role == ROLE_LAYER && !p->empty)
            sum += middle(p);
        if (p->role == ROLE_AA)
            twin = p;
    }
    pair = twin ? middle(parts_find(&w->parts, ROLE_LAYER, twin->index)) : NAN;
    return json_pack("{s:o,s:o,s:n,s:n,s:o,s:o}", "closure_hot_rel",
        json_number_or_null((sum - whole) / whole), "aa_rel",
        json_number_or_null((middle(twin) - pair) / pair), "closure_rel",
        "overhead_rel", "sum_layers_ns",
        json_number_or_null(w->rig.emulated ? NAN : rig_ns(&w->rig, sum)),
        "whole_ns",
        json_number_or_null(w->rig.emulated ? NAN : rig_ns(&w->rig, whole)));
}

/* How far segments and heads added up are from the prefix. */
static json_t *
exits(const struct work *w)
{
    json_t *list = json_array();
    double sum = 0;

    for (size_t k = 0; k < w->plan.n_exits; k++) {
        int64_t i = w->plan.cuts[CUT_SEGMENT][k].index;
        double head = middle(parts_find(&w->parts, ROLE_HEAD, i));
        double segment = middle(parts_find(&w->parts, ROLE_SEGMENT, i));
        double prefix = middle(parts_find(&w->parts, ROLE_PREFIX, i));

        sum += isnan(segment) ? 0 : segment;
        json_array_append_new(
            list, json_pack("{s:I,s:o}", "index", (json_int_t)i,
                      "prefix_residual_rel",
                      json_number_or_null(
                          (sum + (isnan(head) ? 0 : head) - prefix) / prefix)));
    }
    return list;
}

static json_t *
check_json(const struct rig_check *c)
{
    return json_pack("{s:b,s:I,s:f,s:f,s:f,s:s}", "pass", 1, "outputs",
        (json_int_t)c->outputs, "max_abs_err", c->max_abs_err, "max_rel_err",
        c->max_rel_err, "tolerance", 1e-5, "reference",
        "the same kernels on the probe's host, after every layer (int8 by "
        "bytes)");
}

static enum status
compose(struct work *w, const json_t *image, json_t **result, struct err *err)
{
    enum status st;
    json_t *doc = json_pack("{s:s,s:s,s:I,s:o,s:o,s:O,s:o,s:o,s:o,s:s,s:O}",
        "schema", "offramp.profile/1", "device", w->device, "seed",
        (json_int_t)w->plan.seed, "policy", policy_json(&w->plan.policy),
        "check", check_json(&w->check), "rows", w->rows, "closure", closure(w),
        "exits", exits(w), "flags", flag_json(w->flags), "grade", "A",
        "support", w->support);

    if (doc == NULL)
        return err_nomem(err);
    st = add_env(w, json_get_string(image, "type", NULL), doc, err);
    if (st == ST_OK)
        *result = doc;
    else
        json_decref(doc);
    return st;
}

enum status
task_board_profile(struct task *t, json_t **result, struct err *err)
{
    const json_t *image = json_object_get(t->payload, "image");
    struct work w = { .t = t };
    enum status st;

    *result = NULL;
    if (!json_is_object(image))
        return err_set(err, ST_UNPROCESSABLE, "model.image",
            "%s is a microcontroller board: its jobs need quantise",
            device_of(t));
    if ((st = start(&w, err)) == ST_OK &&
        (st = plan_read(&w.plan, t->payload, "", err)) == ST_OK &&
        (st = measure_golden(&w, err)) == ST_OK &&
        (st = measure_network(&w, image, err)) == ST_OK)
        st = compose(&w, image, result, err);
    work_clear(&w);
    return st;
}

enum status
task_board_golden(struct task *t, json_t **result, struct err *err)
{
    struct work w = { .t = t };
    json_t *doc;
    enum status st;

    *result = NULL;
    if ((st = start(&w, err)) != ST_OK ||
        (st = plan_read_golden(&w.plan, t->payload, err)) != ST_OK ||
        (st = measure_golden(&w, err)) != ST_OK)
        goto out;
    doc = json_pack("{s:s,s:s,s:I,s:o,s:o,s:O}", "schema", "offramp.golden/1",
        "device", w.device, "seed", (json_int_t)w.plan.seed, "policy",
        policy_json(&w.plan.policy), "flags", flag_json(w.flags), "rows",
        w.rows);
    st = doc != NULL ? add_env(&w, NULL, doc, err) : err_nomem(err);
    if (st == ST_OK)
        *result = doc;
    else
        json_decref(doc);
out:
    work_clear(&w);
    return st;
}
