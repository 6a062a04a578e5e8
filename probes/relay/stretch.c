/* SPDX-License-Identifier: MIT */
#include "probes/relay/stretch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/flag.h"
#include "probes/relay/relay.h"

static enum status
read_tensors(const json_t *list, const char *path, struct stretch_tensors *out,
    struct err *err)
{
    const json_t *x;
    enum status st;
    size_t i;

    if (json_array_size(list) > STRETCH_TENSORS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "%s: at most %d tensors are handed over", path,
            STRETCH_TENSORS_MAX);
    json_array_foreach(list, i, x)
    {
        struct stretch_tensor *t = &out->item[out->n++];
        json_t *int8 = NULL;
        int64_t bytes;
        const struct json_field fields[] = {
            { "name", JF_STR, true, &t->name, 0, 1024 },
            { "bytes", JF_INT, true, &bytes, 1, RELAY_BYTES_MAX },
            { "int8", JF_OBJ, false, &int8, 0, 0 },
        };
        const struct json_field numbers[] = {
            { "scale", JF_REAL, true, &t->scale, 1e-30, 1e30 },
            { "zero", JF_INT, true, &t->zero, -128, 127 },
        };

        if ((st = JSON_PICK(x, path, fields, err)) != ST_OK ||
            (int8 != NULL &&
                (st = JSON_PICK(int8, path, numbers, err)) != ST_OK))
            return st;
        t->bytes = (size_t)bytes;
        t->at = out->bytes;
        out->bytes += t->bytes;
    }
    if (out->bytes > RELAY_BYTES_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "%s: %zu bytes a sample; at most %d are handed over", path,
            out->bytes, RELAY_BYTES_MAX);
    return ST_OK;
}

static enum status
read_exit(const json_t *doc, int i, struct stretch_exit *x, struct err *err)
{
    bool last = false;
    const char *score = score_word(SCORE_MAX_PROBABILITY);
    const struct json_field fields[] = {
        { "index", JF_INT, true, &x->index, 0, RUNNER_EXITS_MAX - 1 },
        { "name", JF_STR, true, &x->name, 0, 1024 },
        { "kept", JF_BOOL, true, &x->kept, 0, 0 },
        { "last", JF_BOOL, false, &last, 0, 0 },
        { "threshold", JF_REAL, false, &x->threshold, 0, 0 },
        { "score", JF_STR, false, &score, 0, 0 },
    };
    char path[48];
    enum status st;

    *x = (struct stretch_exit){ .threshold = NAN, .doc = doc };
    snprintf(path, sizeof(path), "payload.stretch.exits[%d]", i);
    if ((st = JSON_PICK(doc, path, fields, err)) != ST_OK ||
        (st = score_read(
             score, "payload.stretch.exits[].score", &x->score, err)) != ST_OK)
        return st;
    if (last)
        x->threshold = -INFINITY;
    if (x->kept && isnan(x->threshold))
        return err_set(err, ST_INVALID, "request.field",
            "%s.threshold is missing: every exit but the last has one", path);
    return ST_OK;
}

static enum status
read_stretch(const json_t *doc, struct stretch *s, struct err *err)
{
    json_t *exits = NULL, *takes = NULL, *gives = NULL;
    const struct json_field fields[] = {
        { "exits", JF_ARR, true, &exits, 0, 0 },
        { "takes", JF_ARR, true, &takes, 0, 0 },
        { "gives", JF_ARR, true, &gives, 0, 0 },
    };
    enum status st = JSON_PICK(doc, "payload.stretch", fields, err);

    if (st == ST_OK && json_array_size(exits) > RUNNER_EXITS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "payload.stretch.exits: at most %d", RUNNER_EXITS_MAX);
    if (st == ST_OK)
        s->exits = (int)json_array_size(exits);
    for (int i = 0; st == ST_OK && i < s->exits; i++)
        st = read_exit(json_array_get(exits, (size_t)i), i, &s->exit[i], err);
    if (st == ST_OK)
        st = read_tensors(takes, "payload.stretch.takes", &s->takes, err);
    if (st == ST_OK)
        st = read_tensors(gives, "payload.stretch.gives", &s->gives, err);
    return st;
}

enum status
stretch_open(struct stretch **out, struct task *t, struct err *err)
{
    const json_t *doc = json_object_get(t->payload, "stretch");
    const json_t *image = json_object_get(doc, "image");
    struct stretch base = { 0 };
    enum status st = read_stretch(doc, &base, err);

    *out = NULL;
    if (st != ST_OK)
        return st;
    return json_is_object(image) ? stretch_board_open(out, &base, image, t, err)
                                 : stretch_host_open(out, &base, t, err);
}

void
stretch_close(struct stretch *s)
{
    if (s == NULL)
        return;
    json_decref(s->stable);
    s->ops->close(s);
}

static const struct stretch_run nothing = {
    .stage = -1, .score = NAN, .counts = NAN, .own_ns = NAN
};

enum status
stretch_run(
    struct stretch *s, const void *in, struct stretch_run *out, struct err *err)
{
    *out = nothing;
    return s->ops->run(s, in, out, err);
}

bool
stretch_has_full(const struct stretch *s)
{
    return s->ops->run_full != NULL && s->gives.n == 0 && s->exits > 0;
}

enum status
stretch_run_full(
    struct stretch *s, const void *in, struct stretch_run *out, struct err *err)
{
    *out = nothing;
    return s->ops->run_full(s, in, out, err);
}

enum status
stretch_energy(struct stretch *s, const size_t *left, json_t **out,
    int64_t *flags, struct err *err)
{
    *out = NULL;
    if (s->ops->energy != NULL)
        return s->ops->energy(s, left, out, flags, err);
    *flags |= FLAG(no_energy_sensor);
    return ST_OK;
}

json_t *
stretch_trouble(const struct stretch *s)
{
    return s->ops->trouble != NULL ? s->ops->trouble(s) : json_null();
}
