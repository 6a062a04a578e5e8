/* SPDX-License-Identifier: MIT */
#include "server/import_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/env_digest.h"
#include "base/flag.h"
#include "server/accept_internal.h"
#include "server/accept_profile.h"
#include "server/api_util.h"
#include "server/auth.h"
#include "server/export/native.h"

enum { ROWS_MAX = 1 << 20, NAME_MAX_BYTES = 200, ORIGINS_MAX = 16 };

/* Units of time are a thousand apart; sums of layers are not. */
static const double UNITS_APART = 100;

/* The members of offramp.export/1; borrowed from it. */
struct native {
    const char *schema, *created, *generator, *statistic, *min_grade,
        *fingerprint, *env_sha256, *started_at, *finished_at, *grade;
    int64_t profile, seed;
    json_t *origin, *device, *model, *policy, *check, *flags, *e2e, *closure,
        *layers, *rows, *exits, *omitted;
    /* of device and model */
    const char *device_name, *model_id, *model_name;
    json_t *stable, *volatile_, *analysis;
};

static enum status
refuse(struct err *err, const char *what)
{
    return err_set(err, ST_UNPROCESSABLE, "import.content", "%s", what);
}

/* ---- the document ---- */

static enum status
read_top(const json_t *doc, struct native *d, struct err *err)
{
    const struct json_field fields[] = {
        { "schema", JF_STR, true, &d->schema, 0, 64 },
        { "created", JF_STR, true, &d->created, 0, 40 },
        { "generator", JF_STR, true, &d->generator, 0, NAME_MAX_BYTES },
        { "profile", JF_INT, true, &d->profile, 1, 9e15 },
        { "origin", JF_OBJ, false, &d->origin, 0, 0 },
        { "statistic", JF_STR, true, &d->statistic, 0, 16 },
        { "min_grade", JF_STR, true, &d->min_grade, 0, 1 },
        { "device", JF_OBJ, true, &d->device, 0, 0 },
        { "env_fingerprint", JF_HASH, true, &d->fingerprint, 0, 0 },
        { "env_sha256", JF_HASH, true, &d->env_sha256, 0, 0 },
        { "model", JF_OBJ, true, &d->model, 0, 0 },
        { "seed", JF_INT, true, &d->seed, 0, 0 },
        { "started_at", JF_STR, true, &d->started_at, 0, 40 },
        { "finished_at", JF_STR, true, &d->finished_at, 0, 40 },
        { "policy", JF_OBJ, true, &d->policy, 0, 0 },
        { "check", JF_OBJ, true, &d->check, 0, 0 },
        { "grade", JF_STR, true, &d->grade, 0, 1 },
        { "flags", JF_ARR, true, &d->flags, 0, 0 },
        { "e2e", JF_OBJ, false, &d->e2e, 0, 0 },
        { "closure", JF_OBJ, true, &d->closure, 0, 0 },
        { "layers", JF_ARR, true, &d->layers, 0, 0 },
        { "rows", JF_ARR, true, &d->rows, 0, 0 },
        { "exits", JF_ARR, true, &d->exits, 0, 0 },
        { "omitted", JF_ARR, true, &d->omitted, 0, 0 },
    };
    const char *schema = json_string_value(json_object_get(doc, "schema"));

    if (schema == NULL || strcmp(schema, NATIVE_SCHEMA) != 0)
        return refuse(err, "schema must be " NATIVE_SCHEMA
                           ": give a document of 'offramp export json'");
    return JSON_READ(doc, "", fields, err);
}

static enum status
read_parts(struct native *d, struct err *err)
{
    int64_t opset;
    const struct json_field device[] = {
        { "name", JF_STR, true, &d->device_name, 0, 63 },
        { "stable", JF_OBJ, true, &d->stable, 0, 0 },
        { "volatile", JF_OBJ, true, &d->volatile_, 0, 0 },
    };
    const struct json_field model[] = {
        { "id", JF_HASH, true, &d->model_id, 0, 0 },
        { "name", JF_STR, true, &d->model_name, 0, NAME_MAX_BYTES },
        { "opset", JF_INT, false, &opset, 0, 0 },
        { "analysis", JF_OBJ, true, &d->analysis, 0, 0 },
    };
    struct err why = { 0 };
    enum status st;

    if ((st = JSON_READ(d->device, "device", device, err)) != ST_OK ||
        (st = JSON_READ(d->model, "model", model, err)) != ST_OK)
        return st;
    if (!auth_name_valid(d->device_name))
        return refuse(err, "device.name must be 1 to 63 letters, digits, '.', "
                           "'_' or '-'");
    st = accept_analysis_check(NULL, d->analysis, "analysis", &why);
    return st == ST_OK ? ST_OK
                       : err_set(err, st, why.code, "model.%s", why.text);
}

static enum status
check_top(const struct native *d, struct err *err)
{
    const struct {
        const char *name, *text;
    } times[] = { { "created", d->created }, { "started_at", d->started_at },
        { "finished_at", d->finished_at } };
    const struct {
        const char *name, *text;
    } grades[] = { { "grade", d->grade }, { "min_grade", d->min_grade } };

    for (size_t i = 0; i < 3; i++)
        if (clock_utc_parse(times[i].text) < 0)
            return err_set(err, ST_UNPROCESSABLE, "import.content",
                "%s must be a UTC time such as 2026-11-21T01:02:03Z",
                times[i].name);
    for (size_t i = 0; i < 2; i++)
        if (grades[i].text[0] == '\0' ||
            strchr("ABCX", grades[i].text[0]) == NULL)
            return err_set(err, ST_UNPROCESSABLE, "import.content",
                "%s must be A, B, C or X", grades[i].name);
    if (clock_utc_parse(d->finished_at) < clock_utc_parse(d->started_at))
        return refuse(err, "finished_at is before started_at");
    if (strcmp(d->statistic, "median") != 0)
        return refuse(err, "statistic must be median");
    if (!json_is_true(json_object_get(d->check, "pass")))
        return refuse(err, "check.pass is not true: a network with wrong "
                           "outputs has no times");
    return ST_OK;
}

/* From server to server: each says where it had the table from. */
static enum status
check_origin(const json_t *origin, struct err *err)
{
    for (size_t i = 0; origin != NULL; i++) {
        const char *sha256, *generator, *at = NULL;
        json_t *before = NULL;
        int64_t profile;
        const struct json_field fields[] = {
            { "sha256", JF_HASH, true, &sha256, 0, 0 },
            { "generator", JF_STR, true, &generator, 0, NAME_MAX_BYTES },
            { "profile", JF_INT, true, &profile, 1, 9e15 },
            { "imported_at", JF_STR, true, &at, 0, 40 },
            { "origin", JF_OBJ, false, &before, 0, 0 },
        };
        enum status st = JSON_READ(origin, "origin", fields, err);

        if (st != ST_OK)
            return st;
        if (clock_utc_parse(at) < 0)
            return refuse(err, "origin.imported_at must be a UTC time such as "
                               "2026-11-21T01:02:03Z");
        if (i == ORIGINS_MAX)
            return refuse(err, "origin has gone through over 16 servers");
        origin = before;
    }
    return ST_OK;
}

/* {stable, volatile} as it was hashed there. */
static enum status
read_env(const struct native *d, struct profile *p, struct err *err)
{
    json_t *env =
        json_pack("{s:O,s:O}", "stable", d->stable, "volatile", d->volatile_);
    struct err why = { 0 };
    enum status st = env == NULL ? err_nomem(err)
                                 : env_check(env, d->fingerprint, d->env_sha256,
                                       "device", &why);

    if (st == ST_UNPROCESSABLE)
        st = refuse(err, "device.stable and device.volatile do not give "
                         "env_fingerprint and env_sha256: they were changed");
    if (st == ST_OK)
        st = api_text(env, &p->env, err);
    json_decref(env);
    return st;
}

/* ---- rows ---- */

static bool
is_known(const char *member, bool layer)
{
    for (size_t i = 0; !layer && native_row[i] != NULL; i++)
        if (strcmp(native_row[i], member) == 0)
            return true;
    for (const struct native_member *m = native_layer; layer && m->row; m++)
        if (strcmp(m->native, member) == 0)
            return true;
    for (const struct native_member *m = native_energy; layer && m->row; m++)
        if (strcmp(m->native, member) == 0)
            return true;
    return false;
}

/* A time in another unit has another name: none is ignored. */
static enum status
check_members(const json_t *o, const char *path, bool layer, struct err *err)
{
    const char *member;
    json_t *v;

    if (!json_is_object(o))
        return err_set(err, ST_UNPROCESSABLE, "import.content",
            "%s must be an object", path);
    json_object_foreach((json_t *)o, member, v)
    {
        if (!is_known(member, layer))
            return err_set(err, ST_UNPROCESSABLE, "import.content",
                "%s.%.64s is no member of a row", path, member);
    }
    return ST_OK;
}

/* A layer's entry as a row; the caller owns it. */
static json_t *
row_of_layer(const json_t *layer)
{
    json_t *o = json_pack("{s:s}", "role", role_words[ROLE_LAYER]);
    json_t *energy = json_object(), *v;
    int rc = o == NULL || energy == NULL;

    for (const struct native_member *m = native_layer; rc == 0 && m->row; m++)
        if ((v = json_object_get(layer, m->native)) != NULL)
            rc |= json_object_set(o, m->row, v);
    for (const struct native_member *m = native_energy; rc == 0 && m->row; m++)
        if ((v = json_object_get(layer, m->native)) != NULL)
            rc |= json_object_set(energy, m->row, v);
    if (rc == 0 && json_is_string(json_object_get(energy, "method")))
        rc = json_object_set(o, "energy", energy);
    json_decref(energy);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

/* Is the place within the model, and its kernel that of the layer there? */
static enum status
check_place(const struct native *d, const char *path, const struct measure *m,
    struct err *err)
{
    const json_t *layers = json_object_get(d->analysis, "layers");
    const json_t *exits = json_object_get(d->analysis, "exits");
    const json_t *layer = json_array_get(layers, (size_t)m->index);
    bool of_exit = role_is_of_exit(m->role);

    if ((m->role == ROLE_LAYER && layer == NULL) ||
        (of_exit && m->index >= (int64_t)json_array_size(exits)))
        return err_set(err, ST_UNPROCESSABLE, "import.content",
            "%s.index: model.analysis has no such %s", path,
            of_exit ? "exit" : "layer");
    if (m->role == ROLE_LAYER &&
        (m->kernel_key == NULL ||
            strcmp(json_get_string(layer, "kernel_key", ""), m->kernel_key) !=
                0))
        return err_set(err, ST_UNPROCESSABLE, "import.content",
            "%s.kernel_key is not that of model.analysis.layers[%lld]", path,
            (long long)m->index);
    return ST_OK;
}

/* Rows on their way in, and the places that are taken. */
struct reading {
    const struct native *d;
    struct import_in *in;
    json_t *taken; /* owned: "L2 layer 5" -> true */
};

/* `row` is stolen. */
static enum status
add_row(struct reading *r, json_t *row, const char *path, struct err *err)
{
    struct row_in *to = &r->in->row[r->in->n];
    const struct measure *m = &to->m;
    char key[80];
    enum status st;

    if (row == NULL || json_array_append_new(r->in->rows, row) < 0)
        return err_nomem(err);
    r->in->n++; /* to be cleared from now on */
    if ((st = row_read(row, path, to, err)) != ST_OK ||
        (st = check_place(r->d, path, m, err)) != ST_OK)
        return st;
    snprintf(key, sizeof(key), "%s %s %lld", level_words[m->level],
        role_words[m->role], (long long)m->index);
    if (json_object_get(r->taken, key) != NULL)
        return err_set(err, ST_UNPROCESSABLE, "import.content",
            "%s: %s is there twice", path, key);
    return json_object_set_new(r->taken, key, json_true()) == 0
               ? ST_OK
               : err_nomem(err);
}

static enum status
add_rows(struct reading *r, const json_t *list, const char *name, bool layers,
    struct err *err)
{
    enum status st = ST_OK;
    char path[32];

    for (size_t i = 0; st == ST_OK && i < json_array_size(list); i++) {
        json_t *o = json_array_get(list, i);

        snprintf(path, sizeof(path), "%s[%zu]", name, i);
        if ((st = check_members(o, path, layers, err)) == ST_OK)
            st = add_row(r, layers ? row_of_layer(o) : json_copy(o), path, err);
    }
    return st;
}

static enum status
read_rows(const struct native *d, struct import_in *in, struct err *err)
{
    struct reading r = { .d = d, .in = in };
    size_t n = 1 + json_array_size(d->layers) + json_array_size(d->rows);
    enum status st = ST_OK;

    if (n > ROWS_MAX)
        return refuse(err, "layers and rows have too many entries");
    in->row = calloc(n, sizeof(in->row[0]));
    in->rows = json_array();
    r.taken = json_object();
    if (in->row == NULL || in->rows == NULL || r.taken == NULL)
        st = err_nomem(err);
    if (st == ST_OK && d->e2e != NULL)
        st = add_row(&r, json_copy(d->e2e), "e2e", err);
    if (st == ST_OK && in->n == 1 &&
        (in->row[0].m.level != LEVEL_L0 || in->row[0].m.role != ROLE_WHOLE))
        st = refuse(err, "e2e must be the whole model at L0");
    if (st == ST_OK &&
        (st = add_rows(&r, d->layers, "layers", true, err)) == ST_OK)
        st = add_rows(&r, d->rows, "rows", false, err);
    json_decref(r.taken);
    return st;
}

/* ---- all of it ---- */

/* Do the parts of the table speak of the same unit? */
static enum status
check_units(const struct native *d, const struct import_in *in, struct err *err)
{
    const double whole = in->profile.whole_ns;
    const double e2e = d->e2e != NULL ? in->row[0].m.median_ns : NAN;
    double sum = 0;
    size_t n = 0;

    if (fabs(whole - e2e) > 1e-3 * e2e)
        return refuse(
            err, "closure.whole_ns is not e2e.median_ns: both are in ns");
    for (size_t i = 0; i < in->n; i++) {
        const struct measure *m = &in->row[i].m;

        if (m->role != ROLE_LAYER || m->level != LEVEL_L2)
            continue;
        sum += m->median_ns;
        n++;
    }
    if (n > 0) /* as if those that were left out were like the others */
        sum *= (double)json_array_size(json_object_get(d->analysis, "layers")) /
               (double)n;
    if (n > 0 && (sum > UNITS_APART * e2e || e2e > UNITS_APART * sum))
        return err_set(err, ST_UNPROCESSABLE, "import.content",
            "layers[].median_ns add up to %.6g, but e2e.median_ns is %.6g: "
            "all times are in ns",
            sum, e2e);
    return ST_OK;
}

static enum status
fill_from(const struct native *d, const json_t *doc, int64_t now_ms,
    struct import_in *in, struct err *err)
{
    enum status st = env_hash(doc, in->sha256, err);

    in->from.sha256 = in->sha256;
    in->from.generator = (char *)d->generator;
    in->from.profile = d->profile;
    in->from.created_ms = now_ms;
    in->from.model_name = (char *)d->model_name;
    if (st == ST_OK &&
        (st = api_text(d->analysis, &in->from.analysis, err)) == ST_OK)
        st = api_text(d->omitted, &in->from.omitted, err);
    if (st == ST_OK && d->origin != NULL)
        st = api_text(d->origin, &in->from.origin, err);
    return st;
}

static enum status
fill_profile(const struct native *d, struct import_in *in, struct err *err)
{
    struct profile *p = &in->profile;
    const struct measure *whole = d->e2e != NULL ? &in->row[0].m : NULL;
    const bool timed = whole != NULL && whole->source != SOURCE_EMULATED &&
                       !(whole->flags & FLAG(unsupported));
    enum status st;

    p->model = (char *)d->model_id;
    p->device = (char *)d->device_name;
    p->created_ms = clock_utc_parse(d->created);
    p->started_ms = clock_utc_parse(d->started_at);
    p->finished_ms = clock_utc_parse(d->finished_at);
    p->seed = d->seed;
    p->env_fingerprint = (char *)d->fingerprint;
    p->env_sha256 = (char *)d->env_sha256;
    if ((st = profile_closure_read(d->closure, "closure", p, err)) != ST_OK ||
        (st = flag_from_json(d->flags, &p->flags, err)) != ST_OK ||
        (st = api_text(d->policy, &p->policy, err)) != ST_OK ||
        (st = api_text(d->check, &p->check, err)) != ST_OK ||
        (st = read_env(d, p, err)) != ST_OK ||
        (st = profile_exits_text(d->exits, d->analysis, &p->exits, err)) !=
            ST_OK)
        return st;
    p->grade = row_grade(
        d->grade[0], p->flags, timed ? row_ci_rel(whole) : NAN, timed);
    return ST_OK;
}

enum status
import_read(
    const json_t *doc, int64_t now_ms, struct import_in *in, struct err *err)
{
    struct native d = { 0 };
    enum status st;

    memset(in, 0, sizeof(*in));
    if ((st = read_top(doc, &d, err)) != ST_OK ||
        (st = read_parts(&d, err)) != ST_OK ||
        (st = check_top(&d, err)) != ST_OK ||
        (st = check_origin(d.origin, err)) != ST_OK ||
        (st = read_rows(&d, in, err)) != ST_OK ||
        (st = fill_profile(&d, in, err)) != ST_OK ||
        (st = check_units(&d, in, err)) != ST_OK)
        return st;
    return fill_from(&d, doc, now_ms, in, err);
}

void
import_in_clear(struct import_in *in)
{
    for (size_t i = 0; i < in->n; i++)
        row_in_clear(&in->row[i]);
    free(in->row);
    json_decref(in->rows);
    free(in->profile.policy);
    free(in->profile.check);
    free(in->profile.env);
    free(in->profile.exits);
    free(in->from.analysis);
    free(in->from.omitted);
    free(in->from.origin);
    memset(in, 0, sizeof(*in));
}
