/* SPDX-License-Identifier: MIT */
#include "server/job_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/api_util.h"
#include "server/cache_have.h"
#include "server/job_quantise.h"

enum {
    NAME_MAX_BYTES = 200,
    DEVICES_MAX = 256,
    BUDGET_S = 900,        /* unless the policy says otherwise */
    DEADLINE_REST_S = 600, /* fetching, checking and reporting */
    QUEUE_TIMEOUT_MAX_S = 30 * 24 * 3600,
};

/* The levels that a job can ask for, in the order in which they are told. */
static const struct {
    const char *word;
    bool asked; /* of a job that names none */
} job_levels[] = {
    { "L0", true },
    { "L1", true },
    { "L2", true },
    { "L3", false }, /* cold caches: long, and only for the worst case */
    { "L4", true },
    { "L5", true },
    { "L6", true },
};
enum { JOB_LEVELS = sizeof(job_levels) / sizeof(job_levels[0]) };

static int
level_find(const char *word)
{
    for (int i = 0; i < JOB_LEVELS; i++)
        if (word != NULL && strcmp(word, job_levels[i].word) == 0)
            return i;
    return -1;
}

/* Known words, each once; the usual ones where none were given. */
static enum status
read_levels(const json_t *given, json_t **out, struct err *err)
{
    bool use[JOB_LEVELS] = { false };
    json_t *v;
    size_t i;

    json_array_foreach(given, i, v)
    {
        int level = level_find(json_string_value(v));

        if (level < 0 || use[level])
            return err_set(err, ST_INVALID, "request.field",
                "levels[%zu] must be one of L0, L1, L2, L3, L4, L5, L6, and "
                "each only once",
                i);
        use[level] = true;
    }
    if (given != NULL && json_array_size(given) == 0)
        return err_set(err, ST_INVALID, "request.field",
            "levels is empty: leave it out for the usual ones");
    if ((*out = json_array()) == NULL)
        return err_nomem(err);
    for (i = 0; i < JOB_LEVELS; i++)
        if ((given == NULL ? job_levels[i].asked : use[i]) &&
            json_array_append_new(*out, json_string(job_levels[i].word)) < 0)
            return err_nomem(err);
    return ST_OK;
}

static enum status
check_method(const char *word, struct err *err)
{
    static const char *const words[] = { "loop", "prefix_diff", "window" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i]) == 0)
            return ST_OK;
    return err_set(err, ST_INVALID, "request.field",
        "policy.energy_method must be loop, prefix_diff or window");
}

/* Only checked here: the probe has the defaults. */
static enum status
check_policy(struct job_order *o, struct err *err)
{
    const char *method = "loop";
    double ci_rel, layer_s, job_s = BUDGET_S, warmup_s;
    int64_t rounds, threads;
    bool energy, counters;
    const struct json_field fields[] = {
        { "ci_rel", JF_REAL, false, &ci_rel, 1e-4, 1 },
        { "max_rounds", JF_INT, false, &rounds, 1, 10000 },
        { "layer_budget_s", JF_REAL, false, &layer_s, 0.001, 86400 },
        { "job_budget_s", JF_REAL, false, &job_s, 0.001, 86400 },
        { "threads", JF_INT, false, &threads, 1, 1024 },
        { "warmup_s", JF_REAL, false, &warmup_s, 0.001, 600 },
        { "energy", JF_BOOL, false, &energy, 0, 0 },
        { "counters", JF_BOOL, false, &counters, 0, 0 },
        { "energy_method", JF_STR, false, &method, 0, 16 },
    };
    enum status st =
        o->policy != NULL ? JSON_READ(o->policy, "policy", fields, err) : ST_OK;

    o->budget_s = (int64_t)job_s + 1;
    return st == ST_OK ? check_method(method, err) : st;
}

/* One entry of `devices`: "SELECTOR", which is one of those it means, or
 * {"selector":..,"count":1 or "all"}. */
struct entry {
    char path[32];
    const char *selector; /* borrowed from the body */
    bool all;
};

static enum status
read_entry(
    const json_t *devices, size_t index, struct entry *e, struct err *err)
{
    const json_t *v = json_array_get(devices, index);
    json_t *count = NULL;
    const struct json_field fields[] = {
        { "selector", JF_STR, true, &e->selector, 0, 0 },
        { "count", JF_ANY, false, &count, 0, 0 },
    };
    const char *word;
    enum status st;

    *e = (struct entry){ .selector = json_string_value(v) };
    snprintf(e->path, sizeof(e->path), "devices[%zu]", index);
    if (e->selector != NULL)
        return ST_OK;
    if (!json_is_object(v))
        return err_set(err, ST_INVALID, "request.field",
            "%s must be a selector (a name, or key=value,key!=value,key), or "
            "{\"selector\":..,\"count\":1 or \"all\"}",
            e->path);
    if ((st = JSON_READ(v, e->path, fields, err)) != ST_OK)
        return st;
    word = json_string_value(count);
    e->all = word != NULL && strcmp(word, "all") == 0;
    if (count == NULL || e->all || json_integer_value(count) == 1)
        return ST_OK;
    return err_set(err, ST_INVALID, "request.field",
        "%s.count must be 1 (any one of them) or \"all\"", e->path);
}

static enum status
check_devices(const json_t *devices, struct err *err)
{
    size_t n = json_array_size(devices);
    enum status st = ST_OK;
    struct entry e;

    if (n == 0 || n > DEVICES_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "devices must name 1 to %d devices, such as [\"localhost\"]",
            DEVICES_MAX);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = read_entry(devices, i, &e, err);
    return st;
}

enum status
job_order_read(struct request *rq, struct job_order *o)
{
    const char *model = NULL, *cache = cache_mode_words[CACHE_USE];
    json_t *levels = NULL, *quantise = NULL;
    const struct json_field fields[] = {
        { "model", JF_HASH, true, &model, 0, 0 },
        { "devices", JF_ARR, true, &o->devices, 0, 0 },
        { "levels", JF_ARR, false, &levels, 0, 0 },
        { "policy", JF_OBJ, false, &o->policy, 0, 0 },
        { "cache", JF_STR, false, &cache, 0, 16 },
        { "priority", JF_INT, false, &o->priority, -100, 100 },
        { "queue_timeout_s", JF_INT, false, &o->queue_timeout_s, 1,
            QUEUE_TIMEOUT_MAX_S },
        { "name", JF_STR, false, &o->name, 0, NAME_MAX_BYTES },
        { "quantise", JF_OBJ, false, &quantise, 0, 0 },
    };
    struct err *err = &rq->err;
    enum status st;

    *o = (struct job_order){
        .name = "", .owner = rq->who.owner, .now_ms = rq->now_ms
    };
    if ((st = JSON_READ(rq->json, "", fields, err)) != ST_OK ||
        (st = check_devices(o->devices, err)) != ST_OK ||
        (st = read_levels(levels, &o->levels, err)) != ST_OK ||
        (st = check_policy(o, err)) != ST_OK)
        return st;
    if (word_find(cache_mode_words, cache) < 0)
        return err_set(err, ST_INVALID, "request.field",
            "cache must be use, refresh, only or off");
    o->cache = (enum cache_mode)word_find(cache_mode_words, cache);
    if ((st = input_model_get(rq->db, model, &o->model, err)) != ST_OK ||
        (quantise != NULL && (st = job_quantise_read(rq->db, quantise, o,
                                  &o->quantise, err)) != ST_OK))
        return st;
    return fleet_load(rq->db, rq->now_ms, &o->fleet, err);
}

void
job_order_clear(struct job_order *o)
{
    json_decref(o->levels);
    json_decref(o->quantise);
    input_model_clear(&o->model);
    fleet_clear(&o->fleet);
    memset(o, 0, sizeof(*o));
}

static enum status
add_job(struct db *db, struct job_order *o, struct err *err)
{
    char *devices = NULL, *levels = NULL, *policy = NULL;
    enum status st;

    if ((st = api_text(o->devices, &devices, err)) == ST_OK &&
        (st = api_text(o->levels, &levels, err)) == ST_OK &&
        (st = api_text(o->policy, &policy, err)) == ST_OK)
        st = db_job_add(db,
            &(struct job){ .name = (char *)o->name,
                .model = o->model.row.id,
                .owner = (char *)o->owner,
                .devices = devices,
                .levels = levels,
                .policy = policy ? policy : (char *)"{}",
                .cache = o->cache,
                .priority = o->priority,
                .created_ms = o->now_ms },
            &o->id, err);
    free(devices);
    free(levels);
    free(policy);
    return st;
}

/* Every file that a probe needs: the whole model, and its parts. */
static json_t *
blob_list(const struct input_model *m)
{
    static const char *const parts[] = { "segment", "head", "prefix", "joint",
        "stage" };
    json_t *set = json_object(), *list = json_array(), *v;
    int rc = json_object_set_new(set, m->blob, json_true());
    const char *hex;
    size_t i;

    json_array_foreach(json_object_get(m->analysis, "layers"), i, v)
    {
        if ((hex = json_string_value(json_object_get(v, "blob"))) != NULL)
            rc |= json_object_set_new(set, hex, json_true());
    }
    json_array_foreach(m->exits, i, v)
    {
        for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
            hex = json_string_value(
                json_object_get(json_object_get(v, parts[p]), "blob"));
            if (hex != NULL)
                rc |= json_object_set_new(set, hex, json_true());
        }
    }
    json_object_foreach(set, hex, v) rc |=
        json_array_append_new(list, json_string(hex));
    json_decref(set);
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* With `cache: only`, keep the devices on which no layer has to be measured
 * again. */
static enum status
keep_cached(struct db *db, const struct job_order *o, const char *path,
    const struct fleet_device **match, size_t *n, struct err *err)
{
    size_t kept = 0, missing = 0;
    enum status st;

    for (size_t i = 0; i < *n; i++) {
        const struct cache_query q = { .device = match[i]->name,
            .env_fingerprint = match[i]->env_fingerprint,
            .now_ms = o->now_ms };
        json_t *have;

        if ((st = cache_have(
                 db, &q, o->model.analysis, o->levels, &have, err)) != ST_OK)
            return st;
        missing = cache_missing(have, o->model.analysis);
        json_decref(have);
        if (missing == 0)
            match[kept++] = match[i];
    }
    *n = kept;
    if (kept > 0)
        return ST_OK;
    return err_set(err, ST_CONFLICT, "job.not_cached",
        "%s: %zu kernels of this model were never measured there (or not "
        "lately, or under other conditions): use \"cache\":\"use\" to measure "
        "them",
        path, missing);
}

enum status
job_order_offer(struct db *db, const struct job_order *o, const char *selector,
    const char *const *devices, size_t n, const json_t *image, struct err *err)
{
    json_t *payload = json_pack("{s:s,s:O,s:O,s:o,s:I,s:[],s:O*}", "model",
        o->model.blob, "analysis", o->model.analysis, "levels", o->levels,
        "policy", o->policy ? json_incref(o->policy) : json_object(), "seed",
        (json_int_t)o->id, "have", "image", image);
    json_t *blobs = image == NULL
                        ? blob_list(&o->model)
                        : json_pack("[O,O]", json_object_get(image, "image"),
                              json_object_get(image, "sample"));
    int64_t id;

    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_PROFILE,
            .owner = o->owner,
            .priority = o->priority,
            .job = o->id,
            .flow = o->flow,
            .selector = selector,
            .devices = devices,
            .n_devices = n,
            .deadline_s = 2 * o->budget_s + DEADLINE_REST_S,
            .queue_timeout_ms = 1000 * o->queue_timeout_s,
            .now_ms = o->now_ms },
        payload, blobs, &id, err);
}

/* What any of these devices may do: a task, or a target of the one that makes
 * their image first. */
static enum status
add_task(struct db *db, const struct job_order *o, const char *selector,
    const struct fleet_device **match, size_t n, struct err *err)
{
    const char **names = calloc(n, sizeof(*names));
    enum status st;

    if (names == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++)
        names[i] = match[i]->name;
    st = o->quantise != NULL
             ? job_quantise_target(o->quantise, selector, names, n, err)
             : job_order_offer(db, o, selector, names, n, NULL, err);
    free(names);
    return st;
}

static enum status
add_tasks(struct db *db, const struct job_order *o, size_t index,
    const struct fleet_device **match, struct err *err)
{
    const enum fleet_kind kind =
        o->quantise != NULL ? FLEET_BOARDS : FLEET_HOSTS;
    struct entry e;
    size_t n = 0;
    enum status st;

    if ((st = read_entry(o->devices, index, &e, err)) != ST_OK ||
        (st = fleet_match(
             &o->fleet, e.path, e.selector, kind, match, &n, err)) != ST_OK ||
        (o->cache == CACHE_ONLY &&
            (st = keep_cached(db, o, e.path, match, &n, err)) != ST_OK))
        return st;
    if (!e.all)
        return add_task(db, o, e.selector, match, n, err);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = add_task(db, o, e.selector, &match[i], 1, err);
    return st;
}

enum status
job_order_store(struct db *db, struct job_order *o, struct err *err)
{
    const struct fleet_device **match =
        calloc(o->fleet.n + 1, sizeof(const struct fleet_device *));
    enum status st = match ? add_job(db, o, err) : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < json_array_size(o->devices); i++)
        st = add_tasks(db, o, i, match, err);
    if (st == ST_OK && o->quantise != NULL)
        st = job_quantise_offer(db, o, err);
    free(match);
    return st;
}
