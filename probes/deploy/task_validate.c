/* SPDX-License-Identifier: MIT */
#include "probes/emulated/count.h"
#include "probes/deploy/task_validate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/flag.h"
#include "probes/deploy/payload.h"
#include "probes/deploy/validate_json.h"
#include "probes/measure/kit.h"

/* What the payload asks for, and what it takes. */
struct asked {
    json_t *exits; /* borrowed, as is all text */
    const char *full;
    int64_t seed;
    double budget_s, ci_rel;
    struct kit kit;
    struct runner *plan, *network;
    struct payload_rows rows;
    json_t *stable; /* owned */
    char fingerprint[HASH_HEX];
    struct clock_start start;
};

static enum status
read_payload(struct asked *a, const json_t *payload, struct err *err)
{
    json_t *deployment = NULL, *rows = NULL, *policy = NULL;
    const struct json_field top[] = {
        { "deployment", JF_OBJ, true, &deployment, 0, 0 },
        { "rows", JF_OBJ, true, &rows, 0, 0 },
        { "policy", JF_OBJ, false, &policy, 0, 0 },
        { "seed", JF_INT, false, &a->seed, 0, 9e15 },
    };
    const struct json_field in_deployment[] = {
        { "full", JF_HASH, true, &a->full, 0, 0 },
        { "exits", JF_ARR, true, &a->exits, 0, 0 },
    };
    const struct json_field in_policy[] = {
        { "budget_s", JF_REAL, false, &a->budget_s, 0.001, 86400 },
        { "ci_rel", JF_REAL, false, &a->ci_rel, 1e-4, 1 },
    };
    enum status st;

    if ((st = JSON_PICK(payload, "payload", top, err)) != ST_OK ||
        (st = JSON_PICK(
             deployment, "payload.deployment", in_deployment, err)) != ST_OK ||
        (st = payload_rows_read(rows, &a->rows, err)) != ST_OK)
        return st;
    return policy == NULL ? ST_OK
                          : JSON_PICK(policy, "payload.policy", in_policy, err);
}

static enum status
open_full(struct asked *a, const struct task *t, struct err *err)
{
    const json_t *last =
        json_array_get(a->exits, json_array_size(a->exits) - 1);
    char path[PATH_MAX];
    struct runner_stage stage = { .segment.path = path,
        .output = json_get_string(last, "name", ""),
        .threshold = NAN };
    enum status st = task_blob_path(t, a->full, path, err);

    return st == ST_OK
               ? runner_open(&a->network, a->kit.runtime, &stage, 1, err)
               : st;
}

static enum status
open_all(struct asked *a, const struct task *t, struct err *err)
{
    struct env_facts facts;
    char mask[64];
    size_t elements;
    enum status st = kit_open(&a->kit, NULL, err);

    if (st != ST_OK)
        return st;
    host_pin(true, mask, sizeof(mask));
    facts = kit_facts(&a->kit, 1);
    if ((a->stable = env_stable(&facts)) == NULL)
        return err_nomem(err);
    if ((st = env_fingerprint(a->stable, a->fingerprint, err)) != ST_OK ||
        (st = payload_runner(&a->plan, t, a->exits, a->kit.runtime, err)) !=
            ST_OK ||
        (st = open_full(a, t, err)) != ST_OK)
        return st;
    (void)runner_input(a->plan, &elements);
    return payload_rows_load(&a->rows, t, elements, err);
}

static void
close_all(struct asked *a)
{
    runner_close(a->plan);
    runner_close(a->network);
    if (a->kit.runtime != NULL)
        kit_close(&a->kit);
    json_decref(a->stable);
    payload_rows_clear(&a->rows);
}

static json_t *
exits_json(const struct asked *a, const struct validated *v)
{
    json_t *list = json_array();
    const json_t *x;
    size_t i;

    json_array_foreach(a->exits, i, x)
    {
        double left = (double)v->left[i], known = (double)v->labelled[i];

        if (json_array_append_new(list,
                json_pack("{s:O?, s:s, s:I, s:f, s:o, s:o}", "index",
                    json_object_get(x, "index"), "name",
                    json_get_string(x, "name", ""), "n", (json_int_t)v->left[i],
                    "share", left / (double)a->rows.n, "accuracy",
                    json_number_or_null(
                        known > 0 ? (double)v->right[i] / known : NAN),
                    "path_ns",
                    left > 0 ? validate_value_json(&v->plan.path[i])
                             : json_null())) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *
compose(const struct asked *a, const struct validated *v)
{
    char start[CLOCK_TEXT], end[CLOCK_TEXT];
    size_t right = 0, labelled = 0;
    json_t *doc, *exits = exits_json(a, v);

    for (size_t i = 0; i < json_array_size(a->exits); i++) {
        right += v->right[i];
        labelled += v->labelled[i];
    }
    clock_utc_text(a->start.utc_ms, start);
    clock_utc_text(clock_utc_since(&a->start), end);
    doc = json_pack(
        "{s:s, s:s, s:s, s:s, s:O, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
        "schema", "offramp.validation/1", "started_at", start, "finished_at",
        end, "env_fingerprint", a->fingerprint, "env", a->stable, "n",
        (json_int_t)a->rows.n, "rounds", (json_int_t)v->rounds, "exits", exits,
        "plan", validate_times_json(&v->plan, right, labelled), "full",
        validate_times_json(&v->full, v->full_right, v->full_labelled),
        "energy", v->energy ? json_incref(v->energy) : json_null(), "flags",
        flag_json(v->flags));
    return doc;
}

static void
progress(void *ctx, size_t done, size_t total)
{
    task_progress(ctx, "rounds", (int64_t)done, (int64_t)total, NULL);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct asked a = {
        .seed = 1, .budget_s = 60, .ci_rel = 0.01, .start = clock_start()
    };
    struct validated v = { 0 };
    enum status st;

    task_progress(t, "load", 0, 1, NULL);
    if ((st = read_payload(&a, t->payload, err)) == ST_OK &&
        (st = open_all(&a, t, err)) == ST_OK) {
        const struct validate_setup setup = { .host = &host_real,
            .energy = &a.kit.energy,
            .plan = validate_runner(a.plan),
            .full = validate_runner(a.network),
            .rows = payload_inputs(&a.rows),
            .elements = runner_input_shape(a.plan)->bytes / sizeof(float),
            .labels = payload_labels(&a.rows),
            .n = (size_t)a.rows.n,
            .seed = (uint64_t)a.seed,
            .budget_s = a.budget_s,
            .ci_rel = a.ci_rel,
            .progress = progress,
            .ctx = t };

        st = validate_run(&setup, &v, err);
    }
    if (st == ST_OK && (*result = compose(&a, &v)) == NULL)
        st = err_nomem(err);
    json_decref(v.energy);
    close_all(&a);
    return st;
}

const struct task_kind task_validate = {
    .name = "validate",
    .run = run,
    .blame = TASK_DEVICE,
    .offered = count_real_machine,
};
