/* SPDX-License-Identifier: MIT */
#include "server/api_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/score.h"
#include "db/blob.h"
#include "server/api_util.h"

void
input_model_clear(struct input_model *m)
{
    model_clear(&m->row);
    json_decref(m->analysis);
    memset(m, 0, sizeof(*m));
}

/* The parts of the analysis that the API needs. */
static enum status
unpack(struct input_model *m, struct err *err)
{
    json_t *inputs = NULL, *last;
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &m->blob, 0, 0 },
        { "inputs", JF_ARR, true, &inputs, 0, 0 },
        { "exits", JF_ARR, true, &m->exits, 0, 0 },
    };
    const struct json_field first[] = {
        { "name", JF_STR, true, &m->input, 0, 0 },
        { "shape", JF_ARR, true, &m->input_shape, 0, 0 },
    };
    enum status st;

    if ((st = JSON_PICK(m->analysis, "analysis", fields, err)) != ST_OK ||
        (st = JSON_PICK(json_array_get(inputs, 0), "analysis.inputs[0]", first,
             err)) != ST_OK)
        return st;
    last = json_array_get(m->exits, json_array_size(m->exits) - 1);
    m->classes = json_object_get(last, "classes");
    return ST_OK;
}

static enum status
check_state(const struct model *m, struct err *err)
{
    switch (m->state) {
    case ITEM_READY:
        return ST_OK;
    case ITEM_CHECKING:
        return err_set(err, ST_CONFLICT, "model.not_ready",
            "the model is still being analysed: wait with GET "
            "/v1/models/%.64s?wait=50, then send this again",
            m->id);
    case ITEM_REJECTED:
        break;
    }
    return err_set(err, ST_UNPROCESSABLE, "model.rejected",
        "the model was rejected: %s (%s)",
        m->error_detail ? m->error_detail : "no reason was given",
        m->error_code ? m->error_code : "unknown");
}

enum status
input_model_get(
    struct db *db, const char *id, struct input_model *out, struct err *err)
{
    enum status st;

    memset(out, 0, sizeof(*out));
    if ((st = db_model_get(db, id, &out->row, err)) != ST_OK)
        return st;
    if ((st = check_state(&out->row, err)) != ST_OK ||
        (st = json_parse(out->row.analysis, strlen(out->row.analysis),
             &out->analysis, err)) != ST_OK ||
        (st = unpack(out, err)) != ST_OK)
        input_model_clear(out);
    return st;
}

enum status
input_model_single(
    struct db *db, const char *id, struct input_model *out, struct err *err)
{
    enum status st = input_model_get(db, id, out, err);
    size_t n;

    if (st != ST_OK)
        return st;
    n = json_array_size(json_object_get(out->analysis, "inputs"));
    if (n == 1)
        return ST_OK;
    input_model_clear(out);
    return err_set(err, ST_UNPROCESSABLE, "model.inputs",
        "the model has %zu inputs; a data set feeds exactly one", n);
}

enum status
input_blob_check(
    struct db *db, const char *path, const char *sha256, struct err *err)
{
    enum status st = sha256 ? db_blob_stat(db, sha256, NULL, NULL) : ST_OK;

    if (st == ST_OK)
        return ST_OK;
    if (st != ST_NOT_FOUND)
        return err_set(err, st, NULL, "%s: the blob could not be read", path);
    return err_set(err, ST_UNPROCESSABLE, "blob.not_found",
        "%s: there is no such blob yet; send it with PUT "
        "/v1/blobs/sha256:%.64s first",
        path, sha256);
}

static enum status
check_numbers(const json_t *a, const char *path, struct err *err)
{
    const json_t *v;
    size_t i;

    json_array_foreach(a, i, v)
    {
        if (!json_is_number(v))
            return err_set(err, ST_INVALID, "request.field",
                "%s[%zu] must be a number", path, i);
    }
    return ST_OK;
}

static enum status
check_word(const char *text, const char *path, const char *a, const char *b,
    struct err *err)
{
    if (text == NULL || strcmp(text, a) == 0 || strcmp(text, b) == 0)
        return ST_OK;
    return err_set(
        err, ST_INVALID, "request.field", "%s must be %s or %s", path, a, b);
}

enum status
input_preprocess_check(const json_t *preprocess, struct err *err)
{
    const char *per_sample = NULL, *layout = NULL;
    json_t *mean = NULL, *std = NULL;
    double scale = 1;
    const struct json_field fields[] = {
        { "scale", JF_REAL, false, &scale, 0, 0 },
        { "mean", JF_ARR, false, &mean, 0, 0 },
        { "std", JF_ARR, false, &std, 0, 0 },
        { "per_sample", JF_STR, false, &per_sample, 0, 0 },
        { "layout", JF_STR, false, &layout, 0, 0 },
    };
    enum status st;

    if (preprocess == NULL)
        return ST_OK;
    if ((st = JSON_READ(preprocess, "preprocess", fields, err)) != ST_OK ||
        (st = check_numbers(mean, "preprocess.mean", err)) != ST_OK ||
        (st = check_numbers(std, "preprocess.std", err)) != ST_OK ||
        (st = check_word(per_sample, "preprocess.per_sample", "none", "zscore",
             err)) != ST_OK)
        return st;
    return check_word(layout, "preprocess.layout", "NCHW", "NHWC", err);
}

enum status
input_flow_add(struct db *db, const struct flow *flow, const json_t *request,
    int64_t *id, struct err *err)
{
    struct flow full = *flow;
    enum status st = api_text(request, &full.request, err);

    if (st == ST_OK)
        st = db_flow_add(db, &full, id, err);
    free(full.request);
    return st;
}

enum status
input_task_add(struct db *db, const struct task_offer *offer, json_t *payload,
    json_t *blobs, int64_t *id, struct err *err)
{
    struct task_offer full = *offer;
    char *payload_text = NULL, *blobs_text = NULL;
    enum status st = payload && blobs ? ST_OK : err_nomem(err);

    if (st == ST_OK && (st = api_text(payload, &payload_text, err)) == ST_OK &&
        (st = api_text(blobs, &blobs_text, err)) == ST_OK) {
        full.payload = payload_text;
        full.blobs = blobs_text;
        st = db_task_add(db, &full, id, err);
    }
    free(payload_text);
    free(blobs_text);
    json_decref(payload);
    json_decref(blobs);
    return st;
}

enum status
input_dataset_get(
    struct db *db, int64_t id, struct dataset *out, struct err *err)
{
    enum status st = db_dataset_get(db, id, out, err);

    if (st != ST_OK || out->state == ITEM_READY)
        return st;
    if (out->state == ITEM_CHECKING)
        return err_set(err, ST_CONFLICT, "dataset.not_ready",
            "data set %lld is still being checked: wait with GET "
            "/v1/datasets/%lld?wait=50, then send this again",
            (long long)id, (long long)id);
    return err_set(err, ST_UNPROCESSABLE, "dataset.rejected",
        "data set %lld was rejected: %s", (long long)id,
        out->error_detail ? out->error_detail : "no reason was given");
}

static bool
has_exit(const json_t *exits, const char *name)
{
    const json_t *x;
    size_t i;

    json_array_foreach(exits, i, x)
    {
        if (strcmp(json_get_string(x, "name", ""), name) == 0)
            return true;
    }
    return false;
}

static enum status
check_scores(const json_t *exits, const json_t *scores, struct err *err)
{
    const char *name;
    const json_t *word;
    enum score s;
    enum status st = ST_OK;

    if (scores == NULL || json_is_string(scores))
        return scores ? score_read(json_string_value(scores), "score", &s, err)
                      : ST_OK;
    if (!json_is_object(scores))
        return err_set(err, ST_INVALID, "request.field",
            "score must be a word for all exits, or an object with a word for "
            "some, such as {\"exit0\":\"margin\"}");
    json_object_foreach((json_t *)scores, name, word)
    {
        if (!has_exit(exits, name))
            return err_set(err, ST_UNPROCESSABLE, "model.exit",
                "score names %.64s, but the model has no such exit", name);
        if ((st = score_read(
                 json_string_value(word), "score's members", &s, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

static const char *
score_of_exit(const json_t *exit, const json_t *scores)
{
    const char *usual = score_word(SCORE_MAX_PROBABILITY);

    return json_is_string(scores)
               ? json_string_value(scores)
               : json_get_string(
                     scores, json_get_string(exit, "name", ""), usual);
}

enum status
input_exit_outputs(
    const json_t *exits, const json_t *scores, json_t **out, struct err *err)
{
    const json_t *exit;
    enum status st = check_scores(exits, scores, err);
    size_t i;

    *out = NULL;
    if (st != ST_OK)
        return st;
    *out = json_array();
    json_array_foreach(exits, i, exit)
    {
        if (json_array_append_new(
                *out, json_pack("{s:O,s:O,s:s}", "name",
                          json_object_get(exit, "name"), "output",
                          json_object_get(exit, "output"), "score",
                          score_of_exit(exit, scores))) < 0) {
            json_decref(*out);
            *out = NULL;
            break;
        }
    }
    return *out ? ST_OK : err_nomem(err);
}
