/* SPDX-License-Identifier: MIT */
#include "bench/search/recorded.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "search/data/records.h"

static void
path_of(const char *file, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/exit-records/%s", OFFRAMP_SHARED_DATA, file);
}

bool
recorded_exists(const char *file)
{
    char path[PATH_MAX];

    path_of(file, path);
    return access(path, R_OK) == 0;
}

static bool
fill(const struct records *r, struct solve_data *out)
{
    size_t cells = r->n * (size_t)r->exits, exits = (size_t)r->exits;
    double *score = malloc(cells * sizeof(*score));
    uint8_t *right = malloc(cells);
    int64_t *segment = calloc(exits, sizeof(*segment));
    int64_t *head = calloc(exits, sizeof(*head));

    *out = (struct solve_data){ r->n, r->exits, score, right, NULL, segment,
        head };
    if (score == NULL || right == NULL || segment == NULL || head == NULL)
        return false;
    memcpy(score, r->score, cells * sizeof(*score));
    for (size_t i = 0; i < cells; i++)
        right[i] = r->pred[i] == r->label[i % r->n];
    for (size_t e = 0; e < exits; e++) {
        segment[e] = 1000000 / r->exits;
        head[e] = e + 1 < exits ? 20000 : 0;
    }
    return true;
}

bool
recorded_load(const char *file, struct solve_data *out)
{
    struct records r = { 0 };
    struct err err = { 0 };
    char path[PATH_MAX];
    bool ok;

    path_of(file, path);
    if (records_load(path, &r, &err) != ST_OK) {
        fprintf(stderr, "%s: %s\n", file, err.text);
        return false;
    }
    ok = fill(&r, out);
    records_clear(&r);
    return ok;
}
