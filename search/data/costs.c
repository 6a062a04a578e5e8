/* SPDX-License-Identifier: MIT */
#include "search/data/costs_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COSTS_BYTES_MAX = 1 << 22 }; /* of a document */

/* Of a tensor or of weights. */
#define BYTES_MAX 1e12

#define BAD(err, ...) err_set(err, ST_INVALID, "costs.json", __VA_ARGS__)

static enum status
read_text(const char *s, char **out, struct err *err)
{
    *out = s ? strdup(s) : NULL;
    return s == NULL || *out ? ST_OK : err_nomem(err);
}

/* A number, [median, lo, hi], or null. */
static enum status
read_cost(const json_t *v, const char *path, const char *metric,
    struct cost *out, struct err *err)
{
    double x[3];

    *out = (struct cost){ NAN, NAN, NAN };
    if (v == NULL || json_is_null(v))
        return ST_OK;
    if (json_is_number(v)) {
        x[0] = x[1] = x[2] = json_number_value(v);
    } else if (json_is_array(v) && json_array_size(v) == 3) {
        for (size_t i = 0; i < 3; i++) {
            if (!json_is_number(json_array_get(v, i)))
                return BAD(err, "%s.%s[%zu] must be a number", path, metric, i);
            x[i] = json_number_value(json_array_get(v, i));
        }
    } else {
        return BAD(err, "%s.%s must be a number, [median, lo, hi] or null",
            path, metric);
    }
    if (!(x[1] >= 0 && x[1] <= x[0] && x[0] <= x[2]))
        return BAD(
            err, "%s.%s: 0 <= lo <= median <= hi does not hold", path, metric);
    *out = (struct cost){ x[0], x[1], x[2] };
    return ST_OK;
}

/* The costs of a segment or a head, one for each metric. */
static enum status
read_part(const struct costs *c, const json_t *part, const char *path,
    struct cost *out, struct err *err)
{
    enum status st;
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)part, key, v)
    {
        if (costs_metric(c, key) < 0)
            return BAD(err, "%s.%.64s is not one of the metrics", path, key);
    }
    for (int m = 0; m < c->metrics; m++) {
        st = read_cost(json_object_get(part, c->metric[m]), path, c->metric[m],
            &out[m], err);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

static enum status
read_exit(struct costs *c, int e, const json_t *doc, struct err *err)
{
    struct costs_exit *x = &c->exit[e];
    const char *name = NULL, *reason = NULL;
    json_t *segment = NULL, *head = NULL, *epochs = NULL;
    const struct json_field fields[] = {
        { "name", JF_STR, false, &name, 0, 200 },
        { "segment", JF_OBJ, true, &segment, 0, 0 },
        { "head", JF_OBJ, false, &head, 0, 0 },
        { "epochs", JF_OBJ, false, &epochs, 0, 0 },
        { "reason", JF_STR, false, &reason, 0, 400 },
        { "input_bytes", JF_INT, false, &x->input_bytes, 0, BYTES_MAX },
        { "segment_bytes", JF_INT, false, &x->segment_bytes, 0, BYTES_MAX },
        { "head_bytes", JF_INT, false, &x->head_bytes, 0, BYTES_MAX },
        { "peak_bytes", JF_INT, false, &x->peak_bytes, 0, BYTES_MAX },
    };
    char path[48], number[16];
    enum status st;

    snprintf(path, sizeof(path), "exits[%d]", e);
    snprintf(number, sizeof(number), "exit%d", e);
    x->input_bytes = x->segment_bytes = x->head_bytes = x->peak_bytes = -1;
    if ((st = JSON_READ(doc, path, fields, err)) != ST_OK)
        return st;
    x->segment = calloc((size_t)c->metrics, sizeof(*x->segment));
    x->head = calloc((size_t)c->metrics, sizeof(*x->head));
    if (x->segment == NULL || x->head == NULL)
        return err_nomem(err);
    if ((st = read_text(name ? name : number, &x->name, err)) != ST_OK ||
        (st = read_text(reason, &x->reason, err)) != ST_OK)
        return st;
    snprintf(path, sizeof(path), "exits[%d].segment", e);
    if ((st = read_part(c, segment, path, x->segment, err)) != ST_OK ||
        (epochs && (st = costs_epochs_read(c, e, epochs, err)) != ST_OK) ||
        head == NULL)
        return st;
    snprintf(path, sizeof(path), "exits[%d].head", e);
    return read_part(c, head, path, x->head, err);
}

static enum status
read_metrics(struct costs *c, const json_t *names, struct err *err)
{
    size_t n = json_array_size(names);
    enum status st;

    if (n < 1 || n > COSTS_METRICS_MAX)
        return BAD(err, "metrics must name 1 to %d metrics", COSTS_METRICS_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *s = json_string_value(json_array_get(names, i));

        if (s == NULL || s[0] == '\0')
            return BAD(err, "metrics[%zu] must be a name", i);
        if (costs_metric(c, s) >= 0)
            return BAD(err, "metrics[%zu]: '%.64s' is there twice", i, s);
        if ((st = read_text(s, &c->metric[i], err)) != ST_OK)
            return st;
        c->metrics++;
    }
    return ST_OK;
}

static enum status
read_all(struct costs *c, const json_t *doc, struct err *err)
{
    const char *schema = NULL, *device = NULL, *source = NULL;
    json_t *metrics = NULL, *exits = NULL, *quality = NULL, *model = NULL;
    const struct json_field fields[] = {
        { "model", JF_OBJ, false, &model, 0, 0 },
        { "schema", JF_STR, true, &schema, 0, 64 },
        { "device", JF_STR, false, &device, 0, 200 },
        { "source", JF_STR, false, &source, 0, 64 },
        { "metrics", JF_ARR, true, &metrics, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
        { "quality", JF_OBJ, false, &quality, 0, 0 },
    };
    enum status st;
    size_t n;

    if ((st = JSON_READ(doc, "", fields, err)) != ST_OK)
        return st;
    if (strcmp(schema, "offramp.costs/1") != 0)
        return BAD(err, "schema is '%s', not offramp.costs/1", schema);
    n = json_array_size(exits);
    if (n < 1 || n > COSTS_EXITS_MAX)
        return BAD(err, "exits must hold 1 to %d exits", COSTS_EXITS_MAX);
    if ((st = read_text(device, &c->device, err)) != ST_OK ||
        (st = read_text(source, &c->source, err)) != ST_OK ||
        (st = read_metrics(c, metrics, err)) != ST_OK)
        return st;
    c->quality = json_incref(quality);
    c->model = json_incref(model);
    for (size_t e = 0; st == ST_OK && e < n; e++) {
        c->exits++;
        st = read_exit(c, (int)e, json_array_get(exits, e), err);
    }
    return st;
}

enum status
costs_read(const json_t *doc, struct costs *out, struct err *err)
{
    struct err why = { 0 };
    enum status st;

    *out = (struct costs){ 0 };
    if ((st = read_all(out, doc, &why)) == ST_OK)
        return ST_OK;
    costs_clear(out);
    /* Strict reading speaks of requests; here a document is at fault. */
    return err_set(err, st, st == ST_INVALID ? "costs.json" : why.code,
        "costs: %s", why.text);
}

enum status
costs_load(const char *path, struct costs *out, struct err *err)
{
    enum status st;
    json_t *doc;

    *out = (struct costs){ 0 };
    if ((st = json_file_load(path, COSTS_BYTES_MAX, &doc, err)) != ST_OK)
        return st;
    st = costs_read(doc, out, err);
    json_decref(doc);
    return st;
}

void
costs_clear(struct costs *c)
{
    for (int m = 0; m < c->metrics; m++)
        free(c->metric[m]);
    for (int e = 0; e < c->exits; e++) {
        free(c->exit[e].name);
        free(c->exit[e].reason);
        free(c->exit[e].segment);
        free(c->exit[e].head);
    }
    costs_epochs_clear(c);
    free(c->device);
    free(c->source);
    json_decref(c->quality);
    json_decref(c->model);
    *c = (struct costs){ 0 };
}

int
costs_metric(const struct costs *c, const char *name)
{
    for (int m = 0; m < c->metrics; m++)
        if (strcmp(c->metric[m], name) == 0)
            return m;
    return -1;
}
