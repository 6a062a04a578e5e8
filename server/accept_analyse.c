/* SPDX-License-Identifier: MIT */
/* An analysis makes its model ready.  It is stored as it came; what the
 * server itself reads from it later is checked here. */
#include <stdio.h>
#include <stdlib.h>

#include "db/model.h"
#include "server/accept_internal.h"
#include "server/api_util.h"

enum { PATH_BYTES = 64, LAYERS_MAX = 100000, EXITS_MAX = 1000 };

static enum status
check_index(const char *path, int64_t index, size_t want, struct err *err)
{
    if (index == (int64_t)want)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "result.index",
        "%s.index must be %zu", path, want);
}

static enum status
check_layer(struct db *db, const json_t *layer, size_t i, struct err *err)
{
    const char *name, *kernel_key, *blob = NULL;
    int64_t index = -1, macs;
    char path[PATH_BYTES];
    const struct json_field fields[] = {
        { "index", JF_INT, true, &index, 0, 0 },
        { "name", JF_STR, true, &name, 0, 1024 },
        { "kernel_key", JF_HASH, true, &kernel_key, 0, 0 },
        { "macs", JF_INT, true, &macs, 0, 9e18 },
        { "blob", JF_HASH, true, &blob, 0, 0 },
    };
    enum status st;

    snprintf(path, sizeof(path), "layers[%zu]", i);
    if ((st = JSON_PICK(layer, path, fields, err)) != ST_OK ||
        (st = check_index(path, index, i, err)) != ST_OK)
        return st;
    return db != NULL ? accept_blob(db, path, blob, err) : ST_OK;
}

/* A segment, head or prefix: a file and its count. */
static enum status
check_part(struct db *db, const json_t *part, const char *exit,
    const char *name, struct err *err)
{
    const char *blob = NULL;
    int64_t macs;
    char path[PATH_BYTES + 16];
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &blob, 0, 0 },
        { "macs", JF_INT, true, &macs, 0, 9e18 },
    };
    enum status st;

    snprintf(path, sizeof(path), "%s.%s", exit, name);
    if ((st = JSON_PICK(part, path, fields, err)) != ST_OK)
        return st;
    return db != NULL ? accept_blob(db, path, blob, err) : ST_OK;
}

static enum status
check_exit(struct db *db, const json_t *exit, size_t i, struct err *err)
{
    static const char *const optional[] = { "head", "joint", "stage" };
    const size_t n_optional = sizeof(optional) / sizeof(optional[0]);
    const char *name, *output;
    int64_t index = -1;
    json_t *segment = NULL, *prefix = NULL;
    char path[PATH_BYTES];
    const struct json_field fields[] = {
        { "index", JF_INT, true, &index, 0, 0 },
        { "name", JF_STR, true, &name, 0, 1024 },
        { "output", JF_STR, true, &output, 0, 1024 },
        { "segment", JF_OBJ, true, &segment, 0, 0 },
        { "prefix", JF_OBJ, true, &prefix, 0, 0 },
    };
    enum status st;

    snprintf(path, sizeof(path), "exits[%zu]", i);
    if ((st = JSON_PICK(exit, path, fields, err)) != ST_OK ||
        (st = check_index(path, index, i, err)) != ST_OK ||
        (st = check_part(db, segment, path, "segment", err)) != ST_OK ||
        (st = check_part(db, prefix, path, "prefix", err)) != ST_OK)
        return st;
    for (size_t k = 0; st == ST_OK && k < n_optional; k++) {
        const json_t *part = json_object_get(exit, optional[k]);

        if (part != NULL && !json_is_null(part))
            st = check_part(db, part, path, optional[k], err);
    }
    return st;
}

static enum status
check_lists(
    struct db *db, const json_t *layers, const json_t *exits, struct err *err)
{
    enum status st = ST_OK;

    if (json_array_size(layers) > LAYERS_MAX ||
        json_array_size(exits) > EXITS_MAX || json_array_size(layers) == 0)
        return err_set(err, ST_UNPROCESSABLE, "result.size",
            "an analysis has 1 to %d layers and at most %d exits", LAYERS_MAX,
            EXITS_MAX);
    for (size_t i = 0; st == ST_OK && i < json_array_size(layers); i++)
        st = check_layer(db, json_array_get(layers, i), i, err);
    for (size_t i = 0; st == ST_OK && i < json_array_size(exits); i++)
        st = check_exit(db, json_array_get(exits, i), i, err);
    return st;
}

enum status
accept_analysis_check(
    struct db *db, const json_t *doc, const char *path, struct err *err)
{
    const char *blob = NULL;
    json_t *inputs = NULL, *layers = NULL, *exits = NULL;
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &blob, 0, 0 },
        { "inputs", JF_ARR, true, &inputs, 0, 0 },
        { "layers", JF_ARR, true, &layers, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
    };
    enum status st;

    if ((st = accept_schema(doc, path, "offramp.analysis/1", err)) != ST_OK ||
        (st = JSON_PICK(doc, path, fields, err)) != ST_OK ||
        (db != NULL &&
            (st = accept_blob(db, "result.blob", blob, err)) != ST_OK))
        return st;
    return check_lists(db, layers, exits, err);
}

enum status
accept_analyse(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    char *text;
    enum status st;

    (void)now_ms;
    if ((st = accept_analysis_check(db, result, "result", err)) != ST_OK ||
        (st = api_text(result, &text, err)) != ST_OK)
        return st;
    st = db_model_ready(db, task->model, text, err);
    free(text);
    return st;
}
