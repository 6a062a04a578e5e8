/* SPDX-License-Identifier: MIT */
/* costs_epochs.c -- the raw epochs that costs may bring along. */
#include <stdio.h>
#include <stdlib.h>

#include "search/data/costs_internal.h"

#define BAD(err, ...) err_set(err, ST_INVALID, "costs.json", __VA_ARGS__)

static enum status
read_values(struct costs_epochs *to, const json_t *list, const char *path,
    struct err *err)
{
    size_t n = json_array_size(list);

    if (n < 1 || n > COSTS_EPOCHS_MAX)
        return BAD(err, "%s must have 1 to %d numbers", path, COSTS_EPOCHS_MAX);
    if ((to->value = malloc(n * sizeof(*to->value))) == NULL)
        return err_nomem(err);
    for (; to->n < n; to->n++) {
        const json_t *v = json_array_get(list, to->n);

        if (!json_is_number(v) || json_number_value(v) < 0)
            return BAD(err, "%s[%zu] must be a number >= 0", path, to->n);
        to->value[to->n] = json_number_value(v);
    }
    return ST_OK;
}

static enum status
read_part(
    struct costs *c, int e, bool head, const json_t *part, struct err *err)
{
    const char *name;
    json_t *list;
    enum status st;

    json_object_foreach((json_t *)part, name, list)
    {
        struct costs_epochs *more =
            realloc(c->epochs, (c->n_epochs + 1) * sizeof(*more));
        char path[128];

        snprintf(path, sizeof(path), "exits[%d].epochs.%s.%.64s", e,
            head ? "head" : "segment", name);
        if (more == NULL)
            return err_nomem(err);
        c->epochs = more;
        more[c->n_epochs] = (struct costs_epochs){
            .exit = e, .metric = costs_metric(c, name), .head = head
        };
        if (more[c->n_epochs].metric < 0)
            return BAD(err, "%s is not one of the metrics", path);
        if ((st = read_values(&more[c->n_epochs++], list, path, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status
costs_epochs_read(struct costs *c, int e, const json_t *doc, struct err *err)
{
    json_t *segment = NULL, *head = NULL;
    const struct json_field fields[] = {
        { "segment", JF_OBJ, false, &segment, 0, 0 },
        { "head", JF_OBJ, false, &head, 0, 0 },
    };
    char path[48];
    enum status st;

    snprintf(path, sizeof(path), "exits[%d].epochs", e);
    if ((st = JSON_READ(doc, path, fields, err)) == ST_OK)
        st = read_part(c, e, false, segment, err);
    return st == ST_OK ? read_part(c, e, true, head, err) : st;
}

void
costs_epochs_clear(struct costs *c)
{
    for (size_t i = 0; i < c->n_epochs; i++)
        free(c->epochs[i].value);
    free(c->epochs);
}

const struct costs_epochs *
costs_epochs(const struct costs *c, int exit, bool head, int metric)
{
    for (size_t i = 0; i < c->n_epochs; i++)
        if (c->epochs[i].exit == exit && c->epochs[i].head == head &&
            c->epochs[i].metric == metric)
            return &c->epochs[i];
    return NULL;
}
