/* SPDX-License-Identifier: MIT */
/* records_group.c -- groups by number instead of by name. */
#include <stdlib.h>
#include <string.h>

#include "search/data/records.h"

struct name {
    const char *text;
    size_t row;
};

static int
by_text(const void *a, const void *b)
{
    return strcmp(
        ((const struct name *)a)->text, ((const struct name *)b)->text);
}

enum status
records_groups(const struct records *r, uint32_t **out, struct err *err)
{
    struct name *v;
    uint32_t id = 0;

    *out = NULL;
    if (r->group == NULL)
        return ST_OK;
    v = malloc((r->n + 1) * sizeof(*v));
    *out = malloc((r->n + 1) * sizeof(**out));
    if (v == NULL || *out == NULL) {
        free(v);
        free(*out);
        *out = NULL;
        return err_nomem(err);
    }
    for (size_t i = 0; i < r->n; i++)
        v[i] = (struct name){ r->group[i], i };
    qsort(v, r->n, sizeof(*v), by_text);
    for (size_t i = 0; i < r->n; i++) {
        id += i > 0 && strcmp(v[i].text, v[i - 1].text) != 0;
        (*out)[v[i].row] = id;
    }
    free(v);
    return ST_OK;
}
