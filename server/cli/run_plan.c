/* SPDX-License-Identifier: MIT */
#include "server/cli/run_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/model/deploy.h"
#include "search/worker/infer.h"

enum { PARTS_MAX = 2 * RUNNER_EXITS_MAX + 2 };

/* The cut models, kept in memory until they are loaded. */
struct parts {
    struct runtime *runtime; /* borrowed */
    struct {
        char hex[HASH_HEX];
        void *data; /* owned */
        size_t len;
    } item[PARTS_MAX];
    size_t n;
};

static void
parts_clear(struct parts *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->item[i].data);
}

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    return infer_shapes(((struct parts *)ctx)->runtime, model, len, sink, err);
}

static enum status
keep(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    struct parts *p = ctx;
    void *copy = malloc(len);

    if (copy == NULL || p->n == PARTS_MAX) {
        free(copy);
        return err_nomem(err);
    }
    memcpy(copy, data, len);
    hash_bytes(data, len, hex);
    memcpy(p->item[p->n].hex, hex, HASH_HEX);
    p->item[p->n].data = copy;
    p->item[p->n++].len = len;
    return ST_OK;
}

/* An empty source where the part is null. */
static struct net_source
source_of(const struct parts *p, const json_t *exit, const char *part)
{
    const char *hex = json_get_string(exit, part, NULL);

    for (size_t i = 0; hex != NULL && i < p->n; i++)
        if (strcmp(p->item[i].hex, hex) == 0)
            return (struct net_source){ .data = p->item[i].data,
                .len = p->item[i].len };
    return (struct net_source){ 0 };
}

static enum status
open_stages(struct run_plan *out, const struct parts *parts,
    const json_t *deployment, struct err *err)
{
    struct runner_stage stage[RUNNER_EXITS_MAX];
    const json_t *x;
    size_t i;
    int n = 0;

    json_array_foreach(json_object_get(deployment, "exits"), i, x)
    {
        int e = (int)json_integer_value(json_object_get(x, "index"));

        out->index[n] = e;
        stage[n++] = (struct runner_stage){
            .segment = source_of(parts, x, "segment"),
            .head = source_of(parts, x, "head"),
            .output = out->exits.name[e],
            .threshold = out->exits.threshold[e],
            .score = out->exits.score[e],
        };
    }
    return runner_open(&out->runner, out->runtime, stage, n, err);
}

/* Every exit of a model, by the names of its outputs. */
static enum status
all_exits(struct run_plan *out, enum score score, const void *data, size_t len,
    const struct analyse_env *env, struct err *err)
{
    struct plan_exits *x = &out->exits;
    const json_t *exit;
    size_t i;
    enum status st = analyse(&out->analysis, data, len, NULL, env, err);

    if (st != ST_OK)
        return st;
    json_array_foreach(json_object_get(out->analysis, "exits"), i, exit)
    {
        if (x->n == RECORDS_EXITS_MAX)
            return err_set(err, ST_UNPROCESSABLE, "model.too_many_exits",
                "more than %d exits", RECORDS_EXITS_MAX);
        x->name[x->n] = json_get_string(exit, "output", "");
        x->threshold[x->n] = NAN;
        x->score[x->n] = score;
        x->kept[x->n++] = true;
    }
    return ST_OK;
}

/* An analysis makes cuts of its own, which are not needed. */
static enum status
drop(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    (void)ctx;
    (void)err;
    hash_bytes(data, len, hex);
    return ST_OK;
}

enum status
run_plan_open(struct run_plan *out, const json_t *plan, enum score score,
    const char *model_path, struct err *err)
{
    struct parts parts = { 0 };
    const struct analyse_env env = { &parts, infer, keep, NULL, NULL };
    const struct analyse_env look = { &parts, infer, drop, NULL, NULL };
    struct deploy_exits exits;
    json_t *deployment = NULL;
    char *data = NULL;
    size_t len;
    enum status st;

    *out = (struct run_plan){ 0 };
    if ((plan != NULL &&
            (st = plan_exits_read(plan, &out->exits, err)) != ST_OK) ||
        (st = file_read(model_path, ONNX_MAX_BYTES, &data, &len, err)) !=
            ST_OK ||
        (st = runtime_onnx_open(&out->runtime, NULL, err)) != ST_OK)
        goto out;
    parts.runtime = out->runtime;
    if (plan == NULL &&
        (st = all_exits(out, score, data, len, &look, err)) != ST_OK)
        goto out;
    exits = (struct deploy_exits){
        .name = out->exits.name, .kept = out->exits.kept, .n = out->exits.n
    };
    if ((st = deploy_cut(&deployment, data, len, &exits, &env, err)) == ST_OK)
        st = open_stages(out, &parts, deployment, err);
out:
    json_decref(deployment);
    parts_clear(&parts);
    free(data);
    return st;
}

void
run_plan_close(struct run_plan *p)
{
    runner_close(p->runner);
    if (p->runtime != NULL)
        runtime_close(p->runtime);
    json_decref(p->analysis);
    p->analysis = NULL;
    p->runner = NULL;
    p->runtime = NULL;
}
