/* SPDX-License-Identifier: MIT */
#include "probes/deploy/payload.h"

#include <stdlib.h>

#include "base/file.h"

enum { ROWS_BYTES_MAX = 1 << 30 };

/* The path of a part, or "" where it is null. */
static enum status
part_path(const struct task *t, const json_t *exit, const char *part,
    char path[PATH_MAX], struct err *err)
{
    const char *hex = json_get_string(exit, part, NULL);

    path[0] = '\0';
    return hex != NULL ? task_blob_path(t, hex, path, err) : ST_OK;
}

enum status
payload_runner(struct runner **out, const struct task *t, const json_t *exits,
    struct runtime *rt, struct err *err)
{
    size_t n = json_array_size(exits);
    struct runner_stage stage[RUNNER_EXITS_MAX];
    char(*paths)[2][PATH_MAX];
    enum status st = ST_OK;

    *out = NULL;
    if (n == 0 || n > RUNNER_EXITS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "the payload must have 1 to %d exits", RUNNER_EXITS_MAX);
    if ((paths = malloc(n * sizeof(*paths))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        const json_t *x = json_array_get(exits, i);
        enum score score = SCORE_MAX_PROBABILITY;

        if ((st = part_path(t, x, "segment", paths[i][0], err)) == ST_OK)
            st = part_path(t, x, "head", paths[i][1], err);
        if (st == ST_OK)
            st = score_read(json_get_string(x, "score", "max_probability"),
                "payload.exits[].score", &score, err);
        stage[i] = (struct runner_stage){
            .segment.path = paths[i][0][0] ? paths[i][0] : NULL,
            .head.path = paths[i][1][0] ? paths[i][1] : NULL,
            .output = json_get_string(x, "name", ""),
            .threshold = json_get_number(x, "threshold"),
            .score = score,
        };
    }
    if (st == ST_OK)
        st = runner_open(out, rt, stage, (int)n, err);
    free(paths);
    return st;
}

enum status
payload_rows_read(const json_t *rows, struct payload_rows *out, struct err *err)
{
    const struct json_field fields[] = {
        { "inputs", JF_HASH, true, &out->inputs, 0, 0 },
        { "labels", JF_HASH, false, &out->labels, 0, 0 },
        { "n", JF_INT, true, &out->n, 1, 1e7 },
    };

    return JSON_PICK(rows, "payload.rows", fields, err);
}

/* A blob of exactly `bytes`. */
static enum status
load(const struct task *t, const char *hex, const char *what, size_t bytes,
    char **data, struct err *err)
{
    char path[PATH_MAX];
    size_t len;
    enum status st = task_blob_path(t, hex, path, err);

    if (st == ST_OK)
        st = file_read(path, ROWS_BYTES_MAX, data, &len, err);
    if (st == ST_OK && len != bytes)
        return err_set(err, ST_INVALID, "request.field",
            "payload.rows.%s has %zu bytes; the network and n ask for %zu",
            what, len, bytes);
    return st;
}

enum status
payload_rows_load(struct payload_rows *r, const struct task *t, size_t elements,
    struct err *err)
{
    const size_t n = (size_t)r->n;
    enum status st = load(
        t, r->inputs, "inputs", n * elements * sizeof(float), &r->row, err);

    if (st != ST_OK || r->labels == NULL)
        return st;
    return load(t, r->labels, "labels", n * sizeof(int64_t), &r->class, err);
}

void
payload_rows_clear(struct payload_rows *r)
{
    free(r->row);
    free(r->class);
    *r = (struct payload_rows){ 0 };
}
