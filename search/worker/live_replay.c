/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/data/csv.h"
#include "search/worker/live.h"

enum { STEPS_BYTES_MAX = 256 << 20 };

/* Members of a step that live and replay must agree on, and the column of
 * each in the probe's CSV (../../probes/live/report.h). */
static const struct {
    const char *name;
    size_t column;
} decided[] = { { "exit", 2 }, { "probe", 3 }, { "handed_over", 4 } };
enum { DECIDED = sizeof(decided) / sizeof(decided[0]), COLUMNS = 11 };

struct decision {
    int64_t value[DECIDED];
};

/* What one policy did live. */
struct lived {
    const char *name, *steps; /* borrowed */
    int64_t n;
    struct decision *step; /* owned, [n] */
};

static enum status
read_step(struct csv *c, struct decision *out, struct err *err)
{
    enum status st = ST_OK;

    *out = (struct decision){ 0 };
    for (size_t column = 0; column < COLUMNS; column++) {
        if (csv_done(c))
            return err_set(err, ST_INVALID, "policy.steps",
                "the steps of the live run end in line %zu, column %zu",
                c->line, column);
        if ((st = csv_next(c, err)) != ST_OK)
            return st;
        for (size_t d = 0; d < DECIDED; d++)
            if (decided[d].column == column)
                out->value[d] = strtoll(c->field, NULL, 10);
    }
    return c->row_end ? ST_OK
                      : err_set(err, ST_INVALID, "policy.steps",
                            "line %zu of the live run's steps has more than "
                            "%d columns",
                            c->line, COLUMNS);
}

static enum status
read_steps(const struct task *t, struct lived *l, struct err *err)
{
    struct decision header;
    char path[PATH_MAX], *text = NULL;
    struct csv csv;
    size_t len;
    enum status st;

    if ((st = task_blob_path(t, l->steps, path, err)) != ST_OK ||
        (st = file_read(path, STEPS_BYTES_MAX, &text, &len, err)) != ST_OK)
        return st;
    l->step = malloc(((size_t)l->n + 1) * sizeof(*l->step));
    csv_init(&csv, text, len);
    st = l->step != NULL ? read_step(&csv, &header, err) : err_nomem(err);
    for (int64_t i = 0; st == ST_OK && i < l->n; i++)
        st = read_step(&csv, &l->step[i], err);
    free(text);
    return st;
}

static enum status
read_lived(const json_t *doc, struct lived *l, struct err *err)
{
    const struct json_field fields[] = {
        { "name", JF_STR, true, &l->name, 0, 64 },
        { "n", JF_INT, true, &l->n, 1, RECORDS_ROWS_MAX },
        { "steps", JF_HASH, true, &l->steps, 0, 0 },
    };

    *l = (struct lived){ 0 };
    return JSON_PICK(doc, "payload.streams[]", fields, err);
}

/* The first n rows of the records, as far as that policy came. */
static enum status
load_records(const char *text, size_t len, int64_t n, struct records *out,
    struct err *err)
{
    const char *at = text, *end = text + len;

    for (int64_t lines = 0; at < end && lines <= n; lines++) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));

        at = nl != NULL ? nl + 1 : end;
    }
    return records_parse(text, (size_t)(at - text), out, err);
}

static int64_t
decision_of(const json_t *step, size_t d)
{
    const json_t *v = json_object_get(step, decided[d].name);

    return json_is_boolean(v) ? json_boolean_value(v) : json_integer_value(v);
}

static bool
same(const struct decision *live, const json_t *step)
{
    for (size_t d = 0; d < DECIDED; d++)
        if (live->value[d] != decision_of(step, d))
            return false;
    return true;
}

static json_t *
decision_json(const struct decision *live, const json_t *step)
{
    json_t *o = json_object();

    for (size_t d = 0; o != NULL && d < DECIDED; d++)
        (void)json_object_set_new(o, decided[d].name,
            json_integer(live ? live->value[d] : decision_of(step, d)));
    return o;
}

/* {"equal","of","share","first"}: how many decisions are the same. */
static json_t *
agreement(const struct lived *l, const json_t *steps)
{
    json_t *first = json_null();
    const json_t *step;
    int64_t equal = 0;
    size_t i;

    json_array_foreach(steps, i, step)
    {
        const bool is_same = i < (size_t)l->n && same(&l->step[i], step);

        equal += is_same;
        if (!is_same && json_is_null(first))
            first = json_pack("{s:I,s:o,s:o}", "step", (json_int_t)i, "live",
                decision_json(&l->step[i], NULL), "replay",
                decision_json(NULL, step));
    }
    return json_pack("{s:I,s:I,s:f,s:o}", "equal", (json_int_t)equal, "of",
        (json_int_t)l->n, "share", (double)equal / (double)l->n, "first",
        first);
}

static enum status
replay_one(const struct live_basis *b, struct lived *l, const char *text,
    size_t len, json_t *list, struct err *err)
{
    struct trial_options o = b->options;
    struct records r = { 0 };
    json_t *doc = NULL, *row;
    enum status st;

    o.names = &l->name;
    o.n_names = 1;
    if ((st = load_records(text, len, l->n, &r, err)) == ST_OK)
        st = trial_steps(&r, b->published ? NULL : &b->costs, &o, &doc, err);
    if (st == ST_OK) {
        row = json_pack("{s:s,s:I,s:o}", "name", l->name, "n", (json_int_t)r.n,
            "agree", agreement(l, json_object_get(doc, "steps")));
        (void)json_object_del(doc, "steps");
        (void)json_object_update_missing(row, doc);
        (void)json_object_del(row, "schema");
        (void)json_object_del(row, "policy");
        (void)json_object_del(row, "samples");
        if (json_array_append_new(list, row) < 0)
            st = err_nomem(err);
    }
    json_decref(doc);
    records_clear(&r);
    return st;
}

static enum status
replay_all(struct task *t, const struct live_basis *b, const json_t *streams,
    const char *text, size_t len, json_t *list, struct err *err)
{
    enum status st = ST_OK;
    const json_t *x;
    size_t i;

    json_array_foreach(streams, i, x)
    {
        struct lived l;

        task_progress(
            t, "replay", (int64_t)i, (int64_t)json_array_size(streams), NULL);
        if ((st = read_lived(x, &l, err)) == ST_OK &&
            (st = read_steps(t, &l, err)) == ST_OK)
            st = replay_one(b, &l, text, len, list, err);
        free(l.step);
        if (st != ST_OK)
            break;
    }
    return st;
}

enum status
live_replay(struct task *t, json_t **result, struct err *err)
{
    const char *hex = NULL;
    int64_t exits = 0;
    json_t *streams = NULL, *list = json_array();
    const struct json_field fields[] = {
        { "exits", JF_INT, true, &exits, 2, POLICY_ARMS_MAX },
        { "records", JF_HASH, true, &hex, 0, 0 },
        { "streams", JF_ARR, true, &streams, 0, 0 },
    };
    struct live_basis basis = { 0 };
    char path[PATH_MAX], *text = NULL;
    size_t len;
    enum status st = JSON_PICK(t->payload, "payload", fields, err);

    if (st == ST_OK &&
        (st = live_basis_read(&basis, t->payload, (int)exits, err)) == ST_OK &&
        (st = task_blob_path(t, hex, path, err)) == ST_OK &&
        (st = file_read(path, RECORDS_BYTES_MAX, &text, &len, err)) == ST_OK)
        st = replay_all(t, &basis, streams, text, len, list, err);
    if (st == ST_OK && (*result = json_pack("{s:s,s:O}", "schema",
                            "offramp.live_replay/1", "policies", list)) == NULL)
        st = err_nomem(err);
    json_decref(list);
    live_basis_clear(&basis);
    free(text);
    return st;
}
