/* SPDX-License-Identifier: MIT */
#include "search/heads/options.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

static enum status
read_heads(const json_t *list, struct augment_options *out, struct err *err)
{
    const json_t *item;
    size_t i;

    if (list == NULL) {
        out->head[HEAD_POOL] = out->head[HEAD_SPATIAL] = true;
        out->head[HEAD_HIDDEN] = true;
        return ST_OK;
    }
    json_array_foreach(list, i, item)
    {
        const char *word = json_string_value(item);
        int k = 0;

        while (k < HEAD_KINDS && word != NULL &&
               strcmp(head_kind_word((enum head_kind)k), word) != 0)
            k++;
        if (word == NULL || k == HEAD_KINDS)
            return err_set(err, ST_INVALID, "request.field",
                "options.heads[%zu] must be pool, spatial, hidden, own or conv",
                i);
        out->head[k] = true;
    }
    if (json_array_size(list) == 0)
        return err_set(err, ST_INVALID, "request.field",
            "options.heads is empty: name at least one kind");
    return ST_OK;
}

static enum status
read_target(const char *word, struct augment_options *out, struct err *err)
{
    out->agreement = strcmp(word, "agreement") == 0;
    if (out->agreement || strcmp(word, "labels") == 0)
        return ST_OK;
    return err_set(err, ST_INVALID, "request.field",
        "options.target must be labels or agreement");
}

static enum status
read_score(const char *word, struct augment_options *out, struct err *err)
{
    out->score = score_find(word);
    if (out->score != SCORE_KINDS || strcmp(word, "best") == 0)
        return ST_OK;
    return err_set(err, ST_INVALID, "request.field",
        "options.score must be max_probability, margin, entropy or best");
}

enum status
augment_options_read(
    const json_t *doc, struct augment_options *out, struct err *err)
{
    json_t *rule = NULL, *heads = NULL, *rows = NULL;
    const char *target = "labels";
    const char *score = score_word(SCORE_MAX_PROBABILITY);
    const struct json_field fields[] = {
        { "rule", JF_ANY, false, &rule, 0, 0 },
        { "heads", JF_ARR, false, &heads, 0, 0 },
        { "confidence", JF_BOOL, false, &out->confidence, 0, 0 },
        { "target", JF_STR, false, &target, 0, 20 },
        { "score", JF_STR, false, &score, 0, 20 },
        { "rows", JF_ANY, false, &rows, 0, 0 },
        { "seed", JF_INT, false, &out->seed, 0, 9e15 },
        { "max_candidates", JF_INT, false, &out->max_candidates, 1,
            AUGMENT_CANDIDATES_MAX },
        { "memory_bytes", JF_REAL, false, &out->memory_bytes, 1, 1e15 },
        { "threads", JF_INT, false, &out->threads, 1, AUGMENT_THREADS_MAX },
    };
    enum status st;

    *out = (struct augment_options){
        .seed = 1, .max_candidates = 24, .threads = 1, .memory_bytes = NAN
    };
    if (doc != NULL && (st = JSON_READ(doc, "options", fields, err)) != ST_OK)
        return st;
    out->rule = rule;
    out->rows = rows;
    if ((st = read_heads(heads, out, err)) != ST_OK ||
        (st = read_score(score, out, err)) != ST_OK)
        return st;
    return read_target(target, out, err);
}
