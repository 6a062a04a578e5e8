/* SPDX-License-Identifier: MIT */
#include "probes/measure/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[LEVEL_COUNT] = {
    [LEVEL_L0] = "L0",
    [LEVEL_L1] = "L1",
    [LEVEL_L2] = "L2",
    [LEVEL_L3] = "L3",
    [LEVEL_L4] = "L4",
    [LEVEL_L5] = "L5",
    [LEVEL_L6] = "L6",
};

const char *
level_name(enum level l)
{
    return level_names[l];
}

static enum status
level_read(const json_t *v, const char *path, enum level *out, struct err *err)
{
    const char *s = json_string_value(v);

    for (int l = 0; s != NULL && l < LEVEL_COUNT; l++)
        if (strcmp(s, level_names[l]) == 0) {
            *out = (enum level)l;
            return ST_OK;
        }
    return err_set(err, ST_INVALID, "request.field",
        "%s must be L0, L1, L2, L3, L4, L5 or L6", path);
}

static const char *const methods[] = { [ENERGY_LOOP] = "loop",
    [ENERGY_PREFIX_DIFF] = "prefix_diff",
    [ENERGY_WINDOW] = "window" };
enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

const char *
energy_method_name(enum energy_method m)
{
    return methods[m];
}

static enum status
read_method(const char *word, enum energy_method *out, struct err *err)
{
    for (int m = 0; m < METHODS; m++)
        if (strcmp(word, methods[m]) == 0) {
            *out = (enum energy_method)m;
            return ST_OK;
        }
    return err_set(err, ST_INVALID, "request.field",
        "policy.energy_method must be loop, prefix_diff or window");
}

enum status
policy_read(struct policy *p, const json_t *payload, struct err *err)
{
    const json_t *o = json_object_get(payload, "policy");
    const char *method = methods[ENERGY_LOOP];
    enum status st;
    const struct json_field fields[] = {
        { "ci_rel", JF_REAL, false, &p->ci_rel, 1e-4, 1 },
        { "max_rounds", JF_INT, false, &p->max_rounds, 1, 10000 },
        { "layer_budget_s", JF_REAL, false, &p->layer_budget_s, 1e-3, 86400 },
        { "job_budget_s", JF_REAL, false, &p->job_budget_s, 1e-3, 604800 },
        { "threads", JF_INT, false, &p->threads, 1, 1024 },
        { "warmup_s", JF_REAL, false, &p->warmup_s, 1e-3, 600 },
        { "energy", JF_BOOL, false, &p->energy, 0, 0 },
        { "counters", JF_BOOL, false, &p->counters, 0, 0 },
        { "energy_method", JF_STR, false, &method, 0, 16 },
    };

    *p = (struct policy){ .ci_rel = 0.01,
        .layer_budget_s = 60,
        .job_budget_s = 900,
        .warmup_s = 0.5,
        .max_rounds = 183,
        .threads = 1,
        .energy = true,
        .counters = true };
    if (o == NULL || json_is_null(o))
        return ST_OK;
    st = JSON_READ(o, "policy", fields, err);
    return st == ST_OK ? read_method(method, &p->energy_method, err) : st;
}

json_t *
policy_json(const struct policy *p)
{
    return json_pack("{s:f, s:I, s:f, s:f, s:I, s:f, s:b, s:b, s:s}", "ci_rel",
        p->ci_rel, "max_rounds", (json_int_t)p->max_rounds, "layer_budget_s",
        p->layer_budget_s, "job_budget_s", p->job_budget_s, "threads",
        (json_int_t)p->threads, "warmup_s", p->warmup_s, "energy", p->energy,
        "counters", p->counters, "energy_method",
        energy_method_name(p->energy_method));
}

static enum status
read_levels(struct plan *p, const json_t *levels, struct err *err)
{
    enum level l = LEVEL_L0;
    enum status st;
    size_t i;
    json_t *v;

    if (levels == NULL)
        p->levels = LEVELS_DEFAULT;
    json_array_foreach(levels, i, v)
    {
        if ((st = level_read(v, "levels", &l, err)) != ST_OK)
            return st;
        p->levels |= LEVEL_BIT(l);
    }
    return ST_OK;
}

static enum status
read_layer(struct plan *p, const json_t *o, struct err *err)
{
    struct item *it = &p->layers[p->n_layers];
    const struct json_field fields[] = {
        { "index", JF_INT, true, &it->index, 0, 0 },
        { "name", JF_STR, true, &it->name, 0, 0 },
        { "kernel_key", JF_STR, true, &it->kernel_key, 0, 0 },
        { "blob", JF_HASH, true, &it->blob, 0, 0 },
        { "macs", JF_INT, false, &it->macs, 0, 0 },
        { "op_type", JF_STR, false, &it->op_type, 0, 0 },
    };
    enum status st;

    *it = (struct item){ .role = ROLE_LAYER, .median_ns = NAN };
    if ((st = JSON_PICK(o, "analysis.layers", fields, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < p->n_layers && it->same == NULL; i++)
        if (strcmp(p->layers[i].kernel_key, it->kernel_key) == 0)
            it->same =
                p->layers[i].same != NULL ? p->layers[i].same : &p->layers[i];
    it->nodes = json_object_get(o, "onnx_nodes");
    it->tensors = json_object_get(o, "tensors");
    p->n_layers++;
    return ST_OK;
}

static const enum row_role cut_roles[CUT_COUNT] = {
    [CUT_SEGMENT] = ROLE_SEGMENT,
    [CUT_HEAD] = ROLE_HEAD,
    [CUT_PREFIX] = ROLE_PREFIX,
    [CUT_JOINT] = ROLE_JOINT,
    [CUT_STAGE] = ROLE_STAGE,
};

/* One of an exit's files; null or absent: there is none. */
static enum status
read_cut(
    const json_t *exit, const char *member, struct item *it, struct err *err)
{
    const json_t *o = json_object_get(exit, member);
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &it->blob, 0, 0 },
        { "macs", JF_INT, false, &it->macs, 0, 0 },
    };
    enum status st;

    if (o == NULL || json_is_null(o))
        return ST_OK;
    st = JSON_PICK(o, member, fields, err);
    it->kernel_key = it->blob;
    return st;
}

/* The same file is measured once: the first segment with its head is the
 * first prefix, for example. */
static void
find_same(struct plan *p)
{
    size_t n = p->n_exits, all = CUT_COUNT * n;

    for (size_t i = 0; i < all; i++) {
        struct item *it = &p->cuts[i / n][i % n];

        for (size_t k = 0; it->blob != NULL && k < i && it->same == NULL; k++) {
            const struct item *other = &p->cuts[k / n][k % n];

            if (other->blob != NULL && strcmp(other->blob, it->blob) == 0)
                it->same = other->same != NULL ? other->same : other;
        }
    }
}

static enum status
read_exit(struct plan *p, const json_t *o, struct err *err)
{
    int64_t index = (int64_t)p->n_exits;
    const char *name = NULL, *output = NULL;
    const struct json_field fields[] = {
        { "index", JF_INT, true, &index, 0, 0 },
        { "name", JF_STR, true, &name, 0, 0 },
        { "output", JF_STR, true, &output, 0, 0 },
    };
    enum status st;

    if ((st = JSON_PICK(o, "analysis.exits", fields, err)) != ST_OK)
        return st;
    for (size_t c = 0; c < CUT_COUNT; c++) {
        struct item *it = &p->cuts[c][p->n_exits];

        *it = (struct item){ .role = cut_roles[c],
            .index = index,
            .name = name,
            .output = output,
            .median_ns = NAN };
        if ((st = read_cut(o, row_role_name(it->role), it, err)) != ST_OK)
            return st;
    }
    p->n_exits++;
    return ST_OK;
}

static enum status
read_analysis(struct plan *p, const json_t *analysis, struct err *err)
{
    const char *blob = NULL;
    json_t *layers = NULL, *exits = NULL, *v;
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &blob, 0, 0 },
        { "layers", JF_ARR, true, &layers, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
    };
    enum status st;
    size_t i;

    if ((st = JSON_PICK(analysis, "analysis", fields, err)) != ST_OK)
        return st;
    p->whole = (struct item){ .role = ROLE_WHOLE,
        .name = "whole",
        .kernel_key = blob,
        .blob = blob,
        .median_ns = NAN };
    p->layers = calloc(json_array_size(layers) + 1, sizeof(*p->layers));
    if (p->layers == NULL)
        return err_nomem(err);
    for (size_t c = 0; c < CUT_COUNT; c++) {
        p->cuts[c] = calloc(json_array_size(exits) + 1, sizeof(*p->cuts[c]));
        if (p->cuts[c] == NULL)
            return err_nomem(err);
    }
    json_array_foreach(layers, i, v)
    {
        if ((st = read_layer(p, v, err)) != ST_OK)
            return st;
    }
    json_array_foreach(exits, i, v)
    {
        if ((st = read_exit(p, v, err)) != ST_OK)
            return st;
    }
    find_same(p);
    return ST_OK;
}

/* `median_ns` is NaN at all levels but the one whose times add up. */
static void
note_have(struct item *items, size_t n, const char *key, enum level level,
    double median_ns)
{
    for (size_t k = 0; k < n; k++) {
        struct item *it = &items[k];

        if (it->kernel_key == NULL || strcmp(it->kernel_key, key) != 0)
            continue;
        it->have |= LEVEL_BIT(level);
        if (!isnan(median_ns))
            it->median_ns = median_ns;
    }
}

static enum status
read_have(struct plan *p, const json_t *have, struct err *err)
{
    json_t *o;
    size_t i;

    json_array_foreach(have, i, o)
    {
        const char *key = NULL;
        double median_ns = NAN;
        const struct json_field fields[] = {
            { "kernel_key", JF_STR, true, &key, 0, 0 },
            { "median_ns", JF_REAL, false, &median_ns, 0, 0 },
        };
        enum level l = LEVEL_L0;
        enum status st;

        if ((st = JSON_PICK(o, "have", fields, err)) != ST_OK ||
            (st = level_read(
                 json_object_get(o, "level"), "have.level", &l, err)) != ST_OK)
            return st;
        note_have(&p->whole, 1, key, l, l == LEVEL_L0 ? median_ns : NAN);
        note_have(
            p->layers, p->n_layers, key, l, l == LEVEL_L2 ? median_ns : NAN);
        for (size_t c = 0; c < CUT_COUNT; c++)
            note_have(p->cuts[c], p->n_exits, key, l,
                l == LEVEL_L6 ? median_ns : NAN);
    }
    return ST_OK;
}

enum status
plan_read(struct plan *p, const json_t *payload, const char *fingerprint,
    struct err *err)
{
    const char *made_under = NULL;
    json_t *analysis = NULL, *levels = NULL, *have = NULL;
    const struct json_field fields[] = {
        { "analysis", JF_OBJ, true, &analysis, 0, 0 },
        { "levels", JF_ARR, false, &levels, 0, 0 },
        { "have", JF_ARR, false, &have, 0, 0 },
        { "have_fingerprint", JF_STR, false, &made_under, 0, 0 },
        { "seed", JF_INT, false, &p->seed, 0, 0 },
    };
    enum status st;

    *p = (struct plan){ .seed = 1 };
    if ((st = policy_read(&p->policy, payload, err)) != ST_OK ||
        (st = JSON_PICK(payload, "", fields, err)) != ST_OK ||
        (st = read_levels(p, levels, err)) != ST_OK ||
        (st = read_analysis(p, analysis, err)) != ST_OK)
        goto out;
    /* Costs of another environment would stand in for measurements. */
    if (made_under == NULL || strcmp(made_under, fingerprint) == 0)
        st = read_have(p, have, err);
out:
    if (st != ST_OK)
        plan_clear(p);
    return st;
}

enum status
plan_read_golden(struct plan *p, const json_t *payload, struct err *err)
{
    const struct json_field fields[] = {
        { "seed", JF_INT, false, &p->seed, 0, 0 },
    };
    enum status st;

    *p = (struct plan){ .seed = 1 };
    if ((st = policy_read(&p->policy, payload, err)) != ST_OK)
        return st;
    return JSON_PICK(payload, "", fields, err);
}

void
plan_clear(struct plan *p)
{
    free(p->layers);
    for (size_t c = 0; c < CUT_COUNT; c++)
        free(p->cuts[c]);
    *p = (struct plan){ 0 };
}
