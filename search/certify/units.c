/* SPDX-License-Identifier: MIT */
#include "search/certify/units.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

static int
by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Give each sample the rank of its group among the sorted ids. */
static void
number(struct units *u, const uint32_t *group, const uint32_t *id)
{
    for (size_t i = 0; i < u->n; i++) {
        const uint32_t *at =
            bsearch(&group[i], id, u->units, sizeof(*id), by_id);

        u->of[i] = (uint32_t)(at - id);
        u->len[u->of[i]]++;
    }
}

enum status
units_init(struct units *u, const uint32_t *group, size_t n, struct err *err)
{
    uint32_t *id;

    *u = (struct units){ .n = n, .units = n };
    if (group == NULL)
        return ST_OK;
    u->of = malloc(n * sizeof(*u->of));
    u->len = calloc(n, sizeof(*u->len));
    id = malloc(n * sizeof(*id));
    if (u->of == NULL || u->len == NULL || id == NULL) {
        free(id);
        units_clear(u);
        return err_nomem(err);
    }
    memcpy(id, group, n * sizeof(*id));
    qsort(id, n, sizeof(*id), by_id);
    u->units = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || id[i] != id[u->units - 1])
            id[u->units++] = id[i];
    number(u, group, id);
    free(id);
    return ST_OK;
}

void
units_clear(struct units *u)
{
    free(u->of);
    free(u->len);
    *u = (struct units){ 0 };
}

enum status
units_draw(const struct units *u, double share, uint64_t seed, uint8_t *in,
    size_t *drawn, struct err *err)
{
    struct rng rng = { .state = seed };
    uint32_t *order = malloc(u->units * sizeof(*order));
    uint8_t *chosen = calloc(u->units, 1);
    size_t m = (size_t)(share * (double)u->units + 0.5);

    if (order == NULL || chosen == NULL) {
        free(order);
        free(chosen);
        return err_nomem(err);
    }
    m = m < 1 ? 1 : m;
    m = m >= u->units ? u->units - (u->units > 1) : m;
    for (size_t i = 0; i < u->units; i++)
        order[i] = (uint32_t)i;
    for (size_t i = 0; i < m; i++) { /* the start of a shuffle */
        size_t j = i + (size_t)rng_below(&rng, u->units - i);
        uint32_t t = order[j];

        order[j] = order[i];
        order[i] = t;
        chosen[t] = 1;
    }
    for (size_t i = 0; i < u->n; i++)
        in[i] = chosen[units_of(u, i)];
    *drawn = m;
    free(order);
    free(chosen);
    return ST_OK;
}
